#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"

namespace deltaic {

/// A timestamp array of any unit as `to`, a timestamp of microseconds, with the same instants.
/// Finer ones are cut down, before 1970 too, as Spark does; Arrow's own cast cuts to zero.
/// \retval kSchemaMismatch  a timestamp out of the range of microseconds.
Result<std::shared_ptr<arrow::Array>> TimestampToMicros(const arrow::Array& array,
                                                        const std::shared_ptr<arrow::DataType>& to);

/// A date32 or date64 array as timestamps of midnight.
/// \retval kSchemaMismatch  a date out of the range of microseconds.
Result<std::shared_ptr<arrow::Array>> DateToMicros(const std::shared_ptr<arrow::Array>& array,
                                                   const std::shared_ptr<arrow::DataType>& to);

/// A date64 array, milliseconds that need be no whole days, as the days they lie in.
/// \retval kSchemaMismatch  a date out of the range of days.
Result<std::shared_ptr<arrow::Array>> Date64ToDate32(const arrow::Array& array);

}  // namespace deltaic
