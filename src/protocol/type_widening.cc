#include "protocol/type_widening.h"

#include <string>

#include "protocol/json.h"

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

}  // namespace deltaic
