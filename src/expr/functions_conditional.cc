#include <cmath>
#include <utility>

#include "expr/function_types.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

using Args = std::span<const Value>;

/// Conditions at even places but the last, which without one before is ELSE.
bool IsCondition(size_t i, size_t count) { return i % 2 == 0 && i + 1 < count; }

Status CaseRule(CallBinding& call) {
  std::vector<ExprPtr> values;
  for (size_t i = 0; i < call.args.size(); ++i) {
    ExprPtr& arg = call.args[i];
    if (!IsCondition(i, call.args.size())) {
      values.push_back(arg);
      continue;
    }
    const TypeId id = arg->type()->id();
    if (id != TypeId::kBoolean && id != TypeId::kVoid) {
      return Status::InvalidArgument("predicate: expected a condition, but ", Describe(*arg),
                                     " is none; compare it with a value");
    }
    DELTAIC_ASSIGN_OR_RETURN(arg,
                             CastTo(std::move(arg), TypeOf(TypeId::kBoolean), call.session.zone));
  }
  DELTAIC_ASSIGN_OR_RETURN(call.type, SharedType(values, "CASE"));
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (IsCondition(i, call.args.size())) continue;
    DELTAIC_ASSIGN_OR_RETURN(call.args[i],
                             CastTo(std::move(call.args[i]), call.type, call.session.zone));
  }
  return Status::Ok();
}

Result<Value> Case(const Expr&, Args args) {
  for (size_t i = 0; i + 1 < args.size(); i += 2) {
    if (args[i] == Value(true)) return args[i + 1];
  }
  if (args.size() % 2 == 1) return args.back();
  return NullValue();
}

Status CoalesceRule(CallBinding& call) { return BindToSharedType(call, 0); }

Result<Value> Coalesce(const Expr&, Args args) {
  for (const Value& arg : args) {
    if (!IsNull(arg)) return arg;
  }
  return NullValue();
}

Status NvlRule(CallBinding& call) {
  call.function = &BuiltIn("COALESCE");
  return BindToSharedType(call, 0);
}

Result<Value> IsNan(const Expr&, Args args) {
  const auto* real = std::get_if<double>(&args[0]);
  return real != nullptr && std::isnan(*real);
}

/// Floats stay floats; all other numbers become doubles.
Status NanvlRule(CallBinding& call) {
  bool all_floats = true;
  for (const ExprPtr& arg : call.args)
    all_floats = all_floats && arg->type()->id() == TypeId::kFloat;
  call.type = TypeOf(all_floats ? TypeId::kFloat : TypeId::kDouble);
  for (ExprPtr& arg : call.args) {
    DELTAIC_ASSIGN_OR_RETURN(arg, CastTo(std::move(arg), call.type, call.session.zone));
  }
  return Status::Ok();
}

Result<Value> Nanvl(const Expr&, Args args) {
  if (IsNull(args[0])) return NullValue();
  return std::isnan(std::get<double>(args[0])) ? args[1] : args[0];
}

/// The type's name in Spark.
std::string SparkName(const DataType& type) {
  switch (type.id()) {
    case TypeId::kLong:
      return "bigint";
    case TypeId::kInteger:
      return "int";
    case TypeId::kShort:
      return "smallint";
    case TypeId::kByte:
      return "tinyint";
    case TypeId::kArray:
      return Concat("array<", SparkName(*type.element()), ">");
    case TypeId::kMap:
      return Concat("map<", SparkName(*type.key()), ",", SparkName(*type.value()), ">");
    case TypeId::kStruct: {
      std::string out;
      for (const StructField& field : type.fields()) {
        out += Concat(out.empty() ? "" : ",", field.name, ":", SparkName(*field.type));
      }
      return Concat("struct<", out, ">");
    }
    default:
      return type.ToString();
  }
}

Status TypeofRule(CallBinding& call) {
  call.result = Expr::Literal(SparkName(*call.args[0]->type()), TypeOf(TypeId::kString));
  return Status::Ok();
}

constexpr FunctionDefinition kFunctions[] = {
    {.name = "CASE",
     .signature = "any, any, any... -> *",
     .rule = CaseRule,
     .evaluate = Case,
     .takes_null = true,
     .gives_null = true,
     .notation = Notation::kCase},
    {.name = "COALESCE",
     .signature = "any, any... -> *",
     .rule = CoalesceRule,
     .evaluate = Coalesce,
     .takes_null = true},
    {.name = "NVL",
     .aliases = "IFNULL",
     .signature = "any, any -> *",
     .rule = NvlRule,
     .evaluate = Coalesce,
     .takes_null = true},
    {.name = "ISNAN", .signature = "number -> boolean", .evaluate = IsNan, .takes_null = true},
    {.name = "NANVL",
     .signature = "number, number -> *",
     .rule = NanvlRule,
     .evaluate = Nanvl,
     .takes_null = true,
     .gives_null = true},
    {.name = "TYPEOF", .signature = "any -> string", .rule = TypeofRule},
};

}  // namespace

std::span<const FunctionDefinition> ConditionalFunctions() { return kFunctions; }

}  // namespace deltaic
