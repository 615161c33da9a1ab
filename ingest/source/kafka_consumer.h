#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "ingest/source/kafka_auth.h"
#include "ingest/source/kafka_source.h"

namespace deltaic::ingest {

struct ConsumerOptions {
  std::string brokers, group;
  /// Settings of librdkafka by name; those that the consumer stands on cannot be changed.
  std::vector<std::pair<std::string, std::string>> settings;
  /// The same, below `settings`; what an older librdkafka does not know is left out.
  std::vector<std::pair<std::string, std::string>> tuning;
  std::shared_ptr<const TokenSource> tokens;  ///< of SASL OAUTHBEARER, or nullptr
  const std::atomic<bool>* stop = nullptr;    ///< set by others: no more waiting for topics
};

/// Where a topic's share of one Consume() goes.
struct TopicBatch {
  size_t topic = 0;  ///< in the order of AddTopic()
  MessageBatch batch;
  /// kNotFound, kPermissionDenied, ...: an error of this topic that does not mend itself.
  Status status;
};

/// One member of a consumer group, which reads topics for whoever added them. One thread at a time;
/// what is said of KafkaSource holds for its topics.
class KafkaConsumer {
 public:
  /// \param api  outlives the consumer.
  /// \retval kInvalidArgument  a setting that librdkafka does not take, by name.
  static Result<std::unique_ptr<KafkaConsumer>> Open(const KafkaApi& api,
                                                     const ConsumerOptions& options);
  ~KafkaConsumer();

  /// Before Subscribe(). \param events  outlives the consumer, as does the result's user.
  /// \param unknown_ms  brokers may not know the topic for so long, now or later, before that is an
  /// error.
  KafkaSource* AddTopic(const std::string& topic, SourceEvents* events, int64_t unknown_ms);
  Status Subscribe();
  /// Up to `most` messages; waits for the first at most `timeout_ms`. Calls the events.
  /// \retval kUnavailable, kPermissionDenied  an error of all topics that does not mend itself.
  Result<std::vector<TopicBatch>> Consume(size_t most, int timeout_ms);
  /// Makes the Consume() that waits, or else the next one, return at once. Any thread.
  void Wake();
  /// Leaves the group; calls the events. No call after it but Wake().
  void Close();
  /// How many rebalances there were.
  int64_t rebalances() const;

  // For KafkaSource.
  const KafkaApi& api() const;
  rd_kafka_t* handle() const;
  const ConsumerOptions& options() const;
  bool is_stopped() const;
  /// An error of librdkafka; where it says nothing, with what came before it.
  Status Failed(rd_kafka_resp_err_t error, std::string_view what);

 private:
  struct Impl;
  explicit KafkaConsumer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace deltaic::ingest
