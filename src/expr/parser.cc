#include "expr/parser.h"

#include <optional>
#include <utility>

#include "expr/like_pattern.h"
#include "expr/sql_parser.h"

namespace deltaic {
namespace {

constexpr int kMaxWrittenNesting = 3 * SqlParser::kMaxNesting;
constexpr size_t kMaxTextBytes = size_t{16} << 20;

/// Trees of other makers may be larger, but nothing that stands twice in one.
constexpr int kMostRepeatedNodes = 200;

/// An operator between two values.
struct Infix {
  std::string_view symbol;
  Binding binding;
};

constexpr Infix kInfixes[] = {
    {"|", kBitOrBinding},   {"^", kBitXorBinding},  {"&", kBitAndBinding},
    {"+", kSumBinding},     {"-", kSumBinding},     {"||", kSumBinding},
    {"*", kProductBinding}, {"/", kProductBinding}, {"%", kProductBinding}};

std::optional<Infix> InfixAt(const Token& token) {
  if (token.kind == TokenKind::kWord && UpperAscii(token.text) == "DIV") {
    return Infix{"DIV", kProductBinding};
  }
  if (token.kind != TokenKind::kSymbol) return std::nullopt;
  for (const Infix& infix : kInfixes) {
    if (infix.symbol == token.text) return infix;
  }
  return std::nullopt;
}

std::optional<Function> ComparisonAt(const Token& token) {
  if (token.kind != TokenKind::kSymbol) return std::nullopt;
  static constexpr std::pair<std::string_view, Function> kComparisons[] = {
      {"=", Function::kEqual},          {"<>", Function::kNotEqual},
      {"<", Function::kLess},           {"<=", Function::kLessEqual},
      {">", Function::kGreater},        {">=", Function::kGreaterEqual},
      {"<=>", Function::kNullSafeEqual}};
  for (const auto& [symbol, function] : kComparisons) {
    if (token.text == symbol) return function;
  }
  return std::nullopt;
}

/// The nodes of `expr`, at most one more than `most`.
int CountNodes(const Expr& expr, int most) {
  int nodes = 1;
  for (const ExprPtr& arg : expr.args()) {
    if (nodes > most) break;
    nodes += CountNodes(*arg, most - nodes);
  }
  return nodes;
}

ExprPtr Not(ExprPtr operand) { return Expr::Call(Function::kNot, {std::move(operand)}); }

}  // namespace

Result<ExprPtr> SqlParser::Run(int max_nesting) {
  max_nesting_ = max_nesting;
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr expr, ParseExpr(kLoosest));
  if (!IsEnd()) return Unexpected("AND, OR or the end");
  return expr;
}

Status SqlParser::CheckRepeated(const Expr& operand, std::string_view what) const {
  if (CountNodes(operand, kMostRepeatedNodes) <= kMostRepeatedNodes) return Status::Ok();
  return Error(Peek(), Concat(what, " is larger than ", kMostRepeatedNodes, " parts"));
}

Result<ExprPtr> SqlParser::ParseExpr(Binding minimum) {
  if (nesting_ > max_nesting_) {
    return Error(Peek(), Concat("nested deeper than ", max_nesting_, " levels; use IN (...)"));
  }
  ++nesting_;
  Result<ExprPtr> expr = ParseOperators(minimum);
  --nesting_;
  return expr;
}

Result<ExprPtr> SqlParser::ParseOperators(Binding minimum) {
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr left, ParsePrefix());
  DELTAIC_ASSIGN_OR_RETURN(left, ParseArithmetic(std::move(left), minimum));
  if (minimum < kCompareBinding) {
    DELTAIC_ASSIGN_OR_RETURN(left, ParseComparison(std::move(left)));
  }
  if (minimum < kTestBinding) {
    DELTAIC_ASSIGN_OR_RETURN(left, ParseTest(std::move(left)));
  }
  if (minimum < kAndBinding) {
    DELTAIC_ASSIGN_OR_RETURN(left, ParseChain(std::move(left), "AND", Function::kAnd, kAndBinding));
  }
  if (minimum < kOrBinding) {
    DELTAIC_ASSIGN_OR_RETURN(left, ParseChain(std::move(left), "OR", Function::kOr, kOrBinding));
  }
  return left;
}

