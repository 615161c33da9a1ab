#include "expr/literal_syntax.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "expr/decimal.h"
#include "expr/sql_words.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

template <typename T>
std::optional<T> ParseAll(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The letters at the end; the e of an exponent is never last.
std::string_view SuffixOf(std::string_view text) {
  const size_t last = text.find_last_of("0123456789.");
  return text.substr(last + 1);
}

Status OutOfRange(std::string_view text, std::string_view type) {
  return Status::InvalidArgument("the number ", text, " does not fit ", type);
}

Result<ExprPtr> IntegerLiteral(std::string_view digits, TypeId id, std::string_view name) {
  const std::optional<int64_t> value = ParseAll<int64_t>(digits);
  if (!value || !FitsInteger(*value, id)) return OutOfRange(digits, name);
  return Expr::Literal(*value, DataType::Primitive(id));
}

template <typename T>
Result<ExprPtr> RealLiteral(std::string_view digits, TypeId id, std::string_view name) {
  const std::optional<T> value = ParseAll<T>(digits);
  if (!value || !std::isfinite(*value)) return OutOfRange(digits, name);
  return Expr::Literal(static_cast<double>(*value), DataType::Primitive(id));
}

Result<ExprPtr> DecimalLiteral(std::string_view digits) {
  const std::optional<ParsedDecimal> value = ParseDecimal(digits);
  if (!value) return OutOfRange(digits, "a decimal of 38 digits");
  return Expr::Literal(value->unscaled, DataType::Decimal(value->precision, value->scale));
}

std::optional<std::string> DecodeHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

}  // namespace

Result<ExprPtr> NumberLiteral(std::string_view text) {
  const std::string_view suffix = SuffixOf(text);
  const std::string_view digits = text.substr(0, text.size() - suffix.size());
  const std::string upper = UpperAscii(suffix);
  if (upper == "Y") return IntegerLiteral(digits, TypeId::kByte, "a byte");
  if (upper == "S") return IntegerLiteral(digits, TypeId::kShort, "a short");
  if (upper == "L") return IntegerLiteral(digits, TypeId::kLong, "a long");
  if (upper == "F") return RealLiteral<float>(digits, TypeId::kFloat, "a float");
  if (upper == "D") return RealLiteral<double>(digits, TypeId::kDouble, "a double");
  if (upper == "BD") return DecimalLiteral(digits);
  if (!upper.empty()) {
    return Status::InvalidArgument("the number ", digits, " has the unknown suffix ", suffix,
                                   "; there are Y, S, L, F, D and BD");
  }
  if (digits.find_first_of("eE") != std::string_view::npos) {
    return RealLiteral<double>(digits, TypeId::kDouble, "a double");
  }
  if (const std::optional<int64_t> value = ParseAll<int64_t>(digits)) {
    const TypeId id = FitsInteger(*value, TypeId::kInteger) ? TypeId::kInteger : TypeId::kLong;
    return Expr::Literal(*value, DataType::Primitive(id));
  }
  return DecimalLiteral(digits);
}

Result<ExprPtr> PrefixedLiteral(std::string_view word, std::string_view text) {
  if (word == "X") {
    std::optional<std::string> bytes = DecodeHex(text);
    if (!bytes) return Status::InvalidArgument("X'...' takes pairs of hexadecimal digits");
    return Expr::Literal(*std::move(bytes), DataType::Primitive(TypeId::kBinary));
  }
  const std::optional<TypeId> id = TypeNamed(word);
  const bool has_literals =
      id && (IsDateTime(*id) || IsInteger(*id) || IsFloatingPoint(*id) || *id == TypeId::kBoolean);
  if (!has_literals) {
    return Status::InvalidArgument(
        "a text cannot follow ", word,
        "; only X and the name of a time, number or boolean (DATE, INT) stand before one");
  }
  const DataTypePtr type = DataType::Primitive(*id);
  if (*id == TypeId::kTimestampNtz && NamesZone(text)) {
    return Status::InvalidArgument("'", text, "' is not of type timestamp_ntz: it has a zone");
  }
  DELTAIC_ASSIGN_OR_RETURN(
      Value value, CastValue(std::string(text), *DataType::Primitive(TypeId::kString), *type));
  if (*id == TypeId::kTimestamp && !NamesZone(text)) {
    // Which instant it is, the session's zone says when it is bound.
    ExprPtr local = Expr::Literal(std::string(text), DataType::Primitive(TypeId::kString));
    return Expr::Call(Function::kCast, {std::move(local)}, type);
  }
  return Expr::Literal(std::move(value), type);
}

ExprPtr LiteralOfCast(const Expr& operand, const DataTypePtr& type) {
  if (operand.kind() != ExprKind::kLiteral) return nullptr;
  const TypeId from = operand.type()->id();
  if (from == TypeId::kVoid || IsNull(operand.value())) return Expr::Literal({}, type);
  if (from == TypeId::kString && IsFloatingPoint(type->id())) {
    const Result<Value> value = CastValue(operand.value(), *operand.type(), *type);
    const bool special = value.ok() && !std::isfinite(std::get<double>(*value));
    return special ? Expr::Literal(*value, type) : nullptr;
  }
  if (from == TypeId::kDecimal && type->id() == TypeId::kDecimal) {
    const std::optional<Int128> unscaled =
        RescaleExactly(std::get<Int128>(operand.value()), operand.type()->scale(), type->scale());
    if (unscaled && FitsPrecision(*unscaled, type->precision())) {
      return Expr::Literal(*unscaled, type);
    }
  }
  return nullptr;
}

std::string_view FunctionOfField(std::string_view field) {
  static constexpr std::pair<std::string_view, std::string_view> kFields[] = {
      {"YEAR", "YEAR"},     {"YEARS", "YEAR"},    {"QUARTER", "QUARTER"},
      {"MONTH", "MONTH"},   {"MONTHS", "MONTH"},  {"WEEK", "WEEKOFYEAR"},
      {"DAY", "DAY"},       {"DAYS", "DAY"},      {"DAYOFWEEK", "DAYOFWEEK"},
      {"DOW", "DAYOFWEEK"}, {"DOY", "DAYOFYEAR"}, {"HOUR", "HOUR"},
      {"HOURS", "HOUR"},    {"MINUTE", "MINUTE"}, {"MINUTES", "MINUTE"}};
  for (const auto& [name, function] : kFields) {
    if (name == field) return function;
  }
  return {};
}

}  // namespace deltaic
