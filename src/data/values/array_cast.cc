#include "data/values/array_cast.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/extension_type.h>

#include <cmath>
#include <utility>

#include "data/values/compute_kernels.h"
#include "data/values/type_mapping.h"
#include "storage/arrow_status.h"

namespace deltaic {

namespace {

using arrow::Type;
using arrow::compute::CastOptions;

/// As users know the type: by its Delta name where it has one.
std::string TypeName(const arrow::DataType& type) {
  auto delta_type = FromArrowType(type);
  return delta_type.ok() ? (*delta_type)->ToString() : type.ToString();
}

bool IsNumeric(Type::type id) {
  return arrow::is_integer(id) || arrow::is_floating(id) || arrow::is_decimal(id);
}

bool IsStringLike(Type::type id) {
  return id == Type::STRING || id == Type::LARGE_STRING || id == Type::STRING_VIEW;
}

bool IsBinaryLike(Type::type id) {
  return id == Type::BINARY || id == Type::LARGE_BINARY || id == Type::BINARY_VIEW ||
         id == Type::FIXED_SIZE_BINARY;
}

bool HasZone(const arrow::DataType& type) {
  return !static_cast<const arrow::TimestampType&>(type).timezone().empty();
}

bool Converts(const arrow::DataType& from, const arrow::DataType& to) {
  if (IsNumeric(to.id())) return IsNumeric(from.id());
  switch (to.id()) {
    case Type::STRING:
      return IsStringLike(from.id());
    case Type::BINARY:
      return IsBinaryLike(from.id());
    case Type::DATE32:
      return arrow::is_date(from.id());
    case Type::TIMESTAMP:
      // A date has no zone. A time without zone is not an instant: which one would be a guess.
      if (arrow::is_date(from.id())) return !HasZone(to);
      return from.id() == Type::TIMESTAMP && HasZone(from) == HasZone(to);
    default:
      return from.id() == to.id();
  }
}

Status ValueDoesNotFit(const std::string& column, const arrow::DataType& target,
                       const std::string& why) {
  return Status::SchemaMismatch("column ", column, ": a value does not fit ", TypeName(target),
                                ": ", why);
}

/// Arrow lets a double become an infinite float.
Status CheckNoOverflow(const arrow::DoubleArray& from, const arrow::FloatArray& to,
                       const std::string& column) {
  for (int64_t i = 0; i < from.length(); ++i) {
    if (std::isinf(to.Value(i)) && !std::isinf(from.Value(i)) && !from.IsNull(i)) {
      return ValueDoesNotFit(column, *to.type(), Concat(from.Value(i), " is out of range"));
    }
  }
  return Status();
}

}  // namespace

Status TypeMismatch(const std::string& column, const arrow::DataType& expected,
                    const arrow::DataType& got) {
  return Status::SchemaMismatch("column ", column, ": expected ", TypeName(expected), ", got ",
                                TypeName(got));
}

Result<std::shared_ptr<arrow::Array>> DecodeArray(std::shared_ptr<arrow::Array> array) {
  while (true) {
    switch (array->type_id()) {
      case Type::EXTENSION:
        array = static_cast<const arrow::ExtensionArray&>(*array).storage();
        continue;
      case Type::DICTIONARY: {
        const auto& encoded = static_cast<const arrow::DictionaryArray&>(*array);
        std::shared_ptr<arrow::Array> values = encoded.dictionary();
        // Take() knows no views.
        if (values->type_id() == Type::STRING_VIEW) {
          DELTAIC_ASSIGN_OR_RETURN(values, arrow::compute::Cast(*values, arrow::utf8()));
        } else if (values->type_id() == Type::BINARY_VIEW) {
          DELTAIC_ASSIGN_OR_RETURN(values, arrow::compute::Cast(*values, arrow::binary()));
        }
        DELTAIC_ASSIGN_OR_RETURN(array, arrow::compute::Take(*values, *encoded.indices()));
        continue;
      }
      case Type::RUN_END_ENCODED: {
        DELTAIC_RETURN_IF_ERROR(EnsureComputeKernels());
        DELTAIC_ASSIGN_OR_RETURN(arrow::Datum decoded, arrow::compute::RunEndDecode(array));
        array = decoded.make_array();
        continue;
      }
      default:
        return array;
    }
  }
}

Result<std::shared_ptr<arrow::Array>> CastLeaf(const std::shared_ptr<arrow::Array>& array,
                                               const std::shared_ptr<arrow::DataType>& target,
                                               const std::string& column) {
  if (array->type()->Equals(*target)) return array;
  if (array->null_count() == array->length()) {
    DELTAIC_ASSIGN_OR_RETURN(auto nulls, arrow::MakeArrayOfNull(target, array->length()));
    return nulls;
  }
  if (!Converts(*array->type(), *target)) return TypeMismatch(column, *target, *array->type());

  std::shared_ptr<arrow::Array> source = array;
  if (arrow::is_integer(source->type_id()) && arrow::is_decimal(target->id())) {
    // Arrow refuses an integer type whose widest value would not fit, so go through a decimal that
    // holds them all.
    const int32_t scale = static_cast<const arrow::DecimalType&>(*target).scale();
    DELTAIC_ASSIGN_OR_RETURN(source,
                             arrow::compute::Cast(*source, arrow::decimal256(20 + scale, scale)));
  }
  auto converted = arrow::compute::Cast(*source, target, CastOptions::Safe());
  if (!converted.ok()) {
    return ValueDoesNotFit(column, *target, converted.status().message());
  }
  if (source->type_id() == Type::DOUBLE && target->id() == Type::FLOAT) {
    DELTAIC_RETURN_IF_ERROR(CheckNoOverflow(static_cast<const arrow::DoubleArray&>(*source),
                                            static_cast<const arrow::FloatArray&>(**converted),
                                            column));
  }
  return *std::move(converted);
}

}  // namespace deltaic
