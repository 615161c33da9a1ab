#include "ingest/source/kafka_source.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/log_sink.h"
#include "ingest/source/kafka_errors.h"

namespace deltaic::ingest {
namespace {

constexpr int kRequestTimeoutMs = 15000;
constexpr auto kBetweenSameErrors = std::chrono::seconds(10);

/// A list of partitions that frees itself.
class PartitionList {
 public:
  PartitionList(const KafkaApi& api, std::string topic) : api_(api), topic_(std::move(topic)) {
    list_ = api_.topic_partition_list_new(4);
  }
  ~PartitionList() { api_.topic_partition_list_destroy(list_); }
  PartitionList(const PartitionList&) = delete;
  PartitionList& operator=(const PartitionList&) = delete;
  void Add(int32_t partition, int64_t offset) {
    api_.topic_partition_list_add(list_, topic_.c_str(), partition)->offset = offset;
  }
  rd_kafka_topic_partition_list_t* get() const { return list_; }
  const rd_kafka_topic_partition_t& operator[](int i) const { return list_->elems[i]; }

 private:
  const KafkaApi& api_;
  const std::string topic_;
  rd_kafka_topic_partition_list_t* list_;
};

/// Its lines are for who looks into it: what a user must know comes as errors.
void OnLog(const rd_kafka_t*, int, const char* facility, const char* text) {
  Log(LogLevel::kDebug, Concat("librdkafka ", facility, ": ", text));
}

}  // namespace

void MessageBatch::Clear() {
  for (const Message& message : messages) {
    if (message.raw != nullptr) api_->message_destroy(message.raw);
  }
  messages.clear();
}

struct KafkaSource::Impl {
  KafkaApi api;
  SourceOptions options;
  SourceEvents* events = nullptr;
  rd_kafka_t* consumer = nullptr;
  rd_kafka_queue_t* queue = nullptr;
  std::vector<rd_kafka_message_t*> taken;  // room for one call
  Status from_event;                       // of an event: Consume() returns it
  int64_t rebalances = 0;
  bool closed = false;
  bool subscribed = false;
  std::mutex mutex;
  std::chrono::steady_clock::time_point last_logged;
  Status last_error;  // of the error callback, which may come from any call

  ~Impl() {
    if (queue != nullptr) api.queue_destroy(queue);
    if (consumer != nullptr) api.destroy(consumer);
  }
  Status ErrorSoFar() {
    const std::lock_guard lock(mutex);
    return last_error;
  }
  Status Failed(rd_kafka_resp_err_t error, std::string_view what);
  Status Configure(rd_kafka_conf_t* conf);
  void Assign(const rd_kafka_topic_partition_list_t* list);
  void Revoke(const rd_kafka_topic_partition_list_t* list);
  static void OnRebalance(rd_kafka_t* consumer, rd_kafka_resp_err_t error,
                          rd_kafka_topic_partition_list_t* partitions, void* opaque);
  static void OnError(rd_kafka_t* consumer, int error, const char* reason, void* opaque);
  bool is_cooperative() const {
    return std::strcmp(api.rebalance_protocol(consumer), "COOPERATIVE") == 0;
  }
  void Done(rd_kafka_error_t* error) {
    if (error == nullptr) return;
    if (from_event.ok()) from_event = Status::Unavailable("Kafka: ", api.error_string(error));
    api.error_destroy(error);
  }
};

Status KafkaSource::Impl::Failed(rd_kafka_resp_err_t error, std::string_view what) {
  // The reason why no broker answers, such as a wrong password, comes by the error callback.
  if (const Status earlier = ErrorSoFar(); !earlier.ok() && IsUnreachable(error)) {
    return earlier.WithContext(what);
  }
  return StatusOfKafka(api, error, Concat(what, ": ", api.err2str(error)));
}

void KafkaSource::Impl::OnError(rd_kafka_t*, int error, const char* reason, void* opaque) {
  auto* self = static_cast<Impl*>(opaque);
  const auto code = static_cast<rd_kafka_resp_err_t>(error);
  const Status status =
      StatusOfKafka(self->api, code, Concat("Kafka at ", self->options.brokers, ": ", reason));
  const std::lock_guard lock(self->mutex);
  // Until it has met the broker, the error is what the run ends with. After that, librdkafka tells
  // of each try to connect: the same is said once in a while.
  const auto now = std::chrono::steady_clock::now();
  if (self->subscribed && now - self->last_logged > kBetweenSameErrors) {
    Log(LogLevel::kWarning, status.message());
    self->last_logged = now;
  }
  // "All brokers are down" says less than what came before it.
  if (self->last_error.ok() || code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    self->last_error = status;
  }
}

void KafkaSource::Impl::Assign(const rd_kafka_topic_partition_list_t* list) {
  std::vector<int32_t> partitions;
  for (int i = 0; i < list->cnt; ++i) partitions.push_back(list->elems[i].partition);
  Result<std::vector<int64_t>> starts = events->OnAssigned(partitions);
  PartitionList assigned(api, options.topic);
  if (starts.ok()) {
    for (size_t i = 0; i < partitions.size(); ++i) assigned.Add(partitions[i], (*starts)[i]);
  } else if (from_event.ok()) {
    from_event = starts.status();
  }
  if (is_cooperative()) {
    Done(api.incremental_assign(consumer, assigned.get()));
  } else if (const auto error = api.assign(consumer, assigned.get());
             error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    from_event = Failed(error, "cannot take partitions");
  }
}

void KafkaSource::Impl::Revoke(const rd_kafka_topic_partition_list_t* list) {
  std::vector<int32_t> partitions;
  for (int i = 0; i < list->cnt; ++i) partitions.push_back(list->elems[i].partition);
  events->OnRevoked(partitions, api.assignment_lost(consumer) != 0);
  if (is_cooperative()) {
    Done(api.incremental_unassign(consumer, list));
  } else {
    api.assign(consumer, nullptr);
  }
}

void KafkaSource::Impl::OnRebalance(rd_kafka_t*, rd_kafka_resp_err_t error,
                                    rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* self = static_cast<Impl*>(opaque);
  ++self->rebalances;
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    self->Assign(partitions);
  } else {
    self->Revoke(partitions);
  }
}

