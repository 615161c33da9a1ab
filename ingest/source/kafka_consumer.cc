#include "ingest/source/kafka_consumer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/log_sink.h"
#include "ingest/source/kafka_errors.h"
#include "ingest/source/partition_list.h"

namespace deltaic::ingest {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kBetweenSameErrors = std::chrono::seconds(10);
constexpr auto kBetweenQuestions = std::chrono::seconds(1);
constexpr int kQuestionTimeoutMs = 5000;

/// Its lines are for who looks into it: what a user must know comes as errors.
void OnLog(const rd_kafka_t*, int, const char* facility, const char* text) {
  Log(LogLevel::kDebug, Concat("librdkafka ", facility, ": ", text));
}

}  // namespace

struct KafkaConsumer::Impl {
  const KafkaApi* api_of_caller = nullptr;
  const KafkaApi& api() const { return *api_of_caller; }
  ConsumerOptions options;
  struct Topic {
    std::unique_ptr<KafkaSource> source;
    SourceEvents* events = nullptr;
    std::chrono::milliseconds may_be_unknown{0};
    std::optional<Clock::time_point> known_by;  // of one that brokers do not know at the moment
  };
  size_t num_unknown = 0;
  Clock::time_point ask_again_at;
  std::vector<Topic> topics;
  std::unordered_map<std::string_view, size_t> topic_by_name;
  std::unordered_map<rd_kafka_topic_t*, size_t> topic_by_handle;  // kept by librdkafka till the end
  rd_kafka_t* consumer = nullptr;
  rd_kafka_queue_t* queue = nullptr;
  std::vector<rd_kafka_message_t*> taken;  // room for one call
  Status from_event;                       // of an event: Consume() returns it
  int64_t rebalances = 0;
  bool closed = false;
  bool subscribed = false;
  std::mutex mutex;
  Clock::time_point last_logged;
  Status last_error;       // of the error callback, which may come from any call
  bool must_look = false;  // which topics are known

  ~Impl() {
    if (queue != nullptr) api().queue_destroy(queue);
    if (consumer != nullptr) api().destroy(consumer);
  }
  Status ErrorSoFar() {
    const std::lock_guard lock(mutex);
    return last_error;
  }
  Status Failed(rd_kafka_resp_err_t error, std::string_view what);
  Status Configure(rd_kafka_conf_t* conf);
  std::map<size_t, std::vector<int32_t>> ByTopic(const rd_kafka_topic_partition_list_t* list) const;
  Status ErrorOf(const rd_kafka_message_t& message) const;
  bool MayBecomeKnown(size_t topic, rd_kafka_resp_err_t error);
  void SetUnknown(Topic& topic);
  void AskForUnknown(std::vector<TopicBatch>& out);
  size_t TopicOf(const rd_kafka_message_t& message);
  rd_kafka_topic_t* last_handle = nullptr;  // of the last message
  size_t last_topic = 0;
  void Assign(const rd_kafka_topic_partition_list_t* list);
  void Revoke(const rd_kafka_topic_partition_list_t* list);
  static void OnRebalance(rd_kafka_t* consumer, rd_kafka_resp_err_t error,
                          rd_kafka_topic_partition_list_t* partitions, void* opaque);
  static void OnError(rd_kafka_t* consumer, int error, const char* reason, void* opaque);
  bool is_cooperative() const {
    return std::strcmp(api().rebalance_protocol(consumer), "COOPERATIVE") == 0;
  }
  void Done(rd_kafka_error_t* error) {
    if (error == nullptr) return;
    if (from_event.ok()) from_event = Status::Unavailable("Kafka: ", api().error_string(error));
    api().error_destroy(error);
  }
};

Status KafkaConsumer::Impl::Failed(rd_kafka_resp_err_t error, std::string_view what) {
  // The reason why no broker answers, such as a wrong password, comes by the error callback.
  if (const Status earlier = ErrorSoFar(); !earlier.ok() && IsUnreachable(error)) {
    return earlier.WithContext(what);
  }
  return StatusOfKafka(api(), error, Concat(what, ": ", api().err2str(error)));
}

