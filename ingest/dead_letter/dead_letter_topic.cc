#include "ingest/dead_letter/dead_letter_topic.h"

#include <array>

#include "ingest/source/kafka_errors.h"

namespace deltaic::ingest {
namespace {

constexpr int kRequestTimeoutMs = 15000;
constexpr int kFlushTimeoutMs = 30000;

class DeadLetterTopic : public DeadLetters {
 public:
  DeadLetterTopic(const KafkaApi& api, DeadLetterTopicOptions options)
      : api_(api), options_(std::move(options)) {}
  ~DeadLetterTopic() override {
    if (producer_ != nullptr) api_.destroy(producer_);
  }

  Status Open() {
    rd_kafka_conf_t* conf = api_.conf_new();
    const Status configured = Configure(conf);
    if (!configured.ok()) {
      api_.conf_destroy(conf);
      return configured;
    }
    std::array<char, 512> why{};
    producer_ = api_.new_(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
    if (producer_ == nullptr) {
      api_.conf_destroy(conf);
      return Status::InvalidArgument("Kafka: ", why.data());
    }
    if (options_.tokens != nullptr) ServeTokensInBackground(api_, producer_);
    return Look();
  }

  Status Add(const DeadLetter& letter) override {
    rd_kafka_headers_t* headers = HeadersOf(letter);
    const Message& message = *letter.message;
    const void* payload = message.has_payload ? message.payload.data() : nullptr;
    const void* key = message.has_key ? message.key.data() : nullptr;
    while (true) {
      const auto error =
          api_.producev(producer_, RD_KAFKA_VTYPE_TOPIC, options_.dlq_topic.c_str(),
                        RD_KAFKA_VTYPE_VALUE, const_cast<void*>(payload), message.payload.size(),
                        RD_KAFKA_VTYPE_KEY, key, message.key.size(), RD_KAFKA_VTYPE_MSGFLAGS,
                        RD_KAFKA_MSG_F_COPY, RD_KAFKA_VTYPE_HEADERS, headers, RD_KAFKA_VTYPE_END);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
      if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        api_.poll(producer_, 100);
        if (failed_.ok()) continue;
      }
      api_.headers_destroy(headers);  // else they are the producer's
      return failed_.ok() ? Failed(error) : failed_;
    }
    ++count_;
    api_.poll(producer_, 0);
    return Status();
  }

  /// The producer has one queue for all: what comes later must not be waited for, too, so that the
  /// broker acknowledges these first.
  Status Depart(const std::map<int32_t, int64_t>&) override {
    if (count_ == 0) return Status();
    const auto error = api_.flush(producer_, kFlushTimeoutMs);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Failed(error);
    DELTAIC_RETURN_IF_ERROR(std::exchange(failed_, Status()));
    acknowledged_ = std::exchange(count_, 0);
    return Status();
  }
  bool changes_table() const override { return false; }
  Status Fly() override { return Status(); }
  Result<int64_t> Land() override { return std::exchange(acknowledged_, 0); }

  void Drop() override {
    // What is on its way may come to be there twice; it is not lost.
    count_ = 0;
    failed_ = Status();
  }
  Status Reload() override {
    Drop();
    return Status();
  }

 private:
  Status Failed(rd_kafka_resp_err_t error) const {
    return StatusOfKafka(api_, error,
                         Concat("dead letter topic ", options_.dlq_topic, " at ", options_.brokers,
                                ": ", api_.err2str(error)));
  }

  static void OnDelivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto* self = static_cast<DeadLetterTopic*>(opaque);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && self->failed_.ok()) {
      self->failed_ = self->Failed(message->err);
    }
  }
  static void OnToken(rd_kafka_t* producer, const char*, void* opaque) {
    auto* self = static_cast<DeadLetterTopic*>(opaque);
    ServeToken(self->api_, producer, *self->options_.tokens);
  }

  Status Configure(rd_kafka_conf_t* conf) {
    const std::vector<std::pair<std::string, std::string>> defaults = {
        {"enable.idempotence", "true"}, {"linger.ms", "50"}};
    // Those of a consumer mean nothing to a producer.
    const std::vector<std::pair<std::string, std::string>> fixed = {
        {"bootstrap.servers", options_.brokers}, {"log.connection.close", "false"}};
    std::array<char, 512> why{};
    for (const auto* settings : {&defaults, &std::as_const(options_.settings), &fixed}) {
      for (const auto& [key, value] : *settings) {
        if (api_.conf_set(conf, key.c_str(), value.c_str(), why.data(), why.size()) !=
            RD_KAFKA_CONF_OK) {
          return Status::InvalidArgument("Kafka setting ", key, ": ", why.data());
        }
      }
    }
    if (options_.tokens != nullptr) {
      DELTAIC_RETURN_IF_ERROR(UseTokens(api_, conf, options_.settings));
      api_.conf_set_oauthbearer_token_refresh_cb(conf, &DeadLetterTopic::OnToken);
    }
    api_.conf_set_opaque(conf, this);
    api_.conf_set_dr_msg_cb(conf, &DeadLetterTopic::OnDelivered);
    api_.conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    return Status();
  }

  /// Whether the topic is there, or comes to be by being asked for.
  Status Look() {
    rd_kafka_topic_t* topic = api_.topic_new(producer_, options_.dlq_topic.c_str(), nullptr);
    const struct rd_kafka_metadata* metadata = nullptr;
    const auto error = api_.metadata(producer_, 0, topic, &metadata, kRequestTimeoutMs);
    api_.topic_destroy(topic);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Failed(error);
    const auto of_topic = metadata->topic_cnt == 1 ? metadata->topics[0].err
                                                   : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    api_.metadata_destroy(metadata);
    const bool is_coming = of_topic == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    return of_topic == RD_KAFKA_RESP_ERR_NO_ERROR || is_coming ? Status() : Failed(of_topic);
  }

  rd_kafka_headers_t* HeadersOf(const DeadLetter& letter) const {
    const Message& message = *letter.message;
    rd_kafka_headers_t* out = api_.headers_new(16);
    rd_kafka_headers_t* given = nullptr;
    if (message.raw != nullptr &&
        api_.message_headers(message.raw, &given) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* name = nullptr;
      const void* value = nullptr;
      size_t size = 0;
      for (size_t i = 0;
           api_.header_get_all(given, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
        api_.header_add(out, name, -1, value, value == nullptr ? -1 : static_cast<ssize_t>(size));
      }
    }
    const auto add = [&](const std::string& name, std::string_view value) {
      api_.header_add(out, Concat("__connect.errors.", name).c_str(), -1, value.data(),
                      static_cast<ssize_t>(value.size()));
    };
    add("topic", options_.topic);
    add("partition", std::to_string(message.partition));
    add("offset", std::to_string(message.offset));
    add("connector.name", options_.app_id);
    add("stage", letter.stage);
    add("exception.message", letter.error->message());
    return out;
  }

  const KafkaApi& api_;
  const DeadLetterTopicOptions options_;
  rd_kafka_t* producer_ = nullptr;
  int64_t count_ = 0;  ///< since the last Depart()
  int64_t acknowledged_ = 0;
  Status failed_;  ///< a delivery
};

}  // namespace

Result<std::unique_ptr<DeadLetters>> OpenDeadLetterTopic(const KafkaApi& api,
                                                         const DeadLetterTopicOptions& options) {
  auto topic = std::make_unique<DeadLetterTopic>(api, options);
  DELTAIC_RETURN_IF_ERROR(topic->Open());
  return std::unique_ptr<DeadLetters>(std::move(topic));
}

}  // namespace deltaic::ingest
