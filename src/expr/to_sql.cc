#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "base/civil_time.h"
#include "expr/decimal.h"
#include "expr/expr.h"
#include "expr/function_definition.h"
#include "expr/sql_words.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

std::string Quote(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out.push_back(quote);
    out.push_back(c);
  }
  out.push_back(quote);
  return out;
}

std::string CastSql(std::string_view operand, const DataType& type,
                    std::string_view word = "CAST") {
  return Concat(word, "(", operand, " AS ", SqlTypeName(type), ")");
}

std::string HexSql(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "X'";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  out.push_back('\'');
  return out;
}

std::string RealSql(double value, const DataType& type) {
  if (std::isnan(value)) return CastSql("'NaN'", type);
  if (std::isinf(value)) return CastSql(value < 0 ? "'-Infinity'" : "'Infinity'", type);
  const bool is_float = type.id() == TypeId::kFloat;
  char buffer[64];
  const auto end = is_float
                       ? std::to_chars(buffer, buffer + sizeof(buffer), static_cast<float>(value))
                       : std::to_chars(buffer, buffer + sizeof(buffer), value);
  return Concat(std::string_view(buffer, static_cast<size_t>(end.ptr - buffer)),
                is_float ? "F" : "D");
}

std::string DecimalSql(Int128 unscaled, const DataType& type) {
  const std::string number = FormatDecimal(unscaled, type.scale()) + "BD";
  const int natural_precision = std::max(CountDigits(unscaled), type.scale());
  return natural_precision == type.precision() ? number : CastSql(number, type);
}

std::string LiteralSql(const Expr& literal) {
  const Value& value = literal.value();
  const TypeId id = literal.type() == nullptr ? TypeId::kVoid : literal.type()->id();
  if (IsNull(value)) return id == TypeId::kVoid ? "NULL" : CastSql("NULL", *literal.type());
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "TRUE" : "FALSE";
  if (const auto* real = std::get_if<double>(&value)) return RealSql(*real, *literal.type());
  if (const auto* decimal = std::get_if<Int128>(&value)) {
    return DecimalSql(*decimal, *literal.type());
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return id == TypeId::kBinary ? HexSql(*text) : Quote(*text, '\'');
  }
  const int64_t number = std::get<int64_t>(value);
  switch (id) {
    case TypeId::kByte:
      return Concat(number, "Y");
    case TypeId::kShort:
      return Concat(number, "S");
    case TypeId::kLong:
      return Concat(number, "L");
    case TypeId::kDate:
      return Concat("DATE '", FormatDate(static_cast<int32_t>(number)), "'");
    case TypeId::kTimestamp:
      return Concat("TIMESTAMP '", FormatTimestampMicros(number, ' ', "Z"), "'");
    case TypeId::kTimestampNtz:
      return Concat("TIMESTAMP_NTZ '", FormatTimestampMicros(number, ' ', ""), "'");
    default:
      return std::to_string(number);
  }
}

std::string ColumnSql(const Expr& column) {
  std::string out;
  for (const std::string& name : column.path()) {
    if (!out.empty()) out.push_back('.');
    out += IsBareName(name) ? name : Quote(name, '`');
  }
  return out;
}

bool IsCallOf(const Expr& expr, Function function) {
  return expr.kind() == ExprKind::kCall && expr.function() == function;
}

std::string InParentheses(const Expr& expr) { return Concat("(", expr.ToSql(), ")"); }

/// `expr` where only a column, a literal or a call in brackets stands without parentheses.
std::string OperandSql(const Expr& expr) {
  const bool named_call =
      IsCallOf(expr, Function::kNamed) && (expr.definition()->notation == Notation::kCall ||
                                           expr.definition()->notation == Notation::kTrim ||
                                           expr.definition()->notation == Notation::kInterval);
  const bool bare = expr.kind() != ExprKind::kCall || named_call ||
                    expr.function() == Function::kCast || expr.function() == Function::kTryCast;
  return bare ? expr.ToSql() : InParentheses(expr);
}

