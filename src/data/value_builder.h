#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

/// A builder for `type` (primitive), on the default memory pool. \retval kUnsupported  a type
/// without an Arrow form.
Result<std::unique_ptr<arrow::ArrayBuilder>> MakeValueBuilder(const DataType& type);

/// Appends `value`, of `type`, to a builder that MakeValueBuilder made for it; null values append
/// null.
/// \retval kInternal  the value is not of the type.
Status AppendValue(arrow::ArrayBuilder& builder, const DataType& type, const Value& value);

}  // namespace deltaic
