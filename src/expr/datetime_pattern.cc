#include "expr/datetime_pattern.h"

#include <algorithm>
#include <iterator>

#include "base/ascii.h"
#include "base/civil_time.h"
#include "expr/calendar.h"

namespace deltaic {
namespace {

constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday"};

struct LetterWidths {
  char letter;
  int most;
};

constexpr LetterWidths kLetters[] = {{'y', 6}, {'M', 4}, {'d', 2}, {'D', 3}, {'E', 4}, {'a', 1},
                                     {'H', 2}, {'h', 2}, {'m', 2}, {'s', 2}, {'S', 9}};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void AppendPadded(std::string& out, int64_t value, int width) {
  const std::string digits = std::to_string(value);
  const auto wanted = static_cast<size_t>(width);
  if (digits.size() < wanted) out.append(wanted - digits.size(), '0');
  out += digits;
}

void AppendYear(std::string& out, int64_t year, int width) {
  if (width == 2) {
    AppendPadded(out, (year % 100 + 100) % 100, 2);
    return;
  }
  if (year < 0) out.push_back('-');
  if (year > 9999 && width >= 4) out.push_back('+');
  AppendPadded(out, year < 0 ? -year : year, width);
}

void AppendName(std::string& out, std::string_view name, bool full) {
  out += full ? name : name.substr(0, 3);
}

/// What a text said so far.
struct Fields {
  int64_t year = 1970;
  int64_t month = 1;
  int64_t day = 1;
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t micros = 0;
  bool half_day = false;
  bool afternoon = false;
};

bool TakeDigits(std::string_view& rest, int least, int most, int64_t& value) {
  value = 0;
  int count = 0;
  while (count < most && !rest.empty() && IsDigit(rest.front())) {
    value = value * 10 + (rest.front() - '0');
    rest.remove_prefix(1);
    ++count;
  }
  return count >= least;
}

bool TakeWord(std::string_view& rest, std::string_view word) {
  if (AsciiLower(rest.substr(0, word.size())) != AsciiLower(word)) return false;
  rest.remove_prefix(word.size());
  return true;
}

bool TakeMonth(std::string_view& rest, bool full, int64_t& month) {
  for (size_t i = 0; i < std::size(kMonths); ++i) {
    if (!TakeWord(rest, full ? kMonths[i] : kMonths[i].substr(0, 3))) continue;
    month = static_cast<int64_t>(i) + 1;
    return true;
  }
  return false;
}

bool TakeDayName(std::string_view& rest, bool full) {
  return std::any_of(std::begin(kDays), std::end(kDays), [&](std::string_view day) {
    return TakeWord(rest, full ? day : day.substr(0, 3));
  });
}

bool TakeFraction(std::string_view& rest, int width, int64_t& micros) {
  if (!TakeDigits(rest, width, width, micros)) return false;
  for (int i = width; i < 6; ++i) micros *= 10;
  for (int i = 6; i < width; ++i) micros /= 10;
  return true;
}

/// One letter's field.
bool TakeField(std::string_view& rest, char letter, int width, Fields& out) {
  // One letter takes as many digits as there are, two take two.
  const int least = width;
  const int most = width == 1 ? 2 : width;
  switch (letter) {
    case 'y':
      if (width == 2) {
        if (!TakeDigits(rest, 2, 2, out.year)) return false;
        out.year += 2000;
        return true;
      }
      return TakeDigits(rest, width, width == 1 ? 6 : width, out.year);
    case 'M':
      return width > 2 ? TakeMonth(rest, width == 4, out.month)
                       : TakeDigits(rest, least, most, out.month);
    case 'd':
      return TakeDigits(rest, least, most, out.day);
    case 'E':
      return TakeDayName(rest, width == 4);
    case 'a':
      out.half_day = true;
      out.afternoon = TakeWord(rest, "PM");
      return out.afternoon || TakeWord(rest, "AM");
    case 'H':
    case 'h':
      if (letter == 'h') out.half_day = true;
      return TakeDigits(rest, least, most, out.hour);
    case 'm':
      return TakeDigits(rest, least, most, out.minute);
    case 's':
      return TakeDigits(rest, least, most, out.second);
    case 'S':
      return TakeFraction(rest, width, out.micros);
    default:
      return false;  // a day of the year is only written
  }
}

std::optional<int64_t> MicrosOf(const Fields& fields) {
  int64_t hour = fields.hour;
  if (fields.half_day) {
    if (hour > 12) return std::nullopt;
    hour = hour % 12 + (fields.afternoon ? 12 : 0);
  }
  if (fields.month < 1 || fields.month > 12 || hour > 23 || fields.minute > 59 ||
      fields.second > 59) {
    return std::nullopt;
  }
  const auto month = static_cast<unsigned>(fields.month);
  if (fields.day < 1 || fields.day > DaysInMonth(fields.year, month)) return std::nullopt;
  const std::optional<int64_t> midnight =
      MicrosOfDay(DaysFromCivil(fields.year, month, static_cast<unsigned>(fields.day)));
  if (!midnight) return std::nullopt;
  const int64_t seconds = (hour * 60 + fields.minute) * 60 + fields.second;
  int64_t micros = 0;
  if (__builtin_add_overflow(*midnight, seconds * kMicrosPerSecond + fields.micros, &micros)) {
    return std::nullopt;
  }
  return micros;
}

}  // namespace

Result<DateTimePattern> DateTimePattern::Parse(std::string_view pattern) {
  DateTimePattern out;
  for (size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      const size_t end = pattern.find('\'', i + 1);
      if (end == std::string_view::npos) {
        return Status::InvalidArgument("the pattern '", pattern, "' has an open quote");
      }
      const std::string_view quoted = pattern.substr(i + 1, end - i - 1);
      out.elements_.push_back({'\0', 0, quoted.empty() ? "'" : std::string(quoted)});
      i = end + 1;
      continue;
    }
    if (!IsLetter(c)) {
      if (std::string_view("[]{}#").find(c) != std::string_view::npos) {
        return Status::InvalidArgument("the pattern '", pattern, "' has ", c,
                                       ", which is not known; quote it");
      }
      out.elements_.push_back({'\0', 0, std::string(1, c)});
      ++i;
      continue;
    }
    const size_t end = std::min(pattern.find_first_not_of(c, i), pattern.size());
    const auto width = static_cast<int>(std::min<size_t>(end - i, 100));
    const auto* known = std::find_if(std::begin(kLetters), std::end(kLetters),
                                     [&](const LetterWidths& each) { return each.letter == c; });
    if (known == std::end(kLetters) || width > known->most) {
      return Status::InvalidArgument("the pattern '", pattern, "' has ", pattern.substr(i, end - i),
                                     "; there are y, M, d, D, E, a, H, h, m, s and S, and 'text'");
    }
    out.elements_.push_back({c, width, ""});
    i = end;
  }
  return out;
}

