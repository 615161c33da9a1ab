#include "data/values/array_cast.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/extension_type.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "data/values/gather.h"
#include "data/values/timestamp_cast.h"
#include "data/values/type_mapping.h"
#include "data/values/utf8_check.h"
#include "data/values/value_arrays.h"
#include "expr/value_cast.h"
#include "protocol/partition_value.h"
#include "storage/arrow_status.h"

namespace deltaic {

namespace {

using arrow::Type;
using arrow::compute::CastOptions;
using ArrayPtr = std::shared_ptr<arrow::Array>;

/// As users know the type: by its Delta name where it has one.
std::string TypeName(const arrow::DataType& type) {
  auto delta_type = FromArrowType(type);
  return delta_type.ok() ? (*delta_type)->ToString() : type.ToString();
}

bool IsNumeric(Type::type id) {
  return arrow::is_integer(id) || arrow::is_floating(id) || arrow::is_decimal(id);
}

bool IsStringLike(Type::type id) {
  return id == Type::STRING || id == Type::LARGE_STRING || id == Type::STRING_VIEW;
}

bool IsBinaryLike(Type::type id) {
  return id == Type::BINARY || id == Type::LARGE_BINARY || id == Type::BINARY_VIEW ||
         id == Type::FIXED_SIZE_BINARY;
}

bool HasZone(const arrow::DataType& type) {
  return !static_cast<const arrow::TimestampType&>(type).timezone().empty();
}

bool Converts(const arrow::DataType& from, const arrow::DataType& to) {
  if (IsNumeric(to.id())) return IsNumeric(from.id());
  switch (to.id()) {
    case Type::STRING:
      return IsStringLike(from.id());
    case Type::BINARY:
      return IsBinaryLike(from.id());
    case Type::DATE32:
      return arrow::is_date(from.id());
    case Type::TIMESTAMP:
      // A date has no zone. A time without zone is not an instant: which one would be a guess.
      if (arrow::is_date(from.id())) return !HasZone(to);
      return from.id() == Type::TIMESTAMP && HasZone(from) == HasZone(to);
    default:
      return from.id() == to.id();
  }
}

Status ValueDoesNotFit(const std::string& column, const arrow::DataType& target,
                       const std::string& why) {
  return Status::SchemaMismatch("column ", column, ": a value does not fit ", TypeName(target),
                                ": ", why);
}

/// Views as the plain form of the same type, which all of Arrow knows.
Result<ArrayPtr> WithoutViews(const ArrayPtr& array) {
  const bool is_text = array->type_id() == Type::STRING_VIEW;
  if (!is_text && array->type_id() != Type::BINARY_VIEW) return array;
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr plain,
                           arrow::compute::Cast(*array, is_text ? arrow::utf8() : arrow::binary()));
  return plain;
}

Result<ArrayPtr> DecodeDictionary(const arrow::DictionaryArray& encoded) {
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr values, DecodeArray(encoded.dictionary()));
  DELTAIC_ASSIGN_OR_RETURN(values, WithoutViews(values));
  if (!arrow::is_nested(values->type_id())) {
    DELTAIC_ASSIGN_OR_RETURN(ArrayPtr taken, arrow::compute::Take(*values, *encoded.indices()));
    return taken;
  }
  std::vector<RowRun> runs;
  for (int64_t row = 0; row < encoded.length(); ++row) {
    const int64_t begin = encoded.IsNull(row) ? RowRun::kNulls : encoded.GetValueIndex(row);
    if (begin >= values->length() || begin < RowRun::kNulls) {
      return Status::InvalidArgument("row ", row, " names entry ", begin, " of a dictionary of ",
                                     values->length());
    }
    AppendRun(runs, begin, 1);
  }
  return GatherRows(values, runs);
}

