#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
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

class KafkaConsumer;
class TokenSource;

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

/// What one Consume() gave of a topic: messages in order of offset within each partition, and
/// partitions whose end was reached. Destroying it gives all messages back.
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

/// What happens to a topic's partitions inside of KafkaConsumer::Consume() and Close().
class SourceEvents {
 public:
  virtual ~SourceEvents() = default;
  /// Partitions come. \return where each begins; an offset, or RD_KAFKA_OFFSET_BEGINNING. nullopt:
  /// that cannot be told now, and nothing is read of them before Restart().
  virtual std::optional<std::vector<int64_t>> OnAssigned(std::span<const int32_t> partitions) = 0;
  /// Partitions go. \param lost  they are with another consumer already.
  virtual void OnRevoked(std::span<const int32_t> partitions, bool lost) = 0;
};

/// One topic of a KafkaConsumer. Positions are the caller's business: librdkafka is told where to
/// begin, and group offsets only follow. One thread at a time, but different topics at once.
class KafkaSource {
 public:
  /// \param known_by  until then a topic that brokers do not know is asked for again.
  KafkaSource(KafkaConsumer* consumer, std::string topic,
              std::chrono::steady_clock::time_point known_by)
      : consumer_(consumer), topic_(std::move(topic)), known_by_(known_by) {}

  const std::string& topic() const { return topic_; }
  /// By which the consumer signs in; or nullptr.
  std::shared_ptr<const TokenSource> tokens() const;
  /// The topic's partitions. \retval kNotFound  no such topic so far  \retval kUnavailable  no
  /// broker answers  \retval kPermissionDenied
  Result<std::vector<int32_t>> Partitions();
  /// First and next offset of a partition. \retval kUnavailable
  Result<std::pair<int64_t, int64_t>> Watermarks(int32_t partition);
  /// The next offset, as the last answer with messages had it; nullopt before the first one.
  std::optional<int64_t> KnownEnd(int32_t partition);
  /// The first offset whose message is not older, the end where there is none. \retval kUnavailable
  Result<int64_t> OffsetAt(int32_t partition, int64_t timestamp_ms);
  /// The group's offset. \retval kUnavailable
  Result<std::optional<int64_t>> GroupOffset(int32_t partition);

  /// Nothing more comes of these partitions, until Restart().
  void Pause(std::span<const int32_t> partitions);
  /// Goes on reading from these offsets; of partitions that are assigned. Not inside an event.
  Status Restart(const std::map<int32_t, int64_t>& offsets);
  /// Group offsets (of the next message each), in the background or waited for.
  Status CommitGroupOffsets(const std::map<int32_t, int64_t>& offsets, bool wait);

 private:
  rd_kafka_resp_err_t AskUntilKnown(const std::function<rd_kafka_resp_err_t()>& ask);

  KafkaConsumer* const consumer_;
  const std::string topic_;
  const std::chrono::steady_clock::time_point known_by_;
};

}  // namespace deltaic::ingest
