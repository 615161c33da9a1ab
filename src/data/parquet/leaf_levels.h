#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// The values of one leaf column with Dremel's levels, as Parquet's column writers take them.
struct LeafLevels {
  std::shared_ptr<arrow::Array> values;  ///< a slot for each level that reaches the innermost list
  /// The same, but null in every slot that holds no value: `values` of a required leaf has no
  /// nulls, even below a null struct.
  std::shared_ptr<arrow::Array> values_or_nulls;
  bool nullable = false;  ///< the leaf field itself
  int64_t num_levels = 0;
  std::vector<int16_t> definition;  ///< empty where the column cannot be null
  std::vector<int16_t> repetition;  ///< empty outside lists and maps
  /// Nulls of the leaf outside lists and maps, else of the outermost list or map; a null parent
  /// makes a null.
  int64_t null_count = 0;
};

/// \param column  a top-level column of the schema field `field`.
/// \param path  as LeafColumn::path, without its first part.
/// \param levels  filled; its memory is used again.
Status BuildLeafLevels(std::shared_ptr<arrow::Array> column, const arrow::Field& field,
                       std::span<const int> path, LeafLevels& levels);

}  // namespace deltaic
