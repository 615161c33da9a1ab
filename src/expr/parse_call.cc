#include <optional>
#include <string>
#include <utility>

#include "expr/interval_syntax.h"
#include "expr/literal_syntax.h"
#include "expr/sql_parser.h"

namespace deltaic {
namespace {

using Args = std::vector<ExprPtr>;

ExprPtr Null() { return Expr::Literal({}, DataType::Primitive(TypeId::kVoid)); }

ExprPtr IfThenElse(ExprPtr condition, ExprPtr then, ExprPtr otherwise) {
  return Expr::Call(BuiltIn("CASE"), {std::move(condition), std::move(then), std::move(otherwise)});
}

/// The text, and maybe the characters that are taken off.
ExprPtr TrimCall(std::string_view side, Args args) {
  if (args.size() == 2) return Expr::Call(BuiltIn(Concat("TRIM ", side)), std::move(args));
  const std::string_view name = side == "LEADING" ? "LTRIM" : side == "TRAILING" ? "RTRIM" : "TRIM";
  return Expr::Call(BuiltIn(name), std::move(args));
}

}  // namespace

Result<std::vector<ExprPtr>> SqlParser::ParseArgs() {
  DELTAIC_RETURN_IF_ERROR(ExpectSymbol("("));
  Args args;
  if (TakeSymbol(")")) return args;
  do {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr arg, ParseExpr(kLoosest));
    args.push_back(std::move(arg));
  } while (TakeSymbol(","));
  if (!TakeSymbol(")")) return Unexpected(", or )");
  return args;
}

Result<ExprPtr> SqlParser::ParseCall() {
  if (IsWord("CAST")) return ParseCast(Function::kCast);
  if (IsWord("TRY_CAST")) return ParseCast(Function::kTryCast);
  if (IsWord("EXTRACT")) return ParseExtract();
  if (IsWord("POSITION")) return ParsePosition();
  if (IsWord("TRIM")) return ParseTrim();
  const Token& name = Take();
  DELTAIC_ASSIGN_OR_RETURN(Args args, ParseArgs());
  return MakeCall(name, std::move(args));
}

Result<ExprPtr> SqlParser::MakeCall(const Token& name, Args args) {
  const std::string upper = UpperAscii(name.text);
  Result<ExprPtr> rewritten = Rewrite(upper, args);
  if (!rewritten.ok()) return Error(name, rewritten.status().message());
  if (*rewritten != nullptr) return rewritten;
  // Types are functions, too: DATE(x) is a cast.
  if (const std::optional<TypeId> type = TypeNamed(upper); type && args.size() == 1) {
    return Expr::Call(Function::kCast, std::move(args), DataType::Primitive(*type));
  }
  const FunctionDefinition* definition = FindFunction(upper);
  if (definition == nullptr) {
    const std::string_view nearest = NearestFunction(upper);
    return Error(
        name, Concat("there is no function ", name.text, nearest.empty() ? "" : "; did you mean ",
                     nearest, nearest.empty() ? "" : "?"));
  }
  // Only with two operands is there a way to write MOD(a, b) as a % b again.
  if (definition->notation == Notation::kInfix && args.size() != 2) {
    return Error(name, Concat(upper, " takes two arguments, not ", args.size()));
  }
  return Expr::Call(*definition, std::move(args));
}

Result<ExprPtr> SqlParser::Rewrite(std::string_view name, Args& args) const {
  const auto wrong_count = [&](std::string_view expected) {
    return Status::InvalidArgument(name, " takes ", expected, ", not ", args.size());
  };
  if (name == "ISNULL" || name == "ISNOTNULL") {
    if (args.size() != 1) return wrong_count("one argument");
    return Expr::Call(name == "ISNULL" ? Function::kIsNull : Function::kIsNotNull, std::move(args));
  }
  if (name == "IF" || name == "IFF") {
    if (args.size() != 3) return wrong_count("three arguments");
    return Expr::Call(BuiltIn("CASE"), std::move(args));
  }
  if (name == "NVL2") {
    if (args.size() != 3) return wrong_count("three arguments");
    return IfThenElse(Expr::Call(Function::kIsNotNull, {args[0]}), args[1], args[2]);
  }
  if (name == "NULLIF") {
    if (args.size() != 2) return wrong_count("two arguments");
    DELTAIC_RETURN_IF_ERROR(CheckRepeated(*args[0], "the first argument of NULLIF"));
    return IfThenElse(Expr::Call(Function::kEqual, {args[0], args[1]}), Null(), args[0]);
  }
  if (name == "EQUAL_NULL") {
    if (args.size() != 2) return wrong_count("two arguments");
    return Expr::Call(Function::kNullSafeEqual, std::move(args));
  }
  return ExprPtr();
}

Result<ExprPtr> SqlParser::ParseCast(Function function) {
  Take();
  Take();
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr operand, ParseExpr(kLoosest));
  DELTAIC_RETURN_IF_ERROR(ExpectWord("AS"));
  DELTAIC_ASSIGN_OR_RETURN(DataTypePtr type, ParseType());
  DELTAIC_RETURN_IF_ERROR(ExpectSymbol(")"));
  if (ExprPtr literal = LiteralOfCast(*operand, type)) return literal;
  return Expr::Call(function, {std::move(operand)}, std::move(type));
}