/// \tparam RunEnds  an array of int16, int32 or int64.
template <typename RunEnds>
Result<std::vector<RowRun>> RunsOf(const arrow::RunEndEncodedArray& encoded) {
  const auto& ends = static_cast<const RunEnds&>(*encoded.run_ends());
  std::vector<RowRun> runs;
  int64_t run = encoded.FindPhysicalOffset();
  for (int64_t row = 0; row < encoded.length(); ++row) {
    while (run < ends.length() && ends.Value(run) <= encoded.offset() + row) ++run;
    if (run >= ends.length() || run >= encoded.values()->length()) {
      return Status::InvalidArgument("row ", row, " lies behind the last run of its array");
    }
    runs.push_back({run, 1});
  }
  return runs;
}

Result<ArrayPtr> DecodeRunEnds(const arrow::RunEndEncodedArray& encoded) {
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr values, DecodeArray(encoded.values()));
  DELTAIC_ASSIGN_OR_RETURN(values, WithoutViews(values));
  switch (encoded.run_ends()->type_id()) {
    case Type::INT16: {
      DELTAIC_ASSIGN_OR_RETURN(const auto runs, RunsOf<arrow::Int16Array>(encoded));
      return GatherRows(values, runs);
    }
    case Type::INT32: {
      DELTAIC_ASSIGN_OR_RETURN(const auto runs, RunsOf<arrow::Int32Array>(encoded));
      return GatherRows(values, runs);
    }
    default: {
      DELTAIC_ASSIGN_OR_RETURN(const auto runs, RunsOf<arrow::Int64Array>(encoded));
      return GatherRows(values, runs);
    }
  }
}

/// Arrow lets a double become an infinite float.
Status CheckNoOverflow(const arrow::DoubleArray& from, const arrow::FloatArray& to,
                       const std::string& column) {
  for (int64_t i = 0; i < from.length(); ++i) {
    if (!from.IsNull(i) && std::isinf(to.Value(i)) && !std::isinf(from.Value(i))) {
      return ValueDoesNotFit(column, *to.type(), Concat(from.Value(i), " is out of range"));
    }
  }
  return Status();
}

/// Between decimals and floats, as CAST: Arrow's result is off in the last place. To a decimal,
/// only what comes back the same fits.
Result<ArrayPtr> CastThroughDecimals(const ArrayPtr& array,
                                     const std::shared_ptr<arrow::DataType>& target,
                                     const std::string& column) {
  DELTAIC_ASSIGN_OR_RETURN(const DataTypePtr to, FromArrowType(*target));
  DELTAIC_ASSIGN_OR_RETURN(const DataTypePtr from, FromArrowType(*array->type()));
  std::vector<Value> values(static_cast<size_t>(array->length()));
  for (int64_t row = 0; row < array->length(); ++row) {
    const Value value = ValueAt(*array, row);
    const auto misfit = [&](const std::string& why) {
      return ValueDoesNotFit(column, *target, why);
    };
    Result<Value> cast = CastValue(value, *from, *to);
    if (!cast.ok()) return misfit(cast.status().message());
    if (IsNull(*cast) && !IsNull(value)) {
      return misfit(Concat(FormatJavaDouble(std::get<double>(value)), " is no decimal"));
    }
    if (to->id() == TypeId::kDecimal && !IsNull(value)) {
      DELTAIC_ASSIGN_OR_RETURN(const Value back, CastValue(*cast, *to, *from));
      if (back != value) {
        return misfit(Concat(FormatJavaDouble(std::get<double>(value)),
                             " has more digits after the point; round it first"));
      }
    }
    values[static_cast<size_t>(row)] = *std::move(cast);
  }
  return ArrayFromValues(values, *to);
}

