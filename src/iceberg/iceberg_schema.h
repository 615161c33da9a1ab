#pragma once

#include "base/status.h"
#include "protocol/json_tree.h"
#include "protocol/schema.h"

namespace deltaic {

/// Iceberg's schema as Delta's with column mapping: field ids as `delta.columnMapping.id`, those of
/// elements, keys and values as `delta.columnMapping.nested.ids`, names as physical names, docs as
/// comments. What is required is not nullable, but inside arrays and maps, where Delta's writers
/// have no such rule for members. timestamptz is timestamp, timestamp is timestamp_ntz, fixed is
/// binary.
/// \retval kUnsupported  a type that Delta lacks (time, uuid, nanoseconds, geometry, …), or a
/// default value, naming the column.
/// \retval kCorruption  no schema, ids that are none or come twice.
Result<SchemaPtr> DeltaSchemaOf(const Json& schema);

}  // namespace deltaic
