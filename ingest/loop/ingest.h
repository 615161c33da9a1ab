#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "ingest/buffer/row_buffer.h"
#include "ingest/commit/row_writer.h"
#include "ingest/dead_letter/dead_letters.h"
#include "ingest/decode/message_decoder.h"
#include "ingest/loop/commit_crew.h"
#include "ingest/loop/metrics.h"
#include "ingest/loop/options.h"
#include "ingest/source/kafka_source.h"

namespace deltaic::ingest {

/// What a route may take of the memory that all share.
struct MemoryShare {
  int64_t files_bytes = 128 << 20;  ///< open row groups of this route, at most
  int64_t batch_bytes = 16 << 20;   ///< payloads in rows that are not handed on yet, at most
};

/// One route: a topic into a table. Its Worker reads for it, and calls it: it decodes, buffers and
/// commits.
///
/// Invariants:
/// 1. A partition's `next` is the offset after the last message handled. All messages from the
///    table's position on up to it are in the buffers (as rows or dead letters), or were skipped.
/// 2. A commit holds all of that, with the positions, or nothing of it.
/// 3. What is buffered is dropped as a whole, and partitions go back to the table's positions.
/// 4. After an error that may pass nothing is handled, and nothing comes, until Recover().
/// 5. One commit is under way at most, and goes on beside the rest. It counts as done when it has
///    landed: until then it is part of what is buffered, and no position is read from the table.
///    Partitions go only after it has landed.
/// One thread at a time, but for metrics() and the stop flag; routes of a worker may end at once.
class Ingest : public SourceEvents {
 public:
  using Clock = std::chrono::steady_clock;

  /// \param api, stop, crew  outlive it; the flag is set by others, to end with what is buffered
  /// committed; commits go on the crew's threads.
  Ingest(IngestOptions options, const KafkaApi& api, const std::atomic<bool>* stop,
         CommitCrew* crew);
  ~Ingest() override;

  /// Opens the table where it is there, and changes nothing.
  Status Open(KafkaSource* source, std::vector<int32_t> known_partitions, MemoryShare memory);
  /// Makes what is missing, and writes down where partitions begin.
  Status Begin();
  /// Handles what came. \param batch  of this topic.
  Status Take(MessageBatch batch);
  /// Goes back to the table's positions where that is due.
  Status Recover();
  /// Whether a commit is due, and none under way.
  bool MustFlush() const;
  /// Begins to commit what is buffered. None may be under way.
  Status BeginFlush();
  /// Goes on from the commit under way, if there is one. \param wait  for its end; else only where
  /// it is over.
  Status Land(bool wait);
  bool is_committing() const { return flight_ != nullptr; }
  /// Whether the commit under way must land before anything is taken.
  bool must_land() const { return flight_ != nullptr && flight_->changes_table; }
  /// Commits all that is buffered, and waits for it.
  Status FlushOrGoBack();
  /// Commits the last of it. \return whether the route is over: else there is more to read.
  Result<bool> End();
  /// Whether the ends are reached (--ends-at-latest-offsets).
  bool IsDone() const;
  /// How long may be waited for messages, in milliseconds.
  int WaitMs() const;
  /// Buffers, roughly.
  int64_t HeldBytes() const;
  /// Rows go on to the encoders, which hold less of them.
  Status HandOn();
  /// Forgets what is buffered.
  void Forget();
  /// Ends the route while others go on: nothing is handled any more.
  void GiveUp(const Status& why);
  /// A compaction of its table was committed. Safe from any thread.
  void CountCompaction() { ++metrics_.compactions; }
  bool has_given_up() const { return !given_up_.ok(); }
  const Status& given_up() const { return given_up_; }
  /// Tells metrics(). \param all  what costs more, too: buffers, and how far behind it is.
  void Observe(int64_t rebalances, bool all);

  const IngestOptions& options() const { return options_; }
  const Metrics& metrics() const { return metrics_; }
  const std::shared_ptr<Table>& table() const { return table_; }
  std::string Summary() const;

  std::optional<std::vector<int64_t>> OnAssigned(std::span<const int32_t> partitions) override;
  void OnRevoked(std::span<const int32_t> partitions, bool lost) override;

