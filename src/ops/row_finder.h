#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/read/data_read_spec.h"
#include "ops/candidate_files.h"
#include "scan/scan.h"

namespace deltaic {

/// Which rows to look for, and what to read of them.
struct RowSearch {
  ExprPtr predicate;                 ///< bound; nullptr = all rows
  std::optional<RowTest> test;       ///< what rows must pass besides
  std::vector<std::string> columns;  ///< the schema's names of top-level columns
  bool with_row_ids = false;         ///< of a table that tracks rows
  ScanOptions scan;                  ///< without order
};

/// Some rows of one data file that were found.
struct FoundRows {
  std::shared_ptr<arrow::Array> paths;           ///< what `file_uri` is a part of
  std::string_view file_uri;                     ///< names the file, as DataFileUri() does
  std::shared_ptr<arrow::Int64Array> positions;  ///< in the file, deleted rows counted
  std::shared_ptr<arrow::RecordBatch> rows;      ///< the search's columns of them
  std::shared_ptr<arrow::Array> row_ids;         ///< nullptr where none were asked for
};

/// Finds rows of data files on all cores in bounded memory: reads what predicate and test need
/// first, and of the rows that pass the other columns. Deleted rows are never found. One thread at
/// a time.
class RowFinder {
 public:
  static Result<std::unique_ptr<RowFinder>> Start(const Snapshot& snapshot,
                                                  const CandidateFiles& files, RowSearch search);
  /// The next found rows, of no promised order; nullopt at the end.
  Result<std::optional<FoundRows>> Next();
  /// Complete at the end.
  ScanMetrics metrics() const { return scan_->metrics(); }

 private:
  explicit RowFinder(std::unique_ptr<Scan> scan, int num_columns)
      : scan_(std::move(scan)), num_columns_(num_columns) {}
  std::unique_ptr<Scan> scan_;
  int num_columns_;
};

/// What reading data files of the snapshot's table must know, all columns by default.
/// \param metadata  columns after those; row ids and versions only of a table that tracks rows.
std::shared_ptr<DataReadSpec> ReadSpecOf(const Snapshot& snapshot,
                                         std::vector<MetadataColumn> metadata = {});

}  // namespace deltaic