void KafkaConsumer::Impl::OnError(rd_kafka_t*, int error, const char* reason, void* opaque) {
  auto* self = static_cast<Impl*>(opaque);
  const auto code = static_cast<rd_kafka_resp_err_t>(error);
  const Status status = StatusOfKafka(*self->api_of_caller, code,
                                      Concat("Kafka at ", self->options.brokers, ": ", reason));
  const std::lock_guard lock(self->mutex);
  // Until it has met the broker, the error is what the run ends with. After that, librdkafka tells
  // of each try to connect: the same is said once in a while.
  const auto now = Clock::now();
  if (self->subscribed && now - self->last_logged > kBetweenSameErrors) {
    Log(LogLevel::kWarning, status.message());
    self->last_logged = now;
  }
  // Of a topic that goes nothing else is told.
  self->must_look = self->must_look || IsNotKnownYet(code);
  // "All brokers are down" says less than what came before it.
  if (self->last_error.ok() || code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    self->last_error = status;
  }
}

std::map<size_t, std::vector<int32_t>> KafkaConsumer::Impl::ByTopic(
    const rd_kafka_topic_partition_list_t* list) const {
  std::map<size_t, std::vector<int32_t>> out;
  for (int i = 0; i < list->cnt; ++i) {
    const auto found = topic_by_name.find(list->elems[i].topic);
    if (found != topic_by_name.end()) out[found->second].push_back(list->elems[i].partition);
  }
  return out;
}

void KafkaConsumer::Impl::Assign(const rd_kafka_topic_partition_list_t* list) {
  PartitionList assigned(*api_of_caller), later(*api_of_caller);
  for (const auto& [topic, partitions] : ByTopic(list)) {
    const std::string& name = topics[topic].source->topic();
    const auto starts = topics[topic].events->OnAssigned(partitions);
    for (size_t i = 0; i < partitions.size(); ++i) {
      assigned.Add(name, partitions[i], starts ? (*starts)[i] : RD_KAFKA_OFFSET_BEGINNING);
      if (!starts) later.Add(name, partitions[i], RD_KAFKA_OFFSET_INVALID);
    }
  }
  if (is_cooperative()) {
    Done(api().incremental_assign(consumer, assigned.get()));
  } else if (const auto error = api().assign(consumer, assigned.get());
             error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    from_event = Failed(error, "cannot take partitions");
  }
  if (later.size() > 0) api().pause_partitions(consumer, later.get());
}

void KafkaConsumer::Impl::Revoke(const rd_kafka_topic_partition_list_t* list) {
  const bool lost = api().assignment_lost(consumer) != 0;
  for (const auto& [topic, partitions] : ByTopic(list)) {
    topics[topic].events->OnRevoked(partitions, lost);
  }
  if (is_cooperative()) {
    Done(api().incremental_unassign(consumer, list));
  } else {
    api().assign(consumer, nullptr);
  }
}

Status KafkaConsumer::Impl::ErrorOf(const rd_kafka_message_t& message) const {
  const std::string_view topic = message.rkt == nullptr ? "" : api().topic_name(message.rkt);
  return StatusOfKafka(api(), message.err,
                       Concat("topic ", topic, " partition ", message.partition, ": ",
                              api().message_errstr(&message)));
}

/// The topic of a message. librdkafka names it by a handle, of which there are few.
size_t KafkaConsumer::Impl::TopicOf(const rd_kafka_message_t& message) {
  if (message.rkt == last_handle) return last_topic;
  const auto [entry, is_new] = topic_by_handle.try_emplace(message.rkt, 0);
  if (is_new) {
    const auto found = topic_by_name.find(api().topic_name(message.rkt));
    entry->second = found == topic_by_name.end() ? topics.size() : found->second;
  }
  last_handle = message.rkt;
  return last_topic = entry->second;
}

/// Whether an error of a topic is to be left for AskForUnknown().
bool KafkaConsumer::Impl::MayBecomeKnown(size_t topic, rd_kafka_resp_err_t error) {
  if (!IsNotKnownYet(error) || topic == topics.size()) return false;
  if (topics[topic].may_be_unknown.count() == 0) return false;
  SetUnknown(topics[topic]);
  return true;
}

void KafkaConsumer::Impl::SetUnknown(Topic& topic) {
  if (topic.known_by) return;
  topic.known_by = Clock::now() + topic.may_be_unknown;
  ++num_unknown;
  Log(LogLevel::kWarning, Concat("topic ", topic.source->topic(), " is not known any more"));
}

