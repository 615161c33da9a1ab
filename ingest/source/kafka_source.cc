#include "ingest/source/kafka_source.h"

#include <thread>
#include <utility>

#include "base/log_sink.h"
#include "ingest/source/kafka_consumer.h"
#include "ingest/source/kafka_errors.h"
#include "ingest/source/partition_list.h"

namespace deltaic::ingest {
namespace {

constexpr int kRequestTimeoutMs = 15000;
constexpr auto kBetweenQuestions = std::chrono::milliseconds(200);

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

rd_kafka_resp_err_t KafkaSource::AskUntilKnown(const std::function<rd_kafka_resp_err_t()>& ask) {
  for (bool is_told = false;; is_told = true) {
    const rd_kafka_resp_err_t error = ask();
    if (!IsNotKnownYet(error) || consumer_->is_stopped() ||
        std::chrono::steady_clock::now() >= known_by_) {
      return error;
    }
    if (!is_told) Log(LogLevel::kInfo, Concat("topic ", topic_, " is not known yet: asked again"));
    std::this_thread::sleep_for(kBetweenQuestions);
  }
}

Result<std::vector<int32_t>> KafkaSource::Partitions() {
  const KafkaApi& api = consumer_->api();
  std::vector<int32_t> out;
  const auto error = AskUntilKnown([&] {
    rd_kafka_topic_t* topic = api.topic_new(consumer_->handle(), topic_.c_str(), nullptr);
    const struct rd_kafka_metadata* metadata = nullptr;
    auto failed = api.metadata(consumer_->handle(), 0, topic, &metadata, kRequestTimeoutMs);
    api.topic_destroy(topic);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) return failed;
    failed = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    if (failed == RD_KAFKA_RESP_ERR_NO_ERROR) {
      for (int i = 0; i < metadata->topics[0].partition_cnt; ++i) {
        out.push_back(metadata->topics[0].partitions[i].id);
      }
    }
    api.metadata_destroy(metadata);
    return failed;
  });
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return out;
  // Why no broker answers is told by a callback.
  api.poll(consumer_->handle(), 0);
  return consumer_->Failed(error, Concat("topic ", topic_, " at ", consumer_->options().brokers));
}

Result<std::pair<int64_t, int64_t>> KafkaSource::Watermarks(int32_t partition) {
  std::pair<int64_t, int64_t> out;
  const auto error = AskUntilKnown([&] {
    return consumer_->api().query_watermark_offsets(consumer_->handle(), topic_.c_str(), partition,
                                                    &out.first, &out.second, kRequestTimeoutMs);
  });
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return consumer_->Failed(error, Concat("offsets of partition ", partition));
  }
  return out;
}

Result<int64_t> KafkaSource::OffsetAt(int32_t partition, int64_t timestamp_ms) {
  int64_t offset = 0;
  const auto error = AskUntilKnown([&] {
    PartitionList list(consumer_->api());
    list.Add(topic_, partition, timestamp_ms);
    const auto failed =
        consumer_->api().offsets_for_times(consumer_->handle(), list.get(), kRequestTimeoutMs);
    offset = list[0].offset;
    return failed != RD_KAFKA_RESP_ERR_NO_ERROR ? failed : list[0].err;
  });
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return consumer_->Failed(error, Concat("offset by time of partition ", partition));
  }
  if (offset >= 0) return offset;
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
