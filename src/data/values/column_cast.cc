#include "data/values/column_cast.h"

#include <arrow/array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/exec.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "data/memory/decode_pool.h"
#include "data/values/array_cast.h"
#include "data/values/timestamp_cast.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using arrow::Type;

bool IsText(Type::type id) {
  return id == Type::STRING || id == Type::LARGE_STRING || id == Type::STRING_VIEW;
}
bool IsBytes(Type::type id) {
  return id == Type::BINARY || id == Type::LARGE_BINARY || id == Type::BINARY_VIEW;
}
bool IsFloat(Type::type id) {
  return id == Type::HALF_FLOAT || id == Type::FLOAT || id == Type::DOUBLE;
}

/// int32 or narrower: what a double holds exactly.
bool FitsDouble(Type::type id) {
  return arrow::is_integer(id) && id != Type::INT64 && id != Type::UINT64;
}

bool CanCastToDecimal(const arrow::DataType& from) {
  return arrow::is_integer(from.id()) || arrow::is_decimal(from.id());
}

bool CanCastPlain(const arrow::DataType& from, const arrow::DataType& to) {
  const Type::type id = from.id();
  switch (to.id()) {
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
      return arrow::is_integer(id);
    case Type::FLOAT:
      return id == Type::HALF_FLOAT;
    case Type::DOUBLE:
      return IsFloat(id) || FitsDouble(id);
    case Type::STRING:
      return IsText(id) || IsBytes(id);
    case Type::BINARY:
      return IsText(id) || IsBytes(id) || id == Type::FIXED_SIZE_BINARY;
    case Type::DATE32:
      return id == Type::DATE64 || id == Type::INT32;
    case Type::TIMESTAMP:
      // Dates widen to timestamps without zone alone.
      return id == Type::TIMESTAMP ||
             (arrow::is_date(id) &&
              static_cast<const arrow::TimestampType&>(to).timezone().empty());
    case Type::DECIMAL128:
      return CanCastToDecimal(from);
    default:
      return false;
  }
}

/// The array with another type of the same physical layout.
std::shared_ptr<arrow::Array> Relabel(const arrow::Array& array,
                                      const std::shared_ptr<arrow::DataType>& type) {
  auto data = array.data()->Copy();
  data->type = type;
  return arrow::MakeArray(std::move(data));
}

/// In a data file, what does not fit is damage.
Result<std::shared_ptr<arrow::Array>> OrCorruption(Result<std::shared_ptr<arrow::Array>> cast) {
  if (cast.ok() || cast.status().code() != StatusCode::kSchemaMismatch) return cast;
  return Status::Corruption(cast.status().message());
}

Result<std::shared_ptr<arrow::Array>> ArrowCast(const std::shared_ptr<arrow::Array>& array,
                                                const std::shared_ptr<arrow::DataType>& to) {
  arrow::compute::ExecContext context(DecodePool());
  auto result = arrow::compute::Cast(*array, to, arrow::compute::CastOptions::Safe(), &context);
  if (result.ok()) return *std::move(result);
  // What Arrow calls Invalid is a value that does not fit.
  if (result.status().IsInvalid()) return Status::Corruption(result.status().message());
  return AsStatus(result.status());
}

/// A dictionary of `to`'s value type with int32 indices.
Result<std::shared_ptr<arrow::Array>> CastToDictionary(const std::shared_ptr<arrow::Array>& array,
                                                       const std::shared_ptr<arrow::DataType>& to) {
  const auto& target = static_cast<const arrow::DictionaryType&>(*to);
  if (array->type_id() != Type::DICTIONARY) {
    DELTAIC_ASSIGN_OR_RETURN(const auto values, CastColumn(array, target.value_type()));
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum encoded, arrow::compute::DictionaryEncode(values));
    return encoded.make_array();
  }
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*array);
  DELTAIC_ASSIGN_OR_RETURN(const auto values,
                           CastColumn(dictionary.dictionary(), target.value_type()));
  DELTAIC_ASSIGN_OR_RETURN(const auto indices,
                           ArrowCast(dictionary.indices(), target.index_type()));
  DELTAIC_ASSIGN_OR_RETURN(auto result, arrow::DictionaryArray::FromArrays(to, indices, values));
  return result;
}

}  // namespace

bool CanCastColumn(const arrow::DataType& from, const arrow::DataType& to) {
  if (from.id() == Type::EXTENSION) {
    return CanCastColumn(*static_cast<const arrow::ExtensionType&>(from).storage_type(), to);
  }
  if (from.id() == Type::DICTIONARY) {
    return CanCastColumn(*static_cast<const arrow::DictionaryType&>(from).value_type(), to);
  }
  if (to.id() == Type::DICTIONARY) {
    return CanCastColumn(from, *static_cast<const arrow::DictionaryType&>(to).value_type());
  }
  return from.id() == Type::NA || from.Equals(to) || CanCastPlain(from, to);
}

Result<std::shared_ptr<arrow::Array>> CastColumn(const std::shared_ptr<arrow::Array>& array,
                                                 const std::shared_ptr<arrow::DataType>& to) {
  const arrow::DataType& from = *array->type();
  if (from.Equals(*to)) return array;
  if (from.id() == Type::NA) {
    DELTAIC_ASSIGN_OR_RETURN(auto nulls, arrow::MakeArrayOfNull(to, array->length()));
    return nulls;
  }
  if (to->id() == Type::DICTIONARY) return CastToDictionary(array, to);
  if (from.id() == Type::DICTIONARY || from.id() == Type::EXTENSION) {
    DELTAIC_ASSIGN_OR_RETURN(const auto decoded, DecodeArray(array));
    return CastColumn(decoded, to);
  }
  switch (to->id()) {
    case Type::TIMESTAMP:
      return OrCorruption(arrow::is_date(from.id()) ? DateToMicros(array, to)
                                                    : TimestampToMicros(*array, to));
    case Type::DATE32:
      if (from.id() == Type::INT32) return Relabel(*array, to);
      return OrCorruption(Date64ToDate32(*array));
    case Type::BINARY:
      if (from.id() == Type::STRING) return Relabel(*array, to);
      return ArrowCast(array, to);
    default:
      return ArrowCast(array, to);
  }
}

}  // namespace deltaic
