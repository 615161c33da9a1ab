#include "expr/bind.h"

#include <optional>
#include <utility>

#include "expr/common_type.h"
#include "expr/decimal.h"
#include "expr/like_pattern.h"
#include "expr/nearest_name.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

const DataTypePtr& BooleanType() {
  static const DataTypePtr type = DataType::Primitive(TypeId::kBoolean);
  return type;
}

bool IsLiteral(const Expr& expr) { return expr.kind() == ExprKind::kLiteral; }
bool IsNullLiteral(const Expr& expr) { return IsLiteral(expr) && IsNull(expr.value()); }
bool IsTextLiteral(const Expr& expr) {
  return IsLiteral(expr) && !IsNull(expr.value()) && expr.type()->id() == TypeId::kString;
}

/// "column a of type long", "5" or "a = b", for messages.
std::string Describe(const Expr& expr) {
  if (expr.kind() == ExprKind::kColumn) {
    return Concat("column ", expr.ToSql(), " of type ", expr.type()->ToString());
  }
  return Concat(expr.ToSql(), " of type ", expr.type()->ToString());
}

Status WithReason(const Status& status, const Expr& expr) {
  return Status::InvalidArgument("predicate: ", expr.ToSql(), ": ", status.message());
}

Result<ExprPtr> BindColumn(const Expr& column, const Schema& schema) {
  const DataType* level = &schema;
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
  }
  if (type == nullptr) return Status::InvalidArgument("predicate: a column without a name");
  return Expr::Column(std::move(path), std::move(type));
}

/// `expr` as a `type`; a literal becomes another literal.
Result<ExprPtr> CastTo(ExprPtr expr, const DataTypePtr& type) {
  if (expr->type()->EqualsIgnoringNullability(*type)) return expr;
  if (!IsLiteral(*expr)) return Expr::Call(Function::kCast, {std::move(expr)}, type);
  const Result<Value> value = CastValue(expr->value(), *expr->type(), *type);
  if (!value.ok()) return WithReason(value.status(), *expr);
  return Expr::Literal(*value, type);
}

/// What a text literal says when compared to a `type`. Decimals keep the digits the text has: 1.005
/// is not 1.01.
Result<ExprPtr> ReadTextAs(const Expr& text, const DataTypePtr& type, const Expr& partner) {
  const std::string& content = std::get<std::string>(text.value());
  Result<ExprPtr> read =
      Status::InvalidArgument("'", content, "' is not of type ", type->ToString());
  if (type->id() == TypeId::kDecimal) {
    if (const auto number = ParseDecimal(TrimText(content))) {
      read = Expr::Literal(number->unscaled, DataType::Decimal(number->precision, number->scale));
    }
  } else if (const Result<Value> value = CastValue(text.value(), *text.type(), *type); value.ok()) {
    read = Expr::Literal(*value, type);
  }
  if (read.ok()) return read;
  return Status::InvalidArgument("predicate: ", read.status().message(), ", as ", Describe(partner),
                                 " needs it");
}

Status DoNotCompare(const Expr& left, const Expr& right) {
  const bool text = left.type()->id() == TypeId::kString || right.type()->id() == TypeId::kString;
  return Status::InvalidArgument(
      "predicate: ", Describe(left), " does not compare with ", Describe(right),
      text ? "; write the value as text, or CAST one side" : "; CAST one side");
}

/// Gives all of `args`, which are compared with each other, one type.
class Unifier {
 public:
  explicit Unifier(std::vector<ExprPtr> args) : args_(std::move(args)) {}

  Result<std::vector<ExprPtr>> Run() {
    DELTAIC_RETURN_IF_ERROR(PickType());
    for (ExprPtr& arg : args_) {
      if (IsTextLiteral(*arg) && type_->id() != TypeId::kString) {
        DELTAIC_ASSIGN_OR_RETURN(arg, ReadTextAs(*arg, type_, *partner_));
      }
    }
    DELTAIC_RETURN_IF_ERROR(WidenForLiterals());
    for (ExprPtr& arg : args_) {
      DELTAIC_ASSIGN_OR_RETURN(arg, Convert(arg));
    }
    return std::move(args_);
  }

 private:
  /// The common type of what is not a literal; of literals with a type of their own if there is
  /// nothing else.
  Status PickType() {
    DELTAIC_RETURN_IF_ERROR(Fold([](const Expr& e) { return !IsLiteral(e); }));
    if (type_ == nullptr) {
      DELTAIC_RETURN_IF_ERROR(
          Fold([](const Expr& e) { return !IsTextLiteral(e) && !IsNullLiteral(e); }));
    }
    if (type_ == nullptr) {
      DELTAIC_RETURN_IF_ERROR(Fold([](const Expr&) { return true; }));
    }
    if (type_->id() == TypeId::kVoid) type_ = BooleanType();
    if (!IsComparable(type_->id())) {
      return Status::InvalidArgument("predicate: ", Describe(*partner_),
                                     " does not compare; only IS [NOT] NULL takes it");
    }
    return Status::Ok();
  }

