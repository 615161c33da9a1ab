#include "expr/interval_syntax.h"

#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include "expr/function_definition.h"
#include "expr/sql_words.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

struct Unit {
  std::string_view name;
  int64_t months;
  int64_t days;
  int64_t micros;
  int rank;  ///< YEAR 0 ... SECOND 5, for `a TO b`; -1: not there
};

constexpr Unit kUnits[] = {{"YEAR", 12, 0, 0, 0},
                           {"MONTH", 1, 0, 0, 1},
                           {"WEEK", 0, 7, 0, -1},
                           {"DAY", 0, 1, 0, 2},
                           {"HOUR", 0, 0, 3'600'000'000, 3},
                           {"MINUTE", 0, 0, 60'000'000, 4},
                           {"SECOND", 0, 0, 1'000'000, 5},
                           {"MILLISECOND", 0, 0, 1'000, -1},
                           {"MICROSECOND", 0, 0, 1, -1}};

const Unit* FindUnit(std::string_view word) {
  if (word.ends_with('S')) word.remove_suffix(1);
  for (const Unit& unit : kUnits) {
    if (unit.name == word) return &unit;
  }
  return nullptr;
}

std::optional<int64_t> ParseWhole(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "4.5" seconds in microseconds; digits past the sixth are cut.
std::optional<int64_t> ParseSeconds(std::string_view text) {
  const size_t point = text.find('.');
  const std::optional<int64_t> whole = ParseWhole(text.substr(0, point));
  if (!whole || *whole < 0) return std::nullopt;
  int64_t fraction = 0;
  if (point != std::string_view::npos) {
    std::string digits(text.substr(point + 1));
    if (digits.empty() || digits.size() > 9) return std::nullopt;
    digits.resize(6, '0');
    const std::optional<int64_t> parsed = ParseWhole(digits);
    if (!parsed || *parsed < 0) return std::nullopt;
    fraction = *parsed;
  }
  int64_t micros = 0;
  if (__builtin_mul_overflow(*whole, int64_t{1'000'000}, &micros) ||
      __builtin_add_overflow(micros, fraction, &micros)) {
    return std::nullopt;
  }
  return micros;
}

Status AddTo(std::optional<int64_t>& total, int64_t amount, int64_t factor) {
  int64_t part = 0;
  int64_t sum = 0;
  if (__builtin_mul_overflow(amount, factor, &part) ||
      __builtin_add_overflow(total.value_or(0), part, &sum)) {
    return Status::InvalidArgument("the INTERVAL is out of range");
  }
  total = sum;
  return Status::Ok();
}

Status Malformed(std::string_view amount, std::string_view unit) {
  return Status::InvalidArgument("'", amount, "' is no INTERVAL of ", unit);
}

/// Takes a sign off the text.
bool TakeMinus(std::string_view& text) {
  text = TrimText(text);
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  return minus;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!(text = TrimText(text)).empty()) {
    const size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

ExprPtr IntervalCall(std::string_view name, int64_t amount, TypeId type) {
  return Expr::Call(BuiltIn(name), {Expr::Literal(amount, DataType::Primitive(type))});
}

}  // namespace

bool IntervalBuilder::IsUnit(std::string_view word) { return FindUnit(word) != nullptr; }

Status IntervalBuilder::Add(std::string_view amount, bool negative, std::string_view unit,
                            std::string_view last_unit) {
  std::string_view rest = TrimText(amount);
  const int64_t sign = negative ? -1 : 1;
  if (unit.empty()) return AddNamed(rest, sign);
  const Unit* first = FindUnit(unit);
  if (first == nullptr) return Status::InvalidArgument("INTERVAL has no unit ", unit);
  const int64_t signed_by_text = TakeMinus(rest) ? -sign : sign;
  if (last_unit.empty()) return AddSingle(rest, signed_by_text, unit);
  const Unit* last = FindUnit(last_unit);
  if (last == nullptr || first->rank < 0 || last->rank <= first->rank ||
      (first->rank < 2) != (last->rank < 2)) {
    return Status::InvalidArgument("INTERVAL has no ", unit, " TO ", last_unit);
  }
  return first->rank == 0 ? AddYearToMonth(rest, signed_by_text)
                          : AddDayToSecond(rest, signed_by_text, unit, last_unit);
}

Status IntervalBuilder::AddSingle(std::string_view amount, int64_t sign, std::string_view name) {
  const Unit& unit = *FindUnit(name);
  if (unit.name == "SECOND") {
    const std::optional<int64_t> micros = ParseSeconds(amount);
    return micros ? AddTo(micros_, *micros, sign) : Malformed(amount, name);
  }
  const std::optional<int64_t> number = ParseWhole(amount);
  if (!number || *number < 0) return Malformed(amount, name);
  if (unit.months != 0) return AddTo(months_, *number, sign * unit.months);
  if (unit.days != 0) return AddTo(days_, *number, sign * unit.days);
  return AddTo(micros_, *number, sign * unit.micros);
}

Status IntervalBuilder::AddYearToMonth(std::string_view amount, int64_t sign) {
  const size_t dash = amount.find('-');
  if (dash == std::string_view::npos) return Malformed(amount, "YEAR TO MONTH");
  const std::optional<int64_t> years = ParseWhole(amount.substr(0, dash));
  const std::optional<int64_t> months = ParseWhole(amount.substr(dash + 1));
  if (!years || !months || *years < 0 || *months < 0 || *months > 11) {
    return Malformed(amount, "YEAR TO MONTH");
  }
  DELTAIC_RETURN_IF_ERROR(AddTo(months_, *years, 12 * sign));
  return AddTo(months_, *months, sign);
}

/// "1 02:03:04.5": the days end at a blank, the other parts at colons.
Status IntervalBuilder::AddDayToSecond(std::string_view amount, int64_t sign, std::string_view unit,
                                       std::string_view last_unit) {
  const std::string range = Concat(unit, " TO ", last_unit);
  const int last = FindUnit(last_unit)->rank;
  std::string_view rest = amount;
  // A time part makes it more than whole days, even if it is zero.
  DELTAIC_RETURN_IF_ERROR(AddTo(micros_, 0, 1));
  for (int rank = FindUnit(unit)->rank; rank <= last; ++rank) {
    const size_t end = rank == last ? rest.size() : rest.find(rank == 2 ? ' ' : ':');
    if (end == std::string_view::npos) return Malformed(amount, range);
    const std::string_view part = rest.substr(0, end);
    rest = rank == last ? std::string_view() : rest.substr(end + 1);
    for (const Unit& candidate : kUnits) {
      if (candidate.rank != rank) continue;
      if (!AddSingle(part, sign, candidate.name).ok()) return Malformed(amount, range);
    }
  }
  return Status::Ok();
}

/// "1 day -2 hours", with or without the word INTERVAL before it.
Status IntervalBuilder::AddNamed(std::string_view amount, int64_t sign) {
  std::vector<std::string_view> words = Words(amount);
  if (!words.empty() && UpperAscii(words.front()) == "INTERVAL") words.erase(words.begin());
  if (words.empty() || words.size() % 2 != 0) {
    return Status::InvalidArgument("'", amount, "' is no INTERVAL; write INTERVAL '1' DAY");
  }
  for (size_t i = 0; i < words.size(); i += 2) {
    const std::string unit = UpperAscii(words[i + 1]);
    if (!IsUnit(unit)) return Status::InvalidArgument("INTERVAL has no unit ", words[i + 1]);
    std::string_view number = words[i];
    const int64_t part_sign = TakeMinus(number) ? -sign : sign;
    DELTAIC_RETURN_IF_ERROR(AddSingle(number, part_sign, unit));
  }
  return Status::Ok();
}

Result<ExprPtr> IntervalBuilder::Finish() const {
  if (months_ && (days_ || micros_)) {
    return Status::InvalidArgument("an INTERVAL mixes months and days; add two of them");
  }
  if (months_) {
    if (!FitsInteger(*months_, TypeId::kInteger)) {
      return Status::InvalidArgument("the INTERVAL is out of range");
    }
    return IntervalCall("INTERVAL MONTH", *months_, TypeId::kInteger);
  }
  if (!micros_ && FitsInteger(days_.value_or(0), TypeId::kInteger)) {
    return IntervalCall("INTERVAL DAY", days_.value_or(0), TypeId::kInteger);
  }
  std::optional<int64_t> total = micros_;
  DELTAIC_RETURN_IF_ERROR(AddTo(total, days_.value_or(0), kMicrosPerDay));
  return IntervalCall("INTERVAL SECOND", *total, TypeId::kLong);
}

}  // namespace deltaic
