#include "expr/unify.h"

#include <optional>
#include <string>
#include <utility>

#include "expr/common_type.h"
#include "expr/decimal.h"
#include "expr/function_types.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

bool IsTextLiteral(const Expr& expr) {
  return IsLiteral(expr) && !IsNull(expr.value()) && expr.type()->id() == TypeId::kString;
}

/// What a text literal says when compared to a `type`: whole numbers are read as long, floats as
/// double. Decimals keep the digits the text has: 1.005 is not 1.01.
Result<ExprPtr> ReadTextAs(const Expr& text, const DataTypePtr& type, const Expr& partner,
                           const TimeZone* zone) {
  const std::string& content = std::get<std::string>(text.value());
  Result<ExprPtr> read =
      Status::InvalidArgument("'", content, "' is not of type ", type->ToString());
  const DataTypePtr& read_type = type->id() == TypeId::kDecimal ? type : TypeOfTextBeside(type);
  if (type->id() == TypeId::kDecimal) {
    if (const auto number = ParseDecimal(TrimText(content))) {
      read = Expr::Literal(number->unscaled, DataType::Decimal(number->precision, number->scale));
    }
  } else if (const Result<Value> value = CastValue(text.value(), *text.type(), *read_type, zone);
             value.ok()) {
    read = Expr::Literal(*value, read_type);
  }
  if (read.ok()) return read;
  return Status::InvalidArgument("predicate: ", read.status().message(), ", as ", Describe(partner),
                                 " needs it");
}

Status DoNotCompare(const Expr& left, const Expr& right) {
  return Status::InvalidArgument("predicate: ", Describe(left), " does not compare with ",
                                 Describe(right), "; CAST one side");
}

/// Gives all of `args`, which are compared with each other, one type.
class Unifier {
 public:
  Unifier(std::vector<ExprPtr> args, const TimeZonePtr& zone)
      : args_(std::move(args)), zone_(zone) {}

  Result<std::vector<ExprPtr>> Run() {
    DELTAIC_RETURN_IF_ERROR(PickType());
    for (ExprPtr& arg : args_) {
      if (IsTextLiteral(*arg) && type_->id() != TypeId::kString) {
        DELTAIC_ASSIGN_OR_RETURN(arg, ReadTextAs(*arg, type_, *partner_, zone_.get()));
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
    if (type_->id() == TypeId::kVoid) type_ = TypeOf(TypeId::kBoolean);
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
    const bool one_text = (type_->id() == TypeId::kString) != (type->id() == TypeId::kString);
    const bool one_void = type_->id() == TypeId::kVoid || type->id() == TypeId::kVoid;
    DataTypePtr common = one_text && !one_void
                             ? TypeOfTextBeside(type->id() == TypeId::kString ? type_ : type)
                             : CommonType(type_, type);
    if (common == nullptr) return DoNotCompare(*partner_, arg);
    type_ = std::move(common);
    return Status::Ok();
  }

  /// Literals take the type of the columns where nothing is lost, and else widen it.
  Status WidenForLiterals() {
    const DataTypePtr columns_type = type_;
    for (const ExprPtr& arg : args_) {
      if (!IsLiteral(*arg) || IsNull(arg->value())) continue;
      if (ConvertLiteralExactly(arg->value(), *arg->type(), *columns_type, zone_.get())) continue;
      DELTAIC_RETURN_IF_ERROR(Widen(*arg, LiteralType(arg->value(), arg->type(), *type_)));
    }
    return Status::Ok();
  }

  Result<ExprPtr> Convert(const ExprPtr& arg) const {
    if (!IsLiteral(*arg) || IsNull(arg->value())) return CastTo(arg, type_, zone_);
    std::optional<Value> value =
        ConvertLiteralExactly(arg->value(), *arg->type(), *type_, zone_.get());
    if (!value) return CastTo(arg, type_, zone_);
    return Expr::Literal(*std::move(value), type_);
  }

  std::vector<ExprPtr> args_;
  const TimeZonePtr& zone_;
  DataTypePtr type_;
  const Expr* partner_ =
      nullptr;  ///< the argument that first gave type_, for messages; kept alive by the caller
};

}  // namespace

Result<std::vector<ExprPtr>> UnifyCompared(std::vector<ExprPtr> args, const TimeZonePtr& zone) {
  // The unifier keeps pointers to the arguments as they were.
  const std::vector<ExprPtr> kept = args;
  return Unifier(std::move(args), zone).Run();
}

}  // namespace deltaic
