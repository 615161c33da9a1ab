#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "ingest/source/kafka_api.h"

namespace deltaic::ingest {

/// One record of a topic. Bytes are librdkafka's, until the MessageBatch of it is gone.
struct Message {
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_ms = -1;
  int timestamp_type = -1;  ///< as Kafka numbers them: -1 none, 0 creation, 1 append to the log
  std::string_view payload, key;
  bool has_payload = false;  ///< false: a tombstone
  bool has_key = false;
  rd_kafka_message_t* raw = nullptr;
};

/// What one Consume() gave: messages in order of offset within each partition, and partitions whose
/// end was reached. Destroying it gives all messages back.
class MessageBatch {
 public:
  explicit MessageBatch(const KafkaApi* api) : api_(api) {}
  ~MessageBatch() { Clear(); }
  MessageBatch(MessageBatch&& other) noexcept
      : messages(std::move(other.messages)), ends(std::move(other.ends)), api_(other.api_) {
    other.messages.clear();
  }
  MessageBatch& operator=(MessageBatch&&) = delete;
  void Clear();

  std::vector<Message> messages;
  std::vector<std::pair<int32_t, int64_t>> ends;  ///< partition, offset of its end

 private:
  const KafkaApi* api_;
};

/// What happens to a consumer inside of Consume() and Close().
class SourceEvents {
 public:
  virtual ~SourceEvents() = default;
  /// Partitions come. \return where each begins; an offset, or RD_KAFKA_OFFSET_BEGINNING.
  virtual Result<std::vector<int64_t>> OnAssigned(std::span<const int32_t> partitions) = 0;
  /// Partitions go. \param lost  they are with another consumer already.
  virtual void OnRevoked(std::span<const int32_t> partitions, bool lost) = 0;
};

struct SourceOptions {
  std::string brokers, group, topic;
  /// Settings of librdkafka by name; those that the source stands on cannot be changed.
  std::vector<std::pair<std::string, std::string>> settings;
  /// The same, below `settings`; what an older librdkafka does not know is left out.
  std::vector<std::pair<std::string, std::string>> tuning;
};

/// The consumer of one topic in a group. Positions are the caller's business: librdkafka is told
/// where to begin, and group offsets only follow. One thread at a time.
class KafkaSource {
 public:
  /// \param events  outlives the source.
  /// \retval kInvalidArgument  a setting that librdkafka does not take, by name.
  static Result<std::unique_ptr<KafkaSource>> Open(const KafkaApi& api,
                                                   const SourceOptions& options,
                                                   SourceEvents* events);
  ~KafkaSource();

  /// The topic's partitions. \retval kNotFound  no such topic  \retval kUnavailable  no broker
  /// answers  \retval kPermissionDenied
  Result<std::vector<int32_t>> Partitions();
  /// First and next offset of a partition. \retval kUnavailable
  Result<std::pair<int64_t, int64_t>> Watermarks(int32_t partition);
  /// The first offset whose message is not older, the end where there is none. \retval kUnavailable
  Result<int64_t> OffsetAt(int32_t partition, int64_t timestamp_ms);
  /// The group's offset. \retval kUnavailable
  Result<std::optional<int64_t>> GroupOffset(int32_t partition);

  Status Subscribe();
  /// Up to `most` messages; waits for the first at most `timeout_ms`. Calls the events.
  /// \retval kUnavailable, kPermissionDenied, kNotFound  an error that does not mend itself.
  Result<MessageBatch> Consume(size_t most, int timeout_ms);
  /// Goes on reading from these offsets; of partitions that are assigned. Not inside an event.
  Status Restart(const std::map<int32_t, int64_t>& offsets);
  /// Group offsets (of the next message each), in the background or waited for.
  Status CommitGroupOffsets(const std::map<int32_t, int64_t>& offsets, bool wait);
  /// Leaves the group; calls the events. No call after it.
  void Close();
  /// How many rebalances there were.
  int64_t rebalances() const;

 private:
  struct Impl;
  explicit KafkaSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace deltaic::ingest
