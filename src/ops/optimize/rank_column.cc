#include "ops/optimize/rank_column.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "data/values/array_cast.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr uint64_t kSign = uint64_t{1} << 63;

uint64_t KeyOfInt(int64_t value) { return static_cast<uint64_t>(value) ^ kSign; }

/// NaN is the largest, and all zeros are one.
uint64_t KeyOfDouble(double value) {
  if (std::isnan(value)) return UINT64_MAX;
  if (value == 0) value = 0;
  const auto bits = std::bit_cast<uint64_t>(value);
  return (bits & kSign) != 0 ? ~bits : bits ^ kSign;
}

template <typename Array, typename KeyOf>
void Fill(const arrow::Array& values, std::vector<uint64_t>& out, KeyOf key_of) {
  const auto& typed = static_cast<const Array&>(values);
  for (int64_t i = 0; i < typed.length(); ++i) {
    out[static_cast<size_t>(i)] = typed.IsNull(i) ? 0 : key_of(typed.Value(i));
  }
}

/// Ranks need no exact order, only one that never turns values around.
template <typename Array, typename Decimal>
void FillDecimals(const arrow::Array& values, std::vector<uint64_t>& out) {
  const auto& typed = static_cast<const Array&>(values);
  const int32_t scale = static_cast<const arrow::DecimalType&>(*values.type()).scale();
  for (int64_t i = 0; i < typed.length(); ++i) {
    if (typed.IsNull(i)) continue;
    out[static_cast<size_t>(i)] = KeyOfDouble(Decimal(typed.GetValue(i)).ToDouble(scale));
  }
}

}  // namespace

Result<RankKeys> RankKeys::Of(const std::shared_ptr<arrow::Array>& encoded) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> values, DecodeArray(encoded));
  using arrow::Type;
  RankKeys keys;
  keys.array_ = values;
  keys.length_ = values->length();
  switch (values->type_id()) {
    case Type::STRING:
    case Type::BINARY:
      keys.text_ = static_cast<const arrow::BinaryArray*>(values.get());
      return keys;
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
      keys.large_text_ = static_cast<const arrow::LargeBinaryArray*>(values.get());
      return keys;
    default:
      break;
  }
  std::vector<uint64_t>& out = keys.numbers_;
  out.resize(static_cast<size_t>(keys.length_));
  switch (values->type_id()) {
    case Type::BOOL:
      Fill<arrow::BooleanArray>(*values, out, KeyOfInt);
      return keys;
    case Type::INT8:
      Fill<arrow::Int8Array>(*values, out, KeyOfInt);
      return keys;
    case Type::INT16:
      Fill<arrow::Int16Array>(*values, out, KeyOfInt);
      return keys;
    case Type::INT32:
      Fill<arrow::Int32Array>(*values, out, KeyOfInt);
      return keys;
    case Type::DATE32:
      Fill<arrow::Date32Array>(*values, out, KeyOfInt);
      return keys;
    case Type::INT64:
      Fill<arrow::Int64Array>(*values, out, KeyOfInt);
      return keys;
    case Type::TIMESTAMP:
      Fill<arrow::TimestampArray>(*values, out, KeyOfInt);
      return keys;
    case Type::FLOAT:
      Fill<arrow::FloatArray>(*values, out, [](float value) { return KeyOfDouble(value); });
      return keys;
    case Type::DOUBLE:
      Fill<arrow::DoubleArray>(*values, out, KeyOfDouble);
      return keys;
    case Type::DECIMAL128:
      FillDecimals<arrow::Decimal128Array, arrow::Decimal128>(*values, out);
      return keys;
    case Type::DECIMAL256:
      FillDecimals<arrow::Decimal256Array, arrow::Decimal256>(*values, out);
      return keys;
    default:
      return Status::InvalidArgument("values of type ", values->type()->ToString(),
                                     " have no order to put rows in");
  }
}

bool RankKeys::IsNull(int64_t i) const { return array_->IsNull(i); }

std::string_view RankKeys::TextAt(int64_t i) const {
  return text_ != nullptr ? text_->GetView(i) : large_text_->GetView(i);
}

void RankColumn::Sample(const RankKeys& keys, int64_t row) {
  // Long common beginnings are rare, and the sample must stay small.
  constexpr size_t kMostTextBytes = 64;
  if (keys.IsNull(row)) return;
  if (keys.is_text()) {
    texts_.emplace_back(keys.TextAt(row).substr(0, kMostTextBytes));
  } else {
    numbers_.push_back(keys.NumberAt(row));
  }
}

namespace {

/// Leaves of sorted values those at which ranks begin.
template <typename T>
void KeepBounds(std::vector<T>& values, size_t most) {
  std::sort(values.begin(), values.end());
  std::vector<T> bounds;
  for (size_t i = 1; i <= most && !values.empty(); ++i) {
    T& bound = values[std::min(values.size() - 1, i * values.size() / (most + 1))];
    if (bounds.empty() || bounds.back() < bound) bounds.push_back(bound);
  }
  values = std::move(bounds);
}

uint32_t RankAmong(const std::vector<std::string>& bounds, std::string_view key) {
  return static_cast<uint32_t>(std::ranges::upper_bound(bounds, key) - bounds.begin());
}

/// Steps that depend on no comparison: which half is right cannot be foretold, and a processor that
/// guesses is wrong every other time.
uint32_t RankAmong(const std::vector<uint64_t>& bounds, uint64_t key) {
  const uint64_t* first = bounds.data();
  size_t count = bounds.size();
  while (count > 1) {
    const size_t half = count / 2;
    first += static_cast<size_t>(first[half - 1] <= key) * half;
    count -= half;
  }
  const bool is_above = count == 1 && *first <= key;
  return static_cast<uint32_t>(first - bounds.data()) + static_cast<uint32_t>(is_above);
}

}  // namespace

void RankColumn::Seal(int bits) {
  // Rank 0 is that of nulls, 1 that of values below all bounds.
  const size_t most = std::min<size_t>((size_t{1} << bits) - 2, 4096);
  KeepBounds(numbers_, most);
  KeepBounds(texts_, most);
  // Few different values are spread over all ranks, else their lower bits alone would count.
  const size_t distinct = num_ranks();
  while ((distinct << (shift_ + 1)) <= (size_t{1} << bits)) ++shift_;
}

uint32_t RankColumn::num_ranks() const {
  return static_cast<uint32_t>(std::max(numbers_.size(), texts_.size())) + 2;
}

uint32_t RankColumn::NumberOf(const RankKeys& keys, int64_t row) const {
  if (keys.IsNull(row)) return 0;
  return 1 + (keys.is_text() ? RankAmong(texts_, keys.TextAt(row))
                             : RankAmong(numbers_, keys.NumberAt(row)));
}

Result<std::shared_ptr<arrow::Array>> ColumnAt(const arrow::RecordBatch& batch,
                                               const std::vector<std::string>& path) {
  std::shared_ptr<arrow::Array> column = batch.GetColumnByName(path.front());
  for (size_t i = 1; i < path.size() && column != nullptr; ++i) {
    if (column->type_id() != arrow::Type::STRUCT) {
      return Status::Internal(path[i - 1], " is no struct");
    }
    const auto& parent = static_cast<const arrow::StructArray&>(*column);
    const int member = static_cast<const arrow::StructType&>(*parent.type()).GetFieldIndex(path[i]);
    if (member < 0) return Status::Internal("no member ", path[i]);
    DELTAIC_ASSIGN_OR_RETURN(column, parent.GetFlattenedField(member));
  }
  if (column == nullptr) return Status::Internal("no column ", path.front());
  return column;
}

}  // namespace deltaic
