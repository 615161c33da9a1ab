#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "expr/common_type.h"
#include "expr/decimal.h"
#include "expr/decimal_arithmetic.h"
#include "expr/function_types.h"
#include "expr/value_cast.h"

// Arithmetic in Spark's ANSI mode: what overflows, and a division by zero, is an error.

namespace deltaic {
namespace {

using Args = std::span<const Value>;

Status Overflow(const Expr& call) {
  return Status::InvalidArgument(call.ToSql(), ": the result does not fit ",
                                 call.type()->ToString());
}

Status DivisionByZero(const Expr& call) {
  return Status::InvalidArgument(call.ToSql(), ": division by zero");
}

// ---- types

Status NoArithmetic(const CallBinding& call) {
  const size_t wrong = IsNumeric(call.args[0]->type()->id()) ? 1 : 0;
  return Status::InvalidArgument("predicate: ", call.function->name, " takes numbers, not ",
                                 Describe(*call.args[wrong]), "; CAST it");
}

/// Text beside a number becomes one; NULL takes the other's type.
Status PromoteArgs(CallBinding& call) {
  for (size_t i = 0; i < 2; ++i) {
    ExprPtr& arg = call.args[i];
    const DataTypePtr& other = call.args[1 - i]->type();
    if (arg->type()->id() == TypeId::kVoid) {
      const bool usable = IsNumeric(other->id());
      DELTAIC_ASSIGN_OR_RETURN(
          arg, CastTo(std::move(arg), usable ? other : TypeOf(TypeId::kDouble), call.session.zone));
    } else if (arg->type()->id() == TypeId::kString && IsNumeric(other->id())) {
      DELTAIC_ASSIGN_OR_RETURN(arg,
                               CastTo(std::move(arg), TypeOfTextBeside(other), call.session.zone));
    }
  }
  const bool numbers =
      IsNumeric(call.args[0]->type()->id()) && IsNumeric(call.args[1]->type()->id());
  return numbers ? Status::Ok() : NoArithmetic(call);
}

bool IsDecimal(const Expr& expr) { return expr.type()->id() == TypeId::kDecimal; }

/// The decimal that a whole number is beside a decimal: of a literal the digits it has.
DataTypePtr DecimalOf(const Expr& expr) {
  const TypeId id = expr.type()->id();
  const auto* number = std::get_if<int64_t>(&expr.value());
  if (IsLiteral(expr) && number != nullptr && (id == TypeId::kInteger || id == TypeId::kLong)) {
    return DataType::Decimal(CountDigits(*number), 0);
  }
  const int digits = id == TypeId::kByte      ? 3
                     : id == TypeId::kShort   ? 5
                     : id == TypeId::kInteger ? 10
                                              : 20;
  return DataType::Decimal(digits, 0);
}

/// Both sides as decimals of their own, or as one other type.
Status UnifyNumbers(CallBinding& call) {
  DELTAIC_RETURN_IF_ERROR(PromoteArgs(call));
  const bool decimals = IsDecimal(*call.args[0]) || IsDecimal(*call.args[1]);
  const bool floats =
      IsFloatingPoint(call.args[0]->type()->id()) || IsFloatingPoint(call.args[1]->type()->id());
  if (!decimals || floats) {
    call.type = CommonType(call.args[0]->type(), call.args[1]->type());
    for (ExprPtr& arg : call.args) {
      DELTAIC_ASSIGN_OR_RETURN(arg, CastTo(std::move(arg), call.type, call.session.zone));
    }
    return Status::Ok();
  }
  for (ExprPtr& arg : call.args) {
    if (!IsDecimal(*arg)) {
      const DataTypePtr decimal = DecimalOf(*arg);
      DELTAIC_ASSIGN_OR_RETURN(arg, CastTo(std::move(arg), decimal, call.session.zone));
    }
  }
  return Status::Ok();
}

template <DataTypePtr (*kDecimalType)(const DataType&, const DataType&)>
Status ArithmeticRule(CallBinding& call) {
  DELTAIC_RETURN_IF_ERROR(UnifyNumbers(call));
  if (IsDecimal(*call.args[0])) {
    call.type = kDecimalType(*call.args[0]->type(), *call.args[1]->type());
  }
  return Status::Ok();
}

/// `/` divides decimals as such and all others as doubles.
Status DivideRule(CallBinding& call) {
  DELTAIC_RETURN_IF_ERROR(ArithmeticRule<QuotientType>(call));
  if (IsDecimal(*call.args[0])) return Status::Ok();
  call.type = TypeOf(TypeId::kDouble);
  for (ExprPtr& arg : call.args) {
    DELTAIC_ASSIGN_OR_RETURN(arg, CastTo(std::move(arg), call.type, call.session.zone));
  }
  return Status::Ok();
}

/// DIV gives a long, of whole numbers or decimals.
Status WholeDivideRule(CallBinding& call) {
  DELTAIC_RETURN_IF_ERROR(UnifyNumbers(call));
  call.type = TypeOf(TypeId::kLong);
  if (IsFloatingPoint(call.args[0]->type()->id())) return NoArithmetic(call);
  if (IsDecimal(*call.args[0])) return Status::Ok();
  for (ExprPtr& arg : call.args) {
    DELTAIC_ASSIGN_OR_RETURN(arg, CastTo(std::move(arg), call.type, call.session.zone));
  }
  return Status::Ok();
}

bool IsInterval(const Expr& expr) {
  return expr.kind() == ExprKind::kCall && expr.definition() != nullptr &&
         expr.definition()->notation == Notation::kInterval;
}

/// A date or timestamp plus `sign` times an interval.
Status AddInterval(CallBinding& call, const ExprPtr& time, const Expr& interval, int64_t sign) {
  const TypeId id = time->type()->id();
  if (!IsDateTime(id)) {
    return Status::InvalidArgument("predicate: an INTERVAL is added to a date or a timestamp, not ",
                                   Describe(*time), "; CAST it");
  }
  const Expr& literal = *interval.args()[0];
  int64_t amount = 0;
  if (__builtin_mul_overflow(std::get<int64_t>(literal.value()), sign, &amount)) {
    return Status::InvalidArgument("predicate: the INTERVAL is out of range");
  }
  const bool months = interval.definition()->name == "INTERVAL MONTH";
  const bool days = interval.definition()->name == "INTERVAL DAY";
  if (id == TypeId::kDate && (months || days)) {
    if (!FitsInteger(amount, TypeId::kInteger)) {
      return Status::InvalidArgument("predicate: the INTERVAL is out of range");
    }
    call.function = &BuiltIn(months ? "ADD_MONTHS" : "DATE_ADD");
    call.args = {time, Expr::Literal(amount, TypeOf(TypeId::kInteger))};
    call.type = time->type();
    return Status::Ok();
  }
  ExprPtr start = time;
  if (id == TypeId::kDate) {
    DELTAIC_ASSIGN_OR_RETURN(start, CastTo(time, TypeOf(TypeId::kTimestamp), call.session.zone));
  }
  if (days) amount *= kMicrosPerDay;  // of an int32
  call.function = &BuiltIn(months ? "TIMESTAMP + MONTHS" : "TIMESTAMP + MICROSECONDS");
  call.type = start->type();
  call.args = {std::move(start), Expr::Literal(amount, TypeOf(TypeId::kLong))};
  return Status::Ok();
}

/// DATE_ADD or DATE_SUB of whole days.
Status AddDays(CallBinding& call, std::string_view function, ExprPtr date, ExprPtr days) {
  if (!IsInteger(days->type()->id()) || days->type()->id() == TypeId::kLong) {
    return Status::InvalidArgument("predicate: a date takes + and - with an INT of days or an ",
                                   "INTERVAL, not with ", Describe(*days));
  }
  DELTAIC_ASSIGN_OR_RETURN(days,
                           CastTo(std::move(days), TypeOf(TypeId::kInteger), call.session.zone));
  call.function = &BuiltIn(function);
  call.type = date->type();
  call.args = {std::move(date), std::move(days)};
  return Status::Ok();
}

Status PlusRule(CallBinding& call) {
  const ExprPtr left = call.args[0];
  const ExprPtr right = call.args[1];
  if (IsInterval(*right)) return AddInterval(call, left, *right, 1);
  if (IsInterval(*left)) return AddInterval(call, right, *left, 1);
  if (left->type()->id() == TypeId::kDate) return AddDays(call, "DATE_ADD", left, right);
  if (right->type()->id() == TypeId::kDate) return AddDays(call, "DATE_ADD", right, left);
  return ArithmeticRule<SumType>(call);
}

Status MinusRule(CallBinding& call) {
  const ExprPtr left = call.args[0];
  const ExprPtr right = call.args[1];
  if (IsInterval(*right)) return AddInterval(call, left, *right, -1);
  if (IsDateTime(left->type()->id()) && IsDateTime(right->type()->id())) {
    return Status::InvalidArgument(
        "predicate: a difference of times is an interval, which no column holds; use DATEDIFF or "
        "UNIX_MICROS");
  }
  if (left->type()->id() == TypeId::kDate) return AddDays(call, "DATE_SUB", left, right);
  return ArithmeticRule<SumType>(call);
}

Status BitRule(CallBinding& call) {
  DELTAIC_RETURN_IF_ERROR(UnifyNumbers(call));
  return IsInteger(call.args[0]->type()->id()) ? Status::Ok() : NoArithmetic(call);
}

Status BitNotRule(CallBinding& call) {
  if (IsInteger(call.args[0]->type()->id())) return Status::Ok();
  return Status::InvalidArgument("predicate: ~ takes whole numbers, not ", Describe(*call.args[0]));
}

// ---- values

enum class Operation { kAdd, kSubtract, kMultiply, kDivide, kRemainder, kPositiveRemainder };

ScaledDecimal DecimalArg(const Expr& call, Args args, size_t i) {
  return {std::get<Int128>(args[i]), call.args()[i]->type()->scale()};
}

bool IsZero(const Value& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return *whole == 0;
  if (const auto* decimal = std::get_if<Int128>(&value)) return *decimal == 0;
  const auto* real = std::get_if<double>(&value);
  return real != nullptr && *real == 0;
}

std::optional<Int128> DecimalResult(Operation operation, ScaledDecimal left, ScaledDecimal right,
                                    int scale) {
  switch (operation) {
    case Operation::kSubtract:
      right.unscaled = -right.unscaled;
      return AddDecimals(left, right, scale);
    case Operation::kAdd:
      return AddDecimals(left, right, scale);
    case Operation::kMultiply:
      return MultiplyDecimals(left, right, scale);
    case Operation::kDivide:
      return DivideDecimals(left, right, scale);
    default:
      break;
  }
  const int common = std::max(left.scale, right.scale);
  Int128 remainder = RemainderOfDecimals(left, right);
  if (operation == Operation::kPositiveRemainder && remainder < 0) {
    const std::optional<Int128> moved = AddDecimals({remainder, common}, right, common);
    if (!moved) return std::nullopt;
    remainder = RemainderOfDecimals({*moved, common}, right);
  }
  return RescaleRounding(remainder, common, scale);
}

Int128 WholeResult(Operation operation, int64_t left, int64_t right) {
  switch (operation) {
    case Operation::kAdd:
      return Int128{left} + right;
    case Operation::kSubtract:
      return Int128{left} - right;
    case Operation::kMultiply:
      return Int128{left} * right;
    default:
      break;
  }
  const Int128 remainder = Int128{left} % right;
  const bool move = operation == Operation::kPositiveRemainder && remainder < 0;
  return move ? (remainder + right) % right : remainder;
}

template <typename T>
T RealResult(Operation operation, T left, T right) {
  switch (operation) {
    case Operation::kAdd:
      return left + right;
    case Operation::kSubtract:
      return left - right;
    case Operation::kMultiply:
      return left * right;
    case Operation::kDivide:
      return left / right;
    default:
      break;
  }
  const T remainder = std::fmod(left, right);
  const bool move = operation == Operation::kPositiveRemainder && remainder < 0;
  return move ? std::fmod(remainder + right, right) : remainder;
}

template <Operation kOperation>
Result<Value> Calculate(const Expr& call, Args args) {
  const bool divides = kOperation == Operation::kDivide || kOperation == Operation::kRemainder ||
                       kOperation == Operation::kPositiveRemainder;
  if (divides && IsZero(args[1])) return DivisionByZero(call);
  if (std::holds_alternative<Int128>(args[0])) {
    const std::optional<Int128> result = DecimalResult(
        kOperation, DecimalArg(call, args, 0), DecimalArg(call, args, 1), call.type()->scale());
    if (!result || !FitsPrecision(*result, call.type()->precision())) return Overflow(call);
    return *result;
  }
  if (const auto* left = std::get_if<double>(&args[0])) {
    const double right = std::get<double>(args[1]);
    if (call.type()->id() != TypeId::kFloat) return RealResult(kOperation, *left, right);
    return double{RealResult(kOperation, static_cast<float>(*left), static_cast<float>(right))};
  }
  const Int128 whole =
      WholeResult(kOperation, std::get<int64_t>(args[0]), std::get<int64_t>(args[1]));
  if (!FitsInteger(whole, call.type()->id())) return Overflow(call);
  return static_cast<int64_t>(whole);
}

Result<Value> WholeDivide(const Expr& call, Args args) {
  if (IsZero(args[1])) return DivisionByZero(call);
  std::optional<Int128> quotient;
  if (std::holds_alternative<Int128>(args[0])) {
    quotient = DivideToWhole(DecimalArg(call, args, 0), DecimalArg(call, args, 1));
  } else {
    quotient = Int128{std::get<int64_t>(args[0])} / std::get<int64_t>(args[1]);
  }
  if (!quotient || !FitsInteger(*quotient, TypeId::kLong)) return Overflow(call);
  return static_cast<int64_t>(*quotient);
}

Result<Value> Negate(const Expr& call, Args args) {
  if (const auto* real = std::get_if<double>(&args[0])) return -*real;
  if (const auto* decimal = std::get_if<Int128>(&args[0])) return -*decimal;
  const Int128 whole = -Int128{std::get<int64_t>(args[0])};
  if (!FitsInteger(whole, call.type()->id())) return Overflow(call);
  return static_cast<int64_t>(whole);
}

Result<Value> Absolute(const Expr& call, Args args) {
  if (const auto* real = std::get_if<double>(&args[0])) return std::abs(*real);
  if (const auto* decimal = std::get_if<Int128>(&args[0]))
    return *decimal < 0 ? -*decimal : *decimal;
  return std::get<int64_t>(args[0]) < 0 ? Negate(call, args) : Result<Value>(args[0]);
}

Result<Value> Same(const Expr&, Args args) { return args[0]; }

// Sign extension to 64 bits commutes with each of these.
Result<Value> BitAnd(const Expr&, Args args) {
  return std::get<int64_t>(args[0]) & std::get<int64_t>(args[1]);
}
Result<Value> BitOr(const Expr&, Args args) {
  return std::get<int64_t>(args[0]) | std::get<int64_t>(args[1]);
}
Result<Value> BitXor(const Expr&, Args args) {
  return std::get<int64_t>(args[0]) ^ std::get<int64_t>(args[1]);
}
Result<Value> BitNot(const Expr&, Args args) { return ~std::get<int64_t>(args[0]); }

constexpr FunctionDefinition kFunctions[] = {
    {.name = "+",
     .signature = "any, any -> *",
     .rule = PlusRule,
     .evaluate = Calculate<Operation::kAdd>,
     .may_fail = true,
     .directions = "++",
     .notation = Notation::kInfix},
    {.name = "-",
     .signature = "any, any -> *",
     .rule = MinusRule,
     .evaluate = Calculate<Operation::kSubtract>,
     .may_fail = true,
     .directions = "+-",
     .notation = Notation::kInfix},
    {.name = "*",
     .signature = "any, any -> *",
     .rule = ArithmeticRule<ProductType>,
     .evaluate = Calculate<Operation::kMultiply>,
     .may_fail = true,
     .notation = Notation::kInfix},
    {.name = "/",
     .signature = "any, any -> *",
     .rule = DivideRule,
     .evaluate = Calculate<Operation::kDivide>,
     .may_fail = true,
     .notation = Notation::kInfix},
    {.name = "%",
     .aliases = "MOD",
     .signature = "any, any -> *",
     .rule = ArithmeticRule<RemainderType>,
     .evaluate = Calculate<Operation::kRemainder>,
     .may_fail = true,
     .notation = Notation::kInfix},
    {.name = "PMOD",
     .signature = "any, any -> *",
     .rule = ArithmeticRule<RemainderType>,
     .evaluate = Calculate<Operation::kPositiveRemainder>,
     .may_fail = true},
    {.name = "DIV",
     .signature = "any, any -> *",
     .rule = WholeDivideRule,
     .evaluate = WholeDivide,
     .may_fail = true,
     .notation = Notation::kInfix},
    {.name = "NEGATIVE",
     .signature = "number -> #1",
     .evaluate = Negate,
     .may_fail = true,
     .directions = "-"},
    {.name = "POSITIVE", .signature = "number -> #1", .evaluate = Same, .directions = "+"},
    {.name = "ABS", .signature = "number -> #1", .evaluate = Absolute, .may_fail = true},
    {.name = "&",
     .signature = "any, any -> *",
     .rule = BitRule,
     .evaluate = BitAnd,
     .notation = Notation::kInfix},
    {.name = "|",
     .signature = "any, any -> *",
     .rule = BitRule,
     .evaluate = BitOr,
     .notation = Notation::kInfix},
    {.name = "^",
     .signature = "any, any -> *",
     .rule = BitRule,
     .evaluate = BitXor,
     .notation = Notation::kInfix},
    {.name = "~",
     .signature = "any -> #1",
     .rule = BitNotRule,
     .evaluate = BitNot,
     .notation = Notation::kPrefix},
};

}  // namespace

std::span<const FunctionDefinition> ArithmeticFunctions() { return kFunctions; }

}  // namespace deltaic
