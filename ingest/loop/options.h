#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/decode/decoder.h"
#include "protocol/actions.h"
#include "storage/open_store.h"

namespace deltaic::ingest {

/// Where partitions begin that the table remembers nothing of.
enum class StartAt { kEarliest, kLatest, kTimestamp, kOffset };

/// What becomes of messages that make no row.
enum class OnError { kDeadLetter, kSkip, kFail };

/// Everything that one run is told. Names and defaults as kafka-delta-ingest has them, where it has
/// them; docs/ingest.md is the table of flags.
struct IngestOptions {
  std::string topic, table;
  std::string brokers = "localhost:9092";
  std::string group = "kafka_delta_ingest";
  std::string app_id = "kafka_delta_ingest";
  std::vector<std::pair<std::string, std::string>> kafka_settings;
  std::string librdkafka;

  StartAt start = StartAt::kEarliest;
  int64_t start_value = 0;                  ///< milliseconds since 1970, or an offset
  std::map<int32_t, int64_t> seek_offsets;  ///< by partition: the last offset not to be read
  bool ends_at_latest_offsets = false;
  bool fail_on_data_loss = true;

  int64_t allowed_latency_ms = 300'000;
  int64_t min_bytes_per_file = 134'217'728;
  int64_t max_rows_per_commit = 0;  ///< 0: no limit
  int64_t max_rows_per_batch = 65'536;
  int64_t memory_limit_bytes = 512LL << 20;

  bool decompress_gzip = false;
  std::vector<std::string> transforms;
  std::string filter;
  Evolution evolution = Evolution::kIgnore;

  std::string schema;  ///< of a new table; empty: told from the first messages
  std::vector<std::string> partition_by;
  StringMap properties;
  std::string compression;
  StorageOptions storage;

  OnError on_error = OnError::kSkip;
  std::string dlq_table, dlq_topic;
  std::vector<std::string> dlq_transforms;
  int max_failure_percent = 100;  ///< of the last failure_window messages; 100: no limit
  int64_t failure_window = 10'000;

  bool check_only = false;
};

}  // namespace deltaic::ingest
