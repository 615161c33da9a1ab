#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "protocol/schema.h"

namespace deltaic {

/// The column ids of elements, keys and values below one field, which have no field of their own to
/// stand in: by the path from the field's physical name, "tags.element", "m.value.element".
/// Source: PROTOCOL.md, "Column Mapping" (`delta.columnMapping.nested.ids`).
using NestedIds = std::map<std::string, int64_t>;

inline constexpr std::string_view kNestedIdsKey = "delta.columnMapping.nested.ids";

/// Empty where the field has none, or none that can be read.
NestedIds NestedIdsOf(const StructField& field);

/// As field metadata has it.
std::string FormatNestedIds(const NestedIds& ids);

}  // namespace deltaic