/// In the one form of its type that the conversions below know.
Result<ArrayPtr> Canonical(const ArrayPtr& array, const std::shared_ptr<arrow::DataType>& target) {
  std::shared_ptr<arrow::DataType> type = array->type();
  if (type->id() == Type::HALF_FLOAT) {
    type = arrow::float32();
  } else if (arrow::is_decimal(type->id()) && arrow::is_floating(target->id())) {
    const auto& decimal = static_cast<const arrow::DecimalType&>(*type);
    constexpr int32_t kMaxPrecision = 38;
    type = arrow::decimal128(std::min(decimal.precision(), kMaxPrecision), decimal.scale());
  } else if (arrow::is_integer(type->id()) && arrow::is_decimal(target->id())) {
    // Arrow refuses an integer type whose widest value would not fit, so go through a decimal that
    // holds them all.
    const int32_t scale = static_cast<const arrow::DecimalType&>(*target).scale();
    type = arrow::decimal256(20 + scale, scale);
  }
  if (type->Equals(*array->type())) return array;
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr converted, arrow::compute::Cast(*array, type));
  return converted;
}

Result<ArrayPtr> Convert(const ArrayPtr& array, const std::shared_ptr<arrow::DataType>& target,
                         const std::string& column) {
  const Type::type from = array->type_id();
  const Type::type to = target->id();
  if (array->type()->Equals(*target)) return array;
  if (to == Type::TIMESTAMP) {
    return arrow::is_date(from) ? DateToMicros(array, target) : TimestampToMicros(*array, target);
  }
  if (from == Type::DATE64) return Date64ToDate32(*array);
  if ((arrow::is_decimal(from) && arrow::is_floating(to)) ||
      (arrow::is_floating(from) && arrow::is_decimal(to))) {
    return CastThroughDecimals(array, target, column);
  }
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr converted,
                           arrow::compute::Cast(*array, target, CastOptions::Safe()));
  if (from == Type::DOUBLE && to == Type::FLOAT) {
    DELTAIC_RETURN_IF_ERROR(CheckNoOverflow(static_cast<const arrow::DoubleArray&>(*array),
                                            static_cast<const arrow::FloatArray&>(*converted),
                                            column));
  }
  return converted;
}

}  // namespace

Status TypeMismatch(const std::string& column, const arrow::DataType& expected,
                    const arrow::DataType& got) {
  return Status::SchemaMismatch("column ", column, ": expected ", TypeName(expected), ", got ",
                                TypeName(got));
}

Result<ArrayPtr> DecodeArray(ArrayPtr array) {
  while (true) {
    switch (array->type_id()) {
      case Type::EXTENSION:
        array = static_cast<const arrow::ExtensionArray&>(*array).storage();
        continue;
      case Type::DICTIONARY: {
        DELTAIC_ASSIGN_OR_RETURN(
            array, DecodeDictionary(static_cast<const arrow::DictionaryArray&>(*array)));
        continue;
      }
      case Type::RUN_END_ENCODED: {
        DELTAIC_ASSIGN_OR_RETURN(
            array, DecodeRunEnds(static_cast<const arrow::RunEndEncodedArray&>(*array)));
        continue;
      }
      default:
        return array;
    }
  }
}

Result<ArrayPtr> CastLeaf(const ArrayPtr& array, const std::shared_ptr<arrow::DataType>& target,
                          const std::string& column) {
  if (array->null_count() == array->length() && !array->type()->Equals(*target)) {
    DELTAIC_ASSIGN_OR_RETURN(auto nulls, arrow::MakeArrayOfNull(target, array->length()));
    return nulls;
  }
  if (!Converts(*array->type(), *target)) return TypeMismatch(column, *target, *array->type());
  auto converted = Canonical(array, target);
  if (converted.ok()) converted = Convert(*converted, target, column);
  if (!converted.ok()) {
    const Status status = converted.status();
    // Of ours, it names the column already.
    if (status.message().starts_with("column ")) return status;
    return ValueDoesNotFit(column, *target, status.message());
  }
  if (target->id() == Type::STRING) {
    const auto row = FindInvalidUtf8(static_cast<const arrow::StringArray&>(**converted));
    if (row) {
      return ValueDoesNotFit(column, *target,
                             Concat("row ", *row, " of the batch is not valid UTF-8; mend the ",
                                    "text, or write it to a binary column"));
    }
  }
  return converted;
}

}  // namespace deltaic
