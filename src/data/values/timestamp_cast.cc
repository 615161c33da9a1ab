#include "data/values/timestamp_cast.h"

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/builder.h>
#include <arrow/type.h>

#include <cstdint>
#include <utility>

#include "data/values/gather.h"
#include "expr/calendar.h"
#include "expr/value_cast.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

constexpr int64_t kMillisPerDay = 86'400'000;

}  // namespace

Result<ArrayPtr> TimestampToMicros(const arrow::Array& array,
                                   const std::shared_ptr<arrow::DataType>& to) {
  const arrow::TimeUnit::type unit = static_cast<const arrow::TimestampType&>(*array.type()).unit();
  if (unit == arrow::TimeUnit::MICRO) {
    auto data = array.data()->Copy();
    data->type = to;
    return arrow::MakeArray(std::move(data));
  }
  const int64_t factor = unit == arrow::TimeUnit::SECOND ? 1'000'000 : 1'000;
  const int64_t* in = array.data()->GetValues<int64_t>(1);
  DELTAIC_ASSIGN_OR_RETURN(
      auto buffer, arrow::AllocateBuffer(array.length() * static_cast<int64_t>(sizeof(int64_t))));
  auto* out = reinterpret_cast<int64_t*>(buffer->mutable_data());
  for (int64_t i = 0; i < array.length(); ++i) {
    if (unit == arrow::TimeUnit::NANO) {
      out[i] = FloorDivide(in[i], factor);
    } else if (__builtin_mul_overflow(in[i], factor, &out[i]) && array.IsValid(i)) {
      return Status::SchemaMismatch("timestamp ", in[i],
                                    unit == arrow::TimeUnit::SECOND ? " s" : " ms",
                                    " does not fit in microseconds");
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(auto validity, ValidityAtZero(array));
  return arrow::MakeArray(arrow::ArrayData::Make(
      to, array.length(), {std::move(validity), std::move(buffer)}, array.null_count()));
}

Result<ArrayPtr> DateToMicros(const ArrayPtr& array, const std::shared_ptr<arrow::DataType>& to) {
  ArrayPtr days = array;
  if (array->type_id() == arrow::Type::DATE64) {
    DELTAIC_ASSIGN_OR_RETURN(days, Date64ToDate32(*array));
  }
  const auto& dates = static_cast<const arrow::Date32Array&>(*days);
  arrow::TimestampBuilder builder(to, arrow::default_memory_pool());
  DELTAIC_RETURN_IF_ERROR(builder.Reserve(dates.length()));
  for (int64_t i = 0; i < dates.length(); ++i) {
    int64_t micros = 0;
    if (dates.IsNull(i)) {
      builder.UnsafeAppendNull();
    } else if (__builtin_mul_overflow(int64_t{dates.Value(i)}, kMicrosPerDay, &micros)) {
      return Status::SchemaMismatch("date ", dates.Value(i),
                                    " days from 1970 does not fit in microseconds");
    } else {
      builder.UnsafeAppend(micros);
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr result, builder.Finish());
  return result;
}

Result<ArrayPtr> Date64ToDate32(const arrow::Array& array) {
  const auto& millis = static_cast<const arrow::Date64Array&>(array);
  arrow::Date32Builder builder;
  DELTAIC_RETURN_IF_ERROR(builder.Reserve(millis.length()));
  for (int64_t i = 0; i < millis.length(); ++i) {
    if (millis.IsNull(i)) {
      builder.UnsafeAppendNull();
      continue;
    }
    const int64_t days = FloorDivide(millis.Value(i), kMillisPerDay);
    if (!std::in_range<int32_t>(days)) {
      return Status::SchemaMismatch("date ", days, " days from 1970 is out of range");
    }
    builder.UnsafeAppend(static_cast<int32_t>(days));
  }
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr result, builder.Finish());
  return result;
}

}  // namespace deltaic
