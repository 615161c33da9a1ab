#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/read/data_read_spec.h"
#include "expr/expr.h"
#include "expr/session.h"
#include "table/snapshot.h"

namespace deltaic {

struct ScanOptions {
  /// Top-level names (exact, else ignoring case); unset = all.
  std::optional<std::vector<std::string>> columns;
  /// Columns after those, named `_metadata.row_id` and so on.
  std::vector<MetadataColumn> metadata_columns;
  ExprPtr predicate;  ///< not bound: that is done once, when the scan is made; nullptr = all rows
  Session session;    ///< of the predicate
  std::optional<int64_t> limit;  ///< rows
  int64_t batch_rows = 64 * 1024;
  int num_threads = 0;   ///< 0 = cores
  bool ordered = false;  ///< by partition values, then path, then row
  /// String columns of few values come as dictionary<int32, utf8>. Which ones is decided before the
  /// first row, by the footer of one file: see ChooseDictionaryColumns.
  bool dictionary_strings = false;
  /// So do these, whatever their values: top-level names of string columns (exact, else ignoring
  /// case), which may be left out by `columns`.
  std::vector<std::string> dictionary_columns;
  /// Other top-level columns of text or bytes come as utf8_view and binary_view, which Polars has
  /// inside and takes as they are.
  bool string_views = false;
  /// Read ahead of the consumer; 0 = an eighth of the machine's memory, at most 512 MiB, and where
  /// the order does not matter at most 8 MiB a thread.
  int64_t max_memory_bytes = 0;
  /// Files are opened and their row groups chosen, but no row is read.
  bool plan_only = false;
  CancellationToken cancel = CancellationToken::None();
};

struct ScanMetrics {
  FileListMetrics files;
  int64_t files_read = 0;
  int64_t row_groups_total = 0, row_groups_skipped = 0;
  int64_t rows_read = 0, rows_returned = 0, bytes_read = 0;
  int64_t pages_total = 0, pages_pruned = 0, pages_passed_over = 0;  ///< see DataReadMetrics
  /// Rows of the chosen row groups, and bytes of their columns as stored. Only with `plan_only`.
  int64_t rows_selected = 0, bytes_selected = 0;
};

/// A running scan: files are listed, pruned and read ahead by worker threads within the memory
/// bound; the consumer pulls. Dropping it stops the workers. One consumer at a time.
class Scan {
 public:
  virtual ~Scan() = default;
  /// \retval kInvalidArgument  unknown column, predicate that does not bind, a dictionary of what
  /// is no string, row ids or versions of a table without row tracking.
  /// With `dictionary_strings` also what Next() returns.
  static Result<std::unique_ptr<Scan>> Make(SnapshotPtr snapshot, ScanOptions options);
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  /// nullptr at the end.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;
  /// Complete once Next() gave nullptr.
  virtual ScanMetrics metrics() const = 0;
};

}  // namespace deltaic
