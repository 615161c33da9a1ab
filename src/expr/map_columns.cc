#include "expr/map_columns.h"

#include <utility>
#include <vector>

namespace deltaic {

Result<ExprPtr> MapColumns(const ExprPtr& expr,
                           const std::function<Result<ExprPtr>(const ExprPtr& column)>& map) {
  if (expr->kind() == ExprKind::kLiteral) return expr;
  if (expr->kind() == ExprKind::kColumn) return map(expr);
  std::vector<ExprPtr> args;
  args.reserve(expr->args().size());
  for (const ExprPtr& arg : expr->args()) {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr mapped, MapColumns(arg, map));
    args.push_back(std::move(mapped));
  }
  if (expr->definition() != nullptr)
    return Expr::Call(*expr->definition(), std::move(args), expr->type());
  return Expr::Call(expr->function(), std::move(args), expr->type());
}

}  // namespace deltaic
