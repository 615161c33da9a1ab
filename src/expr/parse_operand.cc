#include <optional>
#include <string>
#include <utility>

#include "expr/literal_syntax.h"
#include "expr/sql_parser.h"
#include "expr/sql_words.h"
#include "protocol/variant_path.h"

namespace deltaic {
namespace {

/// Postfixes nest the tree, and stand one behind the other in the text.
constexpr int kMostPostfixes = 100;

}  // namespace

Result<ExprPtr> SqlParser::ParsePrefix() {
  if (TakeWord("NOT")) {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr operand, ParseExpr(kNotBinding));
    return Expr::Call(Function::kNot, {std::move(operand)});
  }
  const bool is_sign = IsSymbol("-") || IsSymbol("+") || IsSymbol("~");
  if (is_sign && (IsSymbol("~") || Peek(1).kind != TokenKind::kNumber)) return ParseSign();
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr operand, ParsePrimary());
  return ParsePostfix(std::move(operand));
}

/// - + or ~ before anything but a number, which takes its sign into the literal.
Result<ExprPtr> SqlParser::ParseSign() {
  const std::string sign = Take().text;
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr operand, ParseExpr(kSignBinding));
  if (sign == "+") return Expr::Call(BuiltIn("POSITIVE"), {std::move(operand)});
  return Expr::Call(BuiltIn(sign == "-" ? "NEGATIVE" : "~"), {std::move(operand)});
}

/// `[index]`, `.member`, `:path` and `::type`, in any number.
Result<ExprPtr> SqlParser::ParsePostfix(ExprPtr operand) {
  const auto is_postfix = [&] {
    return IsSymbol("[") || IsSymbol(".") || IsSymbol(":") || IsSymbol("::");
  };
  for (int i = 0; is_postfix(); ++i) {
    if (i == kMostPostfixes) {
      return Error(Peek(), Concat("more than ", kMostPostfixes, " of [], ., : and :: in a row"));
    }
    if (TakeSymbol(":")) {
      DELTAIC_ASSIGN_OR_RETURN(operand, ParseVariantMember(std::move(operand)));
    } else if (TakeSymbol("[")) {
      DELTAIC_ASSIGN_OR_RETURN(ExprPtr index, ParseExpr(kLoosest));
      DELTAIC_RETURN_IF_ERROR(ExpectSymbol("]"));
      operand = Expr::Call(BuiltIn("[]"), {std::move(operand), std::move(index)});
    } else if (TakeSymbol("::")) {
      DELTAIC_ASSIGN_OR_RETURN(DataTypePtr type, ParseType());
      if (ExprPtr literal = LiteralOfCast(*operand, type)) {
        operand = std::move(literal);
      } else {
        operand = Expr::Call(Function::kCast, {std::move(operand)}, std::move(type));
      }
    } else {
      Take();
      const bool is_name = Peek().kind == TokenKind::kQuotedName || Peek().kind == TokenKind::kWord;
      if (!is_name) return Unexpected("a name after the point");
      ExprPtr name = Expr::Literal(Take().text, DataType::Primitive(TypeId::kString));
      operand = Expr::Call(BuiltIn("."), {std::move(operand), std::move(name)});
    }
  }
  return operand;
}

/// What follows the colon: a name, then any of `.name`, `[0]` and `['name']`.
Result<ExprPtr> SqlParser::ParseVariantMember(ExprPtr operand) {
  const auto is_name = [&] {
    return Peek().kind == TokenKind::kQuotedName || Peek().kind == TokenKind::kWord;
  };
  const Token& first = Peek();
  std::vector<VariantStep> path;
  do {
    if (!is_name()) return Unexpected("a name in a variant");
    path.push_back({Take().text});
    while (TakeSymbol("[")) {
      if (Peek().kind == TokenKind::kText) {
        path.push_back({Take().text});
      } else {
        DELTAIC_ASSIGN_OR_RETURN(const int index, ParseSmallNumber());
        path.push_back({"", index});
      }
      DELTAIC_RETURN_IF_ERROR(ExpectSymbol("]"));
    }
  } while (TakeSymbol("."));
  std::string text = FormatVariantPath(path);
  const auto again = ParseVariantPath(text);
  if (!again.ok() || *again != path) return Error(first, "no path into a variant");
  const DataTypePtr string = DataType::Primitive(TypeId::kString);
  return Expr::Call(BuiltIn("VARIANT_GET"),
                    {std::move(operand), Expr::Literal(std::move(text), string)});
}

Result<ExprPtr> SqlParser::ParsePrimary() {
  if (TakeSymbol("(")) {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr inner, ParseExpr(kLoosest));
    DELTAIC_RETURN_IF_ERROR(ExpectSymbol(")"));
    return inner;
  }
  if (IsSymbol("-") || IsSymbol("+")) {
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

Result<ExprPtr> SqlParser::ParseNumber(bool negative) {
  const Token& token = Take();
  Result<ExprPtr> number = NumberLiteral(Concat(negative ? "-" : "", token.text));
  return number.ok() ? number : Error(token, number.status().message());
}

Result<ExprPtr> SqlParser::ParseWord() {
  const Token& token = Peek();
  if (TakeWord("NULL")) return Expr::Literal({}, DataType::Primitive(TypeId::kVoid));
  if (IsWord("TRUE") || IsWord("FALSE")) {
    const bool value = IsWord("TRUE");
    Take();
    return Expr::Literal(value, DataType::Primitive(TypeId::kBoolean));
  }
  if (StartsInterval()) return ParseInterval();
  // A column may be called "case": then an operator follows, or nothing.
  const bool operand_follows =
      Peek(1).kind != TokenKind::kEnd && Peek(1).kind != TokenKind::kSymbol;
  if (IsWord("CASE") && (operand_follows || IsSymbol("(", 1))) {
    return ParseCase();
  }
  if (Peek(1).kind == TokenKind::kText) {
    const std::string word = UpperAscii(token.text);
    Take();
    Result<ExprPtr> literal = PrefixedLiteral(word, Peek().text);
    if (!literal.ok()) return Error(Peek(), literal.status().message());
    Take();
    return literal;
  }
  const bool is_call = IsSymbol("(", 1);
  if (is_call && (IsWord("CAST") || !IsReservedWord(UpperAscii(token.text)))) return ParseCall();
  if (IsReservedWord(UpperAscii(token.text))) {
    return Unexpected("a column or a value (a column of such a name needs `backticks`)");
  }
  return ParseColumn();
}

Result<ExprPtr> SqlParser::ParseColumn() {
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

Result<DataTypePtr> SqlParser::ParseType() {
  const Token& token = Peek();
  if (token.kind != TokenKind::kWord) return Unexpected("a type");
  const std::string word = UpperAscii(token.text);
  if (word == "VARIANT") {
    Take();
    return DataType::Primitive(TypeId::kVariant);
  }
  if (word == "DECIMAL" || word == "DEC" || word == "NUMERIC") return ParseDecimalType();
  const std::optional<TypeId> id = TypeNamed(word);
  if (!id) return Error(token, Concat("there is no type ", token.text));
  Take();
  return DataType::Primitive(*id);
}

Result<DataTypePtr> SqlParser::ParseDecimalType() {
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

Result<int> SqlParser::ParseSmallNumber() {
  const Token& token = Peek();
  const bool digits = token.kind == TokenKind::kNumber && token.text.size() <= 3 &&
                      token.text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits) return Unexpected("a number of digits");
  return std::stoi(Take().text);
}

}  // namespace deltaic
