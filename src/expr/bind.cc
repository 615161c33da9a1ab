#include "expr/bind.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "expr/function_definition.h"
#include "expr/function_types.h"
#include "expr/like_pattern.h"
#include "expr/nearest_name.h"
#include "expr/sql_words.h"
#include "expr/unify.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

/// Deeper trees could exhaust the stack; the parser makes none.
constexpr int kMaxDepth = 1000;

const DataTypePtr& BooleanType() { return TypeOf(TypeId::kBoolean); }

bool IsInterval(const Expr& expr) {
  return expr.definition() != nullptr && expr.definition()->notation == Notation::kInterval;
}

/// Whether it matters what the texts of a column are.
enum class ColumnUse { kValues, kNullsOnly };

Result<ExprPtr> FindColumn(const Expr& column, const Schema& schema, ColumnUse use) {
  const DataType* level = &schema;
  const StructField* last = nullptr;
  DataTypePtr type;
  std::vector<std::string> path;
  for (const std::string& name : column.path()) {
    if (level->id() != TypeId::kStruct) {
      return Status::InvalidArgument("predicate: ", Expr::Column(path)->ToSql(), " is a ",
                                     level->ToString(), " and has no member ", name);
    }
    const StructField* field = level->FindField(name);
    if (field == nullptr) return UnknownColumn(column, path.size(), *level);
    path.push_back(field->name);
    type = field->type;
    level = type.get();
    last = field;
  }
  if (last != nullptr && use == ColumnUse::kValues) {
    DELTAIC_RETURN_IF_ERROR(CheckNoCollation(*last));
  }
  if (type == nullptr) return Status::InvalidArgument("predicate: a column without a name");
  return Expr::Column(std::move(path), std::move(type));
}

/// CURRENT_DATE and its like may stand without parentheses, where no column is called so.
const FunctionDefinition* FunctionNamedLikeColumn(const Expr& column) {
  if (column.path().size() != 1) return nullptr;
  const std::string name = UpperAscii(column.path()[0]);
  const bool is_one =
      name == "CURRENT_DATE" || name == "CURRENT_TIMESTAMP" || name == "LOCALTIMESTAMP";
  return is_one ? FindFunction(name) : nullptr;
}

/// The call's value if it has the same for every row, else nullptr. What fails is left to the rows
/// that evaluate it, if any do.
ExprPtr Fold(const Expr& call) {
  const FunctionDefinition& function = *call.definition();
  if (!call.type()->is_primitive()) return nullptr;
  if (!function.takes_null && std::any_of(call.args().begin(), call.args().end(),
                                          [](const ExprPtr& arg) { return IsNullLiteral(*arg); })) {
    return Expr::Literal({}, call.type());
  }
  std::vector<Value> values;
  for (const ExprPtr& arg : call.args()) {
    if (!IsLiteral(*arg)) return nullptr;
    if (!IsNull(arg->value()) && !HoldsValueOf(arg->value(), arg->type()->id())) return nullptr;
    values.push_back(arg->value());
  }
  if (function.evaluate == nullptr) return nullptr;
  Result<Value> value = function.evaluate(call, values);
  return value.ok() ? Expr::Literal(*std::move(value), call.type()) : nullptr;
}

/// Whether rows may pass by some of its arguments.
bool HasBranches(const FunctionDefinition& function) {
  return function.notation == Notation::kCase || function.name == "COALESCE" ||
         function.name == "NVL";
}

class Binder {
 public:
  Binder(const Schema& schema, const Session& session, bool in_branch = false)
      : schema_(schema), session_(session), in_branch_(in_branch) {}

