#include "data/value_builder.h"

#include <arrow/api.h>

#include "data/type_mapping.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

template <typename Builder, typename Stored>
Status AppendAs(arrow::ArrayBuilder& builder, const Value& value) {
  const auto* stored = std::get_if<Stored>(&value);
  if (stored == nullptr) return Status::Internal("a value of another type than its column's");
  using CType = typename Builder::value_type;
  return AsStatus(static_cast<Builder&>(builder).Append(static_cast<CType>(*stored)));
}

Status AppendDecimal(arrow::ArrayBuilder& builder, const Value& value) {
  const auto* unscaled = std::get_if<Int128>(&value);
  if (unscaled == nullptr) return Status::Internal("a value of another type than its column's");
  const arrow::Decimal128 decimal(static_cast<int64_t>(*unscaled >> 64),
                                  static_cast<uint64_t>(*unscaled));
  return AsStatus(static_cast<arrow::Decimal128Builder&>(builder).Append(decimal));
}

template <typename Builder>
Status AppendBytes(arrow::ArrayBuilder& builder, const Value& value) {
  const auto* bytes = std::get_if<std::string>(&value);
  if (bytes == nullptr) return Status::Internal("a value of another type than its column's");
  return AsStatus(static_cast<Builder&>(builder).Append(*bytes));
}

}  // namespace

Result<std::unique_ptr<arrow::ArrayBuilder>> MakeValueBuilder(const DataType& type) {
  DELTAIC_ASSIGN_OR_RETURN(auto arrow_type, ToArrowType(type));
  DELTAIC_ASSIGN_OR_RETURN(auto builder, arrow::MakeBuilder(arrow_type));
  return std::unique_ptr<arrow::ArrayBuilder>(std::move(builder));
}

Status AppendValue(arrow::ArrayBuilder& builder, const DataType& type, const Value& value) {
  if (IsNull(value)) return AsStatus(builder.AppendNull());
  switch (type.id()) {
    case TypeId::kBoolean:
      return AppendAs<arrow::BooleanBuilder, bool>(builder, value);
    case TypeId::kByte:
      return AppendAs<arrow::Int8Builder, int64_t>(builder, value);
    case TypeId::kShort:
      return AppendAs<arrow::Int16Builder, int64_t>(builder, value);
    case TypeId::kInteger:
      return AppendAs<arrow::Int32Builder, int64_t>(builder, value);
    case TypeId::kLong:
      return AppendAs<arrow::Int64Builder, int64_t>(builder, value);
    case TypeId::kFloat:
      return AppendAs<arrow::FloatBuilder, double>(builder, value);
    case TypeId::kDouble:
      return AppendAs<arrow::DoubleBuilder, double>(builder, value);
    case TypeId::kDate:
      return AppendAs<arrow::Date32Builder, int64_t>(builder, value);
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return AppendAs<arrow::TimestampBuilder, int64_t>(builder, value);
    case TypeId::kDecimal:
      return AppendDecimal(builder, value);
    case TypeId::kString:
      return AppendBytes<arrow::StringBuilder>(builder, value);
    case TypeId::kBinary:
      return AppendBytes<arrow::BinaryBuilder>(builder, value);
    default:
      return Status::Unsupported("no column of values of type ", type.ToString());
  }
}

}  // namespace deltaic
