#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/compute/cast.h>

#include <utility>
#include <vector>

#include "data/eval/predicate_kernels.h"
#include "data/values/type_mapping.h"
#include "data/values/value_arrays.h"
#include "expr/value_cast.h"
#include "storage/arrow_status.h"

namespace deltaic::kernels {
namespace {

/// Digits that a value of the type may have before its point.
int WholeDigits(const DataType& type) {
  switch (type.id()) {
    case TypeId::kByte:
      return 3;
    case TypeId::kShort:
      return 5;
    case TypeId::kInteger:
      return 10;
    case TypeId::kLong:
      return 19;
    default:
      return type.precision() - type.scale();
  }
}

bool IsWiderInteger(TypeId from, TypeId to) {
  const auto bits = [](TypeId id) {
    return id == TypeId::kByte ? 8 : id == TypeId::kShort ? 16 : id == TypeId::kInteger ? 32 : 64;
  };
  return IsInteger(from) && IsInteger(to) && bits(from) <= bits(to);
}

/// Whether Arrow's cast succeeds for every value and gives what CastValue gives.
bool ArrowCastsAlike(const DataType& from, const DataType& to) {
  if (IsWiderInteger(from.id(), to.id())) return true;
  if (IsInteger(from.id()) && IsFloatingPoint(to.id())) return true;
  if (from.id() == TypeId::kFloat && to.id() == TypeId::kDouble) return true;
  if (to.id() != TypeId::kDecimal) return false;
  const bool from_exact = IsInteger(from.id()) || from.id() == TypeId::kDecimal;
  const int from_scale = from.id() == TypeId::kDecimal ? from.scale() : 0;
  return from_exact && to.scale() >= from_scale && WholeDigits(to) >= WholeDigits(from);
}

bool IsTimestamp(TypeId id) { return id == TypeId::kTimestamp || id == TypeId::kTimestampNtz; }

Result<arrow::Datum> CastEach(const arrow::Array& array, const DataType& from, const DataType& to,
                              bool null_on_failure, const TimeZone* zone) {
  std::vector<Value> values(static_cast<size_t>(array.length()));
  for (int64_t row = 0; row < array.length(); ++row) {
    Result<Value> cast = CastValue(ValueAt(array, row), from, to, zone);
    if (!cast.ok() && !null_on_failure) return cast.status();
    if (cast.ok()) values[static_cast<size_t>(row)] = *std::move(cast);
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> out, ArrayFromValues(values, to));
  return arrow::Datum(std::move(out));
}

}  // namespace

Result<arrow::Datum> Cast(const arrow::Datum& values, const DataType& from, const DataType& to,
                          bool null_on_failure, const TimeZone* zone) {
  // Not over the dictionary: entries that no row uses must not fail the cast.
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum decoded, Decode(values));
  const std::shared_ptr<arrow::Array> array = decoded.make_array();
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::DataType> type, ToArrowType(to));
  if (array->type_id() == arrow::Type::NA) {
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> nulls,
                             arrow::MakeArrayOfNull(type, array->length()));
    return arrow::Datum(std::move(nulls));
  }
  if (zone == nullptr && IsTimestamp(from.id()) && IsTimestamp(to.id())) {
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> view, array->View(type));
    return arrow::Datum(std::move(view));
  }
  if (ArrowCastsAlike(from, to)) {
    // Unsafe is only the rounding of a long to a float type, which is wanted.
    const bool rounds = IsFloatingPoint(to.id());
    const auto options = rounds ? arrow::compute::CastOptions::Unsafe(type)
                                : arrow::compute::CastOptions::Safe(type);
    DELTAIC_ASSIGN_OR_RETURN(arrow::Datum out, arrow::compute::Cast(decoded, type, options));
    return out;
  }
  return CastEach(*array, from, to, null_on_failure, zone);
}

}  // namespace deltaic::kernels