 private:
  struct Partition {
    bool is_known = false;  ///< whether the following are
    int64_t start = 0;      ///< where it was told to begin: an offset, or RD_KAFKA_OFFSET_BEGINNING
    int64_t next = 0;       ///< the lowest offset not handled
  };

  /// What a commit under way holds.
  struct Flight {
    std::map<int32_t, int64_t> positions;
    int64_t bytes = 0, skipped = 0;
    Clock::time_point begun, oldest;
    bool changes_table = false;  ///< nothing may be taken before it has landed
    std::shared_ptr<const CommitCrew::Flight> underway;  ///< nullptr: on the route's own thread
  };

  // ingest.cc: from start to end.
  Status OpenTable();
  Status Handle(MessageBatch batch);
  Status Fail(const Message& message, std::string_view stage, const Status& why);
  Status HandleMessage(const Message& message, bool& kept);
  Status Deliver();
  int64_t OldestMs() const;

  // flush.cc: commits.
  std::map<int32_t, int64_t> Positions() const;
  Status Depart();
  void Fly();
  void Count(const Flight& flight, const WriterCommit& committed);
  void FollowWithGroup(const std::map<int32_t, int64_t>& positions);

  // recovery.cc: what follows an error.
  Status GoBack();
  Status AfterError(const Status& error);
  Status RebuildRows();
  std::vector<int32_t> Assigned() const;

  // starts.cc: where partitions begin.
  Status PersistStarts();
  Result<int64_t> ResolveStart(int32_t partition);
  Result<Partition> StartOf(int32_t partition, const std::map<int32_t, int64_t>& positions);
  Status CheckLoss(int32_t partition, int64_t& start);

  // new_table.cc: a table that is not there yet.
  Status CreateFrom(SchemaPtr schema);
  Status Sample(MessageBatch batch);
  bool SampleIsDue() const;
  Status CreateFromSample();

  const IngestOptions options_;
  const std::atomic<bool>* const stop_;
  Metrics metrics_;
  const KafkaApi& api_;
  CommitCrew* const crew_;
  KafkaSource* source_ = nullptr;
  MemoryShare memory_;
  std::shared_ptr<Table> table_;
  std::unique_ptr<RowWriter> writer_;
  std::unique_ptr<DeadLetters> dead_letters_;
  std::unique_ptr<Flight> flight_;

  std::vector<int32_t> known_partitions_;  ///< of the topic, when the run began
  std::map<int32_t, int64_t> ends_;        ///< --ends-at-latest-offsets: where each ends
  std::map<int32_t, bool> at_end_;
  std::map<int32_t, Partition> partitions_;  ///< assigned

  MessageDecoding decoding_;
  std::unique_ptr<RowBuffer> rows_;
  std::optional<MessageDecoder> decoder_;
  SchemaPtr rows_schema_;               ///< of the table, when rows_ was made
  std::string arena_;                   ///< one batch's payloads, padded
  std::unique_ptr<MessageBatch> kept_;  ///< messages of rows_, where the table may refuse rows
  std::vector<size_t> message_of_row_;  ///< for each row of rows_, its place in kept_
  int64_t batch_bytes_ = 0;             ///< payloads in rows_
  int64_t pending_messages_ = 0;        ///< handled since the last Depart()
  int64_t pending_bytes_ = 0;           ///< payloads of them
  double bytes_ratio_ = 0.25;           ///< of files to payloads, as the last commit had it
  Clock::time_point oldest_;            ///< when the first of them came
  Clock::time_point last_commit_;
  int64_t compactions_seen_ = 0;
  std::vector<MessageBatch> sample_;
  int64_t sampled_ = 0;
  Clock::time_point sample_begin_;

  int64_t window_messages_ = 0, window_failures_ = 0;
  int64_t pending_skipped_ = 0;
  bool must_go_back_ = false;   ///< positions are to be read from the table
  bool must_restart_ = false;   ///< partitions are to be read from `next` again
  Clock::time_point retry_at_;  ///< of that
  int failures_in_row_ = 0;
  Status failure_;   ///< of an event
  Status given_up_;  ///< why the route is over
};

}  // namespace deltaic::ingest
