#include <utility>

#include "expr/common_type.h"
#include "expr/function_types.h"
#include "expr/value_cast.h"

// Arrays, maps and structs. A Value holds none of these, so columns alone evaluate them.

namespace deltaic {
namespace {

TypeId IdOf(const CallBinding& call) { return call.args[0]->type()->id(); }

/// The key as the map's keys are.
Status BindKey(CallBinding& call) {
  const DataTypePtr& map = call.args[0]->type();
  DELTAIC_ASSIGN_OR_RETURN(call.args[1],
                           CastTo(std::move(call.args[1]), map->key(), call.session.zone));
  call.type = map->value();
  if (IsComparable(map->key()->id())) return Status::Ok();
  return Status::InvalidArgument("predicate: ", Describe(*call.args[0]),
                                 " has keys that do not compare");
}

Status BindIndex(CallBinding& call) {
  const TypeId id = call.args[1]->type()->id();
  if (!IsInteger(id) && id != TypeId::kVoid) {
    return Status::InvalidArgument("predicate: an array takes a whole number as its index, not ",
                                   Describe(*call.args[1]));
  }
  DELTAIC_ASSIGN_OR_RETURN(
      call.args[1], CastTo(std::move(call.args[1]), TypeOf(TypeId::kLong), call.session.zone));
  call.type = call.args[0]->type()->element();
  return Status::Ok();
}

Status ItemRule(CallBinding& call) {
  if (IdOf(call) == TypeId::kArray) return BindIndex(call);
  if (IdOf(call) == TypeId::kMap) return BindKey(call);
  return Status::InvalidArgument("predicate: [] takes an array or a map, not ",
                                 Describe(*call.args[0]));
}

Status MemberRule(CallBinding& call) {
  const Expr& parent = *call.args[0];
  const auto* name = std::get_if<std::string>(&call.args[1]->value());
  if (parent.type()->id() != TypeId::kStruct || name == nullptr) {
    return Status::InvalidArgument("predicate: ", Describe(parent), " has no members");
  }
  const StructField* field = parent.type()->FindField(*name);
  if (field == nullptr) {
    return Status::InvalidArgument("predicate: ", Describe(parent), " has no member ", *name);
  }
  DELTAIC_RETURN_IF_ERROR(CheckNoCollation(*field));
  call.args[1] = Expr::Literal(field->name, TypeOf(TypeId::kString));
  call.type = field->type;
  return Status::Ok();
}

Status SizeRule(CallBinding& call) {
  if (IdOf(call) == TypeId::kArray || IdOf(call) == TypeId::kMap) return Status::Ok();
  return Status::InvalidArgument("predicate: ", call.function->name,
                                 " takes an array or a map, not ", Describe(*call.args[0]));
}

Status ContainsRule(CallBinding& call) {
  const DataTypePtr& element = call.args[0]->type()->element();
  if (!IsComparable(element->id())) {
    return Status::InvalidArgument("predicate: ", Describe(*call.args[0]),
                                   " has elements that do not compare");
  }
  DELTAIC_ASSIGN_OR_RETURN(call.args[1],
                           CastTo(std::move(call.args[1]), element, call.session.zone));
  return Status::Ok();
}

Status KeysRule(CallBinding& call) {
  call.type = DataType::Array(call.args[0]->type()->key(), false);
  return Status::Ok();
}

Status ValuesRule(CallBinding& call) {
  const DataType& map = *call.args[0]->type();
  call.type = DataType::Array(map.value(), map.contains_null());
  return Status::Ok();
}

constexpr FunctionDefinition kFunctions[] = {
    {.name = "[]",
     .signature = "any, any -> *",
     .rule = ItemRule,
     .gives_null = true,
     .may_fail = true,
     .notation = Notation::kItem},
    {.name = ".",
     .signature = "any, literal string -> *",
     .rule = MemberRule,
     .gives_null = true,
     .notation = Notation::kMember},
    {.name = "ELEMENT_AT",
     .signature = "any, any -> *",
     .rule = ItemRule,
     .gives_null = true,
     .may_fail = true},
    {.name = "SIZE", .aliases = "CARDINALITY", .signature = "any -> int", .rule = SizeRule},
    {.name = "ARRAY_CONTAINS",
     .signature = "array, any -> boolean",
     .rule = ContainsRule,
     .gives_null = true},
    {.name = "MAP_KEYS", .signature = "map -> *", .rule = KeysRule},
    {.name = "MAP_VALUES", .signature = "map -> *", .rule = ValuesRule},
};

}  // namespace

std::span<const FunctionDefinition> NestedFunctions() { return kFunctions; }

}  // namespace deltaic
