#include "protocol/interval.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "protocol/value.h"

namespace deltaic {
namespace {

struct IntervalUnit {
  std::string_view name;
  int64_t micros;
};
constexpr IntervalUnit kUnits[] = {
    {"week", 7LL * 86'400 * 1'000'000},
    {"day", 86'400LL * 1'000'000},
    {"hour", 3'600LL * 1'000'000},
    {"minute", 60LL * 1'000'000},
    {"second", 1'000'000},
    {"millisecond", 1'000},
    {"microsecond", 1},
};

std::string_view TakeWord(std::string_view& text) {
  text = TrimSpace(text);
  size_t size = 0;
  while (size < text.size() && !IsAsciiSpace(text[size])) ++size;
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(size);
  return word;
}

Status BadInterval(std::string_view text, std::string_view why) {
  return Status::InvalidArgument("'", text.substr(0, 100),
                                 "' is not an interval such as '30 days': ", why);
}

/// A number without sign; 0 for no digits.
std::optional<int64_t> ParseDigits(std::string_view text) {
  if (text.empty()) return 0;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && text.front() != '-' ? std::optional<int64_t>(value) : std::nullopt;
}

/// Adds "-2" or "1.5" (a fraction only of seconds, up to nine digits) times the unit to `total`.
/// \return why it cannot, empty if it could.
std::string_view AddPart(std::string_view number, std::string_view unit_name, Int128& total) {
  const bool negative = number.starts_with('-');
  if (negative || number.starts_with('+')) number.remove_prefix(1);
  std::string_view singular = unit_name;
  if (singular.ends_with('s')) singular.remove_suffix(1);
  if (singular == "month" || singular == "year") {
    return "months and years have no fixed length, give days";
  }
  const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                  [&](const IntervalUnit& u) { return u.name == singular; });
  if (unit == std::end(kUnits)) return "a unit is missing or unknown";
  const size_t dot = number.find('.');
  const std::string_view fraction = dot == std::string_view::npos ? "" : number.substr(dot + 1);
  const std::string_view whole = number.substr(0, dot);
  if (dot != std::string_view::npos && (unit->name != "second" || fraction.size() > 9)) {
    return "only seconds have a fraction, of nine digits at most";
  }
  if (whole.empty() && fraction.empty()) return "a number is missing";
  const std::optional<int64_t> count = ParseDigits(whole);
  const std::optional<int64_t> behind_point =
      ParseDigits((std::string(fraction) + "000000").substr(0, 6));
  if (!count || !behind_point || !ParseDigits(fraction)) return "a number is wrong or too large";
  const Int128 micros = Int128{*count} * unit->micros + *behind_point;
  if (__builtin_add_overflow(total, negative ? -micros : micros, &total)) return "it is too long";
  return {};
}

}  // namespace

Result<int64_t> ParseInterval(std::string_view text) {
  const std::string lower = AsciiLower(TrimSpace(text));
  std::string_view rest = lower;
  if (rest.starts_with("interval") && rest.size() > 8 && IsAsciiSpace(rest[8]))
    rest.remove_prefix(8);
  if (TrimSpace(rest).empty()) return BadInterval(text, "it is empty");
  Int128 micros = 0;
  while (!TrimSpace(rest).empty()) {
    std::string number(TakeWord(rest));
    // A sign may stand apart from its number.
    if (number == "-" || number == "+") number += TakeWord(rest);
    const std::string_view why = AddPart(number, TakeWord(rest), micros);
    if (!why.empty()) return BadInterval(text, why);
  }
  if (micros < 0) return BadInterval(text, "it is negative");
  const Int128 millis = micros / 1000;
  if (millis > std::numeric_limits<int64_t>::max()) return BadInterval(text, "it is too long");
  return static_cast<int64_t>(millis);
}

}  // namespace deltaic
