#include "expr/function_definition.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/made_once.h"
#include "expr/nearest_name.h"
#include "expr/sql_words.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

using Registry = std::map<std::string_view, const FunctionDefinition*>;

Registry MakeRegistry() {
  Registry registry;
  for (const FunctionDefinition* definition : AllFunctions()) {
    registry.emplace(definition->name, definition);
    std::string_view rest = definition->aliases;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(' '), rest.size());
      registry.emplace(rest.substr(0, end), definition);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return registry;
}

const Registry& Names() {
  return MadeOnce([] { return MakeRegistry(); });
}

bool IsWord(std::string_view name) { return !name.empty() && IsBareName(name); }

/// Whether some value of `from` has no equal of type `to`.
bool CastMayFail(const DataType& from, const DataType& to) {
  if (from.EqualsIgnoringNullability(to) || to.id() == TypeId::kString) return false;
  if (IsInteger(from.id()) && IsInteger(to.id())) {
    const auto bits = [](TypeId id) {
      return id == TypeId::kByte ? 8 : id == TypeId::kShort ? 16 : id == TypeId::kInteger ? 32 : 64;
    };
    return bits(from.id()) > bits(to.id());
  }
  return !(IsNumeric(from.id()) && IsFloatingPoint(to.id()));
}

}  // namespace

std::vector<const FunctionDefinition*> AllFunctions() {
  std::vector<const FunctionDefinition*> out;
  for (const std::span<const FunctionDefinition> table :
       {ArithmeticFunctions(), MathFunctions(), StringFunctions(), EncodingFunctions(),
        PatternFunctions(), TimeFunctions(), ConditionalFunctions(), NestedFunctions(),
        VariantFunctions()}) {
    for (const FunctionDefinition& definition : table) out.push_back(&definition);
  }
  return out;
}

const FunctionDefinition* FindFunction(std::string_view name) {
  const auto found = Names().find(UpperAscii(name));
  return found == Names().end() || !IsWord(found->first) ? nullptr : found->second;
}

const FunctionDefinition& BuiltIn(std::string_view name) { return *Names().at(name); }

std::string_view NearestFunction(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& [each, definition] : Names()) {
    if (IsWord(each)) names.push_back(each);
  }
  return NearestName(name, names);
}

bool MayFail(const Expr& expr) {
  if (expr.kind() != ExprKind::kCall) return false;
  if (expr.function() == Function::kNamed && expr.definition()->may_fail) return true;
  if (expr.function() == Function::kCast && CastMayFail(*expr.args()[0]->type(), *expr.type())) {
    return true;
  }
  return std::any_of(expr.args().begin(), expr.args().end(),
                     [](const ExprPtr& arg) { return MayFail(*arg); });
}

}  // namespace deltaic