Status KafkaSource::Impl::Configure(rd_kafka_conf_t* conf) {
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
      const auto result = api.conf_set(conf, key.c_str(), value.c_str(), why.data(), why.size());
      if (result == RD_KAFKA_CONF_UNKNOWN && settings == &options.tuning) continue;
      if (result != RD_KAFKA_CONF_OK) {
        return Status::InvalidArgument("Kafka setting ", key, ": ", why.data());
      }
    }
  }
  api.conf_set_opaque(conf, this);
  api.conf_set_rebalance_cb(conf, &Impl::OnRebalance);
  api.conf_set_error_cb(conf, &Impl::OnError);
  api.conf_set_log_cb(conf, &OnLog);
  return Status();
}

KafkaSource::KafkaSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaSource::~KafkaSource() { Close(); }

Result<std::unique_ptr<KafkaSource>> KafkaSource::Open(const KafkaApi& api,
                                                       const SourceOptions& options,
                                                       SourceEvents* events) {
  auto impl = std::make_unique<Impl>();
  impl->api = api;
  impl->options = options;
  impl->events = events;
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
  api.poll_set_consumer(impl->consumer);
  impl->queue = api.queue_get_consumer(impl->consumer);
  return std::unique_ptr<KafkaSource>(new KafkaSource(std::move(impl)));
}

Result<std::vector<int32_t>> KafkaSource::Partitions() {
  const KafkaApi& api = impl_->api;
  const std::string& name = impl_->options.topic;
  rd_kafka_topic_t* topic = api.topic_new(impl_->consumer, name.c_str(), nullptr);
  const struct rd_kafka_metadata* metadata = nullptr;
  const auto error = api.metadata(impl_->consumer, 0, topic, &metadata, kRequestTimeoutMs);
  api.topic_destroy(topic);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // Why no broker answers is told by a callback.
    api.poll(impl_->consumer, 0);
    return impl_->Failed(error, Concat("topic ", name));
  }
  Result<std::vector<int32_t>> out = std::vector<int32_t>();
  if (metadata->topic_cnt != 1) {
    out = Status::NotFound("Kafka at ", impl_->options.brokers, " has no topic ", name);
  } else if (metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    out = impl_->Failed(metadata->topics[0].err,
                        Concat("topic ", name, " at ", impl_->options.brokers));
  } else {
    for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
      out->push_back(metadata->topics[0].partitions[i].id);
    }
  }
  api.metadata_destroy(metadata);
  return out;
}

Result<std::pair<int64_t, int64_t>> KafkaSource::Watermarks(int32_t partition) {
  std::pair<int64_t, int64_t> out;
  const auto error =
      impl_->api.query_watermark_offsets(impl_->consumer, impl_->options.topic.c_str(), partition,
                                         &out.first, &out.second, kRequestTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return impl_->Failed(error, Concat("offsets of partition ", partition));
  }
  return out;
}

