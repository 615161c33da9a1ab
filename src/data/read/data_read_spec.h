#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "expr/expr.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "protocol/table_properties.h"

namespace deltaic {

/// What rows tell of themselves beside the table's columns. Source: PROTOCOL.md, "Row Tracking",
/// and the names that Spark gives them.
enum class MetadataColumn {
  kFilePath,          ///< of the data file: its URI, or a plain path where it is local
  kRowIndex,          ///< position in the file, deleted rows counted
  kRowId,             ///< stable row id
  kRowCommitVersion,  ///< version that inserted or last updated the row
};

/// A test of rows that no expression can state: whether a key is in a table of keys, say.
struct RowTest {
  std::vector<std::string> columns;  ///< top-level logical names
  /// \param batch  rows of those columns, and maybe others, under the table's names.
  /// \return a boolean a row; null and false drop it. Called from many threads at once.
  std::function<Result<std::shared_ptr<arrow::BooleanArray>>(const arrow::RecordBatch& batch)> test;
  /// Every row that passes makes the predicate true, which then only tells what can be skipped.
  bool implies_predicate = false;
};

/// What a read of the table's data files wants; shared by all files of one scan.
struct DataReadSpec {
  SchemaPtr table_schema;                                       ///< logical, whole table
  std::vector<std::string> partition_columns;                   ///< logical names
  ColumnMappingMode column_mapping = ColumnMappingMode::kNone;  ///< effective
  /// Columns that every file has under their own name, whatever the mapping: `_change_type` of
  /// change data files.
  std::vector<std::string> columns_of_files;
  /// Top-level logical names to return, in this order.
  std::vector<std::string> columns;
  /// Columns after those, named as MetadataColumnName() says.
  std::vector<MetadataColumn> metadata_columns;
  /// What files call the columns of ids and versions that stay with rows; empty: none has them.
  std::string row_id_column, row_commit_version_column;
  /// Bound; rows not true are dropped; nullptr = all rows.
  ExprPtr predicate;
  /// Rows that do not pass are dropped too. Of the others alone more columns are read.
  std::optional<RowTest> row_test;
  int64_t batch_rows = 64 * 1024;  ///< the most rows in a batch
  /// Top-level string columns that come as dictionary<int32, utf8>; other names count for nothing.
  /// Quick for chunks that Parquet keeps dictionary-encoded; where nearly all values differ it
  /// costs more than plain strings.
  std::vector<std::string> dictionary_columns;
  /// Other top-level columns of text or bytes come as views.
  bool string_views = false;
  int64_t prefetch_bytes = 32 << 20;  ///< per file in flight
};

/// The row groups of a file that begin at a byte in [begin, end). Ranges that share out [0, max)
/// share out the rows, whatever the file's size is said to be.
struct FileRange {
  static constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();
  int64_t begin = 0;
  int64_t end = kEnd;
  bool operator==(const FileRange&) const = default;
};

/// One file to read.
struct DataFile {
  std::string path;        ///< as in the log (percent-encoded, relative)
  int64_t size_bytes = 0;  ///< add.size; only a hint: the log can be wrong
  PartitionValues partition_values;
  std::optional<DeletionVectorDescriptor> deletion_vector;
  /// Rows outside of this one are left out too, where there is one.
  std::optional<DeletionVectorDescriptor> only_rows_in;
  FileRange range;
  std::optional<int64_t> base_row_id;                 ///< for row ids
  std::optional<int64_t> default_row_commit_version;  ///< for row commit versions
};

/// Counters of what reading did. Safe from any thread is not promised: one per file, summed by the
/// caller.
struct DataReadMetrics {
  int64_t row_groups_total = 0, row_groups_skipped = 0;
  int64_t rows_read = 0, rows_returned = 0;
  int64_t bytes_read = 0;
  /// Data pages of the columns whose page index was used; those of them that were not read: since
  /// by the index no row of them can match, or since no row of them was wanted once the predicate
  /// had been evaluated.
  int64_t pages_total = 0, pages_pruned = 0, pages_passed_over = 0;
};

/// The Arrow schema of the batches that are read (dictionary types where `dictionary_columns` asks
/// and the column is a string, else views where `string_views` does).
Result<std::shared_ptr<arrow::Schema>> ReadSchema(const DataReadSpec& spec);

}  // namespace deltaic
