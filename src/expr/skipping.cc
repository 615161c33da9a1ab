#include "expr/skipping.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "expr/function_definition.h"
#include "expr/like_pattern.h"
#include "expr/value_cast.h"
#include "protocol/partition_value.h"

namespace deltaic {
namespace {

/// What a condition may come out as, over the rows of one range. Over-approximates: `false` is
/// certain, `true` is not.
struct Outcomes {
  bool may_be_true = true;
  bool may_be_false = true;
  bool may_be_null = true;
};

/// What a value may be. Bounds include NaN, as the greatest value.
struct Operand {
  Value low;   ///< monostate = unknown
  Value high;  ///< monostate = unknown
  bool may_be_null = true;
  bool may_be_value = true;
};

/// Whether both are known and left < right by Spark's order.
bool SurelyLess(const Value& left, const Value& right) {
  return !IsNull(left) && left.index() == right.index() && CompareValues(left, right) < 0;
}
bool SurelyLessOrEqual(const Value& left, const Value& right) {
  return !IsNull(left) && left.index() == right.index() && CompareValues(left, right) <= 0;
}

Outcomes Not(const Outcomes& x) { return {x.may_be_false, x.may_be_true, x.may_be_null}; }

/// What Kleene's AND of all makes possible: null needs a null, and beside it nothing that is surely
/// false.
Outcomes AllOf(const std::vector<Outcomes>& parts) {
  Outcomes all{true, false, false};
  bool none_surely_false = true;
  for (const Outcomes& part : parts) {
    all.may_be_true = all.may_be_true && part.may_be_true;
    all.may_be_false = all.may_be_false || part.may_be_false;
    all.may_be_null = all.may_be_null || part.may_be_null;
    none_surely_false = none_surely_false && (part.may_be_true || part.may_be_null);
  }
  all.may_be_null = all.may_be_null && none_surely_false;
  return all;
}

Outcomes AnyOf(std::vector<Outcomes> parts) {
  for (Outcomes& part : parts) part = Not(part);
  return Not(AllOf(parts));
}

/// The outcomes over pairs of non-null values, with null where either side may be.
Outcomes WithNulls(bool may_be_true, bool may_be_false, const Operand& left, const Operand& right) {
  const bool both = left.may_be_value && right.may_be_value;
  return {both && may_be_true, both && may_be_false, left.may_be_null || right.may_be_null};
}

Outcomes Less(const Operand& left, const Operand& right) {
  return WithNulls(!SurelyLessOrEqual(right.high, left.low), !SurelyLess(left.high, right.low),
                   left, right);
}

Outcomes Equal(const Operand& left, const Operand& right) {
  const bool apart = SurelyLess(left.high, right.low) || SurelyLess(right.high, left.low);
  const bool one_value =
      SurelyLessOrEqual(left.high, right.low) && SurelyLessOrEqual(right.high, left.low);
  return WithNulls(!apart, !one_value, left, right);
}

Outcomes NullSafeEqual(const Operand& left, const Operand& right) {
  const Outcomes values = Equal(left, right);
  const bool one_null =
      (left.may_be_null && right.may_be_value) || (left.may_be_value && right.may_be_null);
  return {values.may_be_true || (left.may_be_null && right.may_be_null),
          values.may_be_false || one_null, false};
}

bool StartsWith(const Value& value, const std::string& prefix) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && text->starts_with(prefix);
}

/// Whether every text with the prefix is less than `low`.
bool IsPastPrefix(const Value& low, const std::string& prefix) {
  const auto* text = std::get_if<std::string>(&low);
  return text != nullptr && std::string_view(*text).substr(0, prefix.size()) > prefix;
}

Outcomes Like(const Operand& text, const LikePattern& pattern) {
  const Operand none{{}, {}, false, true};
  if (pattern.is_exact()) return Equal(text, {pattern.prefix(), pattern.prefix(), false, true});
  const bool may_match =
      !SurelyLess(text.high, pattern.prefix()) && !IsPastPrefix(text.low, pattern.prefix());
  // Between two texts with a prefix every text has it.
  const bool all_match = pattern.is_prefix_only() &&
                         (pattern.prefix().empty() || (StartsWith(text.low, pattern.prefix()) &&
                                                       StartsWith(text.high, pattern.prefix())));
  return WithNulls(may_match, !all_match, text, none);
}

Operand FromOutcomes(const Outcomes& x) {
  return {!x.may_be_false, x.may_be_true, x.may_be_null, x.may_be_true || x.may_be_false};
}

Outcomes FromOperand(const Operand& x) {
  const auto* low = std::get_if<bool>(&x.low);
  const auto* high = std::get_if<bool>(&x.high);
  return {x.may_be_value && (high == nullptr || *high), x.may_be_value && (low == nullptr || !*low),
          x.may_be_null};
}

Operand FromLiteral(const Expr& literal) {
  const bool null = IsNull(literal.value());
  return {literal.value(), literal.value(), null, !null};
}

/// Bounds of floats may stand in the log as the shortest text that rounds to the float (0.1 for
/// 0.100000001): take in the float itself.
void WidenToFloats(ColumnRange& range) {
  auto* low = std::get_if<double>(&range.min);
  auto* high = std::get_if<double>(&range.max);
  const DataType& double_type = *DataType::Primitive(TypeId::kDouble);
  const DataType& float_type = *DataType::Primitive(TypeId::kFloat);
  const auto to_float = [&](double value) {
    return std::get<double>(*CastValue(value, double_type, float_type));
  };
  if (low != nullptr) *low = std::min(*low, to_float(*low));
  if (high != nullptr) *high = std::max(*high, to_float(*high));
}

Operand FromRange(ColumnRange range, const DataType* type) {
  if (type != nullptr && type->id() == TypeId::kFloat) WidenToFloats(range);
  // A column whose type is not known may be a float.
  const bool may_be_float = type == nullptr || IsFloatingPoint(type->id());
  if (may_be_float && range.may_have_nan && std::holds_alternative<double>(range.max)) {
    range.max = std::numeric_limits<double>::quiet_NaN();
  }
  return {std::move(range.min), std::move(range.max), range.may_have_nulls, range.may_have_values};
}

/// Whether the operand is the same value, and never null, for all rows. Zeros that compare equal
/// may differ.
bool IsOneValue(const Operand& operand) {
  const auto* real = std::get_if<double>(&operand.low);
  return !operand.may_be_null && SurelyLessOrEqual(operand.high, operand.low) &&
         SurelyLessOrEqual(operand.low, operand.high) && (real == nullptr || *real != 0);
}

/// Whether a bound is known, and of the kind that the function takes.
bool IsUsable(const Value& bound, const DataTypePtr& type) {
  return !IsNull(bound) && type != nullptr && HoldsValueOf(bound, type->id());
}

/// A bound of the function, from the bounds of its arguments that its directions name; unknown
/// where one is.
Value BoundOfCall(const Expr& call, const std::vector<Operand>& args, bool low) {
  const FunctionDefinition& function = *call.definition();
  // Where clocks turn, local times are not in the order of instants.
  if (call.zone() != nullptr && !call.zone()->is_fixed()) return {};
  std::vector<Value> bounds;
  for (size_t i = 0; i < args.size(); ++i) {
    const char direction = i < function.directions.size() ? function.directions[i] : '=';
    const DataTypePtr& type = call.args()[i]->type();
    const bool ordered = type != nullptr && !IsFloatingPoint(type->id());
    const bool constant = call.args()[i]->kind() == ExprKind::kLiteral || IsOneValue(args[i]);
    if (!constant && (direction == '=' || !ordered)) return {};
    bounds.push_back(low == (direction == '+') ? args[i].low : args[i].high);
    if (!IsUsable(bounds.back(), type)) return {};
  }
  Result<Value> bound = function.evaluate(call, bounds);
  return bound.ok() ? *std::move(bound) : Value();
}

/// By the function's definition. Rows for which it fails leave no outcome, so they do not count.
Operand RangeOfCall(const Expr& call, const std::vector<Operand>& args) {
  const FunctionDefinition& function = *call.definition();
  const bool nulls_pass = !function.takes_null;
  Operand out;
  out.may_be_null = function.takes_null || function.gives_null;
  for (const Operand& arg : args) {
    out.may_be_null = out.may_be_null || arg.may_be_null;
    if (nulls_pass && !arg.may_be_value) out.may_be_value = false;
  }
  if (function.evaluate == nullptr || call.type() == nullptr) return out;
  bool one_value = true;
  std::vector<Value> values;
  for (size_t i = 0; i < args.size(); ++i) {
    const bool usable = IsUsable(args[i].low, call.args()[i]->type());
    one_value = one_value && usable && IsOneValue(args[i]);
    values.push_back(args[i].low);
  }
  if (one_value) {
    const Result<Value> value = function.evaluate(call, values);
    if (!value.ok()) return out;
    return {*value, *value, IsNull(*value), !IsNull(*value)};
  }
  if (nulls_pass && !function.directions.empty()) {
    out.low = BoundOfCall(call, args, true);
    out.high = BoundOfCall(call, args, false);
  }
  return out;
}

class Evaluator {
 public:
  explicit Evaluator(const RangeLookup& ranges) : ranges_(ranges) {}

