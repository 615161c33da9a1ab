#include "expr/expr.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

namespace deltaic {
namespace {

/// Identity rather than SQL's equality: NULL is NULL, NaN is NaN, and -0.0 is not 0.0.
bool SameValue(const Value& left, const Value& right) {
  const auto* a = std::get_if<double>(&left);
  const auto* b = std::get_if<double>(&right);
  if (a == nullptr || b == nullptr) return left == right;
  if (std::isnan(*a) || std::isnan(*b)) return std::isnan(*a) && std::isnan(*b);
  return std::bit_cast<uint64_t>(*a) == std::bit_cast<uint64_t>(*b);
}

bool SameType(const DataTypePtr& left, const DataTypePtr& right) {
  if (left == nullptr || right == nullptr) return left == right;
  return left->EqualsIgnoringNullability(*right);
}

bool IsAnd(const Expr& expr) {
  return expr.kind() == ExprKind::kCall && expr.function() == Function::kAnd;
}

void CollectColumns(const Expr& expr, std::set<std::vector<std::string>>& out) {
  if (expr.kind() == ExprKind::kColumn) out.insert(expr.path());
  for (const ExprPtr& arg : expr.args()) CollectColumns(*arg, out);
}

void CollectConditions(const ExprPtr& expr, std::vector<ExprPtr>& out) {
  if (!IsAnd(*expr)) {
    out.push_back(expr);
    return;
  }
  for (const ExprPtr& arg : expr->args()) CollectConditions(arg, out);
}

}  // namespace

Expr::Expr(ExprKind kind, Value value, std::vector<std::string> path, Function function,
           const FunctionDefinition* definition, std::vector<ExprPtr> args, DataTypePtr type,
           TimeZonePtr zone)
    : kind_(kind),
      value_(std::move(value)),
      path_(std::move(path)),
      function_(function),
      definition_(definition),
      args_(std::move(args)),
      type_(std::move(type)),
      zone_(std::move(zone)) {
  for (const ExprPtr& arg : args_) depth_ = std::max(depth_, arg->depth() + 1);
}

ExprPtr Expr::Literal(Value value, DataTypePtr type) {
  return std::make_shared<const Expr>(ExprKind::kLiteral, std::move(value),
                                      std::vector<std::string>(), Function::kAnd, nullptr,
                                      std::vector<ExprPtr>(), std::move(type));
}

ExprPtr Expr::Column(std::vector<std::string> path, DataTypePtr type) {
  return std::make_shared<const Expr>(ExprKind::kColumn, Value(), std::move(path), Function::kAnd,
                                      nullptr, std::vector<ExprPtr>(), std::move(type));
}

ExprPtr Expr::Call(Function function, std::vector<ExprPtr> args, DataTypePtr type,
                   TimeZonePtr zone) {
  return std::make_shared<const Expr>(ExprKind::kCall, Value(), std::vector<std::string>(),
                                      function, nullptr, std::move(args), std::move(type),
                                      std::move(zone));
}

ExprPtr Expr::Call(const FunctionDefinition& definition, std::vector<ExprPtr> args,
                   DataTypePtr type, TimeZonePtr zone) {
  return std::make_shared<const Expr>(ExprKind::kCall, Value(), std::vector<std::string>(),
                                      Function::kNamed, &definition, std::move(args),
                                      std::move(type), std::move(zone));
}

ExprPtr Expr::And(ExprPtr left, ExprPtr right) {
  if (left == nullptr) return right;
  if (right == nullptr) return left;
  DataTypePtr type = left->type();
  std::vector<ExprPtr> args;
  for (ExprPtr& side : std::vector<ExprPtr>{std::move(left), std::move(right)}) {
    if (IsAnd(*side)) {
      args.insert(args.end(), side->args().begin(), side->args().end());
    } else {
      args.push_back(std::move(side));
    }
  }
  return Call(Function::kAnd, std::move(args), std::move(type));
}

bool Expr::Equals(const Expr& other) const {
  if (this == &other) return true;
  if (kind_ != other.kind_) return false;
  switch (kind_) {
    case ExprKind::kLiteral:
      return SameType(type_, other.type_) && SameValue(value_, other.value_);
    case ExprKind::kColumn:
      return path_ == other.path_;
    case ExprKind::kCall:
      break;
  }
  if (function_ != other.function_ || definition_ != other.definition_ ||
      args_.size() != other.args_.size()) {
    return false;
  }
  const bool is_cast = function_ == Function::kCast || function_ == Function::kTryCast;
  if (is_cast && !SameType(type_, other.type_)) return false;
  for (size_t i = 0; i < args_.size(); ++i) {
    if (!args_[i]->Equals(*other.args_[i])) return false;
  }
  return true;
}

std::set<std::vector<std::string>> ReferencedColumns(const Expr& expr) {
  std::set<std::vector<std::string>> columns;
  CollectColumns(expr, columns);
  return columns;
}

std::vector<ExprPtr> SplitConjunction(const ExprPtr& expr) {
  std::vector<ExprPtr> conditions;
  if (expr != nullptr) CollectConditions(expr, conditions);
  return conditions;
}

}  // namespace deltaic
