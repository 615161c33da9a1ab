#include "data/values/column_cast.h"

#include <arrow/array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/exec.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/bitmap_ops.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "data/memory/decode_pool.h"
#include "data/values/array_cast.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using arrow::Type;

constexpr int64_t kMicrosPerDay = 86'400'000'000;

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

/// Microseconds from another unit; finer ones round down, as Spark does (Arrow's own cast rounds to
/// zero).
Result<std::shared_ptr<arrow::Array>> TimestampToMicros(
    const arrow::Array& array, arrow::TimeUnit::type unit,
    const std::shared_ptr<arrow::DataType>& to) {
  if (unit == arrow::TimeUnit::MICRO) return Relabel(array, to);
  const int64_t factor = unit == arrow::TimeUnit::SECOND ? 1'000'000 : 1'000;
  const int64_t* in = array.data()->GetValues<int64_t>(1);
  DELTAIC_ASSIGN_OR_RETURN(
      auto buffer, arrow::AllocateBuffer(array.length() * static_cast<int64_t>(sizeof(int64_t))));
  auto* out = reinterpret_cast<int64_t*>(buffer->mutable_data());
  for (int64_t i = 0; i < array.length(); ++i) {
    if (unit == arrow::TimeUnit::NANO) {
      out[i] = in[i] / factor - (in[i] % factor < 0 ? 1 : 0);
    } else if (__builtin_mul_overflow(in[i], factor, &out[i]) && array.IsValid(i)) {
      return Status::Corruption("timestamp ", in[i], arrow::TimeUnit::SECOND == unit ? " s" : " ms",
                                " does not fit in microseconds");
    }
  }
  std::shared_ptr<arrow::Buffer> validity = array.null_bitmap();
  if (validity != nullptr && array.offset() != 0) {
    DELTAIC_ASSIGN_OR_RETURN(
        validity, arrow::internal::CopyBitmap(arrow::default_memory_pool(), validity->data(),
                                              array.offset(), array.length()));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(to, array.length(), {validity, std::move(buffer)},
                                                 array.null_count()));
}

Result<std::shared_ptr<arrow::Array>> DateToMicros(const std::shared_ptr<arrow::Array>& array,
                                                   const std::shared_ptr<arrow::DataType>& to) {
  DELTAIC_ASSIGN_OR_RETURN(const auto days, arrow::compute::Cast(*array, arrow::date32()));
  const auto& dates = static_cast<const arrow::Date32Array&>(*days);
  arrow::TimestampBuilder builder(to, arrow::default_memory_pool());
  DELTAIC_RETURN_IF_ERROR(builder.Reserve(dates.length()));
  for (int64_t i = 0; i < dates.length(); ++i) {
    int64_t micros = 0;
    if (dates.IsNull(i)) {
      builder.UnsafeAppendNull();
    } else if (__builtin_mul_overflow(int64_t{dates.Value(i)}, kMicrosPerDay, &micros)) {
      return Status::Corruption("date ", dates.Value(i),
                                " days from 1970 does not fit in microseconds");
    } else {
      builder.UnsafeAppend(micros);
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> result, builder.Finish());
  return result;
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
      if (arrow::is_date(from.id())) return DateToMicros(array, to);
      return TimestampToMicros(*array, static_cast<const arrow::TimestampType&>(from).unit(), to);
    case Type::DATE32:
      if (from.id() == Type::INT32) return Relabel(*array, to);
      return ArrowCast(array, to);
    case Type::BINARY:
      if (from.id() == Type::STRING) return Relabel(*array, to);
      return ArrowCast(array, to);
    default:
      return ArrowCast(array, to);
  }
}

}  // namespace deltaic
