#include "protocol/type_widening.h"

#include <charconv>
#include <optional>
#include <utility>

#include "protocol/json.h"
#include "protocol/json_reader.h"

namespace deltaic {
namespace {

/// Decimal digits that hold every value of an integer type; 0 for other types.
int IntegerDigits(TypeId id) {
  switch (id) {
    case TypeId::kByte:
    case TypeId::kShort:
    case TypeId::kInteger:
      return 10;
    case TypeId::kLong:
      return 20;
    default:
      return 0;
  }
}

/// 1 to 4 by size; 0 for types that are no integers.
int IntegerRank(TypeId id) {
  switch (id) {
    case TypeId::kByte:
      return 1;
    case TypeId::kShort:
      return 2;
    case TypeId::kInteger:
      return 3;
    case TypeId::kLong:
      return 4;
    default:
      return 0;
  }
}

/// 1 to 4 by size, as above; 0 for other names.
int IntegerRank(std::string_view name) {
  constexpr std::string_view kNames[] = {"byte", "short", "integer", "long"};
  for (int i = 0; i < 4; ++i) {
    if (kNames[i] == name) return i + 1;
  }
  return 0;
}

/// Precision and scale of a type's name.
std::optional<std::pair<int, int>> DecimalOf(std::string_view name) {
  constexpr std::string_view kBegin = "decimal(";
  if (!name.starts_with(kBegin) || !name.ends_with(')')) return std::nullopt;
  const char* const end = name.data() + name.size() - 1;
  std::pair<int, int> decimal;
  const auto precision = std::from_chars(name.data() + kBegin.size(), end, decimal.first);
  if (precision.ec != std::errc() || precision.ptr == end || *precision.ptr != ',') {
    return std::nullopt;
  }
  const auto scale = std::from_chars(precision.ptr + 1, end, decimal.second);
  if (scale.ec != std::errc() || scale.ptr != end) return std::nullopt;
  return decimal;
}

}  // namespace

bool CanWidenType(const DataType& from, const DataType& to) {
  if (!from.is_primitive() || !to.is_primitive()) return false;
  // A column without values may become anything.
  if (from.id() == TypeId::kVoid) return true;
  if (to.id() == TypeId::kDecimal) {
    const int whole_digits = to.precision() - to.scale();
    if (from.id() == TypeId::kDecimal) {
      return to.scale() >= from.scale() && whole_digits >= from.precision() - from.scale();
    }
    const int digits = IntegerDigits(from.id());
    return digits > 0 && whole_digits >= digits;
  }
  if (from.id() == to.id()) return true;
  const int rank = IntegerRank(from.id());
  switch (to.id()) {
    case TypeId::kShort:
    case TypeId::kInteger:
    case TypeId::kLong:
      return rank > 0 && rank < IntegerRank(to.id());
    case TypeId::kDouble:
      return from.id() == TypeId::kFloat || (rank > 0 && rank < IntegerRank(TypeId::kLong));
    case TypeId::kTimestampNtz:
      return from.id() == TypeId::kDate;
    default:
      return false;
  }
}

bool WidensOnMerge(const DataType& from, const DataType& to) {
  if (from.id() == TypeId::kVoid || from.EqualsIgnoringNullability(to)) return false;
  const bool same_family =
      from.id() == TypeId::kDecimal ||
      (to.id() != TypeId::kDecimal && (IntegerRank(from.id()) > 0) == (IntegerRank(to.id()) > 0));
  return same_family && CanWidenType(from, to);
}

void RecordTypeChange(StructField& field, const DataType& from, const DataType& to,
                      std::string_view inside) {
  JsonWriter change;
  change.BeginObject();
  change.Key("toType").String(to.ToString()).Key("fromType").String(from.ToString());
  if (!inside.empty()) change.Key("fieldPath").String(inside);
  change.EndObject();
  std::string& all = field.metadata[std::string(kTypeChangesKey)];
  const size_t end = all.rfind(']');
  if (!all.starts_with('[') || end == std::string::npos) {
    all = "[" + change.Take() + "]";
  } else {
    const bool first = all.find('{') == std::string::npos;
    all = all.substr(0, end) + (first ? "" : ",") + change.Take() + "]";
  }
}

Result<std::vector<TypeChange>> TypeChangesOf(const StructField& field) {
  std::vector<TypeChange> changes;
  const auto found = field.metadata.find(std::string(kTypeChangesKey));
  if (found == field.metadata.end()) return changes;
  const auto read = [&]() -> Status {
    json::ParserLease parser;
    DELTAIC_ASSIGN_OR_RETURN(auto document, parser.Start(found->second));
    json::JsonValue all;
    if (const auto error = document.get_value().get(all)) return json::BrokenJson(error);
    return json::ForEachElement(all, [&](json::JsonValue& element) -> Status {
      TypeChange& change = changes.emplace_back();
      return json::ForEachField(element, [&](std::string_view key, json::JsonValue& value) {
        if (key == "fromType") return json::ReadValue(value, change.from);
        if (key == "toType") return json::ReadValue(value, change.to);
        return json::Skip(value);
      });
    });
  };
  if (const Status status = read(); !status.ok()) {
    return Status::Corruption(kTypeChangesKey, " of column ", field.name, ": ", status.message());
  }
  return changes;
}

bool IcebergWidens(const TypeChange& change) {
  if (change.from == change.to) return true;
  const int from = IntegerRank(std::string_view(change.from));
  const int to = IntegerRank(std::string_view(change.to));
  if (from > 0 && to > 0) return from < to;
  if (change.from == "float" && change.to == "double") return true;
  const auto narrow = DecimalOf(change.from);
  const auto wide = DecimalOf(change.to);
  return narrow && wide && narrow->second == wide->second && narrow->first <= wide->first;
}

}  // namespace deltaic
