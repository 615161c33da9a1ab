#include "protocol/table_properties.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/ascii.h"
#include "protocol/column_path.h"
#include "protocol/interval.h"

namespace deltaic {
namespace {

// One parser a kind of value; nullopt for what is no such value ---------------------------------

std::optional<bool> ParseBool(std::string_view text) {
  const std::string lower = AsciiLower(TrimSpace(text));
  if (lower == "true") return true;
  if (lower == "false") return false;
  return std::nullopt;
}

std::optional<int64_t> ParseInt(std::string_view text, int64_t min,
                                int64_t max = std::numeric_limits<int64_t>::max()) {
  text = TrimSpace(text);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < min || value > max) return std::nullopt;
  return value;
}

std::optional<int64_t> ParseDuration(std::string_view text) {
  const Result<int64_t> millis = ParseInterval(text);
  return millis.ok() ? std::optional<int64_t>(*millis) : std::nullopt;
}

/// "104857600", "100mb", "1 g": the units are powers of 1024, as in Spark.
std::optional<int64_t> ParseByteSize(std::string_view text) {
  static constexpr std::string_view kUnits[] = {"b", "k", "m", "g", "t", "p"};
  const std::string lower = AsciiLower(TrimSpace(text));
  const size_t digits = std::min(lower.find_first_not_of("0123456789"), lower.size());
  std::optional<int64_t> bytes = ParseInt(std::string_view(lower).substr(0, digits), 1);
  std::string_view unit = TrimSpace(std::string_view(lower).substr(digits));
  if (unit.empty()) unit = "b";
  if (unit.size() == 2 && unit != "bb" && unit.back() == 'b') unit.remove_suffix(1);
  for (const std::string_view known : kUnits) {
    if (!bytes || known == unit) return bytes;
    if (__builtin_mul_overflow(*bytes, int64_t{1024}, &*bytes)) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<ColumnMappingMode> ParseMappingMode(std::string_view text) {
  const std::string lower = AsciiLower(text);
  if (lower == "none") return ColumnMappingMode::kNone;
  if (lower == "name") return ColumnMappingMode::kName;
  if (lower == "id") return ColumnMappingMode::kId;
  return std::nullopt;
}

std::optional<IsolationLevel> ParseIsolation(std::string_view text) {
  const std::string lower = AsciiLower(text);
  if (lower == "serializable") return IsolationLevel::kSerializable;
  if (lower == "writeserializable") return IsolationLevel::kWriteSerializable;
  return std::nullopt;
}

std::optional<std::string> ParseCodec(std::string_view text) {
  static constexpr std::string_view kCodecs[] = {"none", "uncompressed", "snappy", "gzip",
                                                 "lz4",  "lz4_raw",      "zstd"};
  std::string lower = AsciiLower(text);
  if (std::find(std::begin(kCodecs), std::end(kCodecs), lower) == std::end(kCodecs)) {
    return std::nullopt;
  }
  return lower;
}

std::optional<std::vector<std::string>> ParseColumnList(std::string_view text) {
  Result<std::vector<std::string>> columns = SplitColumnList(text);
  if (!columns.ok()) return std::nullopt;
  return *std::move(columns);
}

// "1.0.0" or "2.MINOR.PATCH".
bool IsParquetFormatVersion(std::string_view text) {
  if (text == "1.0.0") return true;
  if (!text.starts_with("2.")) return false;
  text.remove_prefix(2);
  const size_t dot = text.find('.');
  return dot != std::string_view::npos && ParseInt(text.substr(0, dot), 0, 1000) &&
         ParseInt(text.substr(dot + 1), 0, 1000);
}

// Known properties -------------------------------------------------------------------------------

constexpr int kNewestIcebergCompat = 3;

enum class Kind {
  kBool,
  kBoolOrAuto,
  kPositiveInt,
  kNotNegativeInt,
  kIndexedColumns,
  kInterval,
  kByteSize,
  kMappingMode,
  kIsolation,
  kCodec,
  kColumnList,
  kCheckpointPolicy,
  kParquetFormat,
  kReaderVersion,
  kWriterVersion,
  kText,
};

struct KnownProperty {
  std::string_view key;
  Kind kind;
};

constexpr KnownProperty kKnown[] = {
    {"delta.appendOnly", Kind::kBool},
    {"delta.autoOptimize", Kind::kBool},
    {"delta.autoOptimize.autoCompact", Kind::kBoolOrAuto},
    {"delta.autoOptimize.optimizeWrite", Kind::kBool},
    {"delta.checkpoint.writeStatsAsJson", Kind::kBool},
    {"delta.checkpoint.writeStatsAsStruct", Kind::kBool},
    {"delta.checkpointInterval", Kind::kPositiveInt},
    {"delta.checkpointPolicy", Kind::kCheckpointPolicy},
    {"delta.columnMapping.maxColumnId", Kind::kNotNegativeInt},
    {"delta.columnMapping.mode", Kind::kMappingMode},
    {"delta.dataSkippingNumIndexedCols", Kind::kIndexedColumns},
    {"delta.dataSkippingStatsColumns", Kind::kColumnList},
    {"delta.deletedFileRetentionDuration", Kind::kInterval},
    {"delta.dropFeatureTruncateHistory.retentionDuration", Kind::kInterval},
    {"delta.enableChangeDataFeed", Kind::kBool},
    {"delta.enableDeletionVectors", Kind::kBool},
    {"delta.enableExpiredLogCleanup", Kind::kBool},
    {"delta.enableIcebergCompatV1", Kind::kBool},
    {"delta.enableIcebergCompatV2", Kind::kBool},
    {"delta.enableIcebergCompatV3", Kind::kBool},
    {"delta.enableInCommitTimestamps", Kind::kBool},
    {"delta.enableMaterializePartitionColumnsFeature", Kind::kBool},
    {"delta.enableRowTracking", Kind::kBool},
    {"delta.enableTypeWidening", Kind::kBool},
    {"delta.enableVariantShredding", Kind::kBool},
    {"delta.inCommitTimestampEnablementTimestamp", Kind::kNotNegativeInt},
    {"delta.inCommitTimestampEnablementVersion", Kind::kNotNegativeInt},
    {"delta.isolationLevel", Kind::kIsolation},
    {"delta.logRetentionDuration", Kind::kInterval},
    {"delta.minReaderVersion", Kind::kReaderVersion},
    {"delta.minWriterVersion", Kind::kWriterVersion},
    {"delta.parquet.compression.codec", Kind::kCodec},
    {"delta.parquet.format.version", Kind::kParquetFormat},
    {"delta.randomPrefixLength", Kind::kPositiveInt},
    {"delta.randomizeFilePrefixes", Kind::kBool},
    {"delta.requireCheckpointProtectionBeforeVersion", Kind::kNotNegativeInt},
    {"delta.rowTracking.materializedRowCommitVersionColumnName", Kind::kText},
    {"delta.rowTracking.materializedRowIdColumnName", Kind::kText},
    {"delta.rowTrackingSuspended", Kind::kBool},
    {"delta.setTransactionRetentionDuration", Kind::kInterval},
    {"delta.targetFileSize", Kind::kByteSize},
    {"delta.tuneFileSizesForRewrites", Kind::kBool},
    {"delta.universalFormat.enabledFormats", Kind::kText},
    {"delta.writePartitionColumnsToParquet", Kind::kBool},
};

bool IsValid(Kind kind, std::string_view value) {
  switch (kind) {
    case Kind::kBool:
      return ParseBool(value).has_value();
    case Kind::kBoolOrAuto:
      return ParseBool(value) || AsciiLower(value) == "auto" || AsciiLower(value) == "legacy";
    case Kind::kPositiveInt:
      return ParseInt(value, 1).has_value();
    case Kind::kNotNegativeInt:
      return ParseInt(value, 0).has_value();
    case Kind::kIndexedColumns:
      return ParseInt(value, -1, std::numeric_limits<int32_t>::max()).has_value();
    case Kind::kInterval:
      return ParseDuration(value).has_value();
    case Kind::kByteSize:
      return ParseByteSize(value).has_value();
    case Kind::kMappingMode:
      return ParseMappingMode(value).has_value();
    case Kind::kIsolation:
      return ParseIsolation(value).has_value();
    case Kind::kCodec:
      return ParseCodec(value).has_value();
    case Kind::kColumnList:
      return ParseColumnList(value).has_value();
    case Kind::kCheckpointPolicy:
      return AsciiLower(value) == "classic" || AsciiLower(value) == "v2";
    case Kind::kParquetFormat:
      return IsParquetFormatVersion(value);
    case Kind::kReaderVersion:
      return ParseInt(value, 1, 3).has_value();
    case Kind::kWriterVersion:
      return ParseInt(value, 1, 7).has_value();
    case Kind::kText:
      return true;
  }
  return false;
}

std::string_view WhatIsValid(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return "true or false";
    case Kind::kBoolOrAuto:
      return "true, false, auto or legacy";
    case Kind::kPositiveInt:
      return "a whole number above 0";
    case Kind::kNotNegativeInt:
      return "a whole number, 0 or more";
    case Kind::kIndexedColumns:
      return "a number of columns, or -1 for all";
    case Kind::kInterval:
      return "an interval such as '2 weeks' or 'interval 36 hours' (no months or years)";
    case Kind::kByteSize:
      return "a size in bytes such as 104857600 or '100mb'";
    case Kind::kMappingMode:
      return "none, name or id";
    case Kind::kIsolation:
      return "Serializable or WriteSerializable";
    case Kind::kCodec:
      return "none, uncompressed, snappy, gzip, lz4, lz4_raw or zstd";
    case Kind::kColumnList:
      return "column names with commas between, special ones in backticks";
    case Kind::kCheckpointPolicy:
      return "classic or v2";
    case Kind::kParquetFormat:
      return "1.0.0 or 2.MINOR.PATCH";
    case Kind::kReaderVersion:
      return "a version from 1 to 3";
    case Kind::kWriterVersion:
      return "a version from 1 to 7";
    case Kind::kText:
      return "a text";
  }
  return "";
}

const std::string* Find(const StringMap& configuration, const char* key) {
  const auto it = configuration.find(key);
  return it == configuration.end() ? nullptr : &it->second;
}

/// Sets `out` where the key is there and its value parses.
template <typename T, typename Parse>
void Read(const StringMap& configuration, const char* key, const Parse& parse, T& out) {
  const std::string* text = Find(configuration, key);
  if (text == nullptr) return;
  if (auto value = parse(*text)) out = static_cast<T>(*std::move(value));
}

}  // namespace

TableProperties ParseTableProperties(const StringMap& configuration) {
  TableProperties out;
  const auto number = [](int64_t min, int64_t max = std::numeric_limits<int64_t>::max()) {
    return [min, max](std::string_view text) { return ParseInt(text, min, max); };
  };
  const auto read = [&](const char* key, const auto& parse, auto& field) {
    Read(configuration, key, parse, field);
  };
  read("delta.appendOnly", ParseBool, out.append_only);
  read("delta.checkpointInterval", number(1), out.checkpoint_interval);
  read("delta.checkpoint.writeStatsAsJson", ParseBool, out.checkpoint_write_stats_as_json);
  read("delta.checkpoint.writeStatsAsStruct", ParseBool, out.checkpoint_write_stats_as_struct);
  read("delta.columnMapping.mode", ParseMappingMode, out.column_mapping_mode);
  read("delta.dataSkippingNumIndexedCols", number(-1, std::numeric_limits<int32_t>::max()),
       out.data_skipping_num_indexed_cols);
  read("delta.dataSkippingStatsColumns", ParseColumnList, out.data_skipping_stats_columns);
  read("delta.deletedFileRetentionDuration", ParseDuration, out.deleted_file_retention_ms);
  // The older name first, so that the newer wins.
  read("delta.enableChangeDataCapture", ParseBool, out.enable_change_data_feed);
  read("delta.enableChangeDataFeed", ParseBool, out.enable_change_data_feed);
  read("delta.enableDeletionVectors", ParseBool, out.enable_deletion_vectors);
  read("delta.enableExpiredLogCleanup", ParseBool, out.enable_expired_log_cleanup);
  read("delta.enableInCommitTimestamps", ParseBool, out.enable_in_commit_timestamps);
  read("delta.inCommitTimestampEnablementVersion", number(0),
       out.in_commit_timestamp_enablement_version);
  read("delta.inCommitTimestampEnablementTimestamp", number(0),
       out.in_commit_timestamp_enablement_timestamp);
  read("delta.enableRowTracking", ParseBool, out.enable_row_tracking);
  read("delta.enableTypeWidening", ParseBool, out.enable_type_widening);
  read("delta.enableMaterializePartitionColumnsFeature", ParseBool,
       out.materialize_partition_columns);
  for (int version = 1; version <= kNewestIcebergCompat; ++version) {
    bool enabled = false;
    read(Concat("delta.enableIcebergCompatV", version).c_str(), ParseBool, enabled);
    if (enabled) out.iceberg_compat_version = version;
  }
  read("delta.requireCheckpointProtectionBeforeVersion", number(0),
       out.require_checkpoint_protection_before_version);
  read("delta.isolationLevel", ParseIsolation, out.isolation_level);
  read("delta.logRetentionDuration", ParseDuration, out.log_retention_ms);
  read("delta.setTransactionRetentionDuration", ParseDuration, out.set_transaction_retention_ms);
  read("delta.targetFileSize", ParseByteSize, out.target_file_size_bytes);
  read("delta.parquet.compression.codec", ParseCodec, out.parquet_compression_codec);
  return out;
}

Status ValidateTableProperty(std::string_view key, std::string_view value) {
  if (!key.starts_with("delta.")) return Status();
  if (key.starts_with("delta.constraints.") || key.starts_with("delta.universalformat.config.")) {
    return Status();
  }
  if (key.starts_with("delta.feature.")) {
    if (value == "supported" || value == "enabled") return Status();
    return Status::InvalidArgument("table property ", key, " is '", value.substr(0, 100),
                                   "', must be supported");
  }
  const std::string lower_key = AsciiLower(key);
  for (const KnownProperty& known : kKnown) {
    if (known.key == key) {
      if (IsValid(known.kind, value)) return Status();
      return Status::InvalidArgument("table property ", key, " is '", value.substr(0, 100),
                                     "', must be ", WhatIsValid(known.kind));
    }
    if (AsciiLower(known.key) == lower_key) {
      return Status::InvalidArgument("table property ", key, " is not known, did you mean ",
                                     known.key, "?");
    }
  }
  return Status::InvalidArgument("table property ", key.substr(0, 100),
                                 " is not known; keys of your own must not start with 'delta.'");
}

}  // namespace deltaic