/// `left` and all that follows joined by `word`, as one call: a chain of any length stays flat.
Result<ExprPtr> SqlParser::ParseChain(ExprPtr left, std::string_view word, Function function,
                                      Binding binding) {
  if (!IsWord(word)) return left;
  Args args = {std::move(left)};
  while (TakeWord(word)) {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr next, ParseExpr(binding));
    args.push_back(std::move(next));
  }
  return Expr::Call(function, std::move(args));
}

/// Operators that bind tighter than `minimum`; those of one rank from the left.
Result<ExprPtr> SqlParser::ParseArithmetic(ExprPtr left, Binding minimum) {
  while (const std::optional<Infix> infix = InfixAt(Peek())) {
    if (infix->binding <= minimum) break;
    if (left->depth() > max_nesting_) {
      return Error(Peek(), Concat("a chain of more than ", max_nesting_,
                                  " operators; join parts of it in parentheses"));
    }
    if (infix->symbol == "||") {
      DELTAIC_ASSIGN_OR_RETURN(left, ParseConcat(std::move(left)));
      continue;
    }
    Take();
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr right, ParseExpr(infix->binding));
    left = Expr::Call(BuiltIn(infix->symbol), {std::move(left), std::move(right)});
  }
  return left;
}

/// Texts joined by ||, as one call: a chain of any length stays flat.
Result<ExprPtr> SqlParser::ParseConcat(ExprPtr left) {
  Args args = {std::move(left)};
  while (TakeSymbol("||")) {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr next, ParseExpr(kSumBinding));
    args.push_back(std::move(next));
  }
  return Expr::Call(BuiltIn("CONCAT"), std::move(args));
}

Result<ExprPtr> SqlParser::ParseComparison(ExprPtr left) {
  const std::optional<Function> function = ComparisonAt(Peek());
  if (!function) return left;
  Take();
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr right, ParseExpr(kCompareBinding));
  if (ComparisonAt(Peek())) {
    return Error(Peek(), "comparisons do not chain; join them with AND, or use parentheses");
  }
  return Expr::Call(*function, {std::move(left), std::move(right)});
}

/// IS, IN, BETWEEN, LIKE and their like after the operand.
Result<ExprPtr> SqlParser::ParseTest(ExprPtr left) {
  if (TakeWord("IS")) return ParseIs(std::move(left));
  if (!TakeWord("NOT")) return ParseNegatableTest(std::move(left));
  const ExprPtr before = left;
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr test, ParseNegatableTest(std::move(left)));
  if (test == before) return Unexpected("IN, BETWEEN, LIKE, ILIKE or RLIKE after NOT");
  return Not(std::move(test));
}

/// `left` itself where no test follows.
Result<ExprPtr> SqlParser::ParseNegatableTest(ExprPtr left) {
  if (IsWord("IN")) return ParseIn(std::move(left));
  if (IsWord("BETWEEN")) return ParseBetween(std::move(left));
  if (TakeWord("LIKE")) return ParseLike(std::move(left), false);
  if (TakeWord("ILIKE")) return ParseLike(std::move(left), true);
  if (!TakeWord("RLIKE") && !TakeWord("REGEXP")) return left;
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr pattern, ParseExpr(kTestBinding));
  return Expr::Call(BuiltIn("RLIKE"), {std::move(left), std::move(pattern)});
}

Result<ExprPtr> SqlParser::ParseIs(ExprPtr left) {
  const bool negated = TakeWord("NOT");
  if (TakeWord("NULL") || TakeWord("UNKNOWN")) {
    return Expr::Call(negated ? Function::kIsNotNull : Function::kIsNull, {std::move(left)});
  }
  if (TakeWord("DISTINCT")) {
    DELTAIC_RETURN_IF_ERROR(ExpectWord("FROM"));
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr right, ParseExpr(kTestBinding));
    ExprPtr same = Expr::Call(Function::kNullSafeEqual, {std::move(left), std::move(right)});
    return negated ? same : Not(std::move(same));
  }
  if (!IsWord("TRUE") && !IsWord("FALSE")) {
    return Unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM after IS");
  }
  const bool wanted = IsWord("TRUE");
  Take();
  ExprPtr same =
      Expr::Call(Function::kNullSafeEqual,
                 {std::move(left), Expr::Literal(wanted, DataType::Primitive(TypeId::kBoolean))});
  return negated ? Not(std::move(same)) : same;
}

