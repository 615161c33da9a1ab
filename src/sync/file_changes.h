#pragma once

#include <cstdint>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "expr/expr.h"
#include "expr/session.h"
#include "scan/file_source.h"
#include "table/snapshot.h"

namespace deltaic {

/// The files that hold the rows in which two versions of a table may differ. A file of which only
/// the deletion vector changed gives the rows in which the vectors differ.
struct FileChanges {
  std::vector<ScanFile> removed;  ///< rows of the older version that the newer may lack
  std::vector<ScanFile> added;    ///< rows of the newer version that the older may lack
  int64_t num_unchanged = 0;      ///< files in both, which nobody need read
  int64_t size_bytes = 0;         ///< of the files of both lists
};

/// Compares the lists of files; memory: 25 bytes a file of `to`, and the files that changed.
/// \param predicate  not bound; files in which no row can match are passed over. nullptr: none are.
/// \retval kInvalidArgument  a predicate that does not bind to the schema of `to`.
Result<FileChanges> CompareFiles(const SnapshotPtr& from, const SnapshotPtr& to,
                                 const ExprPtr& predicate, const Session& session,
                                 const CancellationToken& cancel);

/// \retval kNotFound  the first of `files` that is gone from the store, by name.
Status CheckFilesExist(const ObjectStore& store, const std::vector<ScanFile>& files,
                       const CancellationToken& cancel);

}  // namespace deltaic
