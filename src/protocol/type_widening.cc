#include "protocol/type_widening.h"

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

}  // namespace deltaic
