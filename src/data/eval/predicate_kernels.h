#pragma once

#include <arrow/datum.h>
#include <arrow/result.h>

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "expr/expr.h"

/// Arrow's compute functions with Spark's semantics: each step of row_filter over a whole array.
/// Arguments are scalars or arrays, of which those of columns may be dictionary-encoded; results
/// are booleans unless stated.
namespace deltaic::kernels {

arrow::Result<arrow::Datum> CallArrow(const std::string& function,
                                      const std::vector<arrow::Datum>& args);

/// The array without its dictionary; scalars and other arrays as they are.
Result<arrow::Datum> Decode(const arrow::Datum& values);

/// One of = <> < <= > >= <=>; both sides of one type. NaN equals NaN and is greater than all else.
Result<arrow::Datum> Compare(Function function, const arrow::Datum& left,
                             const arrow::Datum& right);

Result<arrow::Datum> IsNull(const arrow::Datum& values);

/// `values` (array) IN a list of literals of the column's type; null where the value is, or where
/// it is not found and the list has a null.
Result<arrow::Datum> InLiterals(const arrow::Datum& values, const std::vector<ExprPtr>& literals);

/// `values` (array of text) LIKE a pattern that parses.
Result<arrow::Datum> Like(const arrow::Datum& values, const std::string& pattern);

/// `values` (array) as `to`. \retval kInvalidArgument  a value that does not fit, unless
/// `null_on_failure` makes it null.
/// \param zone  the session's, of casts that depend on it; nullptr: UTC.
Result<arrow::Datum> Cast(const arrow::Datum& values, const DataType& from, const DataType& to,
                          bool null_on_failure = false, const TimeZone* zone = nullptr);

}  // namespace deltaic::kernels