/// librdkafka tells once of a topic that brokers do not know, and looks for it every few minutes. A
/// look at all topics makes it take what has come to be known.
void KafkaConsumer::Impl::AskForUnknown(std::vector<TopicBatch>& out) {
  bool looks_at_all = false;
  {
    const std::lock_guard lock(mutex);
    looks_at_all = must_look;
  }
  if ((num_unknown == 0 && !looks_at_all) || Clock::now() < ask_again_at) return;
  ask_again_at = Clock::now() + kBetweenQuestions;
  const struct rd_kafka_metadata* metadata = nullptr;
  if (api().metadata(consumer, 1, nullptr, &metadata, kQuestionTimeoutMs) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return;  // without a broker nothing is known of topics
  }
  std::unordered_set<std::string_view> known;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    if (!IsNotKnownYet(metadata->topics[i].err)) known.insert(metadata->topics[i].topic);
  }
  for (size_t i = 0; i < topics.size(); ++i) {
    Topic& topic = topics[i];
    const bool is_known = known.contains(topic.source->topic());
    if (looks_at_all && !is_known) SetUnknown(topic);
    if (!topic.known_by || (!is_known && Clock::now() < *topic.known_by)) continue;
    topic.known_by.reset();
    --num_unknown;
    if (is_known) continue;
    out.push_back({i, MessageBatch(api_of_caller),
                   Status::NotFound("Kafka at ", options.brokers, " has no topic ",
                                    topic.source->topic(), " any more")});
  }
  api().metadata_destroy(metadata);
  const std::lock_guard lock(mutex);
  must_look = false;
}

void KafkaConsumer::Impl::OnRebalance(rd_kafka_t*, rd_kafka_resp_err_t error,
                                      rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* self = static_cast<Impl*>(opaque);
  ++self->rebalances;
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    self->Assign(partitions);
  } else {
    self->Revoke(partitions);
  }
}

Status KafkaConsumer::Impl::Configure(rd_kafka_conf_t* conf) {
  // First what one may change, last what exactly-once stands on.
  const std::vector<std::pair<std::string, std::string>> defaults = {
      {"partition.assignment.strategy", "cooperative-sticky"},
      {"socket.keepalive.enable", "true"},
      {"log.connection.close", "false"},
      {"auto.offset.reset", "error"},
  };
  const std::vector<std::pair<std::string, std::string>> fixed = {
      {"bootstrap.servers", options.brokers}, {"group.id", options.group},
      {"enable.auto.commit", "false"},        {"enable.auto.offset.store", "false"},
      {"enable.partition.eof", "true"},
  };
  std::array<char, 512> why{};
  const auto is_set = [&](const std::string& key) {
    return std::ranges::any_of(options.settings, [&](const auto& s) { return s.first == key; });
  };
  for (const auto* settings :
       {&defaults, &std::as_const(options.tuning), &std::as_const(options.settings), &fixed}) {
    for (const auto& [key, value] : *settings) {
      // The new protocol has its assignors at the broker.
      if (settings == &defaults && key == "partition.assignment.strategy" &&
          is_set("group.protocol")) {
        continue;
      }
      const auto result = api().conf_set(conf, key.c_str(), value.c_str(), why.data(), why.size());
      if (result == RD_KAFKA_CONF_UNKNOWN && settings == &options.tuning) continue;
      if (result != RD_KAFKA_CONF_OK) {
        return Status::InvalidArgument("Kafka setting ", key, ": ", why.data());
      }
    }
  }
  if (options.tokens != nullptr) {
    DELTAIC_RETURN_IF_ERROR(UseTokens(api(), conf, options.settings));
    api().conf_set_oauthbearer_token_refresh_cb(
        conf, [](rd_kafka_t* client, const char*, void* opaque) {
          const auto* self = static_cast<Impl*>(opaque);
          ServeToken(self->api(), client, *self->options.tokens);
        });
  }
  api().conf_set_opaque(conf, this);
  api().conf_set_rebalance_cb(conf, &Impl::OnRebalance);
  api().conf_set_error_cb(conf, &Impl::OnError);
  api().conf_set_log_cb(conf, &OnLog);
  return Status();
}

KafkaConsumer::KafkaConsumer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaConsumer::~KafkaConsumer() { Close(); }

Result<std::unique_ptr<KafkaConsumer>> KafkaConsumer::Open(const KafkaApi& api,
                                                           const ConsumerOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->api_of_caller = &api;
  impl->options = options;
  rd_kafka_conf_t* conf = api.conf_new();
  const Status configured = impl->Configure(conf);
  if (!configured.ok()) {
    api.conf_destroy(conf);
    return configured;
  }
  std::array<char, 512> why{};
  impl->consumer = api.new_(RD_KAFKA_CONSUMER, conf, why.data(), why.size());
  if (impl->consumer == nullptr) {
    api.conf_destroy(conf);
    return Status::InvalidArgument("Kafka: ", why.data());
  }
  if (options.tokens != nullptr) ServeTokensInBackground(api, impl->consumer);
  api.poll_set_consumer(impl->consumer);
  impl->queue = api.queue_get_consumer(impl->consumer);
  return std::unique_ptr<KafkaConsumer>(new KafkaConsumer(std::move(impl)));
}

