#include "base/civil_time.h"

#include <limits>

namespace deltaic {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool IsLeapYear(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

/// `value` with at least `width` digits; value >= 0.
void AppendPadded(std::string& out, int64_t value, size_t width) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

void AppendDate(std::string& out, int64_t days) {
  const CivilDate date = CivilFromDays(days);
  if (date.year < 0) out.push_back('-');
  if (date.year > 9999) out.push_back('+');
  AppendPadded(out, date.year < 0 ? -date.year : date.year, 4);
  out.push_back('-');
  AppendPadded(out, date.month, 2);
  out.push_back('-');
  AppendPadded(out, date.day, 2);
}

std::string FormatTimestamp(int64_t micros, char separator, std::string_view suffix,
                            int fraction_digits) {
  const int64_t days = FloorDiv(micros, kMicrosPerDay);
  // Not micros - days * kMicrosPerDay: near the int64 minimum that product overflows.
  const int64_t remainder = micros % kMicrosPerDay;
  const int64_t of_day = remainder < 0 ? remainder + kMicrosPerDay : remainder;
  const int64_t seconds = of_day / kMicrosPerSecond;
  const int64_t fraction = of_day % kMicrosPerSecond;
  std::string out;
  AppendDate(out, days);
  out.push_back(separator);
  AppendPadded(out, seconds / 3600, 2);
  out.push_back(':');
  AppendPadded(out, seconds / 60 % 60, 2);
  out.push_back(':');
  AppendPadded(out, seconds % 60, 2);
  out.push_back('.');
  AppendPadded(out, fraction_digits == 3 ? fraction / 1000 : fraction,
               static_cast<size_t>(fraction_digits));
  out += suffix;
  return out;
}

/// Reads a text from the left; every method says whether it matched.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Exactly two digits, at most `max`.
  bool TakeTwo(unsigned max, unsigned& value) {
    if (CountDigits() < 2) return false;
    value = static_cast<unsigned>(rest_[0] - '0') * 10 + static_cast<unsigned>(rest_[1] - '0');
    rest_.remove_prefix(2);
    return value <= max;
  }
  size_t CountDigits() const {
    size_t n = 0;
    while (n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9') ++n;
    return n;
  }
  /// `n` digits, n <= 9.
  int64_t TakeNumber(size_t n) {
    int64_t value = 0;
    for (size_t i = 0; i < n; ++i) value = value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(n);
    return value;
  }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  std::string_view rest_;
};

/// Seven year digits reach past what an int32 of days holds.
constexpr size_t kMaxYearDigits = 7;

bool ScanYear(Scanner& in, int64_t& year) {
  const bool negative = in.Take('-');
  const bool plus = !negative && in.Take('+');
  const size_t digits = in.CountDigits();
  if (digits < 4 || digits > kMaxYearDigits) return false;
  if (digits > 4 && in.peek() == '0') return false;
  if (plus && digits == 4) return false;
  year = in.TakeNumber(digits);
  if (negative) year = -year;
  return true;
}

bool ScanDate(Scanner& in, int64_t& days) {
  int64_t year = 0;
  unsigned month = 0, day = 0;
  if (!ScanYear(in, year) || !in.Take('-') || !in.TakeTwo(12, month) || !in.Take('-') ||
      !in.TakeTwo(31, day)) {
    return false;
  }
  if (month == 0 || day == 0 || day > DaysInMonth(year, month)) return false;
  days = DaysFromCivil(year, month, day);
  return true;
}

/// One to nine digits after the dot, as microseconds.
bool ScanFraction(Scanner& in, int64_t& micros) {
  const size_t digits = in.CountDigits();
  if (digits < 1 || digits > 9) return false;
  micros = in.TakeNumber(digits);
  for (size_t i = digits; i < 6; ++i) micros *= 10;
  for (size_t i = digits; i > 6; --i) micros /= 10;
  return true;
}

bool ScanTimeOfDay(Scanner& in, int64_t& micros) {
  unsigned hour = 0, minute = 0, second = 0;
  int64_t fraction = 0;
  if (!in.TakeTwo(23, hour) || !in.Take(':') || !in.TakeTwo(59, minute)) return false;
  if (in.Take(':')) {
    if (!in.TakeTwo(59, second)) return false;
    if (in.Take('.') && !ScanFraction(in, fraction)) return false;
  }
  micros = (int64_t{hour} * 3600 + int64_t{minute} * 60 + second) * kMicrosPerSecond + fraction;
  return true;
}

/// What the zone adds to UTC; zero where there is none.
bool ScanOffset(Scanner& in, int64_t& micros) {
  micros = 0;
  if (in.done() || in.Take('Z')) return true;
  const bool negative = in.Take('-');
  if (!negative && !in.Take('+')) return false;
  unsigned hours = 0, minutes = 0;
  if (!in.TakeTwo(18, hours)) return false;
  if (in.Take(':')) {
    if (!in.TakeTwo(59, minutes)) return false;
  } else if (!in.done() && !in.TakeTwo(59, minutes)) {
    return false;
  }
  micros = int64_t{hours * 60 + minutes} * 60 * kMicrosPerSecond;
  if (negative) micros = -micros;
  return true;
}

bool ScanTimestamp(Scanner& in, int64_t& days, int64_t& of_day, int64_t& offset) {
  of_day = 0;
  if (!ScanDate(in, days)) return false;
  if ((in.Take(' ') || in.Take('T')) && !ScanTimeOfDay(in, of_day)) return false;
  return ScanOffset(in, offset) && in.done();
}

}  // namespace

// Years start in March here, so that the leap day comes last.
CivilDate CivilFromDays(int64_t days) {
  const int64_t shifted = days + 719'468;  // days since 0000-03-01
  const int64_t era = FloorDiv(shifted, 146'097);
  const auto day_of_era = static_cast<unsigned>(shifted - era * 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;  // 0 = March
  const unsigned day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const unsigned month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const int64_t year = static_cast<int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0);
  return {year, month, day};
}

unsigned DaysInMonth(int64_t year, unsigned month) {
  static constexpr unsigned char kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

int64_t DaysFromCivil(int64_t year, unsigned month, unsigned day) {
  // A year that starts in March puts the leap day last, so month lengths repeat without exception.
  const int64_t shifted_year = month <= 2 ? year - 1 : year;
  const int64_t era = FloorDiv(shifted_year, 400);
  const auto year_of_era = static_cast<unsigned>(shifted_year - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<int64_t>(day_of_era) - 719'468;
}

std::string FormatDate(int32_t days_since_epoch) {
  std::string out;
  AppendDate(out, days_since_epoch);
  return out;
}

Result<int32_t> ParseDate(std::string_view text) {
  Scanner in(text);
  int64_t days = 0;
  if (!ScanDate(in, days) || !in.done() || days < std::numeric_limits<int32_t>::min() ||
      days > std::numeric_limits<int32_t>::max()) {
    return Status::InvalidArgument("'", text, "' is not a date as in 2024-01-31");
  }
  return static_cast<int32_t>(days);
}

std::string FormatTimestampMicros(int64_t micros_since_epoch, char separator,
                                  std::string_view suffix) {
  return FormatTimestamp(micros_since_epoch, separator, suffix, 6);
}

std::string FormatTimestampMillis(int64_t micros_since_epoch, char separator,
                                  std::string_view suffix) {
  return FormatTimestamp(micros_since_epoch, separator, suffix, 3);
}

Result<int64_t> ParseTimestampMicros(std::string_view text) {
  Scanner in(text);
  int64_t days = 0, of_day = 0, offset = 0;
  if (!ScanTimestamp(in, days, of_day, offset)) {
    return Status::InvalidArgument("'", text,
                                   "' is not a timestamp as in 2024-01-31 10:20:30.123456");
  }
  // 128 bits, because the day before the int64 minimum plus a time of day can be back in range.
  const __int128 micros = static_cast<__int128>(days) * kMicrosPerDay + of_day - offset;
  if (micros < std::numeric_limits<int64_t>::min() ||
      micros > std::numeric_limits<int64_t>::max()) {
    return Status::InvalidArgument("'", text, "' is out of the range of timestamps");
  }
  return static_cast<int64_t>(micros);
}

}  // namespace deltaic
