#include "ingest/loop/ingest_flags.h"

#include <simdjson.h>

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
  options_.topic_timeout_ms = std::llround(topic_timeout_s_ * 1000);
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
