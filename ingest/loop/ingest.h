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
#include "ingest/commit/table_writer.h"
#include "ingest/dead_letter/dead_letters.h"
#include "ingest/decode/message_decoder.h"
#include "ingest/loop/metrics.h"
#include "ingest/loop/options.h"
#include "ingest/source/kafka_source.h"

namespace deltaic::ingest {

/// One topic into one table: reads, decodes, buffers, commits, from Run() to the end of it.
///
/// Invariants:
/// 1. A partition's `next` is the offset after the last message handled. All messages from the
///    table's position on up to it are in the buffers (as rows or dead letters), or were skipped.
/// 2. A commit holds all of that, with the positions, or nothing of it.
/// 3. What is buffered is dropped as a whole, and partitions go back to the table's positions.
/// One thread at a time, but for metrics() and the stop flag.
class Ingest : private SourceEvents {
 public:
  /// \param stop  set by others, to end with what is buffered committed.
  Ingest(IngestOptions options, const std::atomic<bool>* stop);
  ~Ingest() override;

  /// Runs until it is stopped, or the ends are reached, or an error that does not pass.
  Status Run();
  /// Finds out whether Run() could begin, and changes nothing.
  Status Check();
  const Metrics& metrics() const { return metrics_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Partition {
    int64_t start = 0;  ///< where it was told to begin: an offset, or RD_KAFKA_OFFSET_BEGINNING
    int64_t next = 0;   ///< the lowest offset not handled
  };

  // ingest.cc: from start to end.
  Status Open();
  Status OpenTable();
  Status Loop();
  Status Handle(MessageBatch batch);
  Status Fail(const Message& message, std::string_view stage, const Status& why);
  Status HandleMessage(const Message& message, bool& kept);
  Status Deliver();
  bool IsDone() const;
  bool MustFlush() const;
  int WaitMs() const;
  std::string Summary() const;

  // flush.cc: commits, and what follows an error.
  std::map<int32_t, int64_t> Positions() const;
  Status Flush();
  Status FlushOrGoBack();
  Status GoBack();
  Status AfterError(const Status& error);
  Status RebuildRows();
  void Forget();

  // starts.cc: where partitions begin.
  Status PersistStarts();
  Result<int64_t> ResolveStart(int32_t partition);
  Result<Partition> StartOf(int32_t partition, const std::map<int32_t, int64_t>& positions);
  Status CheckLoss(int32_t partition, int64_t& start);
  Result<std::vector<int64_t>> OnAssigned(std::span<const int32_t> partitions) override;
  void OnRevoked(std::span<const int32_t> partitions, bool lost) override;

  // new_table.cc: a table that is not there yet.
  Status CreateFrom(SchemaPtr schema);
  Status Sample(MessageBatch batch);
  bool SampleIsDue() const;
  Status CreateFromSample();

  const IngestOptions options_;
  const std::atomic<bool>* const stop_;
  Metrics metrics_;
  KafkaApi api_;
  std::unique_ptr<KafkaSource> source_;
  std::shared_ptr<Table> table_;
  std::optional<TableWriter> writer_;
  std::unique_ptr<DeadLetters> dead_letters_;

  std::vector<int32_t> known_partitions_;  ///< of the topic, when the run began
  std::map<int32_t, int64_t> ends_;        ///< --ends-at-latest-offsets: where each ends
  std::map<int32_t, bool> at_end_;
  std::map<int32_t, Partition> partitions_;  ///< assigned
  bool was_assigned_ = false;

  MessageDecoding decoding_;
  std::unique_ptr<RowBuffer> rows_;
  std::optional<MessageDecoder> decoder_;
  SchemaPtr rows_schema_;               ///< of the table, when rows_ was made
  std::string arena_;                   ///< one batch's payloads, padded
  std::unique_ptr<MessageBatch> kept_;  ///< messages of rows_, where the table may refuse rows
  int64_t batch_bytes_ = 0;             ///< payloads in rows_
  int64_t pending_messages_ = 0;        ///< handled since the last commit
  int64_t pending_bytes_ = 0;           ///< payloads of them
  double bytes_ratio_ = 0.25;           ///< of files to payloads, as the last commit had it
  Clock::time_point oldest_;            ///< when the first of them came
  Clock::time_point last_commit_;
  std::vector<MessageBatch> sample_;
  int64_t sampled_ = 0;
  Clock::time_point sample_begin_;

  int64_t window_messages_ = 0, window_failures_ = 0;
  int64_t pending_skipped_ = 0;
  bool must_restart_ = false;  ///< partitions are to be read from `next` again
  int failures_in_row_ = 0;
  Status failure_;  ///< of an event
};

}  // namespace deltaic::ingest
