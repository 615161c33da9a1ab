#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong_types.h"

namespace deltaic {

enum class LogFileKind {
  kCommit,
  kClassicCheckpoint,
  kMultiPartCheckpoint,
  kUuidCheckpointJson,
  kUuidCheckpointParquet,
  kCompactedCommit,
  kVersionChecksum
};

/// A file of `_delta_log/` by its name. Source: PROTOCOL.md, "File Types".
struct LogFileName {
  LogFileKind kind;
  Version version;        ///< of a compacted commit: the first
  Version end_version;    ///< of a compacted commit: the last; else equals version
  int32_t part = 0;       ///< multi-part: 1-based
  int32_t num_parts = 0;  ///< multi-part
  std::string uuid;       ///< UUID-named checkpoints
  bool operator==(const LogFileName&) const = default;
  bool is_checkpoint() const {
    return kind == LogFileKind::kClassicCheckpoint || kind == LogFileKind::kMultiPartCheckpoint ||
           kind == LogFileKind::kUuidCheckpointJson || kind == LogFileKind::kUuidCheckpointParquet;
  }
};

/// nullopt for every name that is not exactly one of the protocol's; such files are ignored.
std::optional<LogFileName> ParseLogFileName(std::string_view name);

std::string CommitFileName(Version version);  ///< "00000000000000000012.json"
std::string ClassicCheckpointFileName(
    Version version);  ///< "00000000000000000012.checkpoint.parquet"
/// "00000000000000000012.checkpoint.0000000001.0000000003.parquet"
std::string MultiPartCheckpointFileName(Version version, int32_t part, int32_t num_parts);
std::string VersionChecksumFileName(Version version);  ///< "00000000000000000012.crc"
/// 20 decimal digits: what every log file of that version starts with.
std::string VersionPrefix(Version version);

inline constexpr std::string_view kLogDirectory = "_delta_log";
inline constexpr std::string_view kLastCheckpointFileName = "_last_checkpoint";

}  // namespace deltaic
