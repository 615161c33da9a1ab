#include "ingest/loop/ingest_flags.h"

#include <simdjson.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/civil_time.h"
#include "ingest/transform/transforms.h"
#include "table/clock.h"

namespace deltaic::ingest {
namespace {

Result<std::pair<std::string, std::string>> Split(std::string_view flag, std::string_view text) {
  const size_t at = text.find('=');
  if (at == std::string_view::npos || at == 0) {
    return Status::InvalidArgument(flag, " ", text, ": expected KEY=VALUE");
  }
  return std::pair(std::string(text.substr(0, at)), std::string(text.substr(at + 1)));
}

constexpr int64_t kMostRowsPerBatch = 65'536;

template <typename T>
bool ReadNumber(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

Result<int64_t> ReadByteSize(std::string_view flag, std::string text) {
  constexpr std::pair<std::string_view, int64_t> kUnits[] = {{"KiB", 1LL << 10},
                                                             {"MiB", 1LL << 20},
                                                             {"GiB", 1LL << 30},
                                                             {"KB", 1000},
                                                             {"MB", 1000000},
                                                             {"GB", 1000000000},
                                                             {"B", 1}};
  int64_t unit = 1;
  for (const auto& [name, factor] : kUnits) {
    if (text.ends_with(name)) {
      unit = factor;
      text.resize(text.size() - name.size());
      break;
    }
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  int64_t number = 0;
  if (!ReadNumber(text, number) || number <= 0 || number > (int64_t{1} << 40) / unit * 1024) {
    return Status::InvalidArgument(flag, ": expected a size such as 512MiB");
  }
  return number * unit;
}

const char* Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? nullptr : value;
}

}  // namespace

void IngestFlags::AddTo(CLI::App& app) {
  app.get_formatter()->column_width(44);
  IngestOptions& o = options_;
  app.add_option("TOPIC", o.topic, "The topic to read")->required()->envname("KAFKA_TOPIC");
  app.add_option("TABLE", o.table, "Path or URI of the table")
      ->required()
      ->envname("TABLE_LOCATION");
  const auto kafka = "Kafka";
  app.add_option("-k,--kafka", o.brokers, "Brokers, host:port,...")
      ->envname("KAFKA_BROKERS")
      ->capture_default_str()
      ->group(kafka);
  app.add_option("-g,--consumer-group,--consumer_group", o.group, "Consumer group")
      ->envname("KAFKA_CONSUMER_GROUP")
      ->capture_default_str()
      ->group(kafka);
  app.add_option("-a,--app-id,--app_id", o.app_id,
                 "The name under which the table remembers positions")
      ->envname("APP_ID")
      ->capture_default_str()
      ->group(kafka);
  app.add_option("-K,--kafka-setting,--kafka_setting", settings_,
                 "A setting of librdkafka, KEY=VALUE; repeatable")
      ->envname("KAFKA_SETTINGS")
      ->allow_extra_args(false)
      ->group(kafka);
  app.add_option("--kafka-auth", kafka_auth_,
                 "aws-msk-iam: sign in to Amazon MSK with AWS's usual credentials")
      ->check(CLI::IsMember({"aws-msk-iam"}))
      ->group(kafka);
  app.add_option("--aws-region", o.aws_region, "The region of --kafka-auth [AWS_REGION]")
      ->group(kafka);
  app.add_option("--librdkafka", process_.librdkafka, "The file of librdkafka to load")
      ->group(kafka);
  app.add_option("-o,--auto-offset-reset,--auto_offset_reset", reset_,
                 "Where to begin with what the table does not remember")
      ->envname("KAFKA_AUTO_OFFSET_RESET")
      ->check(CLI::IsMember({"earliest", "latest"}))
      ->capture_default_str()
      ->group(kafka);
  app.add_option("--start", start_,
                 "The same: earliest, latest, offset=N or timestamp=2024-01-31T00:00:00Z")
      ->group(kafka);
  app.add_option("--seek-offsets,--seek_offsets", seek_offsets_,
                 "The last offset before the first one to read, by partition: {\"0\":123}")
      ->envname("KAFKA_SEEK_OFFSETS")
      ->group(kafka);
  app.add_option("--on-data-loss", data_loss_, "What to do where Kafka lost unread messages")
      ->check(CLI::IsMember({"fail", "continue"}))
      ->capture_default_str()
      ->group(kafka);
  app.add_flag("-e,--ends-at-latest-offsets,--ends_at_latest_offsets", o.ends_at_latest_offsets,
               "End where the topic ended at the start")
      ->envname("ENDS_AT_LATEST_OFFSETS")
      ->group(kafka);
  const auto when = "When to commit";
  app.add_option("-l,--allowed-latency,--allowed_latency", allowed_latency_s_,
                 "Seconds a message may wait")
      ->envname("ALLOWED_LATENCY")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(when);
  app.add_option("-b,--min-bytes-per-file,--min_bytes_per_file", o.min_bytes_per_file,
                 "Bytes of files that are committed without waiting")
      ->envname("MIN_BYTES_PER_FILE")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(when);
  app.add_option("--max-rows-per-commit", o.max_rows_per_commit,
                 "Messages that are committed without waiting")
      ->check(CLI::PositiveNumber)
      ->group(when);
  app.add_option("-m,--max-messages-per-batch,--max_messages_per_batch", messages_per_batch_,
                 "Rows that are handed on at once, at most 65536")
      ->envname("MAX_MESSAGES_PER_BATCH")
      ->check(CLI::PositiveNumber)
      ->group(when);
  app.add_flag("-c,--checkpoints", checkpoints_,
               "Taken for compatibility: checkpoints are written as the table's properties say")
      ->envname("WRITE_CHECKPOINTS")
      ->group(when);
  app.add_option("--memory-limit", memory_limit_, "Of all buffers together")
      ->capture_default_str()
      ->group(when);
  app.add_option("--stop-timeout", process_.stop_timeout_s,
                 "Seconds that the last commit may take after SIGTERM; 0: as long as it takes")
      ->check(CLI::Range(0U, 86'400U))
      ->capture_default_str()
      ->group(when);
  const auto rows = "Rows";
  app.add_option("-t,--transform", o.transforms, "PROPERTY: SOURCE; repeatable")
      ->envname("TRANSFORMS")
      ->allow_extra_args(false)
      ->group(rows);
  app.add_option("--filter", o.filter, "Leave out messages of which this JMESPath is not true")
      ->group(rows);
  app.add_option("--evolution", evolution_, "Fields that the table has no column for")
      ->check(CLI::IsMember({"ignore", "strict", "merge", "rescue", "fail"}))
      ->capture_default_str()
      ->group(rows);
  app.add_flag("--decompress-gzip,--decompress_gzip", o.decompress_gzip, "Payloads may be gzip")
      ->envname("DECOMPRESS_GZIP")
      ->group(rows);
  format_.AddTo(app);
  const auto changes = "Changes";
  app.add_option("--mode", mode_,
                 "append; upsert by key; debezium: apply its envelopes; changelog: append them")
      ->check(CLI::IsMember({"append", "upsert", "debezium", "changelog"}))
      ->capture_default_str()
      ->group(changes);
  app.add_option("--key-columns", o.changes.key_columns, "Columns that tell rows apart, a,b")
      ->delimiter(',')
      ->group(changes);
  app.add_option("--sequence-by", o.changes.sequence_by,
                 "Column whose smaller values change nothing; otherwise the order in Kafka counts")
      ->group(changes);
  app.add_option("--on-truncate", on_truncate_, "What to do where the source table was truncated")
      ->check(CLI::IsMember({"fail", "ignore"}))
      ->capture_default_str()
      ->group(changes);
  app.add_option("--on-missing-value", on_missing_value_,
                 "What to do where Debezium tells a new row without a large value")
      ->check(CLI::IsMember({"fail", "null"}))
      ->capture_default_str()
      ->group(changes);
  const auto table = "Table";
  app.add_option("--schema", schema_,
                 "Columns of a new table, 'id long, at timestamp', or the file of a Delta schema")
      ->group(table);
  app.add_option("--partition-by", o.partition_by, "Partition columns of a new table, a,b")
      ->delimiter(',')
      ->group(table);
  app.add_option("--property", properties_, "A property of a new table, KEY=VALUE; repeatable")
      ->allow_extra_args(false)
      ->group(table);
  app.add_option("--compression", o.compression, "snappy, zstd, gzip, lz4_raw, brotli or none")
      ->group(table);
  app.add_option("--storage-option", storage_options_,
                 "A setting of the storage, KEY=VALUE; repeatable")
      ->allow_extra_args(false)
      ->group(table);
  const auto bad = "Bad messages";
  app.add_option(
         "--on-error", on_error_,
         "dead-letter, skip or fail; dead-letter where there is a place for them, else skip")
      ->check(CLI::IsMember({"dead-letter", "skip", "fail"}))
      ->group(bad);
  app.add_option("--dlq-table-location,--dlq_table_location,--dlq-table", o.dlq_table,
                 "The table for dead letters")
      ->envname("DLQ_TABLE_LOCATION")
      ->group(bad);
  app.add_option("--dlq-topic", o.dlq_topic, "The topic for dead letters")->group(bad);
  app.add_option("--dlq-transform,--dlq_transform", o.dlq_transforms,
                 "A transform of dead letters; repeatable")
      ->envname("DLQ_TRANSFORMS")
      ->allow_extra_args(false)
      ->group(bad);
  app.add_option("--max-failure-percent", o.max_failure_percent,
                 "End where more of the last --failure-window messages fail")
      ->check(CLI::Range(0, 100))
      ->capture_default_str()
      ->group(bad);
  app.add_option("--failure-window", o.failure_window, "Messages that are looked at together")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(bad);
  const auto other = "Operation";
  app.add_option("-s,--statsd-endpoint,--statsd_endpoint", process_.statsd,
                 "Where statsd listens, host:port")
      ->envname("STATSD_ENDPOINT")
      ->group(other);
  app.add_option("--metrics-listen", process_.metrics_listen,
                 "Serve /metrics, /healthz and /readyz at HOST:PORT")
      ->group(other);
  app.add_option("--compact-interval", compact_interval_s_,
                 "Put small files of the table together every so many seconds")
      ->check(CLI::NonNegativeNumber)
      ->group(other);
  app.add_option("--config", config_, "A TOML file with routes: topics and their tables")
      ->group(other);
  app.add_option("--live", live_,
                 "Show rates, lag and buffers: auto (on a terminal), always, never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str()
      ->group(other);
  app.add_option("--log-format", log_format_, "text or json, a line each")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str()
      ->group(other);
  app.add_flag("--check", process_.check_only, "Check broker, topic, table and flags, and end")
      ->group(other);
  app.add_option("--log-level", log_level_, "debug, info, warning or error [info]")
      ->envname("RUST_LOG")
      ->group(other);
  app.footer(
      "Example:\n  deltaic ingest clicks /data/clicks -k localhost:9092 -a clicks -l 60 "
      "--dlq-table /data/clicks-dlq");
}

Status IngestFlags::ReadSeekOffsets() {
  if (seek_offsets_.empty()) return Status();
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  const auto bad = [&] {
    return Status::InvalidArgument(
        "--seek-offsets: expected offsets by partition, such as "
        "{\"0\":123}, got ",
        seek_offsets_);
  };
  if (parser.parse(seek_offsets_).get(object) != simdjson::SUCCESS) return bad();
  for (const auto& [key, value] : object) {
    int32_t partition = 0;
    int64_t offset = 0;
    if (!ReadNumber(key, partition) || value.get(offset) != simdjson::SUCCESS || partition < 0 ||
        offset < 0) {
      return bad();
    }
    options_.seek_offsets[partition] = offset;
  }
  return Status();
}

Status IngestFlags::ReadStart() {
  if (reset_ == "latest") options_.start = StartAt::kLatest;
  if (start_.empty()) return Status();
  const std::string_view text = start_;
  if (text == "earliest") {
    options_.start = StartAt::kEarliest;
  } else if (text == "latest") {
    options_.start = StartAt::kLatest;
  } else if (text.starts_with("offset=")) {
    options_.start = StartAt::kOffset;
    if (!ReadNumber(text.substr(7), options_.start_value) || options_.start_value < 0) {
      return Status::InvalidArgument("--start ", text, ": expected a number of at least 0");
    }
  } else if (text.starts_with("timestamp=")) {
    options_.start = StartAt::kTimestamp;
    if (ReadNumber(text.substr(10), options_.start_value)) return Status();
    const Result<int64_t> micros = ParseTimestampMicros(text.substr(10));
    if (!micros.ok()) {
      return Status::InvalidArgument("--start ", text,
                                     ": expected milliseconds, or 2024-01-31T00:00:00Z");
    }
    options_.start_value = *micros / 1000;
  } else {
    return Status::InvalidArgument("--start ", text,
                                   ": expected earliest, latest, offset=N or "
                                   "timestamp=TIME");
  }
  return Status();
}

Status IngestFlags::ReadSettings() {
  for (const std::string& text : settings_) {
    DELTAIC_ASSIGN_OR_RETURN(auto setting, Split("--kafka-setting", text));
    options_.kafka_settings.push_back(std::move(setting));
  }
  for (const std::string& text : properties_) {
    DELTAIC_ASSIGN_OR_RETURN(auto property, Split("--property", text));
    options_.properties.insert(std::move(property));
  }
  for (const std::string& text : storage_options_) {
    DELTAIC_ASSIGN_OR_RETURN(auto option, Split("--storage-option", text));
    options_.storage.insert(std::move(option));
  }
  return Status();
}

Status IngestFlags::ReadChoices() {
  const std::pair<std::string_view, Evolution> modes[] = {{"ignore", Evolution::kIgnore},
                                                          {"strict", Evolution::kStrict},
                                                          {"merge", Evolution::kMerge},
                                                          {"rescue", Evolution::kRescue},
                                                          {"fail", Evolution::kFail}};
  for (const auto& [name, mode] : modes) {
    if (evolution_ == name) options_.evolution = mode;
  }
  const bool has_place = !options_.dlq_table.empty() || !options_.dlq_topic.empty();
  if (on_error_ == "dead-letter" && !has_place) {
    return Status::InvalidArgument("--on-error dead-letter needs --dlq-table or --dlq-topic");
  }
  if (!options_.dlq_table.empty() && !options_.dlq_topic.empty()) {
    return Status::InvalidArgument("--dlq-table and --dlq-topic exclude each other");
  }
  options_.on_error = on_error_ == "fail"                ? OnError::kFail
                      : has_place && on_error_ != "skip" ? OnError::kDeadLetter
                                                         : OnError::kSkip;
  options_.fail_on_data_loss = data_loss_ == "fail";
  options_.allowed_latency_ms = std::llround(allowed_latency_s_ * 1000);
  if (messages_per_batch_ > 0) {
    options_.max_rows_per_batch = std::min(kMostRowsPerBatch, messages_per_batch_);
  }
  DELTAIC_ASSIGN_OR_RETURN(process_.memory_limit_bytes,
                           ReadByteSize("--memory-limit", memory_limit_));
  constexpr int64_t kLeastMemory = 64 << 20;
  if (process_.memory_limit_bytes < kLeastMemory) {
    return Status::InvalidArgument("--memory-limit: at least 64MiB are needed");
  }
  return Status();
}

Status IngestFlags::ReadChanges() {
  ChangeOptions& changes = options_.changes;
  const std::pair<std::string_view, ChangeMode> modes[] = {{"append", ChangeMode::kAppend},
                                                           {"upsert", ChangeMode::kUpsert},
                                                           {"debezium", ChangeMode::kDebezium},
                                                           {"changelog", ChangeMode::kChangelog}};
  for (const auto& [name, mode] : modes) {
    if (mode_ == name) changes.mode = mode;
  }
  changes.ignores_truncate = on_truncate_ == "ignore";
  changes.null_for_missing = on_missing_value_ == "null";
  if (changes.by_key() && changes.key_columns.empty()) {
    return Status::InvalidArgument("--mode ", mode_, " needs --key-columns");
  }
  if (!changes.by_key() && !(changes.key_columns.empty() && changes.sequence_by.empty())) {
    return Status::InvalidArgument(
        "--key-columns and --sequence-by go with --mode upsert and "
        "debezium");
  }
  const PayloadKind kind = options_.format.kind;
  if (changes.mode != ChangeMode::kAppend &&
      (kind == PayloadKind::kRaw || kind == PayloadKind::kText)) {
    return Status::InvalidArgument("--mode ", mode_, " needs messages with fields, not raw ones");
  }
  return Status();
}

Status IngestFlags::ReadSchema() {
  std::ifstream file(schema_);
  if (schema_.empty() || !file) {
    options_.schema = schema_;
    return Status();
  }
  std::ostringstream text;
  text << file.rdbuf();
  options_.schema = text.str();
  return Status();
}

/// What kafka-delta-ingest takes from the environment only.
Status IngestFlags::ReadEnvironment() {
  const std::pair<const char*, const char*> pem[] = {
      {"KAFKA_DELTA_INGEST_CERT", "ssl.certificate.pem"},
      {"KAFKA_DELTA_INGEST_KEY", "ssl.key.pem"},
      {"KAFKA_DELTA_INGEST_CA", "ssl.ca.pem"}};
  for (const auto& [name, setting] : pem) {
    if (const char* value = Environment(name)) options_.kafka_settings.emplace_back(setting, value);
  }
  const char* scram = Environment("KAFKA_DELTA_INGEST_SCRAM_JSON");
  if (scram == nullptr) return Status();
  simdjson::dom::parser parser;
  simdjson::dom::element json;
  std::string_view user, password;
  if (parser.parse(std::string_view(scram)).get(json) != simdjson::SUCCESS ||
      json["username"].get(user) != simdjson::SUCCESS ||
      json["password"].get(password) != simdjson::SUCCESS) {
    return Status::InvalidArgument(
        "KAFKA_DELTA_INGEST_SCRAM_JSON: expected {\"username\":...,\"password\":...}");
  }
  options_.kafka_settings.emplace_back("sasl.username", user);
  options_.kafka_settings.emplace_back("sasl.password", password);
  return Status();
}

Result<IngestOptions> IngestFlags::Finish() {
  DELTAIC_RETURN_IF_ERROR(ReadSeekOffsets());
  DELTAIC_RETURN_IF_ERROR(ReadStart());
  DELTAIC_RETURN_IF_ERROR(ReadSettings());
  DELTAIC_RETURN_IF_ERROR(ReadChoices());
  DELTAIC_RETURN_IF_ERROR(ReadSchema());
  DELTAIC_RETURN_IF_ERROR(ReadEnvironment());
  DELTAIC_RETURN_IF_ERROR(ReadProcess());
  DELTAIC_RETURN_IF_ERROR(Transforms::Make(options_.transforms, options_.filter).status());
  DELTAIC_ASSIGN_OR_RETURN(options_.format, format_.Finish(options_.topic));
  DELTAIC_RETURN_IF_ERROR(ReadChanges());
  return options_;
}

Status IngestFlags::ReadProcess() {
  if (log_level_ == "debug" || log_level_ == "trace") process_.log_level = LogLevel::kDebug;
  if (log_level_ == "warning" || log_level_ == "warn") process_.log_level = LogLevel::kWarning;
  if (log_level_ == "error") process_.log_level = LogLevel::kError;
  if (log_format_ == "json") process_.log_format = LogFormat::kJson;
  if (live_ == "always") process_.live = LiveMode::kAlways;
  if (live_ == "never") process_.live = LiveMode::kNever;
  const char* prefix = Environment("KDI_METRICS_PREFIX");
  process_.statsd_prefix = prefix != nullptr ? prefix : options_.app_id;
  options_.compact_interval_ms = std::llround(compact_interval_s_ * 1000);
  options_.aws_msk_iam = kafka_auth_ == "aws-msk-iam";
  if (!options_.dlq_topic.empty() && !options_.dlq_transforms.empty()) {
    return Status::InvalidArgument(
        "--dlq-transform is of a table: dead letters in a topic are the messages as they came");
  }
  if (options_.dlq_topic == options_.topic) {
    return Status::InvalidArgument("--dlq-topic is the topic that is read");
  }
  return Status();
}

}  // namespace deltaic::ingest
