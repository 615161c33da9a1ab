#include <utility>

#include "expr/function_types.h"
#include "expr/like_pattern.h"

// Patterns are run by the columns' functions, with a library whose time is linear in the text.

namespace deltaic {
namespace {

Status LikeRule(CallBinding& call) {
  if (IsNullLiteral(*call.args[1])) return Status::Ok();
  const auto pattern = LikePattern::Parse(std::get<std::string>(call.args[1]->value()));
  return pattern.ok() ? Status::Ok() : pattern.status().WithContext("predicate");
}

Status SplitRule(CallBinding& call) {
  call.type = DataType::Array(TypeOf(TypeId::kString), false);
  return Status::Ok();
}

constexpr FunctionDefinition kFunctions[] = {
    {.name = "ILIKE",
     .signature = "string, literal string -> boolean",
     .rule = LikeRule,
     .notation = Notation::kInfix},
    {.name = "RLIKE",
     .aliases = "REGEXP_LIKE REGEXP",
     .signature = "string, literal string -> boolean",
     .may_fail = true,
     .notation = Notation::kInfix},
    {.name = "REGEXP_REPLACE",
     .signature = "string, literal string, literal string -> string",
     .may_fail = true},
    {.name = "REGEXP_EXTRACT",
     .signature = "string, literal string, literal int? -> string",
     .may_fail = true},
    {.name = "SPLIT",
     .signature = "string, literal string, literal int? -> *",
     .rule = SplitRule,
     .may_fail = true},
};

}  // namespace

std::span<const FunctionDefinition> PatternFunctions() { return kFunctions; }

}  // namespace deltaic
