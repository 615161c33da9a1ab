#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "data/parquet/parquet_input.h"
#include "data/read/read_plan.h"
#include "table/snapshot.h"

namespace deltaic {

/// One file of a scan.
struct ScanFile {
  DataFile file;
  /// How to read it; nullptr: as the scan says. Its output schema is the scan's.
  std::shared_ptr<const ReadPlan> plan;
  /// The file, where it is open already.
  std::shared_ptr<const ParquetInput> input;
  /// The commit that made this file part of a change feed, for messages.
  std::optional<Version> changed_in;
};

/// The files of a scan, one after the other. One thread at a time.
class FileSource {
 public:
  virtual ~FileSource() = default;
  /// nullopt at the end.
  virtual Result<std::optional<ScanFile>> Next() = 0;
  /// False once it is known, without listing more, that Next() has nothing left.
  virtual bool may_have_more() const = 0;
  virtual FileListMetrics metrics() const = 0;
};

/// What a scan lists of each file.
/// \param row_tracking  first row ids and commit versions too.
FileListOptions ScanListOptions(const ExprPtr& predicate, CancellationToken cancel,
                                bool row_tracking = false);
/// The file of a listing's row.
ScanFile ScanFileOf(Add add);

/// These files, as they stand.
std::unique_ptr<FileSource> TheseFiles(std::vector<ScanFile> files);

/// The live files of `snapshot` that may match `predicate` (bound), in the listing's order.
Result<std::unique_ptr<FileSource>> ListScanFiles(SnapshotPtr snapshot, const ExprPtr& predicate,
                                                  CancellationToken cancel,
                                                  bool row_tracking = false);

/// The same by partition values (nulls first, then by value, in the order of the partition
/// columns), then path. Reads the whole listing first and keeps it, as columns.
Result<std::unique_ptr<FileSource>> ListScanFilesInOrder(SnapshotPtr snapshot,
                                                         const ExprPtr& predicate,
                                                         CancellationToken cancel,
                                                         bool row_tracking = false);

}  // namespace deltaic
