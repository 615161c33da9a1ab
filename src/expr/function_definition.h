#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "expr/expr.h"
#include "expr/session.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

/// A call while it is bound. A rule may cast the arguments, and may put another function in place.
struct CallBinding {
  const FunctionDefinition* function;
  std::vector<ExprPtr> args;  ///< bound
  DataTypePtr type;           ///< of the result; set by the signature or the rule
  ExprPtr result;             ///< a rule may set it: then it stands for the whole call
  Session session;
};

/// How a call is written in SQL.
enum class Notation {
  kCall,          ///< NAME(a, b)
  kInfix,         ///< a NAME b
  kPrefix,        ///< NAMEa
  kCase,          ///< CASE WHEN a THEN b ... [ELSE z] END
  kItem,          ///< a[b]
  kMember,        ///< a.name
  kTrim,          ///< TRIM(LEADING b FROM a)
  kInterval,      ///< INTERVAL 'a' MONTH, DAY or SECOND
  kPlusInterval,  ///< a + INTERVAL 'b' MONTH or SECOND
};

/// One function or operator: all that the parser, binding, folding, skipping and the evaluation
/// over columns know of it. The rows are constants in functions_*.cc.
struct FunctionDefinition {
  std::string_view name;          ///< upper case, or the operator's symbol
  std::string_view aliases = "";  ///< parted by blanks
  /// Parameters and result: "string, int, int? -> string". A parameter is a type that arguments are
  /// cast to (numbers to numbers, times to times, text to all and all to string), `number` (text
  /// becomes double), `text` (string or binary), `time` (a timestamp), `array`, `map` or `any`,
  /// with
  /// `...` for any number of them; `?` may be left out; `literal` before it asks for a constant.
  /// The result is a type, `#1` (the type of the first argument) or `*` (set by `rule`).
  std::string_view signature = "";
  Status (*rule)(CallBinding& call) = nullptr;
  /// The value for one row; args are of the types in `call`. nullptr: only columns evaluate
  /// (data/column_functions.h). \retval kUnsupported  these values need a column, too.
  Result<Value> (*evaluate)(const Expr& call, std::span<const Value> args) = nullptr;
  bool takes_null = false;  ///< `evaluate` sees nulls; else a null argument gives null
  bool gives_null = false;  ///< may give null although no argument is
  bool may_fail = false;    ///< some arguments are an error
  /// One sign for each argument, as far as the order of values goes: '+' the result never falls
  /// when the argument grows, '-' never rises, '=' the argument must be a constant. Empty: no
  /// order. Does not count for floating-point arguments.
  std::string_view directions = "";
  /// The session's time zone counts where a timestamp goes in or comes out: Expr::zone().
  bool in_zone = false;
  Notation notation = Notation::kCall;
};

/// The function called `name` (any case) in NAME(...); nullptr if there is none.
const FunctionDefinition* FindFunction(std::string_view name);

/// The operator or internal function of exactly that name: "+", "CASE". It exists.
const FunctionDefinition& BuiltIn(std::string_view name);

/// All, in the order of the tables.
std::vector<const FunctionDefinition*> AllFunctions();

/// The function whose name is nearest to `name`, for messages.
std::string_view NearestFunction(std::string_view name);

/// Whether evaluating `expr` (bound) may fail for some values.
bool MayFail(const Expr& expr);

// The tables, one a file.
std::span<const FunctionDefinition> ArithmeticFunctions();
std::span<const FunctionDefinition> MathFunctions();
std::span<const FunctionDefinition> StringFunctions();
std::span<const FunctionDefinition> EncodingFunctions();
std::span<const FunctionDefinition> PatternFunctions();
std::span<const FunctionDefinition> TimeFunctions();
std::span<const FunctionDefinition> ConditionalFunctions();
std::span<const FunctionDefinition> NestedFunctions();
std::span<const FunctionDefinition> VariantFunctions();

}  // namespace deltaic
