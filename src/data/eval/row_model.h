#pragma once

#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "expr/expr.h"
#include "expr/value_cast.h"

namespace deltaic::testing {

/// Evaluates one row. Comparisons are written out again; casts of single values have tests of their
/// own.
class RowModel {
 public:
  explicit RowModel(const std::map<std::vector<std::string>, Value>& row) : row_(row) {}

  bool failed() const { return failed_; }

  Value Evaluate(const Expr& expr) {
    if (expr.kind() == ExprKind::kLiteral) return expr.value();
    if (expr.kind() == ExprKind::kColumn) return row_.at(expr.path());
    // What the arguments before decide is not evaluated, so it does not fail.
    if (expr.function() == Function::kAnd) return Join(expr.args(), false);
    if (expr.function() == Function::kOr) return Join(expr.args(), true);
    if (expr.function() == Function::kIn) return In(expr.args());
    if (expr.function() == Function::kLike && IsNull(expr.args()[1]->value())) return {};
    std::vector<Value> args;
    for (const ExprPtr& arg : expr.args()) {
      const bool is_null_anyway =
          !args.empty() && IsNull(args.back()) && PassesNulls(expr.function());
      args.push_back(is_null_anyway ? Value() : Evaluate(*arg));
    }
    switch (expr.function()) {
      case Function::kNot:
        return IsNull(args[0]) ? Value() : Value(!std::get<bool>(args[0]));
      case Function::kIsNull:
        return IsNull(args[0]);
      case Function::kIsNotNull:
        return !IsNull(args[0]);
      case Function::kNullSafeEqual:
        if (IsNull(args[0]) || IsNull(args[1])) return IsNull(args[0]) && IsNull(args[1]);
        return Order(args[0], args[1]) == 0;
      case Function::kLike:
        return IsNull(args[0]) || IsNull(args[1])
                   ? Value()
                   : Value(Like(std::get<std::string>(args[0]), std::get<std::string>(args[1])));
      case Function::kCast:
        return Cast(args[0], expr);
      default:
        return Compare(expr.function(), args[0], args[1]);
    }
  }

 private:
  /// Whether what follows a null is not evaluated.
  static bool PassesNulls(Function function) { return function != Function::kNullSafeEqual; }

  /// AND and OR: `decisive` wins, then null.
  Value Join(const std::vector<ExprPtr>& args, bool decisive) {
    bool null = false;
    for (const ExprPtr& arg : args) {
      const Value outcome = Evaluate(*arg);
      if (IsNull(outcome)) {
        null = true;
      } else if (std::get<bool>(outcome) == decisive) {
        return decisive;
      }
    }
    return null ? Value() : Value(!decisive);
  }

  static int Order(const Value& a, const Value& b) {
    if (const auto* x = std::get_if<double>(&a)) {
      const double y = std::get<double>(b);
      if (std::isnan(*x)) return std::isnan(y) ? 0 : 1;
      if (std::isnan(y)) return -1;
      return *x == y ? 0 : (*x < y ? -1 : 1);
    }
    return a == b ? 0 : (a < b ? -1 : 1);
  }

  static Value Compare(Function function, const Value& a, const Value& b) {
    if (IsNull(a) || IsNull(b)) return {};
    const int order = Order(a, b);
    switch (function) {
      case Function::kEqual:
        return order == 0;
      case Function::kNotEqual:
        return order != 0;
      case Function::kLess:
        return order < 0;
      case Function::kLessEqual:
        return order <= 0;
      case Function::kGreater:
        return order > 0;
      default:
        return order >= 0;
    }
  }

  Value In(const std::vector<ExprPtr>& args) {
    const Value value = Evaluate(*args[0]);
    if (IsNull(value)) return {};
    bool null = false;
    for (size_t i = 1; i < args.size(); ++i) {
      const Value equal = Compare(Function::kEqual, value, Evaluate(*args[i]));
      if (equal == Value(true)) return true;
      null = null || IsNull(equal);
    }
    return null ? Value() : Value(false);
  }

  static bool Like(std::string_view text, std::string_view pattern) {
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '%') {
      for (size_t i = 0; i <= text.size(); ++i) {
        if (Like(text.substr(i), pattern.substr(1))) return true;
      }
      return false;
    }
    if (text.empty()) return false;
    if (pattern[0] == '_') {
      const size_t length = static_cast<unsigned char>(text[0]) >= 0xC0 ? 2 : 1;
      return Like(text.substr(length), pattern.substr(1));
    }
    const size_t escape = pattern[0] == '\\' ? 1 : 0;
    return text[0] == pattern[escape] && Like(text.substr(1), pattern.substr(escape + 1));
  }

  Value Cast(const Value& value, const Expr& cast) {
    const Result<Value> out = CastValue(value, *cast.args()[0]->type(), *cast.type(), cast.zone());
    failed_ = failed_ || !out.ok();
    return out.ok() ? *out : Value();
  }

  const std::map<std::vector<std::string>, Value>& row_;
  bool failed_ = false;
};

}  // namespace deltaic::testing
