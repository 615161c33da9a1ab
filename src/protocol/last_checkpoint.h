#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/strong_types.h"

namespace deltaic {

/// The file of a checkpoint that is named by a UUID, as Spark's hints have it.
struct UuidCheckpointHint {
  std::string path;  ///< its name inside the log
  int64_t size_in_bytes = 0;
  int64_t modification_time = 0;
  bool operator==(const UuidCheckpointHint&) const = default;
};

/// `_last_checkpoint`: a hint only. Source: PROTOCOL.md, "Last Checkpoint File".
struct LastCheckpoint {
  Version version;
  int64_t size = 0;  ///< actions in the checkpoint
  std::optional<int64_t> parts;
  std::optional<int64_t> size_in_bytes;
  std::optional<int64_t> num_of_add_files;
  std::optional<UuidCheckpointHint> v2_checkpoint;
  bool operator==(const LastCheckpoint&) const = default;
};

/// \retval kCorruption  not JSON or no usable version; the caller falls back to listing.
Result<LastCheckpoint> ParseLastCheckpoint(std::string_view json);
std::string FormatLastCheckpoint(const LastCheckpoint& hint);

}  // namespace deltaic
