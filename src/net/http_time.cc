#include "net/http_time.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "base/civil_time.h"

namespace deltaic {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Thu", "Fri", "Sat", "Sun",
                                                   "Mon", "Tue", "Wed"};  // 1970-01-01 first
constexpr int64_t kDay = 86'400;

struct Clock {
  CivilDate date;
  int hour, minute, second;
  int64_t days;
};

Clock Split(int64_t seconds) {
  int64_t days = seconds / kDay;
  int64_t rest = seconds % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  return {CivilFromDays(days), static_cast<int>(rest / 3600), static_cast<int>(rest / 60 % 60),
          static_cast<int>(rest % 60), days};
}

/// The number in text[at, at + size); -1 where it is none.
int Number(std::string_view text, size_t at, size_t size) {
  int value = 0;
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + size, value);
  return error == std::errc() && end == begin + size && value >= 0 ? value : -1;
}

}  // namespace

std::optional<int64_t> ParseHttpDate(std::string_view text) {
  // Sun, 06 Nov 1994 08:49:37 GMT
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT")
    return std::nullopt;
  const int day = Number(text, 5, 2);
  const int year = Number(text, 12, 4);
  const int hour = Number(text, 17, 2);
  const int minute = Number(text, 20, 2);
  const int second = Number(text, 23, 2);
  for (size_t i = 0; i < kMonths.size(); ++i) {
    if (text.substr(8, 3) != kMonths[i]) continue;
    if (day < 1 || day > 31 || year < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 60) {
      return std::nullopt;
    }
    const int64_t days =
        DaysFromCivil(year, static_cast<unsigned>(i + 1), static_cast<unsigned>(day));
    return days * kDay + hour * 3600 + minute * 60 + second;
  }
  return std::nullopt;
}

std::string FormatHttpDate(int64_t seconds) {
  const Clock clock = Split(seconds);
  char out[64];
  std::snprintf(out, sizeof(out), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[static_cast<size_t>((clock.days % 7 + 7) % 7)].data(), clock.date.day,
                kMonths[clock.date.month - 1].data(), static_cast<int>(clock.date.year), clock.hour,
                clock.minute, clock.second);
  return out;
}

std::string FormatCompactTime(int64_t seconds) {
  const Clock clock = Split(seconds);
  char out[64];
  std::snprintf(out, sizeof(out), "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(clock.date.year),
                clock.date.month, clock.date.day, clock.hour, clock.minute, clock.second);
  return out;
}

int64_t NowSeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace deltaic
