#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/status.h"
#include "protocol/actions.h"

namespace deltaic {

/// `<version>.crc`: what a writer says of the table at one version. Optional, and real ones leave
/// much out. Source: PROTOCOL.md, "Version Checksum File".
struct VersionChecksum {
  int64_t table_size_bytes = 0;
  int64_t num_files = 0;
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  bool operator==(const VersionChecksum&) const = default;
};

/// \retval kCorruption  "NAME: why": not one JSON object, a field of another type, a negative
/// count, or more than one protocol or metadata. The caller goes on without it.
Result<VersionChecksum> ParseVersionChecksum(std::string_view json, std::string_view name);

}  // namespace deltaic