  template <typename Wanted>
  Status Fold(Wanted wanted) {
    for (const ExprPtr& arg : args_) {
      if (!wanted(*arg)) continue;
      DELTAIC_RETURN_IF_ERROR(Widen(*arg, arg->type()));
    }
    return Status::Ok();
  }

  Status Widen(const Expr& arg, const DataTypePtr& type) {
    if (type_ == nullptr) {
      type_ = type;
      partner_ = &arg;
      return Status::Ok();
    }
    DataTypePtr common = CommonType(type_, type);
    if (common == nullptr) return DoNotCompare(*partner_, arg);
    type_ = std::move(common);
    return Status::Ok();
  }

  /// Literals take the type of the columns where nothing is lost, and else widen it.
  Status WidenForLiterals() {
    const DataTypePtr columns_type = type_;
    for (const ExprPtr& arg : args_) {
      if (!IsLiteral(*arg) || IsNull(arg->value())) continue;
      if (ConvertLiteralExactly(arg->value(), *arg->type(), *columns_type)) continue;
      DELTAIC_RETURN_IF_ERROR(Widen(*arg, LiteralType(arg->value(), arg->type(), *type_)));
    }
    return Status::Ok();
  }

  Result<ExprPtr> Convert(const ExprPtr& arg) const {
    if (!IsLiteral(*arg) || IsNull(arg->value())) return CastTo(arg, type_);
    std::optional<Value> value = ConvertLiteralExactly(arg->value(), *arg->type(), *type_);
    if (!value) return CastTo(arg, type_);
    return Expr::Literal(*std::move(value), type_);
  }

  std::vector<ExprPtr> args_;
  DataTypePtr type_;
  const Expr* partner_ =
      nullptr;  ///< the argument that first gave type_, for messages; kept alive by the caller
};

class Binder {
 public:
  explicit Binder(const Schema& schema) : schema_(schema) {}

  Result<ExprPtr> BindCondition(const ExprPtr& expr) const {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr bound, Bind(expr));
    if (IsNullLiteral(*bound)) return Expr::Literal({}, BooleanType());
    if (bound->type()->id() != TypeId::kBoolean) {
      return Status::InvalidArgument("predicate: expected a condition, but ", Describe(*bound),
                                     " is none; compare it with a value");
    }
    return bound;
  }

 private:
  Result<ExprPtr> Bind(const ExprPtr& expr) const {
    switch (expr->kind()) {
      case ExprKind::kLiteral:
        if (expr->type() != nullptr) return expr;
        return Status::InvalidArgument("predicate: a literal without a type");
      case ExprKind::kColumn:
        return BindColumn(*expr, schema_);
      case ExprKind::kCall:
        return BindCall(*expr);
    }
    return Status::Internal("predicate: a node of unknown kind");
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
        return BindCast(call);
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
    DELTAIC_ASSIGN_OR_RETURN(std::vector<ExprPtr> args, BindArgs(call));
    return Expr::Call(call.function(), std::move(args), BooleanType());
  }

  Result<ExprPtr> BindLike(const Expr& call) const {
    if (call.args().size() != 2) return WrongArguments();
    DELTAIC_ASSIGN_OR_RETURN(std::vector<ExprPtr> args, BindArgs(call));
    for (ExprPtr& arg : args) {
      if (IsNullLiteral(*arg)) arg = Expr::Literal({}, DataType::Primitive(TypeId::kString));
      if (arg->type()->id() != TypeId::kString) {
        return Status::InvalidArgument("predicate: LIKE takes text, not ", Describe(*arg),
                                       "; CAST it to STRING");
      }
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
    if (!CanCast(*operand->type(), *call.type())) {
      return Status::InvalidArgument("predicate: ", Describe(*operand), " cannot be cast to ",
                                     call.type()->ToString());
    }
    return CastTo(std::move(operand), call.type());
  }

  Result<ExprPtr> BindComparison(const Expr& call) const {
    const bool is_in = call.function() == Function::kIn;
    if (is_in ? call.args().size() < 2 : call.args().size() != 2) return WrongArguments();
    DELTAIC_ASSIGN_OR_RETURN(const std::vector<ExprPtr> bound, BindArgs(call));
    DELTAIC_ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Unifier(bound).Run());
    return Expr::Call(call.function(), std::move(args), BooleanType());
  }

  static Status WrongArguments() {
    return Status::InvalidArgument("predicate: a call with the wrong number of arguments");
  }

  const Schema& schema_;
};

}  // namespace

Result<ExprPtr> BindPredicate(const ExprPtr& expr, const Schema& schema) {
  if (expr == nullptr) return Status::InvalidArgument("predicate: there is none");
  return Binder(schema).BindCondition(expr);
}

}  // namespace deltaic
