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

/// The type that holds values of both, where null stands in for members of any type; nullptr: there
/// is none. Columns convert, member by member.
DataTypePtr Unify(const DataTypePtr& left, const DataTypePtr& right) {
  if (left->id() == TypeId::kVoid || left->EqualsIgnoringNullability(*right)) return right;
  if (right->id() == TypeId::kVoid) return left;
  if (left->id() != right->id() || left->is_primitive()) return CommonType(left, right);
  if (left->id() == TypeId::kArray) {
    const DataTypePtr element = Unify(left->element(), right->element());
    return element == nullptr ? nullptr : DataType::Array(element, true);
  }
  if (left->id() == TypeId::kMap) {
    const DataTypePtr key = Unify(left->key(), right->key());
    const DataTypePtr value = Unify(left->value(), right->value());
    return key == nullptr || value == nullptr ? nullptr : DataType::Map(key, value, true);
  }
  if (left->fields().size() != right->fields().size()) return nullptr;
  std::vector<StructField> fields = left->fields();
  for (size_t i = 0; i < fields.size(); ++i) {
    const StructField& other = right->fields()[i];
    fields[i].type =
        fields[i].name == other.name ? Unify(fields[i].type, other.type) : DataTypePtr();
    if (fields[i].type == nullptr) return nullptr;
  }
  return DataType::Struct(std::move(fields));
}

/// The one type of every `step`th argument from `first` on, to which those of primitive types are
/// cast.
Result<DataTypePtr> BindEach(CallBinding& call, size_t first, size_t step) {
  std::vector<ExprPtr> some;
  bool are_nested = false;
  for (size_t i = first; i < call.args.size(); i += step) {
    some.push_back(call.args[i]);
    are_nested = are_nested || !some.back()->type()->is_primitive();
  }
  if (!are_nested) {
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr shared, SharedType(some, call.function->name));
    for (size_t i = first; i < call.args.size(); i += step) {
      DELTAIC_ASSIGN_OR_RETURN(call.args[i],
                               CastTo(std::move(call.args[i]), shared, call.session.zone));
    }
    return shared;
  }
  DataTypePtr shared = some.front()->type();
  for (const ExprPtr& arg : some) {
    const DataTypePtr next = Unify(shared, arg->type());
    if (next == nullptr) {
      return Status::InvalidArgument("predicate: ", call.function->name,
                                     " needs values of one type, but ", Describe(*arg),
                                     " stands beside ", shared->ToString());
    }
    shared = next;
  }
  return shared;
}

Status ArrayRule(CallBinding& call) {
  DELTAIC_ASSIGN_OR_RETURN(const DataTypePtr element, BindEach(call, 0, 1));
  call.type = DataType::Array(element, true);
  return Status::Ok();
}

Status CheckPairs(const CallBinding& call) {
  if (call.args.size() % 2 == 0) return Status::Ok();
  return Status::InvalidArgument("predicate: ", call.function->name,
                                 " takes pairs of arguments, and the last one is alone");
}

Status MapRule(CallBinding& call) {
  DELTAIC_RETURN_IF_ERROR(CheckPairs(call));
  DELTAIC_ASSIGN_OR_RETURN(const DataTypePtr key, BindEach(call, 0, 2));
  DELTAIC_ASSIGN_OR_RETURN(const DataTypePtr value, BindEach(call, 1, 2));
  if (key->id() == TypeId::kVoid ? !call.args.empty() : !IsComparable(key->id())) {
    return Status::InvalidArgument("predicate: MAP takes keys that compare, not of type ",
                                   key->ToString());
  }
  call.type = DataType::Map(key, value, true);
  return Status::Ok();
}

Status NamedStructRule(CallBinding& call) {
  DELTAIC_RETURN_IF_ERROR(CheckPairs(call));
  std::vector<StructField> fields;
  for (size_t i = 0; i < call.args.size(); i += 2) {
    const auto* name = call.args[i]->kind() == ExprKind::kLiteral
                           ? std::get_if<std::string>(&call.args[i]->value())
                           : nullptr;
    if (name == nullptr) {
      return Status::InvalidArgument("predicate: NAMED_STRUCT takes names as texts, not ",
                                     Describe(*call.args[i]));
    }
    fields.push_back({.name = *name, .type = call.args[i + 1]->type(), .nullable = true});
  }
  if (fields.empty())
    return Status::InvalidArgument("predicate: NAMED_STRUCT takes at least one member");
  call.type = DataType::Struct(std::move(fields));
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
    {.name = "ARRAY", .signature = "any... -> *", .rule = ArrayRule, .takes_null = true},
    {.name = "MAP",
     .signature = "any... -> *",
     .rule = MapRule,
     .takes_null = true,
     .may_fail = true},
    {.name = "NAMED_STRUCT",
     .signature = "any... -> *",
     .rule = NamedStructRule,
     .takes_null = true},
    {.name = "MAP_KEYS", .signature = "map -> *", .rule = KeysRule},
    {.name = "MAP_VALUES", .signature = "map -> *", .rule = ValuesRule},
};

}  // namespace

std::span<const FunctionDefinition> NestedFunctions() { return kFunctions; }

}  // namespace deltaic
