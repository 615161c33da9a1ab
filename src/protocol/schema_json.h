#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic {

/// Parses `metaData.schemaString`.
/// \retval kCorruption  not JSON, not a struct, a field without name or type, deeper than
/// kMaxSchemaDepth, names that
///         repeat ignoring case.
/// \retval kUnsupported  a type this build does not know, named (for example geometry, interval).
Result<SchemaPtr> ParseSchema(std::string_view json);

/// The compact JSON that Spark writes: keys in the order type, fields / name, type, nullable,
/// metadata.
std::string FormatSchema(const Schema& schema);

/// One type as JSON: `"long"` or an object.
std::string FormatType(const DataType& type);

}  // namespace deltaic
