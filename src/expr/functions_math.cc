#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "expr/common_type.h"
#include "expr/decimal.h"
#include "expr/function_types.h"
#include "expr/skipping.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

using Args = std::span<const Value>;

double Real(const Value& value) { return std::get<double>(value); }

// ---- rounding

enum class Rounding { kHalfUp, kHalfEven, kCeiling, kFloor };

/// `unscaled` without its last `digits` digits.
Int128 DropDigits(Int128 unscaled, int digits, Rounding rounding) {
  if (digits <= 0) return unscaled;
  if (digits > kMaxDecimalDigits) {
    if (rounding == Rounding::kCeiling) return unscaled > 0 ? 1 : 0;
    return rounding == Rounding::kFloor && unscaled < 0 ? -1 : 0;
  }
  const Int128 unit = PowerOfTen(digits);
  const Int128 quotient = unscaled / unit;
  const Int128 rest = unscaled % unit;
  const Int128 size = rest < 0 ? -rest : rest;
  bool away = false;
  switch (rounding) {
    case Rounding::kHalfUp:
      away = size >= unit - size;
      break;
    case Rounding::kHalfEven:
      away = size > unit - size || (size == unit - size && quotient % 2 != 0);
      break;
    case Rounding::kCeiling:
      away = rest > 0;
      break;
    case Rounding::kFloor:
      away = rest < 0;
      break;
  }
  return away ? quotient + (unscaled < 0 ? -1 : 1) : quotient;
}

/// To `scale` digits after the point of the shortest text that means the double, as Java's
/// BigDecimal does.
double RoundReal(double value, int64_t scale, Rounding rounding) {
  constexpr int64_t kMostDigits = 400;
  if (!std::isfinite(value) || value == 0 || scale > kMostDigits) return value;
  if (scale < -kMostDigits) return 0;
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  const size_t e = text.find('e');
  int exponent = 0;
  std::string_view exponent_text = text.substr(e + 1);
  if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  Int128 unscaled = 0;
  int fraction = 0;
  for (const char c : text.substr(0, e)) {
    if (c < '0' || c > '9') continue;
    unscaled = unscaled * 10 + (c - '0');
    ++fraction;
  }
  fraction -= 1 + exponent;  // value = unscaled / 10^fraction
  if (fraction <= scale) return value;
  if (text.front() == '-') unscaled = -unscaled;
  const int dropped = static_cast<int>(fraction - scale);
  const Int128 kept = DropDigits(unscaled, dropped, rounding);
  const std::string rounded = Concat(FormatDecimal(kept, 0), "e", -scale);
  double out = 0;
  std::from_chars(rounded.data(), rounded.data() + rounded.size(), out);
  return out;
}

/// Digits after the point that are asked for; 0 if none are named.
int64_t ScaleOf(const Expr& call) {
  if (call.args().size() < 2) return 0;
  const auto* scale = std::get_if<int64_t>(&call.args()[1]->value());
  return scale == nullptr ? 0 : *scale;
}

DataTypePtr RoundedDecimal(const DataType& type, int64_t scale) {
  const int whole = type.precision() - type.scale() + 1;
  if (scale < 0) {
    const int64_t digits = std::max<int64_t>(whole, std::min<int64_t>(-scale, 38) + 1);
    return DataType::Decimal(static_cast<int>(std::min<int64_t>(digits, kMaxDecimalDigits)), 0);
  }
  const int kept = static_cast<int>(std::min<int64_t>(scale, type.scale()));
  return DataType::Decimal(std::min(whole + kept, kMaxDecimalDigits), kept);
}

int64_t LiteralScale(const CallBinding& call) {
  if (call.args.size() < 2) return 0;
  const auto* scale = std::get_if<int64_t>(&call.args[1]->value());
  return scale == nullptr ? 0 : *scale;
}

Status RoundRule(CallBinding& call) {
  if (call.type->id() == TypeId::kDecimal)
    call.type = RoundedDecimal(*call.type, LiteralScale(call));
  return Status::Ok();
}

