#pragma once

#include "base/status.h"
#include "protocol/actions.h"
#include "protocol/schema.h"

namespace deltaic {

// The rules that Iceberg compatibility (delta.enableIcebergCompatV1, V2, V3) puts on a table, so
// that its files can be read as an Iceberg table's too. Data files follow by themselves: times as
// whole microseconds, partition columns kept, a count of rows in each. Source: PROTOCOL.md,
// "Iceberg Compatibility V1" and "V2"; the proposal of V3.

/// Turns on what the version enabled needs and the user has not set: column mapping, and with V3
/// row tracking.
void AddIcebergRequirements(StringMap& configuration);

/// \retval kInvalidArgument  two versions at once, what the version needs set otherwise, deletion
/// vectors (V1, V2), or a type that it does not allow, naming the column.
Status CheckIcebergCompat(const Schema& schema, const StringMap& configuration);

/// Whether elements, keys and values have ids of their own (V2 and later).
bool NeedsNestedIds(const StringMap& configuration);

/// `schema`, whose fields have ids and physical names, with ids for the elements, keys and values
/// below each field that lacks them (`delta.columnMapping.nested.ids`).
/// \param max_id  the highest id used so far; raised.
SchemaPtr AssignNestedIds(const SchemaPtr& schema, int64_t& max_id);

}  // namespace deltaic
