#include "ingest/source/kafka_source.h"

#include <utility>

#include "ingest/source/kafka_consumer.h"
#include "ingest/source/partition_list.h"

namespace deltaic::ingest {
namespace {

constexpr int kRequestTimeoutMs = 15000;

}  // namespace

void MessageBatch::Clear() {
  for (const Message& message : messages) {
    if (message.raw != nullptr) api_->message_destroy(message.raw);
  }
  messages.clear();
}

std::shared_ptr<const TokenSource> KafkaSource::tokens() const {
  return consumer_->options().tokens;
}

Result<std::vector<int32_t>> KafkaSource::Partitions() {
  const KafkaApi& api = consumer_->api();
  const std::string& name = topic_;
  rd_kafka_topic_t* topic = api.topic_new(consumer_->handle(), name.c_str(), nullptr);
  const struct rd_kafka_metadata* metadata = nullptr;
  const auto error = api.metadata(consumer_->handle(), 0, topic, &metadata, kRequestTimeoutMs);
  api.topic_destroy(topic);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // Why no broker answers is told by a callback.
    api.poll(consumer_->handle(), 0);
    return consumer_->Failed(error, Concat("topic ", name));
  }
  Result<std::vector<int32_t>> out = std::vector<int32_t>();
  if (metadata->topic_cnt != 1) {
    out = Status::NotFound("Kafka at ", consumer_->options().brokers, " has no topic ", name);
  } else if (metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    out = consumer_->Failed(metadata->topics[0].err,
                            Concat("topic ", name, " at ", consumer_->options().brokers));
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
  const auto error = consumer_->api().query_watermark_offsets(
      consumer_->handle(), topic_.c_str(), partition, &out.first, &out.second, kRequestTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return consumer_->Failed(error, Concat("offsets of partition ", partition));
  }
  return out;
}

Result<int64_t> KafkaSource::OffsetAt(int32_t partition, int64_t timestamp_ms) {
  PartitionList list(consumer_->api());
  list.Add(topic_, partition, timestamp_ms);
  const auto error =
      consumer_->api().offsets_for_times(consumer_->handle(), list.get(), kRequestTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return consumer_->Failed(error, Concat("offset by time of partition ", partition));
  }
  if (list[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return consumer_->Failed(list[0].err, Concat("offset by time of partition ", partition));
  }
  if (list[0].offset >= 0) return list[0].offset;
  DELTAIC_ASSIGN_OR_RETURN(const auto range, Watermarks(partition));
  return range.second;
}

Result<std::optional<int64_t>> KafkaSource::GroupOffset(int32_t partition) {
  PartitionList list(consumer_->api());
  list.Add(topic_, partition, RD_KAFKA_OFFSET_INVALID);
  const auto error = consumer_->api().committed(consumer_->handle(), list.get(), kRequestTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return consumer_->Failed(error, Concat("offset of group ", consumer_->options().group));
  }
  if (list[0].offset < 0) return std::optional<int64_t>();
  return std::optional<int64_t>(list[0].offset);
}

std::optional<int64_t> KafkaSource::KnownEnd(int32_t partition) {
  int64_t low = 0, high = 0;
  const auto error = consumer_->api().get_watermark_offsets(consumer_->handle(), topic_.c_str(),
                                                            partition, &low, &high);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) return std::nullopt;
  return high;
}

void KafkaSource::Pause(std::span<const int32_t> partitions) {
  if (partitions.empty()) return;
  PartitionList list(consumer_->api());
  for (const int32_t partition : partitions) list.Add(topic_, partition, RD_KAFKA_OFFSET_INVALID);
  consumer_->api().pause_partitions(consumer_->handle(), list.get());
}

Status KafkaSource::Restart(const std::map<int32_t, int64_t>& offsets) {
  if (offsets.empty()) return Status();
  PartitionList list(consumer_->api());
  for (const auto& [partition, offset] : offsets) list.Add(topic_, partition, offset);
  // Of those that go on already it changes nothing. First this, for where a partition goes on
  // after a pause is librdkafka's guess.
  consumer_->api().resume_partitions(consumer_->handle(), list.get());
  if (rd_kafka_error_t* error =
          consumer_->api().seek_partitions(consumer_->handle(), list.get(), kRequestTimeoutMs)) {
    const std::string why = consumer_->api().error_string(error);
    consumer_->api().error_destroy(error);
    return Status::Unavailable("Kafka: cannot go back in ", topic_, ": ", why);
  }
  for (int i = 0; i < list.size(); ++i) {
    if (list[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return consumer_->Failed(list[i].err,
                               Concat("cannot go back in partition ", list[i].partition));
    }
  }
  return Status();
}

Status KafkaSource::CommitGroupOffsets(const std::map<int32_t, int64_t>& offsets, bool wait) {
  if (offsets.empty()) return Status();
  PartitionList list(consumer_->api());
  for (const auto& [partition, offset] : offsets) list.Add(topic_, partition, offset);
  const auto error = consumer_->api().commit(consumer_->handle(), list.get(), wait ? 0 : 1);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return consumer_->Failed(error, "group offsets");
  return Status();
}

}  // namespace deltaic::ingest