std::string DateTimePattern::Format(int64_t micros) const {
  const int64_t day = DayOf(micros);
  const CivilDate date = CivilFromDays(day);
  // Not micros - day * kMicrosPerDay: near the int64 minimum that product overflows.
  const int64_t rest = micros % kMicrosPerDay;
  const int64_t of_day = rest < 0 ? rest + kMicrosPerDay : rest;
  const int64_t seconds = of_day / kMicrosPerSecond;
  const int64_t hour = seconds / 3600;
  std::string out;
  for (const Element& element : elements_) {
    switch (element.letter) {
      case 'y':
        AppendYear(out, date.year, element.width);
        break;
      case 'M':
        if (element.width > 2) {
          AppendName(out, kMonths[date.month - 1], element.width == 4);
        } else {
          AppendPadded(out, date.month, element.width);
        }
        break;
      case 'd':
        AppendPadded(out, date.day, element.width);
        break;
      case 'D':
        AppendPadded(out, DayOfYear(day), element.width);
        break;
      case 'E':
        AppendName(out, kDays[DayOfWeekFromMonday(day) - 1], element.width == 4);
        break;
      case 'a':
        out += hour < 12 ? "AM" : "PM";
        break;
      case 'H':
        AppendPadded(out, hour, element.width);
        break;
      case 'h':
        AppendPadded(out, hour % 12 == 0 ? 12 : hour % 12, element.width);
        break;
      case 'm':
        AppendPadded(out, seconds / 60 % 60, element.width);
        break;
      case 's':
        AppendPadded(out, seconds % 60, element.width);
        break;
      case 'S': {
        std::string digits;
        AppendPadded(digits, of_day % kMicrosPerSecond, 6);
        digits.resize(static_cast<size_t>(element.width), '0');
        out += digits;
        break;
      }
      default:
        out += element.text;
    }
  }
  return out;
}

std::optional<int64_t> DateTimePattern::ParseText(std::string_view text) const {
  Fields fields;
  for (const Element& element : elements_) {
    const bool matched = element.letter == '\0'
                             ? text.starts_with(element.text)
                             : TakeField(text, element.letter, element.width, fields);
    if (!matched) return std::nullopt;
    if (element.letter == '\0') text.remove_prefix(element.text.size());
  }
  if (!text.empty()) return std::nullopt;
  return MicrosOf(fields);
}

}  // namespace deltaic
