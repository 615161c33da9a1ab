#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "protocol/table_properties.h"
#include "storage/object_store.h"

namespace deltaic {

/// How one column is stored. Unset or empty: as the file's default has it, else as in brackets.
struct ColumnFileOptions {
  /// Values that repeat are kept once [where it pays]. Excludes an encoding.
  std::optional<bool> dictionary;
  /// plain, rle, delta_binary_packed, delta_length_byte_array, delta_byte_array, byte_stream_split,
  /// in place of a dictionary [plain where there is no dictionary]
  std::string encoding;
  std::string statistics;                   ///< none (in the log neither), chunk, page [page]
  std::optional<bool> bloom_filter;         ///< [false]
  std::optional<double> bloom_filter_fpp;   ///< share of false positives, between 0 and 1
  std::optional<int64_t> bloom_filter_ndv;  ///< distinct values in a row group, at least 1
};

/// How data files are made. Zero or empty: the table's property, else the default in brackets.
struct DataFileOptions {
  std::string compression;  ///< none, snappy, gzip, lz4, lz4_raw, zstd, brotli [snappy]
  std::optional<int> compression_level;    ///< [the codec's own]
  int64_t target_file_size_bytes = 0;      ///< a new file is begun past this estimate [128 MiB]
  int64_t max_rows_per_group = 0;          ///< [1,048,576]
  int64_t data_page_size_bytes = 0;        ///< [1 MiB]
  int64_t max_rows_per_page = 0;           ///< [20,000]
  int64_t dictionary_page_size_bytes = 0;  ///< beyond it a column goes on without one [1 MiB]
  int64_t write_batch_rows = 0;            ///< between two looks at a page's size [1,024]
  bool dictionary = true;                  ///< of columns that say nothing of it
  int num_threads = 0;                     ///< files encoded at once [number of cores]
  /// Files of a partition are filled one after the other, in the order of the rows, and none ends
  /// before its size is reached: memory is bounded by ending row groups instead.
  bool one_file_at_a_time = false;
  /// Asks for the same of a table's rows; unset: as delta.autoOptimize.optimizeWrite has it. For
  /// whoever knows the table (RowSink), not for the writer.
  std::optional<bool> optimize_write;
  int64_t max_memory_bytes =
      0;  ///< open row groups altogether [512 MiB]; the largest files are finished early beyond it
  /// Where rows are taken from a file, it is copied without them as CopyWithoutRows() does. Smaller
  /// ones are decoded, and written together.
  int64_t min_copied_file_bytes = int64_t{4} << 20;
  std::optional<std::vector<std::string>> bloom_filter_columns;
  /// Of columns that `columns` does not name. An encoding or a filter goes to those whose type has
  /// it.
  ColumnFileOptions default_column;
  /// By dotted name ("a.b", "`dotted.name`"); a struct, list or map stands for all in it.
  std::map<std::string, ColumnFileOptions> columns;
};

enum class DataFileKind {
  kData,
  kChangeData,  ///< of the change data feed: below `_change_data/`, without statistics
};

/// The table that the files are for.
struct DataFileTarget {
  SchemaPtr schema;                            ///< logical, partition columns included
  std::vector<std::string> partition_columns;  ///< logical names
  ColumnMappingMode column_mapping =
      ColumnMappingMode::kNone;  ///< effective mode: with it, Parquet, stats and partition keys use
                                 ///< physical names
  TableProperties properties;
  std::vector<std::vector<std::string>> clustering_columns;  ///< physical paths; they always have
                                                             ///< statistics
  DataFileKind kind = DataFileKind::kData;
  bool shreds_variants = false;  ///< in data files: those that are in no array or map
  /// Columns after the table's own, written by these names without ids and statistics:
  /// `_change_type`, materialized row ids.
  std::vector<StructField> extra_columns;
};

/// Whether `type` is dictionary<int32, utf8> and stands for texts, `plain`.
bool IsDictionaryOf(const arrow::DataType& type, const arrow::DataType& plain);

/// What a finished writer knows.
struct DataFileResult {
  std::vector<Add> adds;  ///< data_change true; path percent-encoded, stats filled (but of change
                          ///< data), modification time from `now_ms`
  int64_t num_rows = 0;
  int64_t num_bytes = 0;
};

/// Writes batches as Parquet data files of one table: splits by partition value, encodes on many
/// threads, collects statistics, bounds memory, names files uniquely. Nothing is committed: until a
/// commit names the files nobody sees them. One thread at a time may call it. Destroying it, or
/// Abort(), before Finish() removes the files it has made.
class DataFileWriter {
 public:
  virtual ~DataFileWriter() = default;

  static Result<std::unique_ptr<DataFileWriter>> Make(
      std::shared_ptr<ObjectStore> store, DataFileTarget target, DataFileOptions options,
      CancellationToken cancel = CancellationToken::None());

  /// The batch's schema equals ToArrowSchema(target.schema) (see ConformBatch), then the extra
  /// columns; top-level texts may be dictionaries (IsDictionaryOf) where the table has no partition
  /// columns. Where all batches share one, its entries are written once and codes as they are, also
  /// of entries that no row has: it should be small. Blocks while memory is full.
  virtual Status Write(std::shared_ptr<arrow::RecordBatch> batch) = 0;
  /// Closes all files durably. No call after it.
  virtual Result<DataFileResult> Finish() = 0;
  virtual void Abort() = 0;
  /// Rows and bytes handed over so far, for progress. Safe from any thread.
  virtual int64_t rows_written() const = 0;
  /// What rows hold that are not in a file yet, by estimate.
  virtual int64_t memory_bytes() const = 0;
};

}  // namespace deltaic
