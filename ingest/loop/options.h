#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log_sink.h"
#include "ingest/decode/decoder.h"
#include "ingest/decode/open_format.h"
#include "ingest/observe/log_line.h"
#include "ingest/upsert/change_options.h"
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
  bool aws_msk_iam = false;  ///< tokens of Amazon MSK by IAM credentials
  std::string aws_region;    ///< of them; empty: as the environment has it

  StartAt start = StartAt::kEarliest;
  int64_t start_value = 0;                  ///< milliseconds since 1970, or an offset
  std::map<int32_t, int64_t> seek_offsets;  ///< by partition: the last offset not to be read
  bool ends_at_latest_offsets = false;
  bool fail_on_data_loss = true;
  int64_t topic_timeout_ms = 10'000;  ///< the topic may be unknown to brokers for so long

  int64_t allowed_latency_ms = 300'000;
  int64_t min_bytes_per_file = 134'217'728;
  int64_t max_rows_per_commit = 0;  ///< 0: no limit
  int64_t max_rows_per_batch = 16'384;

  FormatOptions format;
  ChangeOptions changes;
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

  int64_t compact_interval_ms = 0;  ///< small files are put together so often; 0: never
};

/// Whether a terminal shows a live view.
enum class LiveMode { kAuto, kAlways, kNever };

/// What all routes of a process share.
struct ProcessOptions {
  std::string librdkafka;
  int64_t memory_limit_bytes = 512LL << 20;
  std::string metrics_listen;         ///< host:port, or empty
  std::string statsd, statsd_prefix;  ///< host:port, or empty
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  LiveMode live = LiveMode::kAuto;
  unsigned stop_timeout_s =
      24;  ///< from the first signal to an end without the last commit; 0: none
  bool check_only = false;
};

}  // namespace deltaic::ingest
