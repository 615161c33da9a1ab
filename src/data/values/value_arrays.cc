#include "data/values/value_arrays.h"

#include <arrow/array.h>
#include <arrow/array/builder_base.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_decimal.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/builder.h>
#include <arrow/scalar.h>
#include <arrow/util/decimal.h>

#include <limits>
#include <utility>

#include "data/values/type_mapping.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Appends an int64_t that the builder's narrower type must hold.
template <typename Builder>
Status AppendInteger(arrow::ArrayBuilder& builder, int64_t value) {
  using Number = typename Builder::value_type;
  if (value < std::numeric_limits<Number>::min() || value > std::numeric_limits<Number>::max()) {
    return Status::InvalidArgument("the value ", value, " does not fit ",
                                   builder.type()->ToString());
  }
  return AsStatus(static_cast<Builder&>(builder).Append(static_cast<Number>(value)));
}

Status AppendInt64(arrow::ArrayBuilder& builder, int64_t value) {
  switch (builder.type()->id()) {
    case arrow::Type::INT8:
      return AppendInteger<arrow::Int8Builder>(builder, value);
    case arrow::Type::INT16:
      return AppendInteger<arrow::Int16Builder>(builder, value);
    case arrow::Type::INT32:
      return AppendInteger<arrow::Int32Builder>(builder, value);
    case arrow::Type::INT64:
      return AppendInteger<arrow::Int64Builder>(builder, value);
    case arrow::Type::DATE32:
      return AppendInteger<arrow::Date32Builder>(builder, value);
    case arrow::Type::TIMESTAMP:
      return AppendInteger<arrow::TimestampBuilder>(builder, value);
    default:
      return Status::InvalidArgument("a whole number is no value of ", builder.type()->ToString());
  }
}

Status AppendDouble(arrow::ArrayBuilder& builder, double value) {
  switch (builder.type()->id()) {
    case arrow::Type::FLOAT:
      return AsStatus(static_cast<arrow::FloatBuilder&>(builder).Append(static_cast<float>(value)));
    case arrow::Type::DOUBLE:
      return AsStatus(static_cast<arrow::DoubleBuilder&>(builder).Append(value));
    default:
      return Status::InvalidArgument("a float is no value of ", builder.type()->ToString());
  }
}

Status AppendText(arrow::ArrayBuilder& builder, const std::string& value) {
  switch (builder.type()->id()) {
    case arrow::Type::STRING:
      return AsStatus(static_cast<arrow::StringBuilder&>(builder).Append(value));
    case arrow::Type::BINARY:
      return AsStatus(static_cast<arrow::BinaryBuilder&>(builder).Append(value));
    default:
      return Status::InvalidArgument("a text is no value of ", builder.type()->ToString());
  }
}

Status AppendValue(arrow::ArrayBuilder& builder, const Value& value) {
  if (IsNull(value)) return AsStatus(builder.AppendNull());
  if (const auto* number = std::get_if<int64_t>(&value)) return AppendInt64(builder, *number);
  if (const auto* real = std::get_if<double>(&value)) return AppendDouble(builder, *real);
  if (const auto* text = std::get_if<std::string>(&value)) return AppendText(builder, *text);
  const arrow::Type::type id = builder.type()->id();
  if (const auto* flag = std::get_if<bool>(&value); flag != nullptr && id == arrow::Type::BOOL) {
    return AsStatus(static_cast<arrow::BooleanBuilder&>(builder).Append(*flag));
  }
  if (const auto* unscaled = std::get_if<Int128>(&value);
      unscaled != nullptr && id == arrow::Type::DECIMAL128) {
    const arrow::Decimal128 decimal(static_cast<int64_t>(*unscaled >> 64),
                                    static_cast<uint64_t>(*unscaled));
    return AsStatus(static_cast<arrow::Decimal128Builder&>(builder).Append(decimal));
  }
  return Status::InvalidArgument("a value of another kind than ", builder.type()->ToString());
}

template <typename Array>
int64_t IntegerAt(const arrow::Array& array, int64_t row) {
  return static_cast<int64_t>(static_cast<const Array&>(array).Value(row));
}

Int128 DecimalAt(const arrow::Array& array, int64_t row) {
  const arrow::Decimal128 decimal(static_cast<const arrow::Decimal128Array&>(array).GetValue(row));
  const auto high = static_cast<unsigned __int128>(static_cast<uint64_t>(decimal.high_bits()));
  return static_cast<Int128>((high << 64) | decimal.low_bits());
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> ArrayFromValues(const std::vector<Value>& values,
                                                      const DataType& type) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::DataType> arrow_type, ToArrowType(type));
  DELTAIC_ASSIGN_OR_RETURN(const std::unique_ptr<arrow::ArrayBuilder> builder,
                           arrow::MakeBuilder(arrow_type));
  for (const Value& value : values) DELTAIC_RETURN_IF_ERROR(AppendValue(*builder, value));
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array, builder->Finish());
  return array;
}

Result<std::shared_ptr<arrow::Scalar>> ScalarFromValue(const Value& value, const DataType& type) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> array,
                           ArrayFromValues({value}, type));
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Scalar> scalar, array->GetScalar(0));
  return scalar;
}

Value ValueAt(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return {};
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return static_cast<const arrow::BooleanArray&>(array).Value(row);
    case arrow::Type::INT8:
      return IntegerAt<arrow::Int8Array>(array, row);
    case arrow::Type::INT16:
      return IntegerAt<arrow::Int16Array>(array, row);
    case arrow::Type::INT32:
      return IntegerAt<arrow::Int32Array>(array, row);
    case arrow::Type::INT64:
      return IntegerAt<arrow::Int64Array>(array, row);
    case arrow::Type::DATE32:
      return IntegerAt<arrow::Date32Array>(array, row);
    case arrow::Type::TIMESTAMP:
      return IntegerAt<arrow::TimestampArray>(array, row);
    case arrow::Type::FLOAT:
      return static_cast<double>(static_cast<const arrow::FloatArray&>(array).Value(row));
    case arrow::Type::DOUBLE:
      return static_cast<const arrow::DoubleArray&>(array).Value(row);
    case arrow::Type::DECIMAL128:
      return DecimalAt(array, row);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return std::string(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    default:
      return {};
  }
}

}  // namespace deltaic
