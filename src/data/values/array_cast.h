#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "base/status.h"

namespace deltaic {

/// `array` without dictionary, run-end and extension forms at its top.
Result<std::shared_ptr<arrow::Array>> DecodeArray(std::shared_ptr<arrow::Array> array);

/// Converts an array that DecodeArray has seen to the type `target`, which is no struct, list or
/// map. Integers and decimals convert if every value fits exactly: a double is the decimal that it
/// prints as. Floats round, correctly, and may not overflow; timestamps are cut down to the unit.
/// \param column  named in messages.
/// \retval kSchemaMismatch  the types do not convert, a value does not fit, or text is not UTF-8.
Result<std::shared_ptr<arrow::Array>> CastLeaf(const std::shared_ptr<arrow::Array>& array,
                                               const std::shared_ptr<arrow::DataType>& target,
                                               const std::string& column);

/// "column a: expected long, got string".
Status TypeMismatch(const std::string& column, const arrow::DataType& expected,
                    const arrow::DataType& got);

}  // namespace deltaic
