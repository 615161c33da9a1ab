#pragma once

#include <memory>
#include <optional>

#include "base/status.h"
#include "base/strong_types.h"
#include "protocol/schema.h"
#include "scan/scan.h"
#include "table/table.h"

namespace deltaic {

/// Which commits to read the changes of; both ends count. Of a version and a time for one end, the
/// narrower counts.
struct ChangesOptions {
  std::optional<Version> from_version;   ///< without from_time, 0 by default
  std::optional<TimestampMs> from_time;  ///< the first commit at or after it
  std::optional<Version> to_version;     ///< the newest version by default, or if it is beyond it
  std::optional<TimestampMs> to_time;    ///< the last commit at or before it
  /// A range outside of the table's versions, or one that ends before it starts, has no rows
  /// instead of being an error.
  bool allow_out_of_range = false;
  /// Columns and predicate are those of ChangeSchema(); `ordered` is always on.
  ScanOptions scan;
};

/// `table` with the columns of the change feed after its own: `_change_type` string (insert,
/// delete, update_preimage, update_postimage), `_commit_version` long, `_commit_timestamp`
/// timestamp.
/// \retval kUnsupported  `table` has a column of such a name.
Result<SchemaPtr> ChangeSchema(const Schema& table);

/// The rows that changed in a range of commits, by version; within one, deletes before inserts.
/// They have the schema of the last version in the range.
///
/// Commits are read as the rows are pulled, many at once: those that take less memory than a few
/// megabytes before this returns, so that mostly what is wrong with the range is said here.
/// \param newest  of `table`.
/// \retval kInvalidArgument  metadata columns of row tracking, a range that is none, or a version
/// in it with the feed off, or whose columns changed since so that the last version cannot show its
/// rows.
/// \retval kNotFound  the log does not hold the range (any more); from Next() files that are gone.
/// Source: PROTOCOL.md, "Add CDC File".
Result<std::unique_ptr<Scan>> OpenChanges(const Table& table, const SnapshotPtr& newest,
                                          ChangesOptions options);

/// The bytes of the files that OpenChanges() of versions `first` to that of `last` would read.
/// Reads all of their commits, and no file. Errors as OpenChanges, all of them from here.
Result<int64_t> SizeOfChanges(const Table& table, const SnapshotPtr& last, Version first,
                              CancellationToken cancel);

}  // namespace deltaic
