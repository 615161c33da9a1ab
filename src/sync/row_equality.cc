#include "sync/row_equality.h"

#include <arrow/api.h>

#include <cstring>

namespace deltaic {
namespace {

/// `equal(one, other)` is asked of rows that are not null.
template <typename Equal>
void FindWith(const arrow::Array& values, std::span<const RowPair> pairs,
              std::vector<uint8_t>& differs, Equal equal) {
  const bool has_nulls = values.null_count() > 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const auto [one, other] = pairs[i];
    if (has_nulls && (values.IsNull(one) || values.IsNull(other))) {
      differs[i] |= static_cast<uint8_t>(values.IsNull(one) != values.IsNull(other));
      continue;
    }
    differs[i] |= static_cast<uint8_t>(!equal(one, other));
  }
}

template <size_t kWidth>
void FindFixed(const arrow::Array& values, std::span<const RowPair> pairs,
               std::vector<uint8_t>& differs) {
  const uint8_t* bytes =
      values.data()->buffers[1]->data() + values.offset() * static_cast<int64_t>(kWidth);
  FindWith(values, pairs, differs, [bytes](int64_t one, int64_t other) {
    return std::memcmp(bytes + one * static_cast<int64_t>(kWidth),
                       bytes + other * static_cast<int64_t>(kWidth), kWidth) == 0;
  });
}

template <typename ArrayType>
void FindViews(const arrow::Array& values, std::span<const RowPair> pairs,
               std::vector<uint8_t>& differs) {
  const auto& typed = static_cast<const ArrayType&>(values);
  FindWith(values, pairs, differs, [&typed](int64_t one, int64_t other) {
    return typed.GetView(one) == typed.GetView(other);
  });
}

}  // namespace

void FindDifferences(const arrow::Array& values, std::span<const RowPair> pairs,
                     std::vector<uint8_t>& differs) {
  switch (values.type_id()) {
    case arrow::Type::NA:
      return;
    case arrow::Type::BOOL:
      return FindViews<arrow::BooleanArray>(values, pairs, differs);
    case arrow::Type::INT8:
      return FindFixed<1>(values, pairs, differs);
    case arrow::Type::INT16:
      return FindFixed<2>(values, pairs, differs);
    case arrow::Type::INT32:
    case arrow::Type::FLOAT:
    case arrow::Type::DATE32:
      return FindFixed<4>(values, pairs, differs);
    case arrow::Type::INT64:
    case arrow::Type::DOUBLE:
    case arrow::Type::TIMESTAMP:
      return FindFixed<8>(values, pairs, differs);
    case arrow::Type::DECIMAL128:
      return FindFixed<16>(values, pairs, differs);
    case arrow::Type::STRING:
      return FindViews<arrow::StringArray>(values, pairs, differs);
    case arrow::Type::BINARY:
      return FindViews<arrow::BinaryArray>(values, pairs, differs);
    default: {
      const auto options = arrow::EqualOptions::Defaults().nans_equal(true);
      FindWith(values, pairs, differs, [&](int64_t one, int64_t other) {
        return values.RangeEquals(values, one, one + 1, other, options);
      });
    }
  }
}

}  // namespace deltaic