  Outcomes Condition(const Expr& expr) const {
    const bool is_value = expr.kind() != ExprKind::kCall || expr.function() == Function::kCast ||
                          expr.function() == Function::kTryCast ||
                          expr.function() == Function::kNamed;
    if (is_value) return FromOperand(Evaluate(expr));
    switch (expr.function()) {
      case Function::kAnd:
        return AllOf(Conditions(expr));
      case Function::kOr:
        return AnyOf(Conditions(expr));
      case Function::kNot:
        return Not(Condition(*expr.args()[0]));
      case Function::kIsNull:
        return IsNullTest(expr);
      case Function::kIsNotNull:
        return Not(IsNullTest(expr));
      case Function::kIn:
        return In(expr);
      case Function::kLike:
        return LikeTest(expr);
      default:
        return Comparison(expr);
    }
  }

 private:
  std::vector<Outcomes> Conditions(const Expr& expr) const {
    std::vector<Outcomes> parts;
    for (const ExprPtr& arg : expr.args()) parts.push_back(Condition(*arg));
    return parts;
  }

  Operand Evaluate(const Expr& expr) const {
    switch (expr.kind()) {
      case ExprKind::kLiteral:
        return FromLiteral(expr);
      case ExprKind::kColumn:
        return FromRange(ranges_(expr.path()), expr.type().get());
      case ExprKind::kCall:
        break;
    }
    if (expr.function() == Function::kCast) return Cast(expr);
    if (expr.function() == Function::kTryCast) {
      Operand operand = Cast(expr);
      // The casts that fail leave no value, but the others stay in order.
      operand.may_be_null = true;
      return operand;
    }
    if (expr.function() == Function::kNamed) {
      std::vector<Operand> args;
      for (const ExprPtr& arg : expr.args()) args.push_back(Evaluate(*arg));
      return RangeOfCall(expr, args);
    }
    return FromOutcomes(Condition(expr));
  }

