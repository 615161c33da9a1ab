#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>

#include "base/status.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

/// `length` times the one value of a column's type, for partition columns and missing ones
/// (monostate: null).
/// \param dictionary  as dictionary<int32, type>.
/// \retval kIo  not enough memory.
Result<std::shared_ptr<arrow::Array>> MakeConstantArray(const Value& value, const DataType& type,
                                                        bool dictionary, int64_t length);

}  // namespace deltaic