  Result<ExprPtr> BindCondition(const ExprPtr& expr) const {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr bound, Bind(expr));
    if (IsNullLiteral(*bound)) return Expr::Literal({}, BooleanType());
    if (bound->type()->id() != TypeId::kBoolean) {
      return Status::InvalidArgument("predicate: expected a condition, but ", Describe(*bound),
                                     " is none; compare it with a value");
    }
    return bound;
  }

  Result<ExprPtr> Bind(const ExprPtr& expr) const {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr bound, BindNode(expr));
    if (!IsInterval(*bound)) return bound;
    return Status::InvalidArgument("predicate: ", bound->ToSql(),
                                   " stands only beside + and - of a date or timestamp");
  }

 private:
  Result<ExprPtr> BindNode(const ExprPtr& expr) const {
    switch (expr->kind()) {
      case ExprKind::kLiteral:
        if (expr->type() != nullptr) return expr;
        return Status::InvalidArgument("predicate: a literal without a type");
      case ExprKind::kColumn:
        return BindColumn(*expr);
      case ExprKind::kCall:
        return BindCall(*expr);
    }
    return Status::Internal("predicate: a node of unknown kind");
  }

  Result<ExprPtr> BindColumn(const Expr& column) const {
    Result<ExprPtr> found = FindColumn(column, schema_, ColumnUse::kValues);
    if (found.ok()) return found;
    const FunctionDefinition* function = FunctionNamedLikeColumn(column);
    return function == nullptr ? found : Apply(*function, {});
  }

  Result<ExprPtr> BindCall(const Expr& call) const {
    switch (call.function()) {
      case Function::kAnd:
      case Function::kOr:
      case Function::kNot:
        return BindConnective(call);
      case Function::kIsNull:
      case Function::kIsNotNull:
        return BindNullTest(call);
      case Function::kLike:
        return BindLike(call);
      case Function::kCast:
      case Function::kTryCast:
        return BindCast(call);
      case Function::kNamed:
        return BindNamed(call);
      default:
        return BindComparison(call);
    }
  }

  Result<std::vector<ExprPtr>> BindArgs(const Expr& call) const {
    std::vector<ExprPtr> args;
    for (const ExprPtr& arg : call.args()) {
      DELTAIC_ASSIGN_OR_RETURN(ExprPtr bound, Bind(arg));
      args.push_back(std::move(bound));
    }
    return args;
  }

  Result<ExprPtr> BindNamed(const Expr& call) const {
    const bool takes_interval = call.definition()->name == "+" || call.definition()->name == "-";
    const Binder of_branches(schema_, session_, true);
    std::vector<ExprPtr> args;
    for (const ExprPtr& arg : call.args()) {
      // What the first decides, the others may not be reached by.
      const Binder& binder = !args.empty() && HasBranches(*call.definition()) ? of_branches : *this;
      DELTAIC_ASSIGN_OR_RETURN(ExprPtr bound,
                               takes_interval ? binder.BindNode(arg) : binder.Bind(arg));
      args.push_back(std::move(bound));
    }
    return Apply(*call.definition(), std::move(args));
  }

  /// The function of bound arguments.
  Result<ExprPtr> Apply(const FunctionDefinition& function, std::vector<ExprPtr> args) const {
    CallBinding binding{&function, std::move(args), nullptr, nullptr, session_};
    DELTAIC_RETURN_IF_ERROR(BindToSignature(binding));
    if (binding.result != nullptr) return binding.result;
    if (binding.type == nullptr) {
      return Status::Internal("predicate: ", function.name, " was given no type");
    }
    // A member of a column is a column, of which statistics are known.
    if (binding.function->notation == Notation::kMember &&
        binding.args[0]->kind() == ExprKind::kColumn) {
      std::vector<std::string> path = binding.args[0]->path();
      path.push_back(std::get<std::string>(binding.args[1]->value()));
      return Expr::Column(std::move(path), binding.type);
    }
    ExprPtr call = Expr::Call(*binding.function, std::move(binding.args), binding.type,
                              binding.function->in_zone ? session_.zone : nullptr);
    ExprPtr folded = Fold(*call);
    return folded == nullptr ? call : folded;
  }

  Result<ExprPtr> BindConnective(const Expr& call) const {
    const size_t least = call.function() == Function::kNot ? 1 : 2;
    if (call.args().size() < least) return WrongArguments();
    std::vector<ExprPtr> args;
    for (const ExprPtr& arg : call.args()) {
      DELTAIC_ASSIGN_OR_RETURN(ExprPtr bound, BindCondition(arg));
      args.push_back(std::move(bound));
    }
    return Expr::Call(call.function(), std::move(args), BooleanType());
  }

  Result<ExprPtr> BindNullTest(const Expr& call) const {
    if (call.args().size() != 1) return WrongArguments();
    const Expr& arg = *call.args()[0];
    if (arg.kind() == ExprKind::kColumn) {
      auto column = FindColumn(arg, schema_, ColumnUse::kNullsOnly);
      if (column.ok()) return Expr::Call(call.function(), {*std::move(column)}, BooleanType());
    }
    DELTAIC_ASSIGN_OR_RETURN(std::vector<ExprPtr> args, BindArgs(call));
    return Expr::Call(call.function(), std::move(args), BooleanType());
  }

  Result<ExprPtr> BindLike(const Expr& call) const {
    if (call.args().size() != 2) return WrongArguments();
    DELTAIC_ASSIGN_OR_RETURN(std::vector<ExprPtr> args, BindArgs(call));
    for (ExprPtr& arg : args) {
      DELTAIC_ASSIGN_OR_RETURN(arg, CastTo(std::move(arg), TypeOf(TypeId::kString), session_.zone));
    }
    if (!IsLiteral(*args[1])) {
      return Status::InvalidArgument("predicate: the pattern of LIKE must be a literal, not ",
                                     args[1]->ToSql());
    }
    if (!IsNullLiteral(*args[1])) {
      const auto pattern = LikePattern::Parse(std::get<std::string>(args[1]->value()));
      if (!pattern.ok()) return pattern.status().WithContext("predicate");
    }
    return Expr::Call(Function::kLike, std::move(args), BooleanType());
  }

  Result<ExprPtr> BindCast(const Expr& call) const {
    if (call.args().size() != 1 || call.type() == nullptr) return WrongArguments();
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr operand, Bind(call.args()[0]));
    if (operand->type()->id() == TypeId::kVariant && call.type()->id() != TypeId::kVariant) {
      const bool may_fail = call.function() == Function::kCast;
      return Apply(BuiltIn(may_fail ? "VARIANT_GET" : "TRY_VARIANT_GET"),
                   {std::move(operand), Expr::Literal(std::string("$"), TypeOf(TypeId::kString)),
                    Expr::Literal(SqlTypeName(*call.type()), TypeOf(TypeId::kString))});
    }
    if (call.function() == Function::kCast) {
      Result<ExprPtr> cast = CastTo(operand, call.type(), session_.zone);
      const bool left_to_rows = in_branch_ && !cast.ok() && CanCast(*operand->type(), *call.type());
      return left_to_rows ? CastOfRows(Function::kCast, operand, call.type()) : cast;
    }
    if (!CanCast(*operand->type(), *call.type())) {
      return Status::InvalidArgument("predicate: ", Describe(*operand), " cannot be cast to ",
                                     call.type()->ToString());
    }
    if (!IsLiteral(*operand)) return CastOfRows(Function::kTryCast, operand, call.type());
    const Result<Value> value =
        CastValue(operand->value(), *operand->type(), *call.type(), session_.zone.get());
    return Expr::Literal(value.ok() ? *value : Value(), call.type());
  }

  ExprPtr CastOfRows(Function function, const ExprPtr& operand, const DataTypePtr& type) const {
    const bool in_zone = CastNeedsZone(operand->type()->id(), type->id());
    return Expr::Call(function, {operand}, type, in_zone ? session_.zone : nullptr);
  }

  Result<ExprPtr> BindComparison(const Expr& call) const {
    const bool is_in = call.function() == Function::kIn;
    if (is_in ? call.args().size() < 2 : call.args().size() != 2) return WrongArguments();
    DELTAIC_ASSIGN_OR_RETURN(std::vector<ExprPtr> args, BindArgs(call));
    DELTAIC_ASSIGN_OR_RETURN(args, UnifyCompared(std::move(args), session_.zone));
    return Expr::Call(call.function(), std::move(args), BooleanType());
  }

  static Status WrongArguments() {
    return Status::InvalidArgument("predicate: a call with the wrong number of arguments");
  }

  const Schema& schema_;
  const Session& session_;
  bool in_branch_;  ///< maybe no row comes here: a constant that fails is left to those that do
};

Status CheckTree(const ExprPtr& expr) {
  if (expr == nullptr) return Status::InvalidArgument("predicate: there is none");
  if (expr->depth() <= kMaxDepth) return Status::Ok();
  return Status::InvalidArgument("predicate: nested deeper than ", kMaxDepth, " levels");
}

}  // namespace

Result<ExprPtr> BindExpression(const ExprPtr& expr, const Schema& schema, const Session& session) {
  DELTAIC_RETURN_IF_ERROR(CheckTree(expr));
  return Binder(schema, session).Bind(expr);
}

Result<ExprPtr> BindPredicate(const ExprPtr& expr, const Schema& schema, const Session& session) {
  DELTAIC_RETURN_IF_ERROR(CheckTree(expr));
  return Binder(schema, session).BindCondition(expr);
}

}  // namespace deltaic
