#pragma once

#include <optional>
#include <string>

#include "protocol/bound_text.h"
#include "protocol/json_reader.h"
#include "protocol/schema.h"
#include "protocol/value.h"

/// One minimum or maximum of a column in `add.stats`. Included by .cc files only.
namespace deltaic {

/// A value that bounds the column from `side`; null if `value` says nothing about its type. Leaves
/// a value of another kind unread.
Value ReadBound(json::JsonValue& value, const BoundType& type, BoundSide side);

/// The JSON for an exact bound, truncated by the protocol's rules; nullopt if the type has no
/// bounds or this one cannot be written.
std::optional<std::string> FormatBound(const Value& bound, const DataType& type, BoundSide side);

}  // namespace deltaic
