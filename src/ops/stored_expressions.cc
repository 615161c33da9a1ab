#include "ops/stored_expressions.h"

#include <utility>

#include "expr/parser.h"
#include "expr/spark_text.h"

namespace deltaic {
namespace {

Result<ExprPtr> Bind(std::string_view sql, const Schema& schema, const DataTypePtr& type,
                     const Session& session) {
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr expr, ParsePredicate(FromSparkText(sql)));
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr bound, BindExpression(expr, schema, session));
  if (type == nullptr || bound->type()->EqualsIgnoringNullability(*type)) return bound;
  expr = Expr::Call(Function::kCast, {std::move(expr)}, type);
  return BindExpression(expr, schema, session);
}

}  // namespace

Result<ExprPtr> BindStoredExpression(std::string_view sql, std::string_view what,
                                     const Schema& schema, const DataTypePtr& type,
                                     const Session& session) {
  Result<ExprPtr> bound = Bind(sql, schema, type, session);
  if (bound.ok()) return bound;
  // Of a message with the place in the text, the first line says what is wrong.
  const std::string message(bound.status().message());
  return Status::Unsupported(what, " (", sql, ") is nothing that this build can evaluate: ",
                             message.substr(0, message.find('\n')));
}

}  // namespace deltaic