  Operand Cast(const Expr& expr) const {
    const Expr& source = *expr.args()[0];
    Operand operand = Evaluate(source);
    if (CastLosesValue(*source.type(), *expr.type())) operand.may_be_null = true;
    const bool monotone = source.type() != nullptr && expr.type() != nullptr &&
                          IsMonotoneCast(*source.type(), *expr.type());
    operand.low = monotone ? CastBound(operand.low, source, expr, -1) : Value();
    operand.high = monotone ? CastBound(operand.high, source, expr, 1) : Value();
    return operand;
  }

  /// Unknown if the bound itself does not fit: then the cast fails for some rows, or the bound is
  /// loose.
  /// \param side  -1 for a lower bound, 1 for an upper one.
  static Value CastBound(const Value& bound, const Expr& source, const Expr& cast, int side) {
    // Where clocks turn, local times are in the order of instants but for what they are turned by.
    const bool turns = cast.zone() != nullptr && !cast.zone()->is_fixed();
    const int64_t slack = turns ? side * TimeZone::kMostTurnedBack : 0;
    const Value moved = Moved(bound, *source.type(), slack);
    const Result<Value> out = CastValue(moved, *source.type(), *cast.type(), cast.zone());
    return out.ok() ? Moved(*out, *cast.type(), slack) : Value();
  }

