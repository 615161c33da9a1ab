#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// The unscaled values of decimals with at most 18 digits (int32 up to 9), which is what Parquet
/// stores for them; any other array is given back. Parquet's writer would do it value by value.
///
/// \param memory  holds the values; used again by the next call.
/// \retval kSchemaMismatch  a value has more digits than its type.
Result<std::shared_ptr<arrow::Array>> NarrowDecimals(std::shared_ptr<arrow::Array> array,
                                                     std::vector<int64_t>& memory);

}  // namespace deltaic
