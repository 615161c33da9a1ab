#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ingest/dead_letter/dead_letters.h"
#include "ingest/source/kafka_auth.h"

namespace deltaic::ingest {

struct DeadLetterTopicOptions {
  std::string brokers, topic, dlq_topic, app_id;
  std::vector<std::pair<std::string, std::string>> settings;  ///< of librdkafka
  std::shared_ptr<const TokenSource> tokens;                  ///< or nullptr
};

/// Dead letters in a topic: the message as it came, key and headers too, and headers
/// `__connect.errors.*` as Kafka Connect has them, which say where it came from and why it is here.
/// Each is acknowledged by the broker before the rows around it are committed; after a crash
/// between the two it is there again.
/// \param api  outlives it.
/// \retval kNotFound  no such topic  \retval kUnavailable  no broker answers
/// \retval kInvalidArgument  a setting that librdkafka does not take, by name.
Result<std::unique_ptr<DeadLetters>> OpenDeadLetterTopic(const KafkaApi& api,
                                                         const DeadLetterTopicOptions& options);

}  // namespace deltaic::ingest
