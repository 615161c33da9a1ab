#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

/// Values of one primitive type as an array of ToArrowType(type).
/// \retval kInvalidArgument  a value of another kind than the type's.
Result<std::shared_ptr<arrow::Array>> ArrayFromValues(const std::vector<Value>& values,
                                                      const DataType& type);

/// One value as a scalar of ToArrowType(type).
Result<std::shared_ptr<arrow::Scalar>> ScalarFromValue(const Value& value, const DataType& type);

/// The value at `row`, 0 <= row < length, of an array of a type that ToArrowType gives for a
/// primitive type; null for others.
Value ValueAt(const arrow::Array& array, int64_t row);

}  // namespace deltaic
