#pragma once

#include <arrow/type_fwd.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/values/variant_form.h"
#include "data/write/data_file_writer.h"
#include "protocol/schema.h"
#include "storage/store_traits.h"

namespace deltaic {

/// Larger bounds stay out of the Parquet footer; `add.stats` does not depend on them.
inline constexpr size_t kMaxParquetStatisticsBytes = 4096;

/// One leaf column of a data file, and what `add.stats` says of it.
struct LeafColumn {
  /// Position of the column in the batch of data columns, then of the child in each struct (or 0
  /// for a list's element and a map's key, 1 for a map's value) down to the leaf.
  std::vector<int> path;
  /// Physical names to the column that null counts are kept for: the leaf itself, or the array or
  /// map that holds it.
  std::vector<std::string> stats_path;
  /// The leaf's type.
  DataTypePtr type;
  bool collect_nulls = false;    ///< once for each array or map: on its first leaf
  bool collect_bounds = false;   ///< numbers, dates, timestamps and strings outside arrays and maps
  bool keep_dictionary = false;  ///< asked for, so whatever the values
  bool is_shredded = false;      ///< of a shredded variant: its type follows from the rows
};

/// One partition column of a table.
struct PartitionColumn {
  int position = 0;  ///< in the table's schema
  std::string physical_name;
  DataTypePtr type;
};

/// How the variants of a file are shredded, by where they are (LeafColumn::path, down to the
/// variant); others stay bytes.
using VariantForms = std::map<std::vector<int>, VariantForm>;

/// All that a target and its options decide once for every file. Immutable: safe from any thread.
struct DataFileLayout {
  DataFileKind kind = DataFileKind::kData;
  DataFileOptions options;  ///< no zero or empty value is left to default, but bloom_filter_columns
  std::shared_ptr<arrow::Schema> batch_schema;  ///< of what is written, partition columns included
  std::shared_ptr<arrow::Schema> data_schema;   ///< of the files: mostly no partition columns
  std::vector<PartitionColumn> partition_columns;
  std::vector<int> data_columns;  ///< positions in the table's schema
  /// Physical paths of columns that statistics are kept for whatever their number.
  std::vector<std::vector<std::string>> always_described;
  std::vector<LeafColumn> leaves;
  VariantForms variant_forms;
  SchemaPtr physical_schema;  ///< data columns by physical names, for statistics
  std::shared_ptr<arrow::MemoryPool> memory_pool;  ///< of all that encoding takes
  std::shared_ptr<parquet::schema::GroupNode> parquet_schema;
  std::shared_ptr<parquet::WriterProperties> writer_properties;
  std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties;
  std::string file_suffix;  ///< ".snappy.parquet"

  bool IsPartitionColumn(int position) const;  ///< of a column of the batches
};

/// \param traits  of the store that the files are for: how memory is used depends on it.
/// \retval kInvalidArgument  an option that makes no sense, or an unknown codec or column.
/// \retval kUnsupported  a column that Parquet files cannot hold: void inside an array or map, a
/// table of void columns only.
Result<std::shared_ptr<const DataFileLayout>> MakeDataFileLayout(
    const DataFileTarget& target, const DataFileOptions& options,
    const StoreTraits& traits = kNearStore);

/// The same for files whose variants are shredded. It shares the memory of `plain`.
Result<std::shared_ptr<const DataFileLayout>> MakeShreddedLayout(const DataFileTarget& target,
                                                                 const DataFileOptions& options,
                                                                 const DataFileLayout& plain,
                                                                 VariantForms forms);

}  // namespace deltaic