/// Both forms; CASE a WHEN b is CASE WHEN a = b.
Result<ExprPtr> SqlParser::ParseCase() {
  Take();
  ExprPtr operand;
  if (!IsWord("WHEN")) {
    DELTAIC_ASSIGN_OR_RETURN(operand, ParseExpr(kLoosest));
    DELTAIC_RETURN_IF_ERROR(CheckRepeated(*operand, "the operand of CASE"));
  }
  Args args;
  do {
    DELTAIC_RETURN_IF_ERROR(ExpectWord("WHEN"));
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr condition, ParseExpr(kLoosest));
    if (operand != nullptr) {
      condition = Expr::Call(Function::kEqual, {operand, std::move(condition)});
    }
    DELTAIC_RETURN_IF_ERROR(ExpectWord("THEN"));
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr value, ParseExpr(kLoosest));
    args.push_back(std::move(condition));
    args.push_back(std::move(value));
  } while (IsWord("WHEN"));
  if (TakeWord("ELSE")) {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr otherwise, ParseExpr(kLoosest));
    args.push_back(std::move(otherwise));
  }
  if (!TakeWord("END")) return Unexpected("WHEN, ELSE or END");
  return Expr::Call(BuiltIn("CASE"), std::move(args));
}

/// EXTRACT(YEAR FROM x) is YEAR(x).
Result<ExprPtr> SqlParser::ParseExtract() {
  Take();
  Take();
  const Token& field = Peek();
  if (field.kind != TokenKind::kWord) return Unexpected("a field such as YEAR");
  Take();
  DELTAIC_RETURN_IF_ERROR(ExpectWord("FROM"));
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr source, ParseExpr(kLoosest));
  DELTAIC_RETURN_IF_ERROR(ExpectSymbol(")"));
  const std::string_view function = FunctionOfField(UpperAscii(field.text));
  if (function.empty()) return Error(field, Concat("there is no field ", field.text));
  return Expr::Call(BuiltIn(function), {std::move(source)});
}

/// POSITION(a IN b), or as a call with commas.
Result<ExprPtr> SqlParser::ParsePosition() {
  Take();
  DELTAIC_RETURN_IF_ERROR(ExpectSymbol("("));
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr part, ParseExpr(kTestBinding));
  Args args = {std::move(part)};
  const bool words = TakeWord("IN");
  while (words ? args.size() < 2 : TakeSymbol(",")) {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr next, ParseExpr(kLoosest));
    args.push_back(std::move(next));
  }
  DELTAIC_RETURN_IF_ERROR(ExpectSymbol(")"));
  return Expr::Call(BuiltIn("LOCATE"), std::move(args));
}

/// TRIM(x), TRIM(BOTH FROM x), TRIM(LEADING 'characters' FROM x).
Result<ExprPtr> SqlParser::ParseTrim() {
  Take();
  DELTAIC_RETURN_IF_ERROR(ExpectSymbol("("));
  std::string_view side = "BOTH";
  const bool words_follow = !IsSymbol(")", 1) && !IsSymbol(",", 1);
  for (const std::string_view word : {"BOTH", "LEADING", "TRAILING"}) {
    if (!words_follow || !TakeWord(word)) continue;
    side = word;
    break;
  }
  Args args;
  if (!TakeWord("FROM")) {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr first, ParseExpr(kLoosest));
    args.push_back(std::move(first));
    if (TakeSymbol(")")) return TrimCall(side, std::move(args));
    if (!TakeWord("FROM")) return Unexpected("FROM or )");
  }
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr text, ParseExpr(kLoosest));
  args.insert(args.begin(), std::move(text));
  DELTAIC_RETURN_IF_ERROR(ExpectSymbol(")"));
  return TrimCall(side, std::move(args));
}

/// A column may be called "interval", too.
bool SqlParser::StartsInterval() const {
  if (!IsWord("INTERVAL")) return false;
  const size_t sign = IsSymbol("-", 1) || IsSymbol("+", 1) ? 1 : 0;
  const TokenKind amount = Peek(1 + sign).kind;
  const bool unit_follows = Peek(2 + sign).kind == TokenKind::kWord;
  return amount == TokenKind::kText || (amount == TokenKind::kNumber && unit_follows);
}

/// INTERVAL '1' DAY, INTERVAL 1 DAY 2 HOURS, INTERVAL '1-2' YEAR TO MONTH, INTERVAL '1 day'.
Result<ExprPtr> SqlParser::ParseInterval() {
  const Token& start = Take();
  IntervalBuilder interval;
  do {
    const bool negative = IsSymbol("-");
    if (negative || IsSymbol("+")) Take();
    const bool is_amount = Peek().kind == TokenKind::kText || Peek().kind == TokenKind::kNumber;
    if (!is_amount) return Unexpected("an amount such as '1' in INTERVAL");
    const Token& amount = Take();
    std::string unit;
    std::string last_unit;
    if (Peek().kind == TokenKind::kWord && IntervalBuilder::IsUnit(UpperAscii(Peek().text))) {
      unit = UpperAscii(Take().text);
      if (TakeWord("TO")) {
        if (Peek().kind != TokenKind::kWord) return Unexpected("a unit after TO");
        last_unit = UpperAscii(Take().text);
      }
    }
    const Status added = interval.Add(amount.text, negative, unit, last_unit);
    if (!added.ok()) return Error(amount, added.message());
  } while (Peek().kind == TokenKind::kNumber);
  Result<ExprPtr> literal = interval.Finish();
  return literal.ok() ? literal : Error(start, literal.status().message());
}

}  // namespace deltaic
