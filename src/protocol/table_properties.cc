#include "protocol/table_properties.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "protocol/value.h"

namespace deltaic {
namespace {

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// One parser a kind of value; nullopt for what is no such value ---------------------------------

std::optional<bool> ParseBool(std::string_view text) {
  const std::string lower = LowerCase(Trim(text));
  if (lower == "true") return true;
  if (lower == "false") return false;
  return std::nullopt;
}

std::optional<int64_t> ParseInt(std::string_view text, int64_t min,
                                int64_t max = std::numeric_limits<int64_t>::max()) {
  text = Trim(text);
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

/// "104857600", "100mb", "1g": the suffixes are powers of 1024, as in Spark.
std::optional<int64_t> ParseByteSize(std::string_view text) {
  const std::string lower = LowerCase(Trim(text));
  const size_t digits = std::min(lower.find_first_not_of("0123456789"), lower.size());
  const std::optional<int64_t> number = ParseInt(std::string_view(lower).substr(0, digits), 1);
  std::string_view unit = Trim(std::string_view(lower).substr(digits));
  if (unit.size() == 2 && unit.back() == 'b') unit.remove_suffix(1);
  const size_t power = unit.empty() || unit == "b" ? 0 : std::string_view("kmgtp").find(unit) + 1;
  if (!number || unit.size() > 1 || (power == 0 && !unit.empty() && unit != "b")) {
    return std::nullopt;
  }
  int64_t bytes = *number;
  for (size_t i = 0; i < power; ++i) {
    if (__builtin_mul_overflow(bytes, int64_t{1024}, &bytes)) return std::nullopt;
  }
  return bytes;
}

std::optional<ColumnMappingMode> ParseMappingMode(std::string_view text) {
  const std::string lower = LowerCase(text);
  if (lower == "none") return ColumnMappingMode::kNone;
  if (lower == "name") return ColumnMappingMode::kName;
  if (lower == "id") return ColumnMappingMode::kId;
  return std::nullopt;
}

std::optional<IsolationLevel> ParseIsolation(std::string_view text) {
  const std::string lower = LowerCase(text);
  if (lower == "serializable") return IsolationLevel::kSerializable;
  if (lower == "writeserializable") return IsolationLevel::kWriteSerializable;
  return std::nullopt;
}

std::optional<std::string> ParseCodec(std::string_view text) {
  static constexpr std::string_view kCodecs[] = {"none", "uncompressed", "snappy", "gzip",
                                                 "lz4",  "lz4_raw",      "zstd"};
  std::string lower = LowerCase(text);
  if (std::find(std::begin(kCodecs), std::end(kCodecs), lower) == std::end(kCodecs)) {
    return std::nullopt;
  }
  return lower;
}

/// Splits at the commas outside backticks.
std::optional<std::vector<std::string>> ParseColumnList(std::string_view text) {
  std::vector<std::string> columns;
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '`') quoted = !quoted;
    if (i < text.size() && (text[i] != ',' || quoted)) continue;
    const std::string_view column = Trim(text.substr(start, i - start));
    if (!ParseColumnPath(column).ok()) return std::nullopt;
    columns.emplace_back(column);
    start = i + 1;
  }
  return columns;
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
    {"delta.enableChangeDataFeed", Kind::kBool},
    {"delta.enableDeletionVectors", Kind::kBool},
    {"delta.enableExpiredLogCleanup", Kind::kBool},
    {"delta.enableIcebergCompatV1", Kind::kBool},
    {"delta.enableIcebergCompatV2", Kind::kBool},
    {"delta.enableIcebergCompatV3", Kind::kBool},
    {"delta.enableInCommitTimestamps", Kind::kBool},
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
      return ParseBool(value) || LowerCase(value) == "auto" || LowerCase(value) == "legacy";
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
      return LowerCase(value) == "classic" || LowerCase(value) == "v2";
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

// Intervals --------------------------------------------------------------------------------------

struct IntervalUnit {
  std::string_view name;
  int64_t micros;
};
constexpr IntervalUnit kUnits[] = {
    {"week", 7LL * 86'400 * 1'000'000},
    {"day", 86'400LL * 1'000'000},
    {"hour", 3'600LL * 1'000'000},
    {"minute", 60LL * 1'000'000},
    {"second", 1'000'000},
    {"millisecond", 1'000},
    {"microsecond", 1},
};

std::string_view TakeWord(std::string_view& text) {
  text = Trim(text);
  size_t size = 0;
  while (size < text.size() && !IsSpace(text[size])) ++size;
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(size);
  return word;
}

Status BadInterval(std::string_view text, std::string_view why) {
  return Status::InvalidArgument("'", text.substr(0, 100),
                                 "' is not an interval such as '30 days': ", why);
}

/// "-2", "1.5" (a fraction only of seconds, up to nine digits) times the unit, added to `total`;
/// empty if done.
std::string_view AddPart(std::string_view number, std::string_view unit_name, Int128& total) {
  const bool negative = number.starts_with('-');
  if (negative || number.starts_with('+')) number.remove_prefix(1);
  std::string_view singular = unit_name;
  if (singular.ends_with('s')) singular.remove_suffix(1);
  if (singular == "month" || singular == "year") {
    return "months and years have no fixed length, give days";
  }
  const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                  [&](const IntervalUnit& u) { return u.name == singular; });
  if (unit == std::end(kUnits)) return "a unit is missing or unknown";
  const size_t dot = number.find('.');
  const std::string_view fraction = dot == std::string_view::npos ? "" : number.substr(dot + 1);
  const std::string_view whole = number.substr(0, dot);
  if (dot != std::string_view::npos && (unit->name != "second" || fraction.size() > 9)) {
    return "only seconds have a fraction, of nine digits at most";
  }
  const auto is_digits = [](std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (!is_digits(whole) || !is_digits(fraction) || (whole.empty() && fraction.empty())) {
    return "a number is missing";
  }
  const std::optional<int64_t> count = whole.empty() ? 0 : ParseInt(whole, 0);
  if (!count) return "a number is too large";
  const std::string six_digits = (std::string(fraction) + "000000").substr(0, 6);
  const Int128 micros = Int128{*count} * unit->micros + *ParseInt(six_digits, 0);
  total += negative ? -micros : micros;
  return {};
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
  const std::string lower_key = LowerCase(key);
  for (const KnownProperty& known : kKnown) {
    if (known.key == key) {
      if (IsValid(known.kind, value)) return Status();
      return Status::InvalidArgument("table property ", key, " is '", value.substr(0, 100),
                                     "', must be ", WhatIsValid(known.kind));
    }
    if (LowerCase(known.key) == lower_key) {
      return Status::InvalidArgument("table property ", key, " is not known, did you mean ",
                                     known.key, "?");
    }
  }
  return Status::InvalidArgument("table property ", key.substr(0, 100),
                                 " is not known; keys of your own must not start with 'delta.'");
}

Result<int64_t> ParseInterval(std::string_view text) {
  const std::string lower = LowerCase(Trim(text));
  std::string_view rest = lower;
  if (rest.starts_with("interval") && rest.size() > 8 && IsSpace(rest[8])) rest.remove_prefix(8);
  if (Trim(rest).empty()) return BadInterval(text, "it is empty");
  Int128 micros = 0;
  while (!Trim(rest).empty()) {
    std::string number(TakeWord(rest));
    // A sign may stand apart from its number.
    if (number == "-" || number == "+") number += TakeWord(rest);
    const std::string_view why = AddPart(number, TakeWord(rest), micros);
    if (!why.empty()) return BadInterval(text, why);
  }
  if (micros < 0) return BadInterval(text, "it is negative");
  const Int128 millis = micros / 1000;
  if (millis > std::numeric_limits<int64_t>::max()) return BadInterval(text, "it is too long");
  return static_cast<int64_t>(millis);
}

Result<std::vector<std::string>> ParseColumnPath(std::string_view text) {
  const auto bad = [&] {
    return Status::InvalidArgument("'", text.substr(0, 100),
                                   "' is not a column such as a.b or `dotted.name`.b");
  };
  std::vector<std::string> names;
  size_t i = 0;
  while (true) {
    std::string name;
    if (i < text.size() && text[i] == '`') {
      for (++i;; ++i) {
        if (i >= text.size()) return bad();
        if (text[i] == '`' && (i + 1 >= text.size() || text[i + 1] != '`')) break;
        if (text[i] == '`') ++i;
        name += text[i];
      }
      ++i;
    } else {
      for (; i < text.size() && text[i] != '.'; ++i) {
        if (text[i] == '`' || text[i] == ',') return bad();
        name += text[i];
      }
    }
    if (name.empty()) return bad();
    names.push_back(std::move(name));
    if (i == text.size()) return names;
    if (text[i] != '.') return bad();
    ++i;
  }
}

}  // namespace deltaic
