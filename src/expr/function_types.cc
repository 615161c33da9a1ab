#include "expr/function_types.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/made_once.h"
#include "expr/common_type.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

struct Parameter {
  std::string_view type;
  bool literal = false;
  bool optional = false;
  bool repeated = false;
};

struct Signature {
  std::vector<Parameter> parameters;
  std::string_view result;
};

std::string_view TakeUntil(std::string_view& rest, std::string_view end) {
  const size_t at = rest.find(end);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + end.size());
  return TrimText(part);
}

Parameter ParseParameter(std::string_view text) {
  constexpr std::string_view kLiteral = "literal ";
  Parameter out;
  if (text.starts_with(kLiteral)) {
    out.literal = true;
    text.remove_prefix(kLiteral.size());
  }
  if (text.ends_with("...")) {
    out.repeated = true;
    text.remove_suffix(3);
  } else if (text.ends_with('?')) {
    out.optional = true;
    text.remove_suffix(1);
  }
  out.type = text;
  return out;
}

Signature ParseSignature(std::string_view text) {
  Signature out;
  std::string_view parameters = TakeUntil(text, "->");
  out.result = TrimText(text);
  while (!parameters.empty()) out.parameters.push_back(ParseParameter(TakeUntil(parameters, ",")));
  return out;
}

DataTypePtr TypeCalled(std::string_view name) {
  static constexpr std::pair<std::string_view, TypeId> kNames[] = {
      {"string", TypeId::kString}, {"int", TypeId::kInteger},        {"long", TypeId::kLong},
      {"double", TypeId::kDouble}, {"boolean", TypeId::kBoolean},    {"date", TypeId::kDate},
      {"binary", TypeId::kBinary}, {"timestamp", TypeId::kTimestamp}};
  for (const auto& [word, id] : kNames) {
    if (word == name) return TypeOf(id);
  }
  return nullptr;
}

Status WrongArgument(const CallBinding& call, size_t index, std::string_view wanted) {
  return Status::InvalidArgument("predicate: ", call.function->name, " takes ", wanted,
                                 " as argument ", index + 1, ", not ", Describe(*call.args[index]),
                                 "; CAST it");
}

/// What `type` a signature's word means for this argument; nullptr: it stays as it is.
Result<DataTypePtr> WantedType(const CallBinding& call, size_t index, std::string_view word) {
  const TypeId id = call.args[index]->type()->id();
  const bool is_void = id == TypeId::kVoid;
  if (word == "any") return DataTypePtr();
  if (word == "number") {
    if (IsNumeric(id)) return DataTypePtr();
    if (is_void || id == TypeId::kString) return TypeOf(TypeId::kDouble);
    return WrongArgument(call, index, "a number");
  }
  if (word == "text") {  // or bytes
    return id == TypeId::kBinary ? DataTypePtr() : TypeOf(TypeId::kString);
  }
  if (word == "time") {  // either kind of timestamp
    return id == TypeId::kTimestampNtz ? DataTypePtr() : TypeOf(TypeId::kTimestamp);
  }
  if (word == "array" || word == "map") {
    if (id == (word == "array" ? TypeId::kArray : TypeId::kMap)) return DataTypePtr();
    return WrongArgument(call, index, word == "array" ? "an array" : "a map");
  }
  return TypeCalled(word);
}

/// Whether an argument of a type becomes another without a CAST being written.
bool CastsUnasked(TypeId from, TypeId to) {
  if (from == TypeId::kVoid || from == to || from == TypeId::kString) return true;
  if (to == TypeId::kString) return true;
  if (IsNumeric(to)) return IsNumeric(from);
  return IsDateTime(from) && IsDateTime(to);
}

Status BindArgument(CallBinding& call, size_t index, const Parameter& parameter) {
  ExprPtr& arg = call.args[index];
  DELTAIC_ASSIGN_OR_RETURN(const DataTypePtr wanted, WantedType(call, index, parameter.type));
  if (wanted != nullptr) {
    if (!CastsUnasked(arg->type()->id(), wanted->id()) || !CanCast(*arg->type(), *wanted)) {
      return WrongArgument(call, index, wanted->ToString());
    }
    DELTAIC_ASSIGN_OR_RETURN(arg, CastTo(std::move(arg), wanted, call.session.zone));
  }
  if (parameter.literal && !IsLiteral(*arg)) return WrongArgument(call, index, "a literal");
  return Status::Ok();
}

Status CheckCount(const CallBinding& call, const Signature& signature) {
  size_t least = 0;
  bool any_number = false;
  for (const Parameter& parameter : signature.parameters) {
    if (parameter.repeated) any_number = true;
    if (!parameter.repeated && !parameter.optional) ++least;
  }
  const size_t most = signature.parameters.size();
  const size_t given = call.args.size();
  if (given >= least && (any_number || given <= most)) return Status::Ok();
  return Status::InvalidArgument("predicate: ", call.function->name, " takes ",
                                 any_number      ? "at least "
                                 : least == most ? ""
                                                 : "between ",
                                 least, any_number || least == most ? "" : Concat(" and ", most),
                                 " argument", least == 1 && least == most ? "" : "s", ", not ",
                                 given);
}

}  // namespace

