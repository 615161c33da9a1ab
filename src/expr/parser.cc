#include "expr/parser.h"

#include <optional>
#include <utility>

#include "expr/lexer.h"
#include "expr/literal_syntax.h"
#include "expr/sql_words.h"

namespace deltaic {
namespace {

constexpr int kMaxNesting = 200;

/// How tightly operators bind, loosest first. Spark's grammar has IS, IN, BETWEEN and LIKE looser
/// than comparisons.
enum Binding { kLoosest = 0, kOrBinding, kAndBinding, kNotBinding, kTestBinding, kCompareBinding };

class Parser {
 public:
  Parser(std::string_view sql, std::vector<Token> tokens) : sql_(sql), tokens_(std::move(tokens)) {}

  Result<ExprPtr> Run() {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr expr, ParseExpr(kLoosest));
    if (Peek().kind != TokenKind::kEnd) return Unexpected("AND, OR or the end");
    return expr;
  }

 private:
  const Token& Peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& Take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  bool IsWord(std::string_view word, size_t ahead = 0) const {
    return Peek(ahead).kind == TokenKind::kWord && UpperAscii(Peek(ahead).text) == word;
  }
  bool IsSymbol(std::string_view symbol, size_t ahead = 0) const {
    return Peek(ahead).kind == TokenKind::kSymbol && Peek(ahead).text == symbol;
  }
  bool TakeWord(std::string_view word) {
    if (!IsWord(word)) return false;
    Take();
    return true;
  }
  bool TakeSymbol(std::string_view symbol) {
    if (!IsSymbol(symbol)) return false;
    Take();
    return true;
  }

  Status Error(const Token& at, std::string_view what) const {
    return SyntaxError(sql_, at.offset, what);
  }
  Status Unexpected(std::string_view expected) const {
    const Token& token = Peek();
    const std::string found =
        token.kind == TokenKind::kEnd
            ? "the text ends"
            : Concat("found ", sql_.substr(token.offset,
                                           std::min<size_t>(token.end_offset - token.offset, 40)));
    return Error(token, Concat("expected ", expected, ", but ", found));
  }
  Status ExpectSymbol(std::string_view symbol) {
    return TakeSymbol(symbol) ? Status::Ok() : Unexpected(symbol);
  }
  Status ExpectWord(std::string_view word) {
    return TakeWord(word) ? Status::Ok() : Unexpected(word);
  }

  Result<ExprPtr> ParseExpr(Binding minimum) {
    if (nesting_ > kMaxNesting) {
      return Error(Peek(), Concat("nested deeper than ", kMaxNesting, " levels; use IN (...)"));
    }
    ++nesting_;
    Result<ExprPtr> expr = ParseOperators(minimum);
    --nesting_;
    return expr;
  }

  Result<ExprPtr> ParseOperators(Binding minimum) {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr left, ParsePrefix());
    if (minimum < kCompareBinding) {
      DELTAIC_ASSIGN_OR_RETURN(left, ParseComparison(std::move(left)));
    }
    if (minimum < kTestBinding) {
      DELTAIC_ASSIGN_OR_RETURN(left, ParseTest(std::move(left)));
    }
    if (minimum < kAndBinding) {
      DELTAIC_ASSIGN_OR_RETURN(left,
                               ParseChain(std::move(left), "AND", Function::kAnd, kAndBinding));
    }
    if (minimum < kOrBinding) {
      DELTAIC_ASSIGN_OR_RETURN(left, ParseChain(std::move(left), "OR", Function::kOr, kOrBinding));
    }
    return left;
  }

  /// `left` and all that follows joined by `word`, as one call: a chain of any length stays flat.
  Result<ExprPtr> ParseChain(ExprPtr left, std::string_view word, Function function,
                             Binding binding) {
    if (!IsWord(word)) return left;
    std::vector<ExprPtr> args = {std::move(left)};
    while (TakeWord(word)) {
      DELTAIC_ASSIGN_OR_RETURN(ExprPtr next, ParseExpr(binding));
      args.push_back(std::move(next));
    }
    return Expr::Call(function, std::move(args));
  }

  std::optional<Function> PeekComparison() const {
    if (Peek().kind != TokenKind::kSymbol) return std::nullopt;
    static constexpr std::pair<std::string_view, Function> kComparisons[] = {
        {"=", Function::kEqual},          {"<>", Function::kNotEqual},
        {"<", Function::kLess},           {"<=", Function::kLessEqual},
        {">", Function::kGreater},        {">=", Function::kGreaterEqual},
        {"<=>", Function::kNullSafeEqual}};
    for (const auto& [symbol, function] : kComparisons) {
      if (Peek().text == symbol) return function;
    }
    return std::nullopt;
  }

