#include <cstdint>
#include <string>
#include <utility>

#include "base/civil_time.h"
#include "expr/calendar.h"
#include "expr/datetime_pattern.h"
#include "expr/function_types.h"
#include "expr/sql_words.h"
#include "expr/value_cast.h"

// Dates and times, in UTC throughout.

namespace deltaic {
namespace {

using Args = std::span<const Value>;

int64_t Whole(const Value& value) { return std::get<int64_t>(value); }

Status OutOfRange(const Expr& call) {
  return Status::InvalidArgument(call.ToSql(), ": the result is out of the range of ",
                                 call.type()->ToString());
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
Result<Value> PartOfTime(const Expr&, Args args) {
  const int64_t seconds = FloorDivide(Whole(args[0]), kMicrosPerSecond);
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

Result<Value> AddMicros(const Expr& call, Args args) {
  int64_t sum = 0;
  if (__builtin_add_overflow(Whole(args[0]), Whole(args[1]), &sum)) return OutOfRange(call);
  return sum;
}

Result<Value> AddMonthsToTime(const Expr& call, Args args) {
  const int64_t micros = Whole(args[0]);
  const int64_t day = DayOf(micros);
  const int64_t rest = micros % kMicrosPerDay;
  const int64_t of_day = rest < 0 ? rest + kMicrosPerDay : rest;
  const std::optional<int64_t> midnight = MicrosOfDay(AddMonths(day, Whole(args[1])));
  int64_t sum = 0;
  if (!midnight || __builtin_add_overflow(*midnight, of_day, &sum)) return OutOfRange(call);
  return sum;
}

// ---- truncation; a unit that is not known gives null, as in Spark

Result<Value> TruncDate(const Expr& call, Args args) {
  const std::string unit = UpperAscii(std::get<std::string>(args[1]));
  const std::optional<int64_t> day = TruncateDay(Whole(args[0]), unit);
  return day ? DateResult(call, *day) : NullValue();
}

Result<Value> TruncTime(const Expr&, Args args) {
  const std::string unit = UpperAscii(std::get<std::string>(args[0]));
  const std::optional<int64_t> micros = TruncateMicros(Whole(args[1]), unit);
  if (!micros) return NullValue();
  return *micros;
}

// ---- text

Status PatternRule(CallBinding& call) {
  if (call.args.size() < 2 || IsNullLiteral(*call.args[1])) return Status::Ok();
  const auto pattern = DateTimePattern::Parse(std::get<std::string>(call.args[1]->value()));
  return pattern.ok() ? Status::Ok() : pattern.status().WithContext("predicate");
}

Result<Value> DateFormat(const Expr&, Args args) {
  DELTAIC_ASSIGN_OR_RETURN(const DateTimePattern pattern,
                           DateTimePattern::Parse(std::get<std::string>(args[1])));
  return pattern.Format(Whole(args[0]));
}

Result<Value> ParseByPattern(const Expr& call, Args args) {
  const std::string& text = std::get<std::string>(args[0]);
  DELTAIC_ASSIGN_OR_RETURN(const DateTimePattern pattern,
                           DateTimePattern::Parse(std::get<std::string>(args[1])));
  const std::optional<int64_t> micros = pattern.ParseText(text);
  if (!micros) {
    return Status::InvalidArgument(call.ToSql(), ": '", text, "' does not match the pattern");
  }
  if (call.type()->id() == TypeId::kDate) return DateResult(call, DayOf(*micros));
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
  DELTAIC_ASSIGN_OR_RETURN(call.result, CastTo(call.args[0], call.type));
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
  DELTAIC_ASSIGN_OR_RETURN(call.args[0],
                           CastTo(std::move(call.args[0]), TypeOf(TypeId::kTimestamp)));
  return Status::Ok();
}

Result<Value> FromUnixTime(const Expr& call, Args args) {
  int64_t micros = 0;
  if (__builtin_mul_overflow(Whole(args[0]), kMicrosPerSecond, &micros)) return OutOfRange(call);
  const std::string pattern =
      args.size() > 1 ? std::get<std::string>(args[1]) : "yyyy-MM-dd HH:mm:ss";
  DELTAIC_ASSIGN_OR_RETURN(const DateTimePattern parsed, DateTimePattern::Parse(pattern));
  return parsed.Format(micros);
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
  if (!call.now_micros) {
    return Status::InvalidArgument("predicate: ", call.function->name,
                                   " has no fixed value here; write the date or time");
  }
  const bool is_date = kType == TypeId::kDate;
  const int64_t now = is_date ? DayOf(*call.now_micros) : *call.now_micros;
  call.result = Expr::Literal(now, TypeOf(kType));
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
    {.name = "HOUR", .signature = "time -> int", .evaluate = PartOfTime<3600, 24>},
    {.name = "MINUTE", .signature = "time -> int", .evaluate = PartOfTime<60, 60>},
    {.name = "SECOND", .signature = "time -> int", .evaluate = PartOfTime<1, 60>},
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
     .notation = Notation::kPlusInterval},
    {.name = "TIMESTAMP + MONTHS",
     .signature = "time, long -> #1",
     .evaluate = AddMonthsToTime,
     .may_fail = true,
     .directions = "++",
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
     .directions = "=+"},
    {.name = "DATE_FORMAT",
     .signature = "time, literal string -> string",
     .rule = PatternRule,
     .evaluate = DateFormat},
    {.name = "TO_DATE",
     .signature = "any, literal string? -> *",
     .rule = ParseRule<TypeId::kDate>,
     .evaluate = ParseByPattern,
     .may_fail = true},
    {.name = "TO_TIMESTAMP",
     .signature = "any, literal string? -> *",
     .rule = ParseRule<TypeId::kTimestamp>,
     .evaluate = ParseByPattern,
     .may_fail = true},
    {.name = "UNIX_TIMESTAMP",
     .aliases = "TO_UNIX_TIMESTAMP",
     .signature = "any, literal string? -> long",
     .rule = UnixTimestampRule,
     .evaluate = UnixTimestamp,
     .may_fail = true},
    {.name = "FROM_UNIXTIME",
     .signature = "long, literal string? -> string",
     .rule = PatternRule,
     .evaluate = FromUnixTime,
     .may_fail = true},
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