const DataTypePtr& TypeOf(TypeId id) {
  const auto& types = MadeOnce([] {
    std::array<DataTypePtr, 18> made;
    for (const TypeId each :
         {TypeId::kString, TypeId::kLong, TypeId::kInteger, TypeId::kShort, TypeId::kByte,
          TypeId::kFloat, TypeId::kDouble, TypeId::kBoolean, TypeId::kBinary, TypeId::kDate,
          TypeId::kTimestamp, TypeId::kTimestampNtz, TypeId::kVariant, TypeId::kVoid}) {
      made[static_cast<size_t>(each)] = DataType::Primitive(each);
    }
    return made;
  });
  return types[static_cast<size_t>(id)];
}

bool IsLiteral(const Expr& expr) { return expr.kind() == ExprKind::kLiteral; }
bool IsNullLiteral(const Expr& expr) { return IsLiteral(expr) && IsNull(expr.value()); }

Result<Value> NullValue() {
  return MadeOnce([] { return Value(); });
}

std::string Describe(const Expr& expr) {
  const char* what = expr.kind() == ExprKind::kColumn ? "column " : "";
  return Concat(what, expr.ToSql(), " of type ", expr.type()->ToString());
}

Status CheckNoCollation(const StructField& field) {
  if (!field.has_collation()) return Status();
  return Status::Unsupported("predicate: column ", field.name, " has the collation ",
                             field.metadata.at(std::string(kCollationsKey)),
                             ", which expressions do not know: of such a column they only test "
                             "IS NULL; read the rows and compare them there");
}

Result<ExprPtr> CastTo(ExprPtr expr, const DataTypePtr& type, const TimeZonePtr& zone) {
  if (expr->type()->EqualsIgnoringNullability(*type)) return expr;
  if (!CanCast(*expr->type(), *type)) {
    return Status::InvalidArgument("predicate: ", Describe(*expr), " cannot be cast to ",
                                   type->ToString());
  }
  if (!IsLiteral(*expr)) {
    const bool in_zone = CastNeedsZone(expr->type()->id(), type->id());
    return Expr::Call(Function::kCast, {std::move(expr)}, type, in_zone ? zone : nullptr);
  }
  const Result<Value> value = CastValue(expr->value(), *expr->type(), *type, zone.get());
  if (!value.ok()) {
    return Status::InvalidArgument("predicate: ", expr->ToSql(), ": ", value.status().message());
  }
  return Expr::Literal(*value, type);
}

DataTypePtr TypeOfTextBeside(const DataTypePtr& type) {
  if (IsInteger(type->id())) return TypeOf(TypeId::kLong);
  if (IsNumeric(type->id())) return TypeOf(TypeId::kDouble);
  return IsComparable(type->id()) ? type : nullptr;
}

Result<DataTypePtr> SharedType(std::span<const ExprPtr> args, std::string_view function) {
  DataTypePtr shared;
  for (const ExprPtr& arg : args) {
    const DataTypePtr& type = arg->type();
    if (shared == nullptr || shared->EqualsIgnoringNullability(*type)) {
      shared = type;
      continue;
    }
    const bool text = shared->id() == TypeId::kString;
    DataTypePtr next;
    if (shared->id() != TypeId::kVoid && type->id() != TypeId::kVoid &&
        text != (type->id() == TypeId::kString)) {
      next = TypeOfTextBeside(text ? type : shared);
    } else {
      next = CommonType(shared, type);
    }
    if (next == nullptr) {
      return Status::InvalidArgument("predicate: ", function, " needs values of one type, but ",
                                     Describe(*arg), " stands beside ", shared->ToString(),
                                     "; CAST one of them");
    }
    shared = std::move(next);
  }
  return shared == nullptr ? TypeOf(TypeId::kVoid) : shared;
}

Status BindToSharedType(CallBinding& call, size_t first) {
  const std::span<const ExprPtr> args(call.args.begin() + static_cast<ptrdiff_t>(first),
                                      call.args.end());
  DELTAIC_ASSIGN_OR_RETURN(call.type, SharedType(args, call.function->name));
  for (size_t i = first; i < call.args.size(); ++i) {
    DELTAIC_ASSIGN_OR_RETURN(call.args[i],
                             CastTo(std::move(call.args[i]), call.type, call.session.zone));
  }
  return Status::Ok();
}

Status BindToSignature(CallBinding& call) {
  const Signature signature = ParseSignature(call.function->signature);
  DELTAIC_RETURN_IF_ERROR(CheckCount(call, signature));
  const size_t last = signature.parameters.size();
  for (size_t i = 0; i < call.args.size(); ++i) {
    DELTAIC_RETURN_IF_ERROR(BindArgument(call, i, signature.parameters[std::min(i, last - 1)]));
  }
  if (signature.result == "#1") {
    call.type = call.args[0]->type();
  } else if (signature.result != "*") {
    call.type = TypeCalled(signature.result);
  }
  return call.function->rule == nullptr ? Status::Ok() : call.function->rule(call);
}

}  // namespace deltaic