  Result<ExprPtr> ParseComparison(ExprPtr left) {
    const std::optional<Function> function = PeekComparison();
    if (!function) return left;
    Take();
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr right, ParseExpr(kCompareBinding));
    if (PeekComparison()) {
      return Error(Peek(), "comparisons do not chain; join them with AND, or use parentheses");
    }
    return Expr::Call(*function, {std::move(left), std::move(right)});
  }

  /// IS, IN, BETWEEN and LIKE after their operand.
  Result<ExprPtr> ParseTest(ExprPtr left) {
    if (TakeWord("IS")) return ParseIs(std::move(left));
    const bool negated = IsWord("NOT");
    if (negated) Take();
    Result<ExprPtr> test = left;
    if (IsWord("IN")) {
      test = ParseIn(std::move(left));
    } else if (IsWord("BETWEEN")) {
      test = ParseBetween(std::move(left));
    } else if (IsWord("LIKE")) {
      test = ParseLike(std::move(left));
    } else if (negated) {
      return Unexpected("IN, BETWEEN or LIKE after NOT");
    }
    if (!test.ok() || !negated) return test;
    return Expr::Call(Function::kNot, {*std::move(test)});
  }

  Result<ExprPtr> ParseIs(ExprPtr left) {
    const bool negated = TakeWord("NOT");
    if (TakeWord("NULL")) {
      return Expr::Call(negated ? Function::kIsNotNull : Function::kIsNull, {std::move(left)});
    }
    if (!IsWord("TRUE") && !IsWord("FALSE")) return Unexpected("NULL, TRUE or FALSE after IS");
    const bool wanted = IsWord("TRUE");
    Take();
    ExprPtr same =
        Expr::Call(Function::kNullSafeEqual,
                   {std::move(left), Expr::Literal(wanted, DataType::Primitive(TypeId::kBoolean))});
    return negated ? Expr::Call(Function::kNot, {std::move(same)}) : same;
  }

  Result<ExprPtr> ParseIn(ExprPtr left) {
    Take();
    DELTAIC_RETURN_IF_ERROR(ExpectSymbol("("));
    std::vector<ExprPtr> args = {std::move(left)};
    do {
      DELTAIC_ASSIGN_OR_RETURN(ExprPtr element, ParseExpr(kLoosest));
      args.push_back(std::move(element));
    } while (TakeSymbol(","));
    if (!TakeSymbol(")")) return Unexpected(", or )");
    return Expr::Call(Function::kIn, std::move(args));
  }

  Result<ExprPtr> ParseBetween(ExprPtr left) {
    // The operand stands twice in the tree: a condition inside a condition inside ... would double
    // each time.
    if (left->kind() == ExprKind::kCall && left->function() != Function::kCast) {
      return Error(Peek(), "BETWEEN needs a column, a literal or a CAST before it");
    }
    Take();
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr low, ParseExpr(kTestBinding));
    DELTAIC_RETURN_IF_ERROR(ExpectWord("AND"));
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr high, ParseExpr(kTestBinding));
    return Expr::Call(Function::kAnd, {Expr::Call(Function::kGreaterEqual, {left, std::move(low)}),
                                       Expr::Call(Function::kLessEqual, {left, std::move(high)})});
  }

  Result<ExprPtr> ParseLike(ExprPtr left) {
    Take();
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr pattern, ParseExpr(kTestBinding));
    if (IsWord("ESCAPE")) {
      return Error(Peek(), "ESCAPE is not supported; a backslash escapes in patterns");
    }
    return Expr::Call(Function::kLike, {std::move(left), std::move(pattern)});
  }

  Result<ExprPtr> ParsePrefix() {
    if (TakeWord("NOT")) {
      DELTAIC_ASSIGN_OR_RETURN(ExprPtr operand, ParseExpr(kNotBinding));
      return Expr::Call(Function::kNot, {std::move(operand)});
    }
    if (TakeSymbol("(")) {
      DELTAIC_ASSIGN_OR_RETURN(ExprPtr inner, ParseExpr(kLoosest));
      DELTAIC_RETURN_IF_ERROR(ExpectSymbol(")"));
      return inner;
    }
    if (IsSymbol("-") || IsSymbol("+")) {
      if (Peek(1).kind != TokenKind::kNumber) {
        return Error(Peek(), "a sign stands only before a number; there is no arithmetic");
      }
      const bool negative = Take().text == "-";
      return ParseNumber(negative);
    }
    switch (Peek().kind) {
      case TokenKind::kNumber:
        return ParseNumber(false);
      case TokenKind::kText:
        return Expr::Literal(Take().text, DataType::Primitive(TypeId::kString));
      case TokenKind::kQuotedName:
        return ParseColumn();
      case TokenKind::kWord:
        return ParseWord();
      default:
        return Unexpected("a column or a value");
    }
  }

  Result<ExprPtr> ParseNumber(bool negative) {
    const Token& token = Take();
    Result<ExprPtr> number = NumberLiteral(Concat(negative ? "-" : "", token.text));
    return number.ok() ? number : Error(token, number.status().message());
  }

  Result<ExprPtr> ParseWord() {
    const Token& token = Peek();
    if (IsWord("CAST") && IsSymbol("(", 1)) return ParseCast();
    if (TakeWord("NULL")) return Expr::Literal({}, DataType::Primitive(TypeId::kVoid));
    if (IsWord("TRUE") || IsWord("FALSE")) {
      const bool value = IsWord("TRUE");
      Take();
      return Expr::Literal(value, DataType::Primitive(TypeId::kBoolean));
    }
    if (Peek(1).kind == TokenKind::kText) {
      const std::string word = UpperAscii(token.text);
      Take();
      Result<ExprPtr> literal = PrefixedLiteral(word, Peek().text);
      if (!literal.ok()) return Error(Peek(), literal.status().message());
      Take();
      return literal;
    }
    if (IsReservedWord(UpperAscii(token.text))) {
      return Unexpected("a column or a value (a column of such a name needs `backticks`)");
    }
    if (IsSymbol("(", 1)) {
      return Error(token, Concat("the function ", token.text,
                                 " is not available in predicates; only CAST is"));
    }
    return ParseColumn();
  }

  Result<ExprPtr> ParseColumn() {
    std::vector<std::string> path;
    do {
      const Token& token = Peek();
      const bool is_name = token.kind == TokenKind::kQuotedName || token.kind == TokenKind::kWord;
      if (!is_name) return Unexpected("a name after the point");
      if (token.text.empty()) return Error(token, "a name cannot be empty");
      path.push_back(Take().text);
    } while (TakeSymbol("."));
    if (path.size() > static_cast<size_t>(kMaxSchemaDepth)) {
      return Error(Peek(), "a column path with too many parts");
    }
    return Expr::Column(std::move(path));
  }

  Result<ExprPtr> ParseCast() {
    Take();
    Take();
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr operand, ParseExpr(kLoosest));
    DELTAIC_RETURN_IF_ERROR(ExpectWord("AS"));
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr type, ParseType());
    DELTAIC_RETURN_IF_ERROR(ExpectSymbol(")"));
    if (ExprPtr literal = LiteralOfCast(*operand, type)) return literal;
    return Expr::Call(Function::kCast, {std::move(operand)}, std::move(type));
  }

  Result<DataTypePtr> ParseType() {
    const Token& token = Peek();
    if (token.kind != TokenKind::kWord) return Unexpected("a type");
    const std::string word = UpperAscii(token.text);
    if (word == "DECIMAL" || word == "DEC" || word == "NUMERIC") return ParseDecimalType();
    const std::optional<TypeId> id = TypeNamed(word);
    if (!id) return Error(token, Concat("there is no type ", token.text, " to cast to"));
    Take();
    return DataType::Primitive(*id);
  }

  Result<DataTypePtr> ParseDecimalType() {
    const Token& word = Take();
    int precision = 10;
    int scale = 0;
    if (TakeSymbol("(")) {
      DELTAIC_ASSIGN_OR_RETURN(precision, ParseSmallNumber());
      if (TakeSymbol(",")) {
        DELTAIC_ASSIGN_OR_RETURN(scale, ParseSmallNumber());
      }
      DELTAIC_RETURN_IF_ERROR(ExpectSymbol(")"));
    }
    if (precision < 1 || precision > 38 || scale > precision) {
      return Error(word, "a decimal has 1 to 38 digits, and no more of them after the point");
    }
    return DataType::Decimal(precision, scale);
  }

  Result<int> ParseSmallNumber() {
    const Token& token = Peek();
    const bool digits = token.kind == TokenKind::kNumber && token.text.size() <= 3 &&
                        token.text.find_first_not_of("0123456789") == std::string::npos;
    if (!digits) return Unexpected("a number of digits");
    return std::stoi(Take().text);
  }

  std::string_view sql_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace

Result<ExprPtr> ParsePredicate(std::string_view sql) {
  DELTAIC_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(sql));
  return Parser(sql, std::move(tokens)).Run();
}

}  // namespace deltaic
