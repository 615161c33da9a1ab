#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"

/// Rows of Arrow arrays in another order, for every type that Arrow has: its own Take() and casts
/// know no views, and get some others wrong.
namespace deltaic {

/// Neighbouring rows of an array, or that many nulls.
struct RowRun {
  static constexpr int64_t kNulls = -1;
  int64_t begin = 0;  ///< kNulls: of nulls
  int64_t length = 0;
};

/// Adds rows, joined with the last run where they go on with it.
void AppendRun(std::vector<RowRun>& runs, int64_t begin, int64_t length);

/// The rows of `values` that `runs` name, one after the other; a single run shares buffers. Every
/// run lies inside of `values`. \retval kUnsupported  more bytes than 32-bit offsets reach.
Result<std::shared_ptr<arrow::Array>> GatherRows(const std::shared_ptr<arrow::Array>& values,
                                                 const std::vector<RowRun>& runs);

/// A list of any kind, or a map, as plain list: what its rows hold, in their order and without
/// gaps.
struct FlatList {
  std::shared_ptr<arrow::Array> values;
  std::shared_ptr<arrow::Buffer> offsets;   ///< int32, one more than rows
  std::shared_ptr<arrow::Buffer> validity;  ///< from bit 0 on; nullptr where all is valid
};

/// \param array  list, large list, fixed-size list, list view, large list view or map.
/// \retval kInvalidArgument  a row that names values which the array does not have.
Result<FlatList> FlattenList(const arrow::Array& array);

/// The array's validity from bit 0 on; nullptr where all is valid.
Result<std::shared_ptr<arrow::Buffer>> ValidityAtZero(const arrow::Array& array);

/// `array` null also where `parent` is; as it is where its type keeps no nulls of its own (null,
/// union, run-end encoded).
Result<std::shared_ptr<arrow::Array>> NullBelow(const arrow::Array& parent,
                                                const std::shared_ptr<arrow::Array>& array);

}  // namespace deltaic
