#include "expr/time_text.h"

#include "base/civil_time.h"
#include "expr/calendar.h"
#include "expr/sql_words.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

/// Reads a text from the left; every method says whether it matched.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }
  bool done() const { return rest_.empty(); }
  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// `least` to `most` digits, all there are.
  bool TakeNumber(size_t least, size_t most, int64_t& value) {
    size_t count = 0;
    value = 0;
    while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
      if (count == most) return false;
      value = value * 10 + (rest_[count++] - '0');
    }
    rest_.remove_prefix(count);
    return count >= least;
  }
  void SkipBlanks() {
    while (Take(' ')) {
    }
  }

 private:
  std::string_view rest_;
};

/// A year, maybe a month, maybe a day; `whole` if all three.
std::optional<int64_t> TakeDate(Scanner& in, bool& whole) {
  const bool negative = in.Take('-');
  if (!negative) in.Take('+');
  int64_t year = 0;
  int64_t month = 1;
  int64_t day = 1;
  whole = false;
  if (!in.TakeNumber(4, 7, year)) return std::nullopt;
  if (negative) year = -year;
  if (in.Take('-')) {
    if (!in.TakeNumber(1, 2, month)) return std::nullopt;
    if (in.Take('-')) {
      if (!in.TakeNumber(1, 2, day)) return std::nullopt;
      whole = true;
    }
  }
  if (month < 1 || month > 12 || day < 1) return std::nullopt;
  const auto month_number = static_cast<unsigned>(month);
  if (day > DaysInMonth(year, month_number)) return std::nullopt;
  const int64_t days = DaysFromCivil(year, month_number, static_cast<unsigned>(day));
  if (!FitsInteger(days, TypeId::kInteger)) return std::nullopt;
  return days;
}

/// Hours, maybe minutes, maybe seconds, in microseconds.
std::optional<int64_t> TakeTimeOfDay(Scanner& in) {
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t fraction = 0;
  if (!in.TakeNumber(1, 2, hour)) return std::nullopt;
  if (in.Take(':')) {
    if (!in.TakeNumber(1, 2, minute)) return std::nullopt;
    if (in.Take(':')) {
      if (!in.TakeNumber(1, 2, second)) return std::nullopt;
      if (in.Take('.')) {
        const size_t before = in.rest().size();
        if (!in.TakeNumber(0, 9, fraction)) return std::nullopt;
        const size_t digits = before - in.rest().size();
        for (size_t i = digits; i < 6; ++i) fraction *= 10;
        for (size_t i = 6; i < digits; ++i) fraction /= 10;
      }
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + fraction;
}

/// All that is left.
std::optional<int64_t> TakeZone(Scanner& in) {
  const std::string name = UpperAscii(in.rest());
  if (name == "Z" || name == "UTC" || name == "GMT" || name == "UT") return 0;
  const bool west = in.Take('-');
  if (!west && !in.Take('+')) return std::nullopt;
  int64_t hours = 0;
  int64_t minutes = 0;
  if (!in.TakeNumber(1, 4, hours)) return std::nullopt;
  if (hours > 99) {  // +hhmm
    minutes = hours % 100;
    hours /= 100;
  } else if (in.Take(':') && !in.TakeNumber(1, 2, minutes)) {
    return std::nullopt;
  }
  if (!in.done() || hours > 18 || minutes > 59) return std::nullopt;
  const int64_t micros = (hours * 60 + minutes) * 60 * kMicrosPerSecond;
  return west ? -micros : micros;
}

}  // namespace

std::optional<int64_t> ReadDate(std::string_view text) {
  Scanner in(text);
  bool whole = false;
  const std::optional<int64_t> days = TakeDate(in, whole);
  if (!days || !(in.done() || (whole && (in.Take(' ') || in.Take('T'))))) return std::nullopt;
  return days;
}

std::optional<ReadTime> ReadTimestamp(std::string_view text) {
  Scanner in(text);
  bool whole = false;
  const std::optional<int64_t> days = TakeDate(in, whole);
  const std::optional<int64_t> midnight = days ? MicrosOfDay(*days) : std::nullopt;
  if (!midnight) return std::nullopt;
  if (in.done()) return ReadTime{*midnight, std::nullopt};
  if (!whole || !(in.Take(' ') || in.Take('T'))) return std::nullopt;
  const std::optional<int64_t> of_day = TakeTimeOfDay(in);
  if (!of_day) return std::nullopt;
  ReadTime time{0, std::nullopt};
  if (__builtin_add_overflow(*midnight, *of_day, &time.local_micros)) return std::nullopt;
  in.SkipBlanks();
  if (in.done()) return time;
  time.zone_micros = TakeZone(in);
  return time.zone_micros ? std::optional(time) : std::nullopt;
}

}  // namespace deltaic
