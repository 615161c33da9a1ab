#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/version_checksum.h"

namespace deltaic {

/// What a commit adds to the facts of `<version>.crc`.
struct ChecksumOrigin {
  std::optional<std::string> txn_id;
  std::optional<int64_t> in_commit_timestamp_ms;
};

/// The content of `<version>.crc`, one line. Fields that need all of the table's state (allFiles,
/// setTransactions, domainMetadata, the histograms) are left out, which every reader allows for.
/// \param checksum  with protocol and metadata.
/// Source: PROTOCOL.md, "Version Checksum File".
std::string FormatVersionChecksum(const VersionChecksum& checksum, const ChecksumOrigin& origin);

}  // namespace deltaic