  /// A time `by` later; unknown past the range of times. Other values stay as they are.
  static Value Moved(const Value& value, const DataType& type, int64_t by) {
    const auto* micros = std::get_if<int64_t>(&value);
    const bool is_time = type.id() == TypeId::kTimestamp || type.id() == TypeId::kTimestampNtz;
    if (by == 0 || micros == nullptr || !is_time) return value;
    int64_t moved = 0;
    return __builtin_add_overflow(*micros, by, &moved) ? Value() : Value(moved);
  }

  Outcomes IsNullTest(const Expr& expr) const {
    const Operand operand = Evaluate(*expr.args()[0]);
    return {operand.may_be_null, operand.may_be_value, false};
  }

  Outcomes In(const Expr& expr) const {
    const Operand value = Evaluate(*expr.args()[0]);
    std::vector<Outcomes> parts;
    for (size_t i = 1; i < expr.args().size(); ++i) {
      parts.push_back(Equal(value, Evaluate(*expr.args()[i])));
    }
    return AnyOf(std::move(parts));
  }

  Outcomes LikeTest(const Expr& expr) const {
    const Operand text = Evaluate(*expr.args()[0]);
    const auto* pattern_text = std::get_if<std::string>(&expr.args()[1]->value());
    if (pattern_text == nullptr) return {false, false, true};
    const Result<LikePattern> pattern = LikePattern::Parse(*pattern_text);
    return pattern.ok() ? Like(text, *pattern) : Outcomes();
  }

  Outcomes Comparison(const Expr& expr) const {
    const Operand left = Evaluate(*expr.args()[0]);
    const Operand right = Evaluate(*expr.args()[1]);
    switch (expr.function()) {
      case Function::kEqual:
        return Equal(left, right);
      case Function::kNotEqual:
        return Not(Equal(left, right));
      case Function::kLess:
        return Less(left, right);
      case Function::kLessEqual:
        return Not(Less(right, left));
      case Function::kGreater:
        return Less(right, left);
      case Function::kGreaterEqual:
        return Not(Less(left, right));
      case Function::kNullSafeEqual:
        return NullSafeEqual(left, right);
      default:
        return Outcomes();
    }
  }

  const RangeLookup& ranges_;
};

}  // namespace

ColumnRange RangeOfValue(const Value& value) {
  ColumnRange range;
  const auto* number = std::get_if<double>(&value);
  range.may_have_nulls = range.may_have_nan = false;
  if (IsNull(value)) {
    range.may_have_nulls = true;
    range.may_have_values = false;
  } else if (number != nullptr && std::isnan(*number)) {
    range.may_have_nan = true;
  } else {
    range.min = range.max = value;
  }
  return range;
}

ColumnRange RangeOfPartitionText(const std::optional<std::string>& text, const DataType& type) {
  const Result<Value> value = ParsePartitionValue(text, type);
  return value.ok() ? RangeOfValue(*value) : ColumnRange();
}

ColumnRange RangeOfPartitionColumn(const PartitionValues& values, const StructField& field) {
  for (const std::string& key : {field.physical_name(), field.name}) {
    for (const auto& [name, text] : values) {
      if (name == key) return RangeOfPartitionText(text, *field.type);
    }
  }
  return ColumnRange();
}

bool MayMatch(const Expr& predicate, const RangeLookup& ranges) {
  return Evaluator(ranges).Condition(predicate).may_be_true;
}

bool AlwaysMatches(const Expr& predicate, const RangeLookup& ranges) {
  const Outcomes outcomes = Evaluator(ranges).Condition(predicate);
  return !outcomes.may_be_false && !outcomes.may_be_null;
}

}  // namespace deltaic