KafkaSource* KafkaConsumer::AddTopic(const std::string& topic, SourceEvents* events,
                                     int64_t unknown_ms) {
  auto& added = impl_->topics.emplace_back();
  added.may_be_unknown = std::chrono::milliseconds(unknown_ms);
  added.source = std::make_unique<KafkaSource>(this, topic, Clock::now() + added.may_be_unknown);
  added.events = events;
  impl_->topic_by_name.emplace(added.source->topic(), impl_->topics.size() - 1);
  return added.source.get();
}

Status KafkaConsumer::Subscribe() {
  PartitionList list(api());
  for (const auto& topic : impl_->topics) {
    list.Add(topic.source->topic(), RD_KAFKA_PARTITION_UA, RD_KAFKA_OFFSET_INVALID);
  }
  const auto error = api().subscribe(impl_->consumer, list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Failed(error, "cannot subscribe");
  const std::lock_guard lock(impl_->mutex);
  impl_->subscribed = true;
  return Status();
}

Result<std::vector<TopicBatch>> KafkaConsumer::Consume(size_t most, int timeout_ms) {
  Impl& self = *impl_;
  self.taken.resize(most);
  const ssize_t count = api().consume_batch_queue(self.queue, timeout_ms, self.taken.data(), most);
  Status failed = std::exchange(self.from_event, Status());
  std::vector<TopicBatch> out;
  std::vector<size_t> place(self.topics.size() + 1, SIZE_MAX);  // of a topic's batch in `out`
  for (ssize_t i = 0; i < count; ++i) {
    rd_kafka_message_t* raw = self.taken[static_cast<size_t>(i)];
    const size_t topic = raw->rkt == nullptr ? self.topics.size() : self.TopicOf(*raw);
    const bool is_end = raw->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    const bool is_error = raw->err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_end;
    if ((is_error && (IsPassing(raw->err) || self.MayBecomeKnown(topic, raw->err))) ||
        (!is_error && topic == self.topics.size())) {
      api().message_destroy(raw);
      continue;
    }
    if (is_error && topic == self.topics.size()) {
      if (failed.ok()) failed = self.ErrorOf(*raw);
      api().message_destroy(raw);
      continue;
    }
    if (place[topic] == SIZE_MAX) {
      place[topic] = out.size();
      out.push_back({topic, MessageBatch(self.api_of_caller), Status()});
      if (self.topics.size() == 1) out.back().batch.messages.reserve(static_cast<size_t>(count));
    }
    if (is_error) {
      out[place[topic]].status = self.ErrorOf(*raw);
      api().message_destroy(raw);
      continue;
    }
    MessageBatch& batch = out[place[topic]].batch;
    if (is_end) {
      batch.ends.emplace_back(raw->partition, raw->offset);
      api().message_destroy(raw);
      continue;
    }
    Message& message = batch.messages.emplace_back();
    message.raw = raw;
    message.partition = raw->partition;
    message.offset = raw->offset;
    message.has_payload = raw->payload != nullptr;
    message.payload = {static_cast<const char*>(raw->payload), raw->len};
    message.has_key = raw->key != nullptr;
    message.key = {static_cast<const char*>(raw->key), raw->key_len};
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    message.timestamp_ms = api().message_timestamp(raw, &type);
    message.timestamp_type = static_cast<int>(type) - 1;
  }
  if (!failed.ok()) return failed;
  self.AskForUnknown(out);
  return out;
}

void KafkaConsumer::Wake() { api().queue_yield(impl_->queue); }

void KafkaConsumer::Close() {
  if (std::exchange(impl_->closed, true)) return;
  api().consumer_close(impl_->consumer);
}

int64_t KafkaConsumer::rebalances() const { return impl_->rebalances; }
const KafkaApi& KafkaConsumer::api() const { return impl_->api(); }
rd_kafka_t* KafkaConsumer::handle() const { return impl_->consumer; }
const ConsumerOptions& KafkaConsumer::options() const { return impl_->options; }
bool KafkaConsumer::is_stopped() const {
  return impl_->options.stop != nullptr && impl_->options.stop->load(std::memory_order_relaxed);
}
Status KafkaConsumer::Failed(rd_kafka_resp_err_t error, std::string_view what) {
  return impl_->Failed(error, what);
}

}  // namespace deltaic::ingest
