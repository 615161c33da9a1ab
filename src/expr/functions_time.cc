#include <cstdint>
#include <string>
#include <utility>

#include "base/civil_time.h"
#include "expr/calendar.h"
#include "expr/datetime_pattern.h"
#include "expr/function_types.h"
#include "expr/sql_words.h"
#include "expr/value_cast.h"

// Dates and times. Timestamps are taken apart, and put together, by the session's zone.

namespace deltaic {
namespace {

using Args = std::span<const Value>;

int64_t Whole(const Value& value) { return std::get<int64_t>(value); }

Status OutOfRange(const Expr& call) {
  return Status::InvalidArgument(call.ToSql(), ": the result is out of the range of ",
                                 call.type()->ToString());
}

/// What clocks show at argument `index`; the value itself where it is no timestamp, or of UTC.
/// At the ends of the range of times, too.
int64_t Local(const Expr& call, Args args, size_t index) {
  const int64_t value = Whole(args[index]);
  const bool is_instant = call.args()[index]->type()->id() == TypeId::kTimestamp;
  if (call.zone() == nullptr || !is_instant) return value;
  return call.zone()->ToLocal(value).value_or(value);
}

/// The instant of a local time. \param like  an instant whose offset it keeps where it can.
std::optional<int64_t> Instant(const Expr& call, std::optional<int64_t> local,
                               std::optional<int64_t> like = std::nullopt) {
  if (call.zone() == nullptr || !local) return local;
  const auto offset = like ? std::optional(call.zone()->OffsetAt(*like)) : std::nullopt;
  return call.zone()->ToUtc(*local, offset);
}

// ---- parts

int64_t YearOf(int64_t day) { return CivilFromDays(day).year; }
int64_t QuarterOf(int64_t day) { return (CivilFromDays(day).month - 1) / 3 + 1; }
int64_t MonthOf(int64_t day) { return CivilFromDays(day).month; }
int64_t DayOfMonth(int64_t day) { return CivilFromDays(day).day; }
int64_t DayOfWeekFromSunday(int64_t day) { return DayOfWeekFromMonday(day) % 7 + 1; }
int64_t WeekDay(int64_t day) { return DayOfWeekFromMonday(day) - 1; }
int64_t DayNumber(int64_t day) { return DayOfYear(day); }
int64_t WeekNumber(int64_t day) { return WeekOfYear(day); }

template <int64_t (*kPart)(int64_t)>
Result<Value> PartOfDate(const Expr&, Args args) {
  return kPart(Whole(args[0]));
}

/// Seconds / kUnit, of which kCount make a whole.
template <int64_t kUnit, int64_t kCount>
Result<Value> PartOfTime(const Expr& call, Args args) {
  const int64_t seconds = FloorDivide(Local(call, args, 0), kMicrosPerSecond);
  const int64_t units = FloorDivide(seconds, kUnit);
  return units - FloorDivide(units, kCount) * kCount;
}

// ---- sums

Result<Value> DateResult(const Expr& call, Int128 day) {
  if (!FitsInteger(day, TypeId::kInteger)) return OutOfRange(call);
  return static_cast<int64_t>(day);
}

Result<Value> DateAdd(const Expr& call, Args args) {
  return DateResult(call, Int128{Whole(args[0])} + Whole(args[1]));
}
Result<Value> DateSub(const Expr& call, Args args) {
  return DateResult(call, Int128{Whole(args[0])} - Whole(args[1]));
}
Result<Value> DateDiff(const Expr& call, Args args) {
  const int64_t days = Whole(args[0]) - Whole(args[1]);
  if (!FitsInteger(days, TypeId::kInteger)) return OutOfRange(call);
  return days;
}
Result<Value> AddMonthsToDate(const Expr& call, Args args) {
  return DateResult(call, AddMonths(Whole(args[0]), Whole(args[1])));
}
Result<Value> LastDay(const Expr& call, Args args) {
  return DateResult(call, LastDayOfMonth(Whole(args[0])));
}

/// The instant of `local`, for a call whose first argument is a timestamp; `local` itself for one
/// without zone.
std::optional<int64_t> SameKind(const Expr& call, Args args, int64_t local) {
  const bool is_instant = call.args()[0]->type()->id() == TypeId::kTimestamp;
  return is_instant ? Instant(call, local, Whole(args[0])) : std::optional(local);
}

/// Whole days are days of the calendar, which are longer or shorter where clocks turn.
Result<Value> AddMicros(const Expr& call, Args args) {
  const int64_t days = call.zone() == nullptr ? 0 : Whole(args[1]) / kMicrosPerDay;
  const int64_t rest = Whole(args[1]) - days * kMicrosPerDay;
  std::optional<int64_t> start = Whole(args[0]);
  int64_t sum = 0;
  if (days != 0) {
    const bool fits = !__builtin_add_overflow(Local(call, args, 0), days * kMicrosPerDay, &sum);
    start = fits ? SameKind(call, args, sum) : std::nullopt;
  }
  if (!start || __builtin_add_overflow(*start, rest, &sum)) return OutOfRange(call);
  return sum;
}

Result<Value> AddMonthsToTime(const Expr& call, Args args) {
  const int64_t local = Local(call, args, 0);
  const int64_t day = DayOf(local);
  const int64_t rest = local % kMicrosPerDay;
  const int64_t of_day = rest < 0 ? rest + kMicrosPerDay : rest;
  const std::optional<int64_t> midnight = MicrosOfDay(AddMonths(day, Whole(args[1])));
  int64_t sum = 0;
  if (!midnight || __builtin_add_overflow(*midnight, of_day, &sum)) return OutOfRange(call);
  const std::optional<int64_t> out = SameKind(call, args, sum);
  if (!out) return OutOfRange(call);
  return *out;
}

// ---- truncation; a unit that is not known gives null, as in Spark

Result<Value> TruncDate(const Expr& call, Args args) {
  const std::string unit = UpperAscii(std::get<std::string>(args[1]));
  const std::optional<int64_t> day = TruncateDay(Whole(args[0]), unit);
  return day ? DateResult(call, *day) : NullValue();
}

Result<Value> TruncTime(const Expr& call, Args args) {
  const std::string unit = UpperAscii(std::get<std::string>(args[0]));
  const std::optional<int64_t> start = TruncateMicros(Local(call, args, 1), unit);
  // An hour that comes twice stays the one it was; a day starts once.
  const bool within_day = !IsDateUnit(unit);
  const std::optional<int64_t> micros =
      Instant(call, start, within_day ? std::optional(Whole(args[1])) : std::nullopt);
  if (!micros) return NullValue();
  return *micros;
}

// ---- text

Status PatternRule(CallBinding& call) {
  if (call.args.size() < 2 || IsNullLiteral(*call.args[1])) return Status::Ok();
  const auto pattern = DateTimePattern::Parse(std::get<std::string>(call.args[1]->value()));
  return pattern.ok() ? Status::Ok() : pattern.status().WithContext("predicate");
}

Result<Value> DateFormat(const Expr& call, Args args) {
  DELTAIC_ASSIGN_OR_RETURN(const DateTimePattern pattern,
                           DateTimePattern::Parse(std::get<std::string>(args[1])));
  return pattern.Format(Local(call, args, 0));
}

Result<Value> ParseByPattern(const Expr& call, Args args) {
  const std::string& text = std::get<std::string>(args[0]);
  DELTAIC_ASSIGN_OR_RETURN(const DateTimePattern pattern,
                           DateTimePattern::Parse(std::get<std::string>(args[1])));
  const std::optional<int64_t> local = pattern.ParseText(text);
  if (!local) {
    return Status::InvalidArgument(call.ToSql(), ": '", text, "' does not match the pattern");
  }
  if (call.type()->id() == TypeId::kDate) return DateResult(call, DayOf(*local));
  const std::optional<int64_t> micros = Instant(call, local);
  if (!micros) return OutOfRange(call);
  if (call.type()->id() == TypeId::kLong) return FloorDivide(*micros, kMicrosPerSecond);
  return *micros;
}

/// Without a pattern these are casts.
template <TypeId kTo>
Status ParseRule(CallBinding& call) {
  call.type = TypeOf(kTo);
  if (call.args.size() == 2 && call.args[0]->type()->id() == TypeId::kString) {
    return PatternRule(call);
  }
  DELTAIC_ASSIGN_OR_RETURN(call.result, CastTo(call.args[0], call.type, call.session.zone));
  return Status::Ok();
}

/// Of a text with a pattern, or of a time. Spark cuts times before 1970 towards it, where
/// UNIX_SECONDS rounds down.
Result<Value> UnixTimestamp(const Expr& call, Args args) {
  const auto* micros = std::get_if<int64_t>(&args[0]);
  if (micros == nullptr) return ParseByPattern(call, args);
  return *micros / kMicrosPerSecond;
}

Status UnixTimestampRule(CallBinding& call) {
  if (call.args.size() == 2 && call.args[0]->type()->id() == TypeId::kString) {
    return PatternRule(call);
  }
  call.args.resize(1);
  DELTAIC_ASSIGN_OR_RETURN(
      call.args[0], CastTo(std::move(call.args[0]), TypeOf(TypeId::kTimestamp), call.session.zone));
  return Status::Ok();
}

Result<Value> FromUnixTime(const Expr& call, Args args) {
  int64_t micros = 0;
  if (__builtin_mul_overflow(Whole(args[0]), kMicrosPerSecond, &micros)) return OutOfRange(call);
  const std::string pattern =
      args.size() > 1 ? std::get<std::string>(args[1]) : "yyyy-MM-dd HH:mm:ss";
  DELTAIC_ASSIGN_OR_RETURN(const DateTimePattern parsed, DateTimePattern::Parse(pattern));
  const std::optional<int64_t> local =
      call.zone() == nullptr ? micros : call.zone()->ToLocal(micros);
  if (!local) return OutOfRange(call);
  return parsed.Format(*local);
}

// ---- numbers

template <int64_t kMicros>
Result<Value> ToUnix(const Expr&, Args args) {
  return FloorDivide(Whole(args[0]), kMicros);
}

template <int64_t kMicros>
Result<Value> FromUnix(const Expr& call, Args args) {
  int64_t micros = 0;
  if (__builtin_mul_overflow(Whole(args[0]), kMicros, &micros)) return OutOfRange(call);
  return micros;
}

Result<Value> SameNumber(const Expr&, Args args) { return args[0]; }

Result<Value> MakeDate(const Expr& call, Args args) {
  const int64_t year = Whole(args[0]);
  const int64_t month = Whole(args[1]);
  const int64_t day = Whole(args[2]);
  const bool exists = month >= 1 && month <= 12 && day >= 1 &&
                      day <= DaysInMonth(year, static_cast<unsigned>(month));
  if (!exists) return Status::InvalidArgument(call.ToSql(), ": there is no such day");
  return DateResult(call,
                    DaysFromCivil(year, static_cast<unsigned>(month), static_cast<unsigned>(day)));
}

// ---- now: one time for the whole expression, from whoever binds it

template <TypeId kType>
Status NowRule(CallBinding& call) {
  if (!call.session.now_micros) {
    return Status::InvalidArgument("predicate: ", call.function->name,
                                   " has no fixed value here; write the date or time");
  }
  int64_t now = *call.session.now_micros;
  if (kType != TypeId::kTimestamp && call.session.zone != nullptr) {
    now = call.session.zone->ToLocal(now).value_or(now);
  }
  call.result = Expr::Literal(kType == TypeId::kDate ? DayOf(now) : now, TypeOf(kType));
  return Status::Ok();
}

template <int64_t (*kPart)(int64_t)>
constexpr FunctionDefinition DatePart(std::string_view name, std::string_view aliases = "",
                                      std::string_view directions = "") {
  return {.name = name,
          .aliases = aliases,
          .signature = "date -> int",
          .evaluate = PartOfDate<kPart>,
          .directions = directions};
}

constexpr FunctionDefinition kFunctions[] = {
    DatePart<YearOf>("YEAR", "", "+"),
    DatePart<QuarterOf>("QUARTER"),
    DatePart<MonthOf>("MONTH"),
    DatePart<DayOfMonth>("DAY", "DAYOFMONTH"),
    DatePart<DayOfWeekFromSunday>("DAYOFWEEK"),
    DatePart<WeekDay>("WEEKDAY"),
    DatePart<DayNumber>("DAYOFYEAR"),
    DatePart<WeekNumber>("WEEKOFYEAR"),
    {.name = "HOUR", .signature = "time -> int", .evaluate = PartOfTime<3600, 24>, .in_zone = true},
    {.name = "MINUTE", .signature = "time -> int", .evaluate = PartOfTime<60, 60>, .in_zone = true},
    {.name = "SECOND", .signature = "time -> int", .evaluate = PartOfTime<1, 60>, .in_zone = true},
    {.name = "DATE_ADD",
     .aliases = "DATEADD",
     .signature = "date, int -> date",
     .evaluate = DateAdd,
     .may_fail = true,
     .directions = "++"},
    {.name = "DATE_SUB",
     .signature = "date, int -> date",
     .evaluate = DateSub,
     .may_fail = true,
     .directions = "+-"},
    {.name = "DATEDIFF",
     .aliases = "DATE_DIFF",
     .signature = "date, date -> int",
     .evaluate = DateDiff,
     .may_fail = true,
     .directions = "+-"},
    {.name = "ADD_MONTHS",
     .signature = "date, int -> date",
     .evaluate = AddMonthsToDate,
     .may_fail = true,
     .directions = "++"},
    {.name = "LAST_DAY",
     .signature = "date -> date",
     .evaluate = LastDay,
     .may_fail = true,
     .directions = "+"},
    {.name = "TIMESTAMP + MICROSECONDS",
     .signature = "time, long -> #1",
     .evaluate = AddMicros,
     .may_fail = true,
     .directions = "++",
     .in_zone = true,
     .notation = Notation::kPlusInterval},
    {.name = "TIMESTAMP + MONTHS",
     .signature = "time, long -> #1",
     .evaluate = AddMonthsToTime,
     .may_fail = true,
     .directions = "++",
     .in_zone = true,
     .notation = Notation::kPlusInterval},
    {.name = "TRUNC",
     .signature = "date, string -> date",
     .evaluate = TruncDate,
     .gives_null = true,
     .may_fail = true,
     .directions = "+="},
    {.name = "DATE_TRUNC",
     .signature = "string, timestamp -> timestamp",
     .evaluate = TruncTime,
     .gives_null = true,
     .directions = "=+",
     .in_zone = true},
    {.name = "DATE_FORMAT",
     .signature = "time, literal string -> string",
     .rule = PatternRule,
     .evaluate = DateFormat,
     .in_zone = true},
    {.name = "TO_DATE",
     .signature = "any, literal string? -> *",
     .rule = ParseRule<TypeId::kDate>,
     .evaluate = ParseByPattern,
     .may_fail = true},
    {.name = "TO_TIMESTAMP",
     .signature = "any, literal string? -> *",
     .rule = ParseRule<TypeId::kTimestamp>,
     .evaluate = ParseByPattern,
     .may_fail = true,
     .in_zone = true},
    {.name = "UNIX_TIMESTAMP",
     .aliases = "TO_UNIX_TIMESTAMP",
     .signature = "any, literal string? -> long",
     .rule = UnixTimestampRule,
     .evaluate = UnixTimestamp,
     .may_fail = true,
     .in_zone = true},
    {.name = "FROM_UNIXTIME",
     .signature = "long, literal string? -> string",
     .rule = PatternRule,
     .evaluate = FromUnixTime,
     .may_fail = true,
     .in_zone = true},
    {.name = "UNIX_SECONDS",
     .signature = "timestamp -> long",
     .evaluate = ToUnix<kMicrosPerSecond>,
     .directions = "+"},
    {.name = "UNIX_MILLIS",
     .signature = "timestamp -> long",
     .evaluate = ToUnix<1000>,
     .directions = "+"},
    {.name = "UNIX_MICROS",
     .signature = "timestamp -> long",
     .evaluate = SameNumber,
     .directions = "+"},
    {.name = "UNIX_DATE", .signature = "date -> int", .evaluate = SameNumber, .directions = "+"},
    {.name = "DATE_FROM_UNIX_DATE",
     .signature = "int -> date",
     .evaluate = SameNumber,
     .directions = "+"},
    {.name = "TIMESTAMP_SECONDS",
     .signature = "long -> timestamp",
     .evaluate = FromUnix<kMicrosPerSecond>,
     .may_fail = true,
     .directions = "+"},
    {.name = "TIMESTAMP_MILLIS",
     .signature = "long -> timestamp",
     .evaluate = FromUnix<1000>,
     .may_fail = true,
     .directions = "+"},
    {.name = "TIMESTAMP_MICROS",
     .signature = "long -> timestamp",
     .evaluate = SameNumber,
     .directions = "+"},
    {.name = "MAKE_DATE",
     .signature = "int, int, int -> date",
     .evaluate = MakeDate,
     .may_fail = true},
    {.name = "CURRENT_DATE",
     .aliases = "CURDATE",
     .signature = "-> date",
     .rule = NowRule<TypeId::kDate>},
    {.name = "CURRENT_TIMESTAMP",
     .aliases = "NOW",
     .signature = "-> timestamp",
     .rule = NowRule<TypeId::kTimestamp>},
    {.name = "LOCALTIMESTAMP", .signature = "-> *", .rule = NowRule<TypeId::kTimestampNtz>},
    {.name = "INTERVAL MONTH", .signature = "literal int -> int", .notation = Notation::kInterval},
    {.name = "INTERVAL DAY", .signature = "literal int -> int", .notation = Notation::kInterval},
    {.name = "INTERVAL SECOND",
     .signature = "literal long -> long",
     .notation = Notation::kInterval},
};

}  // namespace

std::span<const FunctionDefinition> TimeFunctions() { return kFunctions; }

}  // namespace deltaic
