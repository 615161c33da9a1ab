#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic {

/// The type that a variant's content has, as Spark's schema_of_variant finds it: of an array, what
/// its elements share, which is variant where they share nothing. \retval kCorruption
Result<DataTypePtr> SchemaOfVariant(std::string_view metadata, std::string_view value);

/// As schema_of_variant writes it: OBJECT<a: BIGINT, `b c`: ARRAY<STRING>>.
std::string VariantSchemaText(const DataType& type);

}  // namespace deltaic
