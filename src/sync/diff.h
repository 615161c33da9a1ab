#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "scan/scan.h"
#include "sync/file_changes.h"
#include "table/table.h"

namespace deltaic {

/// What the net changes are found from.
enum class DiffSource {
  kAuto,   ///< whichever has fewer bytes to read
  kFiles,  ///< files that only one of the versions has
  kFeed,   ///< the change data feed
};

/// A DiffSource but kAuto as options name it.
std::string_view DiffSourceName(DiffSource source);

struct DiffOptions {
  std::optional<Version> from, to;  ///< to: the newest by default
  std::vector<std::string> key;     ///< top-level names (exact, else ignoring case), at least one
  DiffSource source = DiffSource::kAuto;
  bool null_keys = false;      ///< as NetRows::Shape has it
  bool repeated_keys = false;  ///< the same, of kFiles
  /// Of these: columns, predicate, session, batch_rows, num_threads, cancel; max_memory_bytes is
  /// of the diff as a whole, 0 = 256 MiB.
  ScanOptions scan;
};

/// How two versions will be compared. Immutable once made.
struct DiffPlan {
  SnapshotPtr from;  ///< nullptr where it cannot be loaded any more and the feed will do
  SnapshotPtr to;
  Version from_version;
  DiffSource source = DiffSource::kFiles;  ///< never kAuto
  FileChanges files;                       ///< of kFiles
  int64_t size_bytes = 0;                  ///< of the files to read
  std::vector<std::string> columns, key;   ///< the schema's own names
};

/// Compares the lists of files, and reads the commits between where the feed is on; reads no row.
/// \param newest  no older than options.to.
/// \param check_files  also looks whether the files to read are still there.
/// \retval kInvalidArgument  unknown columns, a key that is none of them or none at all, versions
/// in the wrong order.
/// \retval kNotFound  a version that cannot be loaded any more, or files that are gone.
/// \retval kSchemaMismatch  columns changed between the two so that the older rows cannot be given
/// as the newer.
Result<DiffPlan> PlanDiff(const Table& table, const SnapshotPtr& newest, const DiffOptions& options,
                          bool check_files);

/// The net changes by key as PlanDiff() found to read them. The rows have the columns, with the
/// newer version's types, then `_change_type` (see NetRows).
/// Keys must be unique in both versions; where both rows of a key changed they are refused from
/// Next(), and so are null keys.
Result<std::unique_ptr<Scan>> OpenDiff(const Table& table, const DiffPlan& plan,
                                       const DiffOptions& options);

}  // namespace deltaic
