#include <string>
#include <utility>

#include "expr/function_types.h"
#include "expr/json_options.h"
#include "expr/parser.h"
#include "protocol/variant_path.h"

// Variants. A Value holds none, so columns alone evaluate these (data/eval/column_variant.cc).

namespace deltaic {
namespace {

Status CheckVariant(const CallBinding& call) {
  const TypeId id = call.args[0]->type()->id();
  if (id == TypeId::kVariant || id == TypeId::kVoid) return Status::Ok();
  return Status::InvalidArgument("predicate: ", call.function->name, " takes a variant, not ",
                                 Describe(*call.args[0]));
}

/// VARIANT_GET(v, path, type?).
Status GetRule(CallBinding& call) {
  DELTAIC_RETURN_IF_ERROR(CheckVariant(call));
  const auto* path = std::get_if<std::string>(&call.args[1]->value());
  if (path == nullptr) {
    return Status::InvalidArgument("predicate: ", call.function->name, " takes a path, not NULL");
  }
  const auto steps = ParseVariantPath(*path);
  if (!steps.ok()) return steps.status().WithContext("predicate");
  call.type = TypeOf(TypeId::kVariant);
  if (call.args.size() < 3) return Status::Ok();
  const auto* type = std::get_if<std::string>(&call.args[2]->value());
  if (type == nullptr) {
    return Status::InvalidArgument("predicate: ", call.function->name, " takes a type, not NULL");
  }
  DELTAIC_ASSIGN_OR_RETURN(call.type, ParseTypeName(*type));
  return Status::Ok();
}

Status CheckVariantRule(CallBinding& call) { return CheckVariant(call); }

/// Map keys are written as Spark has them in memory; of some it has only their place there.
Status CheckKeys(const CallBinding& call, const DataType& type) {
  if (type.id() == TypeId::kArray) return CheckKeys(call, *type.element());
  if (type.id() == TypeId::kStruct) {
    for (const StructField& field : type.fields()) {
      DELTAIC_RETURN_IF_ERROR(CheckKeys(call, *field.type));
    }
  }
  if (type.id() != TypeId::kMap) return Status();
  const TypeId key = type.key()->id();
  if (!type.key()->is_primitive() || key == TypeId::kBinary || key == TypeId::kVariant) {
    return Status::Unsupported("predicate: TO_JSON cannot write keys of type ",
                               type.key()->ToString(), ", which ", Describe(*call.args[0]), " has");
  }
  return CheckKeys(call, *type.value());
}

Status ToJsonRule(CallBinding& call) {
  const DataType& type = *call.args[0]->type();
  if (type.is_primitive() && type.id() != TypeId::kVariant && type.id() != TypeId::kVoid) {
    return Status::InvalidArgument(
        "predicate: TO_JSON takes a struct, an array, a map or a "
        "variant, not ",
        Describe(*call.args[0]));
  }
  DELTAIC_RETURN_IF_ERROR(CheckKeys(call, type));
  if (call.args.size() < 2) return Status();
  const auto options = JsonOptions::Of(*call.args[1]);
  return options.ok() ? Status() : options.status().WithContext("predicate");
}

Status ParseRule(CallBinding& call) {
  call.type = TypeOf(TypeId::kVariant);
  return Status::Ok();
}

constexpr FunctionDefinition kFunctions[] = {
    {.name = "VARIANT_GET",
     .signature = "any, literal string, literal string? -> *",
     .rule = GetRule,
     .gives_null = true,
     .may_fail = true,
     .in_zone = true},
    {.name = "TRY_VARIANT_GET",
     .signature = "any, literal string, literal string? -> *",
     .rule = GetRule,
     .gives_null = true,
     .in_zone = true},
    {.name = "IS_VARIANT_NULL",
     .signature = "any -> boolean",
     .rule = CheckVariantRule,
     .takes_null = true},
    {.name = "SCHEMA_OF_VARIANT",
     .signature = "any -> string",
     .rule = CheckVariantRule,
     .may_fail = true},
    {.name = "TO_JSON",
     .signature = "any, any? -> string",
     .rule = ToJsonRule,
     .may_fail = true,
     .in_zone = true},
    {.name = "PARSE_JSON", .signature = "string -> *", .rule = ParseRule, .may_fail = true},
    {.name = "TRY_PARSE_JSON", .signature = "string -> *", .rule = ParseRule, .gives_null = true},
};

}  // namespace

std::span<const FunctionDefinition> VariantFunctions() { return kFunctions; }

}  // namespace deltaic
