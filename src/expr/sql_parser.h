#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "expr/expr.h"
#include "expr/function_definition.h"
#include "expr/token_reader.h"

namespace deltaic {

/// How tightly operators bind, loosest first. Spark's grammar has IS, IN, BETWEEN and LIKE looser
/// than comparisons.
enum Binding {
  kLoosest = 0,
  kOrBinding,
  kAndBinding,
  kNotBinding,
  kTestBinding,
  kCompareBinding,
  kBitOrBinding,
  kBitXorBinding,
  kBitAndBinding,
  kSumBinding,
  kProductBinding,
  kSignBinding,
};

/// A recursive descent over one text: operators in parser.cc, values, columns and types in
/// parse_operand.cc, calls and all with a syntax of its own in parse_call.cc, lists of columns with
/// their types in parse_columns.cc. Used once, one thread.
class SqlParser : private TokenReader {
 public:
  /// How deep what people write may nest.
  static constexpr int kMaxNesting = 200;

  using TokenReader::TokenReader;

  Result<ExprPtr> Run(int max_nesting);
  /// The text as the name of a type.
  Result<DataTypePtr> RunType();
  Result<SchemaPtr> RunColumns();

 private:
  using Args = std::vector<ExprPtr>;

  // Operators.
  Result<ExprPtr> ParseExpr(Binding minimum);
  Result<ExprPtr> ParseOperators(Binding minimum);
  Result<ExprPtr> ParseChain(ExprPtr left, std::string_view word, Function function,
                             Binding binding);
  Result<ExprPtr> ParseComparison(ExprPtr left);
  Result<ExprPtr> ParseArithmetic(ExprPtr left, Binding minimum);
  Result<ExprPtr> ParseConcat(ExprPtr left);
  Result<ExprPtr> ParseTest(ExprPtr left);
  Result<ExprPtr> ParseNegatableTest(ExprPtr left);
  Result<ExprPtr> ParseIs(ExprPtr left);
  Result<ExprPtr> ParseIn(ExprPtr left);
  Result<ExprPtr> ParseBetween(ExprPtr left);
  Result<ExprPtr> ParseLike(ExprPtr left, bool ignore_case);
  Result<ExprPtr> TakeEscape(ExprPtr pattern);
  /// An error where `operand`, which will stand in the tree more than once, is large: nested, such
  /// trees would double each time.
  Status CheckRepeated(const Expr& operand, std::string_view what) const;

  // Operands.
  Result<ExprPtr> ParsePrefix();
  Result<ExprPtr> ParseSign();
  Result<ExprPtr> ParsePostfix(ExprPtr operand);
  Result<ExprPtr> ParseVariantMember(ExprPtr operand);
  Result<ExprPtr> ParsePrimary();
  Result<ExprPtr> ParseNumber(bool negative);
  Result<ExprPtr> ParseWord();
  Result<ExprPtr> ParseColumn();
  Result<DataTypePtr> ParseType();
  Result<DataTypePtr> ParseDecimalType();
  Result<int> ParseSmallNumber();

  // Calls.
  Result<ExprPtr> ParseCall();
  Result<ExprPtr> ParseCast(Function function);
  Result<ExprPtr> ParseCase();
  Result<ExprPtr> ParseExtract();
  Result<ExprPtr> ParsePosition();
  Result<ExprPtr> ParseTrim();
  Result<Args> ParseArgs();
  Result<ExprPtr> MakeCall(const Token& name, Args args);
  /// What functions that are short for other expressions stand for; nullptr for all others.
  Result<ExprPtr> Rewrite(std::string_view name, Args& args) const;
  bool StartsInterval() const;
  Result<ExprPtr> ParseInterval();

  int nesting_ = 0;
  int max_nesting_ = kMaxNesting;
};

}  // namespace deltaic