Result<ExprPtr> SqlParser::ParseIn(ExprPtr left) {
  Take();
  DELTAIC_RETURN_IF_ERROR(ExpectSymbol("("));
  Args args = {std::move(left)};
  do {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr element, ParseExpr(kLoosest));
    args.push_back(std::move(element));
  } while (TakeSymbol(","));
  if (!TakeSymbol(")")) return Unexpected(", or )");
  return Expr::Call(Function::kIn, std::move(args));
}

Result<ExprPtr> SqlParser::ParseBetween(ExprPtr left) {
  DELTAIC_RETURN_IF_ERROR(CheckRepeated(*left, "the operand of BETWEEN"));
  Take();
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr low, ParseExpr(kTestBinding));
  DELTAIC_RETURN_IF_ERROR(ExpectWord("AND"));
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr high, ParseExpr(kTestBinding));
  ExprPtr from_low = Expr::Call(Function::kGreaterEqual, {left, std::move(low)});
  ExprPtr to_high = Expr::Call(Function::kLessEqual, {std::move(left), std::move(high)});
  return Expr::Call(Function::kAnd, {std::move(from_low), std::move(to_high)});
}

Result<ExprPtr> SqlParser::ParseLike(ExprPtr left, bool ignore_case) {
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr pattern, ParseExpr(kTestBinding));
  DELTAIC_ASSIGN_OR_RETURN(pattern, TakeEscape(std::move(pattern)));
  if (ignore_case) return Expr::Call(BuiltIn("ILIKE"), {std::move(left), std::move(pattern)});
  return Expr::Call(Function::kLike, {std::move(left), std::move(pattern)});
}

/// The pattern with its escape character, if one follows, made a backslash.
Result<ExprPtr> SqlParser::TakeEscape(ExprPtr pattern) {
  if (!TakeWord("ESCAPE")) return pattern;
  const Token& token = Peek();
  if (token.kind != TokenKind::kText) return Unexpected("a quoted character after ESCAPE");
  const bool is_text = pattern->kind() == ExprKind::kLiteral &&
                       std::holds_alternative<std::string>(pattern->value());
  if (!is_text) return Error(token, "ESCAPE needs a quoted pattern before it");
  Take();
  Result<std::string> escaped =
      LikePattern::ReplaceEscape(std::get<std::string>(pattern->value()), token.text);
  if (!escaped.ok()) return Error(token, escaped.status().message());
  return Expr::Literal(*std::move(escaped), pattern->type());
}

namespace {

Result<ExprPtr> ParseNested(std::string_view sql, int max_nesting) {
  if (sql.size() > kMaxTextBytes) {
    return Status::InvalidArgument("predicate: the text has ", sql.size(), " bytes; at most ",
                                   kMaxTextBytes, " are read");
  }
  DELTAIC_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(sql));
  return SqlParser(sql, std::move(tokens)).Run(max_nesting);
}

}  // namespace

Result<ExprPtr> ParsePredicate(std::string_view sql) {
  return ParseNested(sql, SqlParser::kMaxNesting);
}

Result<ExprPtr> ParseWrittenPredicate(std::string_view sql) {
  return ParseNested(sql, kMaxWrittenNesting);
}

Result<DataTypePtr> SqlParser::RunType() {
  DELTAIC_ASSIGN_OR_RETURN(DataTypePtr type, ParseType());
  if (!IsEnd()) return Unexpected("the end");
  return type;
}

Result<DataTypePtr> ParseTypeName(std::string_view sql) {
  DELTAIC_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(sql));
  return SqlParser(sql, std::move(tokens)).RunType();
}

}  // namespace deltaic
