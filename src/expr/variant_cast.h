#pragma once

#include <optional>
#include <string_view>

#include "base/status.h"
#include "base/time_zone.h"
#include "protocol/schema.h"
#include "protocol/value.h"
#include "protocol/variant.h"

namespace deltaic {

/// A variant as a value of a primitive type that is no variant, as Spark's variant_get has it:
/// what it holds, by CAST; objects and arrays as text are JSON; a variant null is null.
/// \param metadata  of the variant.
/// \param zone  the session's; nullptr: UTC.
/// \return nullopt where there is no such cast, or the value does not fit. \retval kCorruption
Result<std::optional<Value>> CastVariant(std::string_view metadata, const VariantValue& variant,
                                         const DataType& to, const TimeZone* zone = nullptr);

}  // namespace deltaic
