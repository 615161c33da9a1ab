#include "ops/identity_column.h"

#include <arrow/array.h>
#include <arrow/buffer.h>

#include <charconv>
#include <limits>
#include <utility>
#include <vector>

namespace deltaic {
namespace {

constexpr std::string_view kStartKey = "delta.identity.start";
constexpr std::string_view kStepKey = "delta.identity.step";
constexpr std::string_view kAllowExplicitKey = "delta.identity.allowExplicitInsert";

Result<std::optional<int64_t>> NumberOf(const StructField& field, std::string_view key) {
  const std::optional<std::string> text = field.MetadataText(key);
  if (!text) return std::optional<int64_t>();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) {
    return Status::Corruption("column ", field.name, ": ", key,
                              " is no whole number: ", text->substr(0, 50));
  }
  return std::optional<int64_t>(value);
}

bool FitsLong(__int128 value) {
  return value >= std::numeric_limits<int64_t>::min() &&
         value <= std::numeric_limits<int64_t>::max();
}

}  // namespace

__int128 NextIdentityValue(int64_t start, int64_t step, std::optional<int64_t> high_water_mark) {
  if (!high_water_mark) return start;
  // How far the mark is from start, along the step.
  const __int128 way = (static_cast<__int128>(*high_water_mark) - start) * (step > 0 ? 1 : -1);
  if (way < 0) return start;
  const __int128 width = step > 0 ? static_cast<__int128>(step) : -static_cast<__int128>(step);
  return start + (way / width + 1) * step;
}

Result<std::optional<IdentityColumn>> IdentityColumn::Of(const StructField& field) {
  DELTAIC_ASSIGN_OR_RETURN(const auto start, NumberOf(field, kStartKey));
  DELTAIC_ASSIGN_OR_RETURN(const auto step, NumberOf(field, kStepKey));
  DELTAIC_ASSIGN_OR_RETURN(const auto mark, NumberOf(field, kIdentityHighWaterMarkKey));
  const auto allow = field.MetadataText(kAllowExplicitKey);
  if (!start && !step && !mark && !allow) return std::optional<IdentityColumn>();
  if (!start || !step || *step == 0) {
    return Status::Corruption("identity column ", field.name,
                              " needs delta.identity.start and a delta.identity.step that is not "
                              "0");
  }
  if (field.type->id() != TypeId::kLong) {
    return Status::Corruption("identity column ", field.name, " is of type ",
                              field.type->ToString(), ", must be long");
  }
  IdentityColumn column;
  column.name_ = field.name;
  column.takes_explicit_values_ = allow == "true";
  column.start_ = *start;
  column.step_ = *step;
  column.high_water_mark_ = mark;
  return std::optional<IdentityColumn>(std::move(column));
}

Result<std::shared_ptr<arrow::Array>> IdentityColumn::Take(int64_t count) {
  const __int128 first = NextIdentityValue(start_, step_, high_water_mark_);
  const __int128 last = first + static_cast<__int128>(count - 1) * step_;
  if (!FitsLong(first) || !FitsLong(last)) {
    return Status::ConstraintViolated("identity column ", name_,
                                      " has no values left: the next would not fit a long");
  }
  std::vector<int64_t> values(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    values[static_cast<size_t>(i)] = static_cast<int64_t>(first + static_cast<__int128>(i) * step_);
  }
  if (count > 0) high_water_mark_ = new_high_water_mark_ = static_cast<int64_t>(last);
  return std::make_shared<arrow::Int64Array>(count, arrow::Buffer::FromVector(std::move(values)));
}

}  // namespace deltaic