std::string JoinSql(const Expr& call, std::string_view separator) {
  std::string out;
  for (const ExprPtr& arg : call.args()) {
    if (!out.empty()) out += separator;
    // The same function inside keeps its parentheses, so that the tree keeps its shape.
    const bool wrap = IsCallOf(*arg, Function::kOr) ||
                      (IsCallOf(*arg, Function::kAnd) && call.function() == Function::kAnd);
    out += wrap ? InParentheses(*arg) : arg->ToSql();
  }
  return out;
}

std::string InSql(const Expr& call, std::string_view word) {
  std::string out = Concat(OperandSql(*call.args()[0]), word);
  for (size_t i = 1; i < call.args().size(); ++i) {
    out += i == 1 ? "(" : ", ";
    out += OperandSql(*call.args()[i]);
  }
  return out + ")";
}

std::string NotSql(const Expr& operand) {
  if (IsCallOf(operand, Function::kIn)) return InSql(operand, " NOT IN ");
  if (IsCallOf(operand, Function::kLike)) {
    return Concat(OperandSql(*operand.args()[0]), " NOT LIKE ", OperandSql(*operand.args()[1]));
  }
  return Concat("NOT ", OperandSql(operand));
}

/// A text whose instant the session's zone says: what TIMESTAMP '...' without a zone parses to.
bool IsLocalTime(const Expr& text, const DataType& type) {
  const auto* content = std::get_if<std::string>(&text.value());
  const bool is_text = text.kind() == ExprKind::kLiteral && content != nullptr &&
                       text.type() != nullptr && text.type()->id() == TypeId::kString;
  return is_text && type.id() == TypeId::kTimestamp && !NamesZone(*content) &&
         CastValue(text.value(), *text.type(), type).ok();
}

std::string_view InfixWord(Function function) {
  switch (function) {
    case Function::kEqual:
      return " = ";
    case Function::kNotEqual:
      return " <> ";
    case Function::kLess:
      return " < ";
    case Function::kLessEqual:
      return " <= ";
    case Function::kGreater:
      return " > ";
    case Function::kGreaterEqual:
      return " >= ";
    case Function::kNullSafeEqual:
      return " <=> ";
    default:
      return " LIKE ";
  }
}

std::string JoinArgs(const Expr& call) {
  std::string out;
  for (const ExprPtr& arg : call.args()) out += Concat(out.empty() ? "" : ", ", arg->ToSql());
  return out;
}

std::string CaseSql(const Expr& call) {
  const std::vector<ExprPtr>& args = call.args();
  std::string out = "CASE";
  for (size_t i = 0; i + 1 < args.size(); i += 2) {
    out += Concat(" WHEN ", args[i]->ToSql(), " THEN ", args[i + 1]->ToSql());
  }
  if (args.size() % 2 == 1) out += Concat(" ELSE ", args.back()->ToSql());
  return out + " END";
}

/// Microseconds as seconds.
std::string SecondsText(int64_t micros) { return FormatDecimal(micros, 6); }

std::string IntervalSql(std::string_view name, const Expr& amount) {
  const auto* number = std::get_if<int64_t>(&amount.value());
  if (number == nullptr) return Concat(name, " ", amount.ToSql());
  const std::string_view unit = name.substr(name.find(' ') + 1);
  return Concat("INTERVAL '", unit == "SECOND" ? SecondsText(*number) : std::to_string(*number),
                "' ", unit);
}

/// What [] and . follow: a literal, and a column before a point, would read otherwise.
std::string BaseSql(const Expr& expr, bool before_point) {
  const bool wrap =
      expr.kind() == ExprKind::kLiteral || (before_point && expr.kind() == ExprKind::kColumn);
  return wrap ? InParentheses(expr) : OperandSql(expr);
}

/// Names are text in the tree, but quoted as names.
std::string MemberSql(const Expr& call) {
  const auto* name = std::get_if<std::string>(&call.args()[1]->value());
  if (name == nullptr) return InParentheses(*call.args()[0]);
  return Concat(BaseSql(*call.args()[0], true), ".", IsBareName(*name) ? *name : Quote(*name, '`'));
}

