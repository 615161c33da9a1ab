#pragma once

#include <cstdint>
#include <memory>

#include "base/cancellation.h"
#include "base/status.h"
#include "table/table.h"

namespace deltaic {

struct ManifestResult {
  int64_t num_files = 0, num_manifests = 0, num_stale = 0;  ///< stale: of partitions that are gone
};

/// Writes the manifest of a version's files that engines without Delta read: a list of paths in
/// `_symlink_format_manifest/manifest`, or one for each partition in a folder of its own. Lists of
/// partitions that are gone are deleted.
/// \retval kUnsupported  the table has deletion vectors or column mapping, which such engines would
/// pass over.
Result<ManifestResult> GenerateManifest(const Snapshot& snapshot, const CancellationToken& cancel);

}  // namespace deltaic
