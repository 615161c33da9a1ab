#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "protocol/log_file_name.h"

namespace deltaic {

/// A file of the log, from a listing.
struct LogFile {
  std::string name;  ///< inside `_delta_log`
  LogFileName parsed;
  int64_t size_bytes = 0;
  TimestampMs last_modified;
  bool operator==(const LogFile&) const = default;
};

/// The files that give one version.
/// 1. `version` is the version they give.
/// 2. `checkpoint` is empty, one file, or all parts of one multi-part checkpoint, part 1 first; all
/// of version `checkpoint_version`.
/// 3. `commits` ascend without gaps or overlaps: the first begins at checkpoint_version + 1 (or 0),
/// the last ends at `version`; compacted files stand
///    for the commits they cover.
struct LogSegment {
  Version version;
  std::optional<Version> checkpoint_version;
  std::vector<LogFile> checkpoint;
  std::vector<LogFile> commits;
  std::optional<LogFile> checksum;          ///< the `.crc` of `version`, if listed
  std::optional<LogFile> last_commit_file;  ///< `version`.json where it is listed (a truncated log
                                            ///< may have only the checkpoint)
};

/// Picks the files for `at` (default: the newest version) from one listing of `_delta_log` names;
/// other names in it are ignored. Checkpoints and compacted commits in `unusable` (file names) are
/// passed over: the caller found them damaged.
/// \retval kNotFound  no commit and no checkpoint; a version outside the log, naming the range.
/// \retval kCorruption  a gap: "commit 7 is missing: ...".
Result<LogSegment> SelectLogSegment(std::span<const LogFile> listing, std::optional<Version> at,
                                    std::span<const std::string> unusable = {});

}  // namespace deltaic