/// How tightly an operator binds; 0: its operands stand in parentheses where they are operators.
int RankOf(const Expr& expr) {
  if (!IsCallOf(expr, Function::kNamed)) return 0;
  if (expr.definition()->notation == Notation::kPrefix) return 6;
  static constexpr std::pair<std::string_view, int> kRanks[] = {
      {"|", 1}, {"^", 2}, {"&", 3}, {"+", 4}, {"-", 4}, {"*", 5}, {"/", 5}, {"%", 5}, {"DIV", 5}};
  for (const auto& [name, rank] : kRanks) {
    if (expr.definition()->name == name) return rank;
  }
  return 0;
}

/// Chains need no parentheses from the left, and so nest no deeper when read again.
std::string InfixSql(const Expr& call) {
  const Expr& left = *call.args()[0];
  const Expr& right = *call.args()[1];
  const int rank = RankOf(call);
  const bool left_bare = rank > 0 && RankOf(left) >= rank;
  const bool right_bare = rank > 0 && RankOf(right) > rank;
  return Concat(left_bare ? left.ToSql() : OperandSql(left), " ", call.definition()->name, " ",
                right_bare ? right.ToSql() : OperandSql(right));
}

std::string NamedSql(const Expr& call) {
  const FunctionDefinition& definition = *call.definition();
  const std::vector<ExprPtr>& args = call.args();
  const size_t needed =
      definition.notation == Notation::kCall                                                   ? 0
      : definition.notation == Notation::kPrefix || definition.notation == Notation::kInterval ? 1
                                                                                               : 2;
  if (args.size() < needed) return Concat(definition.name, "(", JoinArgs(call), ")");
  switch (definition.notation) {
    case Notation::kInfix:
      return InfixSql(call);
    case Notation::kPrefix:
      return Concat(definition.name, OperandSql(*args[0]));
    case Notation::kCase:
      return CaseSql(call);
    case Notation::kItem:
      return Concat(BaseSql(*args[0], false), "[", args[1]->ToSql(), "]");
    case Notation::kMember:
      return MemberSql(call);
    case Notation::kTrim:
      return Concat("TRIM(", definition.name.substr(definition.name.find(' ') + 1), " ",
                    args[1]->ToSql(), " FROM ", args[0]->ToSql(), ")");
    case Notation::kInterval:
      return IntervalSql(definition.name, *args[0]);
    case Notation::kPlusInterval: {
      const bool months = definition.name == "TIMESTAMP + MONTHS";
      return Concat(OperandSql(*args[0]), " + ",
                    IntervalSql(months ? "INTERVAL MONTH" : "INTERVAL SECOND", *args[1]));
    }
    case Notation::kCall:
      break;
  }
  return Concat(definition.name, "(", JoinArgs(call), ")");
}

std::string CallSql(const Expr& call) {
  if (call.function() == Function::kNamed) return NamedSql(call);
  const ExprPtr& first = call.args()[0];
  switch (call.function()) {
    case Function::kAnd:
      return JoinSql(call, " AND ");
    case Function::kOr:
      return JoinSql(call, " OR ");
    case Function::kNot:
      return NotSql(*first);
    case Function::kIsNull:
      return OperandSql(*first) + " IS NULL";
    case Function::kIsNotNull:
      return OperandSql(*first) + " IS NOT NULL";
    case Function::kIn:
      return InSql(call, " IN ");
    case Function::kCast:
      if (IsLocalTime(*first, *call.type())) return "TIMESTAMP " + first->ToSql();
      return CastSql(first->ToSql(), *call.type());
    case Function::kTryCast:
      return CastSql(first->ToSql(), *call.type(), "TRY_CAST");
    default:
      return Concat(OperandSql(*first), InfixWord(call.function()), OperandSql(*call.args()[1]));
  }
}

}  // namespace

std::string Expr::ToSql() const {
  switch (kind_) {
    case ExprKind::kLiteral:
      return LiteralSql(*this);
    case ExprKind::kColumn:
      return ColumnSql(*this);
    case ExprKind::kCall:
      return CallSql(*this);
  }
  return "";
}

}  // namespace deltaic
