#pragma once

#include <optional>

#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

// The types and values of arithmetic on decimals, as Spark has them with
// spark.sql.decimalOperations.allowPrecisionLoss on: where a result needs more than 38 digits,
// digits after the point give way, down to six.
// Source: Spark SQL, "DecimalPrecision" type coercion.

DataTypePtr SumType(const DataType& left, const DataType& right);  ///< of + and -
DataTypePtr ProductType(const DataType& left, const DataType& right);
DataTypePtr QuotientType(const DataType& left, const DataType& right);
DataTypePtr RemainderType(const DataType& left, const DataType& right);

/// A number and the digits after its point.
struct ScaledDecimal {
  Int128 unscaled;
  int scale;
};

// Halves are rounded away from zero; nullopt if the result needs more than 38 digits. Divisors are
// not zero.
std::optional<Int128> AddDecimals(ScaledDecimal left, ScaledDecimal right, int result_scale);
std::optional<Int128> MultiplyDecimals(ScaledDecimal left, ScaledDecimal right, int result_scale);
std::optional<Int128> DivideDecimals(ScaledDecimal left, ScaledDecimal right, int result_scale);
/// The quotient without its fraction.
std::optional<Int128> DivideToWhole(ScaledDecimal left, ScaledDecimal right);
/// With the sign of `left`, at the larger scale of the two.
Int128 RemainderOfDecimals(ScaledDecimal left, ScaledDecimal right);

}  // namespace deltaic
