#include "data/values/variant_scalar.h"

#include <arrow/builder.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <utility>

#include "data/values/type_mapping.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr int kMaxDigits = 38;

/// Without leading zeros; of 0 none.
int NumDigits(Int128 unscaled) {
  int digits = 0;
  for (; unscaled != 0; unscaled /= 10) ++digits;
  return digits;
}

}  // namespace

std::optional<TypeId> ScalarKindOf(const VariantValue& value) {
  switch (value.type()) {
    case VariantType::kBoolean:
      return TypeId::kBoolean;
    case VariantType::kInt8:
    case VariantType::kInt16:
    case VariantType::kInt32:
    case VariantType::kInt64:
      return TypeId::kLong;
    case VariantType::kFloat:
      return TypeId::kFloat;
    case VariantType::kDouble:
      return TypeId::kDouble;
    case VariantType::kDecimal4:
    case VariantType::kDecimal8:
    case VariantType::kDecimal16:
      return TypeId::kDecimal;
    case VariantType::kDate:
      return TypeId::kDate;
    case VariantType::kTimestamp:
      return TypeId::kTimestamp;
    case VariantType::kTimestampNtz:
      return TypeId::kTimestampNtz;
    case VariantType::kBinary:
      return TypeId::kBinary;
    case VariantType::kString:
      return TypeId::kString;
    default:
      return std::nullopt;
  }
}

void DecimalDigits::Add(const VariantValue& decimal) {
  whole = std::max(whole, NumDigits(decimal.unscaled()) - decimal.scale());
  fraction = std::max(fraction, decimal.scale());
}

DataTypePtr DecimalDigits::Type() const {
  const int needed = whole + fraction;
  if (needed > kMaxDigits) return nullptr;
  return DataType::Decimal(needed <= 9 ? 9 : needed <= 18 ? 18 : kMaxDigits, fraction);
}

ScalarColumn::ScalarColumn() = default;
ScalarColumn::ScalarColumn(ScalarColumn&&) noexcept = default;
ScalarColumn& ScalarColumn::operator=(ScalarColumn&&) noexcept = default;
ScalarColumn::~ScalarColumn() = default;

Result<ScalarColumn> ScalarColumn::Make(const DataType& type) {
  arrow::util::InitializeUTF8();
  ScalarColumn column;
  column.kind_ = type.id();
  if (type.id() == TypeId::kDecimal) {
    column.precision_ = type.precision();
    column.scale_ = type.scale();
  }
  DELTAIC_ASSIGN_OR_RETURN(const auto arrow_type, ToArrowType(type));
  DELTAIC_ASSIGN_OR_RETURN(column.builder_, arrow::MakeBuilder(arrow_type));
  return column;
}

template <typename Builder, typename V>
Result<bool> ScalarColumn::Put(V value) {
  DELTAIC_RETURN_IF_ERROR(static_cast<Builder&>(*builder_).Append(value));
  return true;
}

Result<bool> ScalarColumn::Append(const VariantValue& value) {
  if (ScalarKindOf(value) != kind_) return false;
  switch (kind_) {
    case TypeId::kBoolean:
      return Put<arrow::BooleanBuilder>(value.boolean());
    case TypeId::kLong:
      return Put<arrow::Int64Builder>(value.integer());
    case TypeId::kFloat:
      return Put<arrow::FloatBuilder>(static_cast<float>(value.number()));
    case TypeId::kDouble:
      return Put<arrow::DoubleBuilder>(value.number());
    case TypeId::kDecimal:
      return AppendDecimal(value);
    case TypeId::kDate:
      return Put<arrow::Date32Builder>(static_cast<int32_t>(value.integer()));
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return Put<arrow::TimestampBuilder>(value.integer());
    case TypeId::kBinary:
      return Put<arrow::BinaryBuilder>(value.content());
    case TypeId::kString:
      // Whoever reads the column relies on texts being texts.
      if (!arrow::util::ValidateUTF8(value.content())) return false;
      return Put<arrow::StringBuilder>(value.content());
    default:
      return Status::Internal("a variant is not shredded into this type");
  }
}

Result<bool> ScalarColumn::AppendDecimal(const VariantValue& value) {
  const int zeros = scale_ - value.scale();
  Int128 unscaled = value.unscaled();
  if (zeros < 0 || NumDigits(unscaled) + zeros > precision_) return false;
  for (int i = 0; i < zeros; ++i) unscaled *= 10;
  const auto bits = static_cast<unsigned __int128>(unscaled);
  return Put<arrow::Decimal128Builder>(
      arrow::Decimal128(static_cast<int64_t>(bits >> 64), static_cast<uint64_t>(bits)));
}

Status ScalarColumn::AppendNull() { return AsStatus(builder_->AppendNull()); }

Result<std::shared_ptr<arrow::Array>> ScalarColumn::Finish() {
  DELTAIC_ASSIGN_OR_RETURN(auto array, builder_->Finish());
  return array;
}

}  // namespace deltaic
