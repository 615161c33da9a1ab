#pragma once

#include <arrow/type_fwd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/write/data_file_writer.h"
#include "ops/optimize/curve_sort.h"
#include "ops/optimize/file_group.h"
#include "ops/optimize/group_copy.h"
#include "ops/row_sink.h"
#include "ops/uncommitted_files.h"
#include "ops/written_file.h"
#include "scan/scan.h"
#include "table/snapshot.h"

namespace deltaic {

/// What rewriting needs of the table, the same for all groups. Immutable: safe from any thread.
struct RewriteTarget {
  SnapshotPtr snapshot;
  /// Columns that files call so, for the ids and versions of rows; empty: rows have none.
  std::string row_id_column, row_commit_version_column;
  std::optional<RowSinkTarget> written_for;  ///< unset: the table as it is
};

/// \retval kCorruption  rows are tracked, but the metadata does not name the columns for it.
Result<RewriteTarget> MakeRewriteTarget(SnapshotPtr snapshot);

struct GroupRewriteOptions {
  std::shared_ptr<const GroupCopier> copier;  ///< nullptr: no file is copied
  DataFileOptions files;  ///< num_threads and max_memory_bytes are those of one group
  int64_t scan_memory_bytes = 0;
  std::optional<CurveSpec> curve;  ///< rows are sorted by; none: file after file, as they stand
  int64_t curve_memory_bytes = 0;
  /// Counts rows on their way; false ends the work (another group failed).
  std::function<bool(int64_t rows)> took_rows;
  CancellationToken cancel = CancellationToken::None();
};

/// A group whose rows are in new files, which no commit names yet.
struct RewrittenGroup {
  explicit RewrittenGroup(std::shared_ptr<ObjectStore> store) : uncommitted(std::move(store)) {}
  FileGroup group;
  std::vector<WrittenFile> written;
  int64_t num_batches = 0;
  int64_t num_rows = 0;
  /// Of every new file.
  std::optional<StringMap> tags;
  std::optional<std::string> clustering_provider;
  UncommittedFiles uncommitted;
};

/// Joins the files of a group without decoding them where that is as good; else reads the rows that
/// are not deleted and writes them again. Rows keep their ids where the table tracks rows. Memory
/// is bounded by the options.
Result<std::unique_ptr<RewrittenGroup>> RewriteGroup(const RewriteTarget& target, FileGroup group,
                                                     const GroupRewriteOptions& options);

}  // namespace deltaic
