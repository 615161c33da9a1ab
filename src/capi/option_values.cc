#include "capi/option_values.h"

#include <charconv>
#include <utility>

#include "base/civil_time.h"
#include "expr/nearest_name.h"

namespace deltaic::capi {

Result<int64_t> NumberOption(const std::string& key, const std::string& text, int64_t min) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && value >= min) return value;
  const std::string bound = min <= INT32_MIN ? "" : Concat(" of at least ", min);
  return Status::InvalidArgument("option ", key, " takes a whole number", bound, ", not '", text,
                                 "'");
}

Result<int> SmallNumberOption(const std::string& key, const std::string& text, int64_t min) {
  DELTAIC_ASSIGN_OR_RETURN(const int64_t value, NumberOption(key, text, min));
  if (!std::in_range<int>(value)) {
    return Status::InvalidArgument("option ", key, " is out of range: ", value);
  }
  return static_cast<int>(value);
}

Result<bool> FlagOption(const std::string& key, const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return Status::InvalidArgument("option ", key, " takes true or false, not '", text, "'");
}

Result<TimestampMs> TimeOption(const std::string& key, const std::string& text) {
  auto time = ParseTimestampMs(text);
  if (!time.ok()) return time.status().WithContext(Concat("option ", key));
  return time;
}

Result<size_t> ChoiceOption(const std::string& key, const std::string& text,
                            const std::vector<std::string_view>& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return i;
  }
  const std::string_view nearest = NearestName(text, names);
  const std::string meant = nearest.empty() ? "" : Concat("; did you mean ", nearest, "?");
  return Status::InvalidArgument("option ", key, " takes ", JoinChoices(names), ", not '", text,
                                 "'", meant);
}

std::string JoinChoices(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names) out += Concat(out.empty() ? "" : " | ", name);
  return out;
}

Result<TimestampMs> ParseTimestampMs(std::string_view text) {
  DELTAIC_ASSIGN_OR_RETURN(const int64_t micros, ParseTimestampMicros(text));
  // Towards the past, before 1970 too.
  return TimestampMs{micros / 1000 - (micros % 1000 < 0 ? 1 : 0)};
}

}  // namespace deltaic::capi
