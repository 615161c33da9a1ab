#include "base/time_zone.h"

#include <algorithm>
#include <utility>

#include "base/civil_time.h"

namespace deltaic {
namespace {

constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kDaySeconds = 86'400;

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// Walks over text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool done() const { return at_ == text_.size(); }
  char Peek() const { return done() ? '\0' : text_[at_]; }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  /// Up to `most` digits; nullopt for none.
  std::optional<int64_t> Number(int most) {
    int64_t value = 0;
    int digits = 0;
    for (; digits < most && Peek() >= '0' && Peek() <= '9'; ++digits) {
      value = value * 10 + (text_[at_++] - '0');
    }
    return digits == 0 ? std::nullopt : std::optional(value);
  }
  /// `[+-]h{1,3}[:mm[:ss]]` in seconds.
  std::optional<int64_t> Clock() {
    const bool negative = Peek() == '-';
    if (negative || Peek() == '+') ++at_;
    const std::optional<int64_t> hours = Number(3);
    if (!hours) return std::nullopt;
    int64_t seconds = *hours * 3600;
    for (const int64_t unit : {int64_t{60}, int64_t{1}}) {
      if (!Take(':')) break;
      const std::optional<int64_t> part = Number(2);
      if (!part || *part > 59) return std::nullopt;
      seconds += *part * unit;
    }
    return negative ? -seconds : seconds;
  }
  /// Letters, or anything in < >.
  bool Name() {
    const size_t start = at_;
    if (Take('<')) {
      while (!done() && Peek() != '>') ++at_;
      return Take('>');
    }
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    while (is_letter(Peek())) ++at_;
    return at_ > start;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

std::optional<DaylightRule::Day> TakeRuleDay(Scanner& in) {
  using Kind = DaylightRule::Day::Kind;
  if (!in.Take(',')) return std::nullopt;
  DaylightRule::Day day;
  if (in.Take('M')) {
    const auto month = in.Number(2);
    if (!month || !in.Take('.')) return std::nullopt;
    const auto week = in.Number(1);
    if (!week || !in.Take('.')) return std::nullopt;
    const int64_t weekday = in.Number(1).value_or(7);
    if (*month < 1 || *month > 12 || *week < 1 || *week > 5 || weekday > 6) return std::nullopt;
    day.month = static_cast<int>(*month);
    day.week = static_cast<int>(*week);
    day.weekday = static_cast<int>(weekday);
  } else {
    day.kind = in.Take('J') ? Kind::kJulian : Kind::kFromZero;
    const auto number = in.Number(3);
    const int64_t least = day.kind == Kind::kJulian ? 1 : 0;
    if (!number || *number < least || *number > 365) return std::nullopt;
    day.day = static_cast<int>(*number);
  }
  if (in.Take('/')) {
    const auto seconds = in.Clock();
    if (!seconds || *seconds > 167 * 3600 + 3599 || *seconds < -167 * 3600 - 3599) {
      return std::nullopt;
    }
    day.seconds = *seconds;
  }
  return day;
}

bool IsLeapYear(int64_t year) { return DaysInMonth(year, 2) == 29; }

/// Local seconds since 1970 at which the rule's day and time come in a year.
int64_t LocalSecondsOf(const DaylightRule::Day& rule, int64_t year) {
  using Kind = DaylightRule::Day::Kind;
  int64_t day = 0;
  if (rule.kind == Kind::kMonthWeek) {
    const auto month = static_cast<unsigned>(rule.month);
    const int64_t first = DaysFromCivil(year, month, 1);
    // 1970-01-01 was a Thursday.
    const int64_t weekday = ((first + 4) % 7 + 7) % 7;
    day = first + (rule.weekday - weekday + 7) % 7 + int64_t{7} * (rule.week - 1);
    while (day >= first + DaysInMonth(year, month)) day -= 7;
  } else {
    day = DaysFromCivil(year, 1, 1) + rule.day;
    if (rule.kind == Kind::kJulian) {
      // 29 February is not counted: 60 is always 1 March.
      day += IsLeapYear(year) && rule.day >= 60 ? 0 : -1;
    }
  }
  return day * kDaySeconds + rule.seconds;
}

int64_t OffsetByRule(const DaylightRule& rule, int64_t utc_seconds) {
  if (!rule.start || !rule.end) return rule.standard_offset;
  const int64_t local_day = FloorDiv(utc_seconds + rule.standard_offset, kDaySeconds);
  const int64_t year = CivilFromDays(local_day).year;
  const int64_t start = LocalSecondsOf(*rule.start, year) - rule.standard_offset;
  const int64_t end = LocalSecondsOf(*rule.end, year) - rule.daylight_offset;
  const bool daylight = start < end ? utc_seconds >= start && utc_seconds < end
                                    : utc_seconds >= start || utc_seconds < end;
  return daylight ? rule.daylight_offset : rule.standard_offset;
}

/// Reads big-endian numbers; what lies past the end makes it bad.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  int64_t Signed(size_t width) {
    uint64_t value = 0;
    const std::string_view part = Take(width);
    for (const char c : part) value = value << 8 | static_cast<unsigned char>(c);
    if (width == 4) return static_cast<int32_t>(static_cast<uint32_t>(value));
    return static_cast<int64_t>(value);
  }
  std::string_view Take(size_t size) {
    if (size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view part = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return part;
  }
  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

struct TzifHeader {
  char version = 0;
  size_t utc_flags = 0, standard_flags = 0, leaps = 0, changes = 0, types = 0, characters = 0;
  size_t SizeWith(size_t time_width) const {
    return changes * (time_width + 1) + types * 6 + characters + leaps * (time_width + 4) +
           standard_flags + utc_flags;
  }
};

std::optional<TzifHeader> TakeHeader(Bytes& in) {
  constexpr int64_t kMost = 1 << 20;  // of anything, far beyond what zones have
  if (in.Take(4) != "TZif") return std::nullopt;
  TzifHeader header;
  const std::string_view version = in.Take(16);
  if (!in.ok()) return std::nullopt;
  header.version = version[0];
  for (size_t* count : {&header.utc_flags, &header.standard_flags, &header.leaps, &header.changes,
                        &header.types, &header.characters}) {
    const int64_t value = in.Signed(4);
    if (!in.ok() || value < 0 || value > kMost) return std::nullopt;
    *count = static_cast<size_t>(value);
  }
  return header;
}

}  // namespace

std::optional<DaylightRule> ParseDaylightRule(std::string_view text) {
  Scanner in(text);
  DaylightRule rule;
  const std::optional<int64_t> standard = in.Name() ? in.Clock() : std::nullopt;
  if (!standard) return std::nullopt;
  rule.standard_offset = -*standard;  // POSIX counts westward
  if (in.done()) return rule;
  if (!in.Name()) return std::nullopt;
  rule.daylight_offset = rule.standard_offset + 3600;
  if (in.Peek() != ',') {
    const std::optional<int64_t> daylight = in.Clock();
    if (!daylight) return std::nullopt;
    rule.daylight_offset = -*daylight;
  }
  rule.start = TakeRuleDay(in);
  rule.end = rule.start ? TakeRuleDay(in) : std::nullopt;
  if (!rule.end || !in.done()) return std::nullopt;
  return rule;
}

std::optional<TimeZonePtr> TimeZone::Fixed(std::string_view name) {
  std::string_view offset = name;
  for (const std::string_view utc : {"UTC", "GMT", "UT"}) {
    if (offset.starts_with(utc)) {
      offset.remove_prefix(utc.size());
      break;
    }
  }
  if (offset.empty() && !name.empty()) return TimeZonePtr();
  if (name == "Z" || name == "z") return TimeZonePtr();
  if (offset.empty() || (offset[0] != '+' && offset[0] != '-')) return std::nullopt;
  Scanner in(offset);
  const std::optional<int64_t> seconds = in.Clock();
  if (!seconds || !in.done() || *seconds > 18L * 3600 || *seconds < -18L * 3600)
    return std::nullopt;
  if (*seconds == 0) return TimeZonePtr();
  auto zone = std::make_shared<TimeZone>();
  zone->name_ = std::string(name);
  zone->first_offset_ = *seconds;
  return TimeZonePtr(std::move(zone));
}

Result<TimeZonePtr> TimeZone::FromTzif(std::string name, std::string_view bytes) {
  const auto bad = [&](std::string_view why) {
    return Status::Corruption("the rules of time zone ", name, " are damaged: ", why);
  };
  Bytes in(bytes);
  std::optional<TzifHeader> header = TakeHeader(in);
  if (!header) return bad("no TZif header");
  size_t width = 4;
  if (header->version >= '2') {
    // The first block is for readers of 32 bits.
    in.Take(header->SizeWith(4));
    header = in.ok() ? TakeHeader(in) : std::nullopt;
    if (!header) return bad("no second header");
    width = 8;
  }
  if (header->leaps != 0) return bad("it counts leap seconds");
  if (header->types == 0) return bad("it has no offsets");
  std::vector<int64_t> times;
  for (size_t i = 0; i < header->changes; ++i) times.push_back(in.Signed(width));
  const std::string_view indexes = in.Take(header->changes);
  std::vector<int64_t> offsets;
  for (size_t i = 0; i < header->types && in.ok(); ++i) {
    offsets.push_back(in.Signed(4));
    in.Take(2);
  }
  in.Take(header->characters + header->standard_flags + header->utc_flags);
  if (!in.ok()) return bad("it ends early");

  auto zone = std::make_shared<TimeZone>();
  zone->name_ = std::move(name);
  zone->first_offset_ = offsets[0];
  for (size_t i = 0; i < times.size(); ++i) {
    const auto type = static_cast<unsigned char>(indexes[i]);
    if (type >= offsets.size()) return bad("a change to an offset that is not there");
    if (i > 0 && times[i] <= times[i - 1]) return bad("changes that do not ascend");
    zone->changes_.push_back({times[i], offsets[type]});
  }
  for (const int64_t offset : offsets) {
    if (offset > 26L * 3600 || offset < -26L * 3600) return bad("an offset of more than a day");
  }
  std::string_view footer = in.rest();
  if (width == 8 && footer.size() >= 2 && footer.front() == '\n') {
    footer.remove_prefix(1);
    footer = footer.substr(0, footer.find('\n'));
    if (!footer.empty()) {
      const std::optional<DaylightRule> rule = ParseDaylightRule(footer);
      if (!rule) return bad("a rule that cannot be read");
      zone->rule_ = *rule;
      zone->has_rule_ = true;
    }
  }
  return TimeZonePtr(std::move(zone));
}

int64_t TimeZone::OffsetSeconds(int64_t utc_seconds) const {
  const auto after = std::ranges::upper_bound(changes_, utc_seconds, {}, &Change::utc_seconds);
  if (after == changes_.end() && has_rule_) return OffsetByRule(rule_, utc_seconds);
  return after == changes_.begin() ? first_offset_ : std::prev(after)->offset_seconds;
}

int64_t TimeZone::OffsetAt(int64_t utc_micros) const {
  return OffsetSeconds(FloorDiv(utc_micros, kMicros)) * kMicros;
}

std::optional<int64_t> TimeZone::ToLocal(int64_t utc_micros) const {
  int64_t local = 0;
  if (__builtin_add_overflow(utc_micros, OffsetAt(utc_micros), &local)) return std::nullopt;
  return local;
}

std::optional<int64_t> TimeZone::ToUtc(int64_t local_micros,
                                       std::optional<int64_t> preferred) const {
  // A day away from it on both sides clocks have turned already, or not yet.
  constexpr int64_t kAway = kMostTurnedBack;
  int64_t early = 0, late = 0;
  if (__builtin_sub_overflow(local_micros, kAway, &early) ||
      __builtin_add_overflow(local_micros, kAway, &late)) {
    return std::nullopt;
  }
  const int64_t before = OffsetAt(early), after = OffsetAt(late);
  const int64_t by_before = local_micros - before, by_after = local_micros - after;
  const bool is_before = OffsetAt(by_before) == before, is_after = OffsetAt(by_after) == after;
  if (is_before && is_after && preferred == after) return by_after;
  return is_before || !is_after ? by_before : by_after;
}

}  // namespace deltaic
