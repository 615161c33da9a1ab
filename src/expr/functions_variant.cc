#include <string>
#include <utility>

#include "expr/function_types.h"
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

Status ParseRule(CallBinding& call) {
  call.type = TypeOf(TypeId::kVariant);
  return Status::Ok();
}

constexpr FunctionDefinition kFunctions[] = {
    {.name = "VARIANT_GET",
     .signature = "any, literal string, literal string? -> *",
     .rule = GetRule,
     .gives_null = true,
     .may_fail = true},
    {.name = "TRY_VARIANT_GET",
     .signature = "any, literal string, literal string? -> *",
     .rule = GetRule,
     .gives_null = true},
    {.name = "IS_VARIANT_NULL",
     .signature = "any -> boolean",
     .rule = CheckVariantRule,
     .takes_null = true},
    {.name = "PARSE_JSON", .signature = "string -> *", .rule = ParseRule, .may_fail = true},
    {.name = "TRY_PARSE_JSON", .signature = "string -> *", .rule = ParseRule, .gives_null = true},
};

}  // namespace

std::span<const FunctionDefinition> VariantFunctions() { return kFunctions; }

}  // namespace deltaic