Result<int64_t> KafkaSource::OffsetAt(int32_t partition, int64_t timestamp_ms) {
  PartitionList list(impl_->api, impl_->options.topic);
  list.Add(partition, timestamp_ms);
  const auto error = impl_->api.offsets_for_times(impl_->consumer, list.get(), kRequestTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return impl_->Failed(error, Concat("offset by time of partition ", partition));
  }
  if (list[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return impl_->Failed(list[0].err, Concat("offset by time of partition ", partition));
  }
  if (list[0].offset >= 0) return list[0].offset;
  DELTAIC_ASSIGN_OR_RETURN(const auto range, Watermarks(partition));
  return range.second;
}

Result<std::optional<int64_t>> KafkaSource::GroupOffset(int32_t partition) {
  PartitionList list(impl_->api, impl_->options.topic);
  list.Add(partition, RD_KAFKA_OFFSET_INVALID);
  const auto error = impl_->api.committed(impl_->consumer, list.get(), kRequestTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return impl_->Failed(error, Concat("offset of group ", impl_->options.group));
  }
  if (list[0].offset < 0) return std::optional<int64_t>();
  return std::optional<int64_t>(list[0].offset);
}

Status KafkaSource::Subscribe() {
  PartitionList list(impl_->api, impl_->options.topic);
  list.Add(RD_KAFKA_PARTITION_UA, RD_KAFKA_OFFSET_INVALID);
  const auto error = impl_->api.subscribe(impl_->consumer, list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return impl_->Failed(error, "cannot subscribe");
  const std::lock_guard lock(impl_->mutex);
  impl_->subscribed = true;
  return Status();
}

Result<MessageBatch> KafkaSource::Consume(size_t most, int timeout_ms) {
  const KafkaApi& api = impl_->api;
  impl_->taken.resize(most);
  const ssize_t count =
      api.consume_batch_queue(impl_->queue, timeout_ms, impl_->taken.data(), most);
  MessageBatch batch(&impl_->api);
  Status failed = std::exchange(impl_->from_event, Status());
  batch.messages.reserve(count > 0 ? static_cast<size_t>(count) : 0);
  for (ssize_t i = 0; i < count; ++i) {
    rd_kafka_message_t* raw = impl_->taken[static_cast<size_t>(i)];
    if (raw->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (raw->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        batch.ends.emplace_back(raw->partition, raw->offset);
      } else if (failed.ok() && !IsPassing(raw->err)) {
        failed = StatusOfKafka(api, raw->err,
                               Concat("topic ", impl_->options.topic, " partition ", raw->partition,
                                      ": ", api.message_errstr(raw)));
      }
      api.message_destroy(raw);
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
    message.timestamp_ms = api.message_timestamp(raw, &type);
    message.timestamp_type = static_cast<int>(type) - 1;
  }
  if (!failed.ok()) return failed;
  return batch;
}

Status KafkaSource::Restart(const std::map<int32_t, int64_t>& offsets) {
  if (offsets.empty()) return Status();
  PartitionList list(impl_->api, impl_->options.topic);
  for (const auto& [partition, offset] : offsets) list.Add(partition, offset);
  if (rd_kafka_error_t* error =
          impl_->api.seek_partitions(impl_->consumer, list.get(), kRequestTimeoutMs)) {
    const std::string why = impl_->api.error_string(error);
    impl_->api.error_destroy(error);
    return Status::Unavailable("Kafka: cannot go back in ", impl_->options.topic, ": ", why);
  }
  for (int i = 0; i < list.get()->cnt; ++i) {
    if (list[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return impl_->Failed(list[i].err, Concat("cannot go back in partition ", list[i].partition));
    }
  }
  return Status();
}

Status KafkaSource::CommitGroupOffsets(const std::map<int32_t, int64_t>& offsets, bool wait) {
  if (offsets.empty()) return Status();
  PartitionList list(impl_->api, impl_->options.topic);
  for (const auto& [partition, offset] : offsets) list.Add(partition, offset);
  const auto error = impl_->api.commit(impl_->consumer, list.get(), wait ? 0 : 1);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return impl_->Failed(error, "group offsets");
  return Status();
}

void KafkaSource::Close() {
  if (std::exchange(impl_->closed, true)) return;
  impl_->api.consumer_close(impl_->consumer);
}

int64_t KafkaSource::rebalances() const { return impl_->rebalances; }

}  // namespace deltaic::ingest
