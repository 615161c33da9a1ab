#include "protocol/log_file_name.h"

#include <charconv>
#include <system_error>

#include "base/status.h"
#include "base/uuid.h"

namespace deltaic {
namespace {

constexpr size_t kVersionDigits = 20;
constexpr size_t kPartDigits = 10;

std::string Padded(int64_t value, size_t width) {
  const std::string digits = std::to_string(value);
  return std::string(width - digits.size(), '0') + digits;
}

/// Takes exactly `width` digits from the front of `text`; nullopt if they are not there or do not
/// fit
template <typename Int>
std::optional<Int> TakeDigits(std::string_view& text, size_t width) {
  if (text.size() < width) return std::nullopt;
  Int value = 0;
  const char* end = text.data() + width;
  if (*text.data() == '-') return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  text.remove_prefix(width);
  return value;
}

bool Take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

LogFileName MakeName(LogFileKind kind, Version version) { return {kind, version, version}; }

/// `rest` follows "VERSION.".
std::optional<LogFileName> ParseCompacted(Version first, std::string_view rest) {
  const auto last = TakeDigits<int64_t>(rest, kVersionDigits);
  if (!last || *last <= first.value || rest != ".compacted.json") return std::nullopt;
  LogFileName name = MakeName(LogFileKind::kCompactedCommit, first);
  name.end_version = Version{*last};
  return name;
}

/// `rest` follows "VERSION.checkpoint.".
std::optional<LogFileName> ParseMultiPart(Version version, std::string_view rest) {
  const auto part = TakeDigits<int32_t>(rest, kPartDigits);
  if (!part || !Take(rest, ".")) return std::nullopt;
  const auto num_parts = TakeDigits<int32_t>(rest, kPartDigits);
  if (!num_parts || rest != ".parquet") return std::nullopt;
  if (*part < 1 || *part > *num_parts) return std::nullopt;
  LogFileName name = MakeName(LogFileKind::kMultiPartCheckpoint, version);
  name.part = *part;
  name.num_parts = *num_parts;
  return name;
}

/// `rest` follows "VERSION.checkpoint.".
std::optional<LogFileName> ParseUuidCheckpoint(Version version, std::string_view rest) {
  const size_t dot = rest.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view uuid = rest.substr(0, dot);
  const std::string_view format = rest.substr(dot + 1);
  if (!ParseUuid(uuid).ok() || (format != "json" && format != "parquet")) return std::nullopt;
  LogFileName name = MakeName(
      format == "json" ? LogFileKind::kUuidCheckpointJson : LogFileKind::kUuidCheckpointParquet,
      version);
  name.uuid = uuid;
  return name;
}

std::optional<LogFileName> ParseCheckpoint(Version version, std::string_view rest) {
  if (rest == "parquet") return MakeName(LogFileKind::kClassicCheckpoint, version);
  if (auto name = ParseMultiPart(version, rest)) return name;
  return ParseUuidCheckpoint(version, rest);
}

}  // namespace

std::optional<LogFileName> ParseLogFileName(std::string_view name) {
  const auto number = TakeDigits<int64_t>(name, kVersionDigits);
  if (!number || !Take(name, ".")) return std::nullopt;
  const Version version{*number};
  if (name == "json") return MakeName(LogFileKind::kCommit, version);
  if (name == "crc") return MakeName(LogFileKind::kVersionChecksum, version);
  if (Take(name, "checkpoint.")) return ParseCheckpoint(version, name);
  return ParseCompacted(version, name);
}

std::string VersionPrefix(Version version) {
  DELTAIC_DCHECK(version.value >= 0);
  return Padded(version.value, kVersionDigits);
}

std::string CommitFileName(Version version) { return VersionPrefix(version) + ".json"; }

std::string ClassicCheckpointFileName(Version version) {
  return VersionPrefix(version) + ".checkpoint.parquet";
}

std::string MultiPartCheckpointFileName(Version version, int32_t part, int32_t num_parts) {
  return VersionPrefix(version) + ".checkpoint." + Padded(part, kPartDigits) + '.' +
         Padded(num_parts, kPartDigits) + ".parquet";
}

std::string VersionChecksumFileName(Version version) { return VersionPrefix(version) + ".crc"; }

}  // namespace deltaic
