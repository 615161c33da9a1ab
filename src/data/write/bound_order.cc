#include "data/write/bound_order.h"

#include <cstring>
#include <type_traits>

namespace deltaic {
namespace {

template <typename DType>
std::optional<bool> LessAs(const parquet::Comparator& comparator, std::string_view a,
                           std::string_view b) {
  using T = typename DType::c_type;
  const auto& typed = static_cast<const parquet::TypedComparator<DType>&>(comparator);
  T values[2];
  const std::string_view stored[] = {a, b};
  for (int i = 0; i < 2; ++i) {
    if (stored[i].size() != sizeof(T)) return std::nullopt;
    std::memcpy(&values[i], stored[i].data(), sizeof(T));
    if constexpr (std::is_floating_point_v<T>) {
      if (values[i] != values[i]) return std::nullopt;
    }
  }
  return typed.Compare(values[0], values[1]);
}

const uint8_t* BytesOf(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

BoundOrder::BoundOrder(const parquet::ColumnDescriptor& column) : column_(column) {
  const auto& logical = column.logical_type();
  if (column.sort_order() == parquet::SortOrder::UNKNOWN ||
      (logical != nullptr && logical->is_float16())) {
    return;
  }
  comparator_ = parquet::Comparator::Make(&column);
}

std::optional<bool> BoundOrder::Less(std::string_view a, std::string_view b) const {
  if (comparator_ == nullptr) return std::nullopt;
  switch (column_.physical_type()) {
    case parquet::Type::BOOLEAN:
      return LessAs<parquet::BooleanType>(*comparator_, a, b);
    case parquet::Type::INT32:
      return LessAs<parquet::Int32Type>(*comparator_, a, b);
    case parquet::Type::INT64:
      return LessAs<parquet::Int64Type>(*comparator_, a, b);
    case parquet::Type::FLOAT:
      return LessAs<parquet::FloatType>(*comparator_, a, b);
    case parquet::Type::DOUBLE:
      return LessAs<parquet::DoubleType>(*comparator_, a, b);
    case parquet::Type::BYTE_ARRAY: {
      const auto& typed =
          static_cast<const parquet::TypedComparator<parquet::ByteArrayType>&>(*comparator_);
      return typed.Compare({static_cast<uint32_t>(a.size()), BytesOf(a)},
                           {static_cast<uint32_t>(b.size()), BytesOf(b)});
    }
    case parquet::Type::FIXED_LEN_BYTE_ARRAY: {
      const auto width = static_cast<size_t>(column_.type_length());
      if (a.size() != width || b.size() != width) return std::nullopt;
      const auto& typed =
          static_cast<const parquet::TypedComparator<parquet::FLBAType>&>(*comparator_);
      return typed.Compare(parquet::FLBA(BytesOf(a)), parquet::FLBA(BytesOf(b)));
    }
    default:
      return std::nullopt;
  }
}

bool BoundOrder::Widen(std::string& min, std::string& max, std::string_view other_min,
                       std::string_view other_max) const {
  const auto is_less = Less(other_min, min);
  const auto is_greater = Less(max, other_max);
  if (!is_less || !is_greater) return false;
  if (*is_less) min = other_min;
  if (*is_greater) max = other_max;
  return true;
}

}  // namespace deltaic
