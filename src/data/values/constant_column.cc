#include "data/values/constant_column.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "data/values/type_mapping.h"
#include "data/values/value_arrays.h"
#include "storage/arrow_status.h"

namespace deltaic {
Result<std::shared_ptr<arrow::Array>> MakeConstantArray(const Value& value, const DataType& type,
                                                        bool dictionary, int64_t length) {
  if (dictionary) {
    DELTAIC_ASSIGN_OR_RETURN(const auto values, MakeConstantArray(value, type, false, 1));
    const arrow::Int32Scalar index(0);
    const auto indices = IsNull(value) ? arrow::MakeArrayOfNull(arrow::int32(), length)
                                       : arrow::MakeArrayFromScalar(index, length);
    DELTAIC_RETURN_IF_ERROR(indices);
    DELTAIC_ASSIGN_OR_RETURN(auto result, arrow::DictionaryArray::FromArrays(*indices, values));
    return result;
  }
  if (IsNull(value)) {
    DELTAIC_ASSIGN_OR_RETURN(const auto arrow_type, ToArrowType(type));
    DELTAIC_ASSIGN_OR_RETURN(auto nulls, arrow::MakeArrayOfNull(arrow_type, length));
    return nulls;
  }
  DELTAIC_ASSIGN_OR_RETURN(const auto scalar, ScalarFromValue(value, type));
  DELTAIC_ASSIGN_OR_RETURN(auto result, arrow::MakeArrayFromScalar(*scalar, length));
  return result;
}

}  // namespace deltaic
