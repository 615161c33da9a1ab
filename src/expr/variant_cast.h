#pragma once

#include <optional>
#include <string_view>

#include "base/status.h"
#include "protocol/schema.h"
#include "protocol/value.h"
#include "protocol/variant.h"

namespace deltaic {

/// A variant as a value of a primitive type that is no variant, as Spark's variant_get has it:
/// what it holds, by CAST; objects and arrays as text are JSON; a variant null is null.
/// \param metadata  of the variant.
/// \return nullopt where there is no such cast, or the value does not fit. \retval kCorruption
Result<std::optional<Value>> CastVariant(std::string_view metadata, const VariantValue& variant,
                                         const DataType& to);

}  // namespace deltaic
