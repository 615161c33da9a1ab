#pragma once

#include <arrow/type_fwd.h>
#include <parquet/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/checkpoint/parquet_leaf.h"

namespace parquet {
class RowGroupReader;
}  // namespace parquet

namespace deltaic {

/// Reads one column of a row group as Arrow arrays, rows chosen by the caller, going forward. One
/// thread at a time.
class LeafArrayReader {
 public:
  virtual ~LeafArrayReader() = default;
  /// The values of `rows`, which lie behind those of earlier calls. Damage throws
  /// parquet::ParquetException.
  virtual Result<std::shared_ptr<arrow::Array>> Read(const RowRanges& rows) = 0;
};

/// The row group that columns are opened in, and where reading begins in it.
struct RowGroupPlace {
  parquet::RowGroupReader* group = nullptr;
  int64_t first_row = 0;  ///< pages of plain columns that end before it are not decoded
};

/// A column reader whose next entry is entry `first` of its row group.
struct OpenedColumn {
  std::shared_ptr<parquet::ColumnReader> reader;
  int64_t first = 0;
};

/// Opens a leaf at the page that holds entry `first_row`. Entries are rows only where no row has
/// two of them.
OpenedColumn OpenLeaf(const RowGroupPlace& source, const ParquetLeaf& leaf);

/// Readers for `leaf`, or for nulls where it is nullopt or of no fitting type.
/// \retval kCorruption  the leaf has another physical type.
Result<std::unique_ptr<LeafArrayReader>> MakeTextReader(const RowGroupPlace& source,
                                                        const std::optional<ParquetLeaf>& leaf);
Result<std::unique_ptr<LeafArrayReader>> MakeInt64Reader(const RowGroupPlace& source,
                                                         const std::optional<ParquetLeaf>& leaf);
Result<std::unique_ptr<LeafArrayReader>> MakeInt32Reader(const RowGroupPlace& source,
                                                         const std::optional<ParquetLeaf>& leaf);
Result<std::unique_ptr<LeafArrayReader>> MakeBoolReader(const RowGroupPlace& source,
                                                        const std::optional<ParquetLeaf>& leaf);

/// What lies between the rows asked for.
enum class Gaps {
  kAnything,
  kNullRows,  ///< rows without a map or list, which cost nothing to pass over
};
std::unique_ptr<LeafArrayReader> MakeMapReader(const RowGroupPlace& source,
                                               const std::optional<MapColumn>& map, Gaps gaps);
std::unique_ptr<LeafArrayReader> MakeListReader(const RowGroupPlace& source,
                                                const std::optional<ParquetLeaf>& list, Gaps gaps);

/// The map's rows one by one, for those who want no array.
std::unique_ptr<MapReader> MakeMapRowReader(const RowGroupPlace& source, const MapColumn& map);

}  // namespace deltaic
