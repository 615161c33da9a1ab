#include "data/write/merged_index.h"

#include <utility>

#include "data/write/parquet_fields.h"

namespace deltaic {
namespace {

using namespace parquet_fields;

/// Element `i` of a list; nullptr where there is none.
const ThriftValue* ElementOf(const ThriftValue& index, int16_t field, size_t i) {
  const ThriftValue* list = index.Find(field);
  return list == nullptr || i >= list->elements.size() ? nullptr : &list->elements[i];
}

}  // namespace

void MergedIndex::BeginPart(const ThriftValue& column_index) {
  part_ = &column_index;
  part_page_ = 0;
}

void MergedIndex::TakePage() {
  const size_t i = part_page_++;
  const ThriftValue* is_null = ElementOf(*part_, ColumnIndex::kNullPages, i);
  const ThriftValue* min = ElementOf(*part_, ColumnIndex::kMinValues, i);
  const ThriftValue* max = ElementOf(*part_, ColumnIndex::kMaxValues, i);
  const ThriftValue* nulls = ElementOf(*part_, ColumnIndex::kNullCounts, i);
  has_values_ = has_values_ && is_null != nullptr && min != nullptr && max != nullptr;
  has_nulls_ = has_nulls_ && nulls != nullptr;
  if (!has_values_) return;
  Known page{.all_null = is_null->number != 0, .min = {}, .max = {}, .nulls = 0};
  if (!page.all_null) {
    page.min = min->bytes;
    page.max = max->bytes;
  }
  if (has_nulls_) page.nulls = nulls->number;
  has_values_ = Add(std::move(page));
}

bool MergedIndex::Add(Known page) {
  if (!current_) {
    current_ = std::move(page);
    return true;
  }
  current_->nulls += page.nulls;
  if (page.all_null) return true;
  if (!current_->all_null) return order_.Widen(current_->min, current_->max, page.min, page.max);
  page.nulls = current_->nulls;
  current_ = std::move(page);
  return true;
}

void MergedIndex::EndPart() {
  const ThriftValue* list = part_->Find(ColumnIndex::kNullPages);
  // An index of other pages tells nothing of these.
  if (list == nullptr || list->elements.size() != part_page_) has_values_ = false;
}

void MergedIndex::EndPage(int64_t offset, int64_t size, int64_t first_row, bool begins_inside_row) {
  begins_on_rows_ = begins_on_rows_ && !begins_inside_row;
  ThriftValue location;
  location.Set(PageLocation::kOffset, ThriftValue::I64(offset));
  location.Set(PageLocation::kSize, ThriftValue::I32(static_cast<int32_t>(size)));
  location.Set(PageLocation::kFirstRow, ThriftValue::I64(first_row));
  locations_.elements.push_back(std::move(location));
  if (has_values_ && current_) pages_.push_back(*std::move(current_));
  current_.reset();
}

int64_t MergedIndex::BoundaryOrder() const {
  constexpr int64_t kUnordered = 0, kAscending = 1, kDescending = 2;
  bool ascends = true, descends = true;
  const Known* last = nullptr;
  for (const Known& page : pages_) {
    if (page.all_null) continue;
    if (last != nullptr) {
      const auto less = [&](const std::string& a, const std::string& b) {
        return order_.Less(a, b).value_or(true);
      };
      ascends = ascends && !less(page.min, last->min) && !less(page.max, last->max);
      descends = descends && !less(last->min, page.min) && !less(last->max, page.max);
    }
    last = &page;
  }
  return ascends ? kAscending : descends ? kDescending : kUnordered;
}

void MergedIndex::Finish(CopiedChunk& merged) {
  merged.offset_index = {};
  merged.column_index = {};
  if (!begins_on_rows_ || locations_.elements.empty()) return;
  const size_t num_pages = locations_.elements.size();
  merged.offset_index.Set(OffsetIndex::kPageLocations, std::move(locations_));
  if (!has_values_ || pages_.size() != num_pages) return;
  ThriftValue is_null = ThriftValue::List(ThriftValue::Type::kTrue);
  ThriftValue min = ThriftValue::List(ThriftValue::Type::kBinary);
  ThriftValue max = min;
  ThriftValue nulls = ThriftValue::List(ThriftValue::Type::kI64);
  const int64_t order = BoundaryOrder();
  for (Known& page : pages_) {
    is_null.elements.push_back(ThriftValue::Bool(page.all_null));
    min.elements.push_back(ThriftValue::Binary(std::move(page.min)));
    max.elements.push_back(ThriftValue::Binary(std::move(page.max)));
    nulls.elements.push_back(ThriftValue::I64(page.nulls));
  }
  ThriftValue& index = merged.column_index;
  index.Set(ColumnIndex::kNullPages, std::move(is_null));
  index.Set(ColumnIndex::kMinValues, std::move(min));
  index.Set(ColumnIndex::kMaxValues, std::move(max));
  index.Set(ColumnIndex::kBoundaryOrder, ThriftValue::I32(static_cast<int32_t>(order)));
  if (has_nulls_) index.Set(ColumnIndex::kNullCounts, std::move(nulls));
}

ThriftValue MergeStatistics(std::span<const ThriftValue* const> parts, const BoundOrder& order) {
  std::optional<int64_t> nulls = 0;
  bool any = false, has_bounds = true, min_exact = true, max_exact = true;
  std::string min, max;
  for (const ThriftValue* details : parts) {
    const ThriftValue* statistics = details->Find(ColumnMetaData::kStatistics);
    if (statistics == nullptr) return ThriftValue();
    const auto part_nulls = statistics->Number(Statistics::kNullCount);
    nulls = nulls && part_nulls ? std::optional(*nulls + *part_nulls) : std::nullopt;
    const ThriftValue* least = statistics->Find(Statistics::kMinValue);
    const ThriftValue* greatest = statistics->Find(Statistics::kMaxValue);
    if (least == nullptr || greatest == nullptr) {
      const bool is_empty = part_nulls && part_nulls == details->Number(ColumnMetaData::kNumValues);
      has_bounds = has_bounds && is_empty;
      continue;
    }
    min_exact = min_exact && statistics->Number(Statistics::kIsMinExact).value_or(0) != 0;
    max_exact = max_exact && statistics->Number(Statistics::kIsMaxExact).value_or(0) != 0;
    if (!has_bounds) continue;
    if (any) {
      has_bounds = order.Widen(min, max, least->bytes, greatest->bytes);
    } else {
      min = least->bytes;
      max = greatest->bytes;
      any = true;
    }
  }
  ThriftValue merged;
  if (nulls) merged.Set(Statistics::kNullCount, ThriftValue::I64(*nulls));
  if (!any || !has_bounds) return merged;
  merged.Set(Statistics::kMaxValue, ThriftValue::Binary(std::move(max)));
  merged.Set(Statistics::kMinValue, ThriftValue::Binary(std::move(min)));
  if (max_exact) merged.Set(Statistics::kIsMaxExact, ThriftValue::Bool(true));
  if (min_exact) merged.Set(Statistics::kIsMinExact, ThriftValue::Bool(true));
  return merged;
}

}  // namespace deltaic
