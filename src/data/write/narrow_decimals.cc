#include "data/write/narrow_decimals.h"

#include <arrow/api.h>
#include <arrow/util/bitmap_ops.h>

#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {

namespace {

constexpr int32_t kMaxInt32Digits = 9;
constexpr int32_t kMaxInt64Digits = 18;

bool Fits(const arrow::Decimal128& value, int64_t narrow) {
  return value.low_bits() == static_cast<uint64_t>(narrow) && value.high_bits() == (narrow >> 63);
}

/// \return whether all values fit, those in the slots of nulls too
template <typename Integer>
bool Narrow(const arrow::Decimal128Array& array, Integer* out) {
  bool all_fit = true;
  for (int64_t i = 0; i < array.length(); ++i) {
    const arrow::Decimal128 value(array.GetValue(i));
    out[i] = static_cast<Integer>(value.low_bits());
    all_fit &= Fits(value, out[i]);
  }
  return all_fit;
}

template <typename Integer>
Status CheckValues(const arrow::Decimal128Array& array, const Integer* narrow) {
  for (int64_t i = 0; i < array.length(); ++i) {
    if (array.IsNull(i) || Fits(arrow::Decimal128(array.GetValue(i)), narrow[i])) continue;
    return Status::SchemaMismatch("value ", array.FormatValue(i), " has more digits than ",
                                  array.type()->ToString());
  }
  return Status();
}

template <typename ArrowType>
Result<std::shared_ptr<arrow::Array>> NarrowTo(const arrow::Decimal128Array& array,
                                               std::vector<int64_t>& memory) {
  using Integer = typename ArrowType::c_type;
  const auto length = static_cast<size_t>(array.length());
  if (memory.size() < length) memory.resize(length);
  auto* values = reinterpret_cast<Integer*>(memory.data());
  if (!Narrow(array, values)) DELTAIC_RETURN_IF_ERROR(CheckValues(array, values));

  std::shared_ptr<arrow::Buffer> validity;
  if (array.null_count() > 0) {
    DELTAIC_ASSIGN_OR_RETURN(validity, arrow::internal::CopyBitmap(arrow::default_memory_pool(),
                                                                   array.null_bitmap_data(),
                                                                   array.offset(), array.length()));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(
      arrow::TypeTraits<ArrowType>::type_singleton(), array.length(),
      {std::move(validity), arrow::Buffer::Wrap(values, length)}, array.null_count()));
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> NarrowDecimals(std::shared_ptr<arrow::Array> array,
                                                     std::vector<int64_t>& memory) {
  if (array->type_id() != arrow::Type::DECIMAL128) return array;
  const auto& decimals = static_cast<const arrow::Decimal128Array&>(*array);
  const int32_t digits = static_cast<const arrow::DecimalType&>(*array->type()).precision();
  if (digits > kMaxInt64Digits) return array;
  return digits <= kMaxInt32Digits ? NarrowTo<arrow::Int32Type>(decimals, memory)
                                   : NarrowTo<arrow::Int64Type>(decimals, memory);
}

}  // namespace deltaic