/// CEIL and FLOOR give whole numbers: a long, or a decimal without a fraction.
Status WholeRule(CallBinding& call) {
  const DataTypePtr& type = call.args[0]->type();
  if (call.args.size() == 2) {
    if (type->id() != TypeId::kDecimal && !IsInteger(type->id())) {
      return Status::InvalidArgument("predicate: ", call.function->name,
                                     " with digits takes a decimal, not ", Describe(*call.args[0]),
                                     "; CAST it");
    }
    call.type = type;
    return RoundRule(call);
  }
  if (type->id() != TypeId::kDecimal) {
    call.type = TypeOf(TypeId::kLong);
  } else {
    const int digits =
        type->scale() == 0 ? type->precision() : type->precision() - type->scale() + 1;
    call.type = DataType::Decimal(digits, 0);
  }
  return Status::Ok();
}

Status Overflow(const Expr& call) {
  return Status::InvalidArgument(call.ToSql(), ": the result does not fit ",
                                 call.type()->ToString());
}

Result<Value> RoundDecimal(const Expr& call, Int128 unscaled, int from, int64_t scale,
                           Rounding rounding) {
  const int64_t wanted = std::min<int64_t>(scale, from);
  const int64_t dropped = std::min<int64_t>(from - wanted, kMaxDecimalDigits + 1);
  const Int128 kept = DropDigits(unscaled, static_cast<int>(dropped), rounding);
  const std::optional<Int128> out =
      wanted < 0 ? RescaleExactly(kept, 0, static_cast<int>(std::min<int64_t>(-wanted, 38)))
                 : std::optional<Int128>(kept);
  if (!out || !FitsPrecision(*out, call.type()->precision())) return Overflow(call);
  return *out;
}

Result<Value> RoundWhole(const Expr& call, int64_t value, int64_t scale, Rounding rounding) {
  if (scale >= 0) return value;
  constexpr int64_t kMostDigits = 20;  // more leave nothing of a long
  const int dropped = static_cast<int>(std::min(-scale, kMostDigits));
  const Int128 out = DropDigits(value, dropped, rounding) * PowerOfTen(dropped);
  if (!FitsInteger(out, call.type()->id())) return Overflow(call);
  return static_cast<int64_t>(out);
}

/// As Java converts: NaN is 0, and what is too large the largest.
int64_t SaturatingLong(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p63) return std::numeric_limits<int64_t>::max();
  if (value < -0x1p63) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

template <Rounding kRounding>
Result<Value> Round(const Expr& call, Args args) {
  const int64_t scale = ScaleOf(call);
  if (const auto* decimal = std::get_if<Int128>(&args[0])) {
    return RoundDecimal(call, *decimal, call.args()[0]->type()->scale(), scale, kRounding);
  }
  if (const auto* whole = std::get_if<int64_t>(&args[0])) {
    return RoundWhole(call, *whole, scale, kRounding);
  }
  const double real = Real(args[0]);
  if (kRounding == Rounding::kCeiling) return SaturatingLong(std::ceil(real));
  if (kRounding == Rounding::kFloor) return SaturatingLong(std::floor(real));
  const double rounded = RoundReal(real, scale, kRounding);
  return call.type()->id() == TypeId::kFloat ? double{static_cast<float>(rounded)} : rounded;
}

// ---- functions of doubles

template <double (*kFunction)(double)>
Result<Value> OfDouble(const Expr&, Args args) {
  return kFunction(Real(args[0]));
}

double Sign(double x) { return std::isnan(x) ? x : x > 0 ? 1.0 : x < 0 ? -1.0 : x; }

/// Logarithms are null where they do not exist, as in Spark.
template <double (*kFunction)(double)>
Result<Value> Logarithm(const Expr&, Args args) {
  const double x = Real(args[0]);
  if (x <= 0) return NullValue();
  return kFunction(x);
}

