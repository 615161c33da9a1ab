#pragma once

#include <cstdint>
#include <string>

#include "ingest/source/kafka_api.h"

namespace deltaic::ingest {

/// librdkafka's list of partitions, which frees itself. One thread at a time.
class PartitionList {
 public:
  /// \param api  outlives the list.
  explicit PartitionList(const KafkaApi& api)
      : api_(api), list_(api_.topic_partition_list_new(4)) {}
  ~PartitionList() { api_.topic_partition_list_destroy(list_); }
  PartitionList(const PartitionList&) = delete;
  PartitionList& operator=(const PartitionList&) = delete;

  void Add(const std::string& topic, int32_t partition, int64_t offset) {
    api_.topic_partition_list_add(list_, topic.c_str(), partition)->offset = offset;
  }
  int size() const { return list_->cnt; }
  rd_kafka_topic_partition_list_t* get() const { return list_; }
  const rd_kafka_topic_partition_t& operator[](int i) const { return list_->elems[i]; }

 private:
  const KafkaApi& api_;
  rd_kafka_topic_partition_list_t* list_;
};

}  // namespace deltaic::ingest