Result<Value> LogarithmToBase(const Expr&, Args args) {
  const double x = Real(args.back());
  if (x <= 0) return NullValue();
  if (args.size() == 1) return std::log(x);
  if (Real(args[0]) <= 0) return NullValue();
  return std::log(x) / std::log(Real(args[0]));
}

Result<Value> Power(const Expr&, Args args) {
  const double base = Real(args[0]);
  const double exponent = Real(args[1]);
  // Java's pow, unlike C's, gives NaN for these.
  if (std::abs(base) == 1 && std::isinf(exponent)) return std::numeric_limits<double>::quiet_NaN();
  if (base == 1 && std::isnan(exponent)) return exponent;
  return std::pow(base, exponent);
}

// ---- order

Status SharedRule(CallBinding& call) {
  if (call.args.size() < 2) {
    return Status::InvalidArgument("predicate: ", call.function->name,
                                   " takes at least 2 arguments");
  }
  DELTAIC_RETURN_IF_ERROR(BindToSharedType(call, 0));
  if (IsComparable(call.type->id()) || call.type->id() == TypeId::kVoid) return Status::Ok();
  return Status::InvalidArgument("predicate: ", call.function->name, " takes no ",
                                 call.type->ToString());
}

/// The last in an order, of those that are not null.
template <int kWanted>
Result<Value> Extreme(const Expr&, Args args) {
  const Value* best = nullptr;
  for (const Value& arg : args) {
    if (IsNull(arg)) continue;
    if (best == nullptr || CompareValues(arg, *best) == kWanted) best = &arg;
  }
  if (best == nullptr) return NullValue();
  return *best;
}

constexpr FunctionDefinition kFunctions[] = {
    {.name = "ROUND",
     .signature = "number, literal int? -> #1",
     .rule = RoundRule,
     .evaluate = Round<Rounding::kHalfUp>,
     .may_fail = true,
     .directions = "+="},
    {.name = "BROUND",
     .signature = "number, literal int? -> #1",
     .rule = RoundRule,
     .evaluate = Round<Rounding::kHalfEven>,
     .may_fail = true,
     .directions = "+="},
    {.name = "CEIL",
     .aliases = "CEILING",
     .signature = "number, literal int? -> *",
     .rule = WholeRule,
     .evaluate = Round<Rounding::kCeiling>,
     .may_fail = true,
     .directions = "+="},
    {.name = "FLOOR",
     .signature = "number, literal int? -> *",
     .rule = WholeRule,
     .evaluate = Round<Rounding::kFloor>,
     .may_fail = true,
     .directions = "+="},
    {.name = "SIGN",
     .aliases = "SIGNUM",
     .signature = "double -> double",
     .evaluate = OfDouble<Sign>},
    {.name = "SQRT", .signature = "double -> double", .evaluate = OfDouble<std::sqrt>},
    {.name = "CBRT", .signature = "double -> double", .evaluate = OfDouble<std::cbrt>},
    {.name = "EXP", .signature = "double -> double", .evaluate = OfDouble<std::exp>},
    {.name = "POWER", .aliases = "POW", .signature = "double, double -> double", .evaluate = Power},
    {.name = "LN",
     .signature = "double -> double",
     .evaluate = Logarithm<std::log>,
     .gives_null = true},
    {.name = "LOG",
     .signature = "double, double? -> double",
     .evaluate = LogarithmToBase,
     .gives_null = true},
    {.name = "LOG2",
     .signature = "double -> double",
     .evaluate = Logarithm<std::log2>,
     .gives_null = true},
    {.name = "LOG10",
     .signature = "double -> double",
     .evaluate = Logarithm<std::log10>,
     .gives_null = true},
    {.name = "GREATEST",
     .signature = "any... -> *",
     .rule = SharedRule,
     .evaluate = Extreme<1>,
     .takes_null = true},
    {.name = "LEAST",
     .signature = "any... -> *",
     .rule = SharedRule,
     .evaluate = Extreme<-1>,
     .takes_null = true},
};

}  // namespace

std::span<const FunctionDefinition> MathFunctions() { return kFunctions; }

}  // namespace deltaic
