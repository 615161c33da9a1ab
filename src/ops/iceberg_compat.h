#pragma once

#include <cstdint>

#include "base/status.h"
#include "protocol/actions.h"
#include "protocol/schema.h"

namespace deltaic {

// The rules that Iceberg compatibility (delta.enableIcebergCompatV1, V2, V3) puts on a table, so
// that its files can be read as an Iceberg table's too. Data files follow by themselves: times as
// whole microseconds, partition columns kept, a count of rows in each. Source: PROTOCOL.md,
// "Iceberg Compatibility V1" and "V2"; the proposal of V3 (protocol_rfcs/iceberg-compat-v3.md).

/// What Iceberg calls the columns in which files keep row ids and row commit versions (V3).
inline constexpr int32_t kIcebergRowIdColumn = 2147483540;
inline constexpr int32_t kIcebergRowVersionColumn = 2147483539;

/// Turns on what the version enabled needs and the user has not set: column mapping, and with V3
/// row tracking.
void AddIcebergRequirements(StringMap& configuration);

/// \retval kInvalidArgument  two versions at once, what the version needs set otherwise, deletion
/// vectors (V1, V2), a type, a change of type or a default (V3) that it does not allow, naming the
/// column.
Status CheckIcebergCompat(const Schema& schema, const StringMap& configuration);

/// What the version enabled asks of the protocol. \retval kInvalidArgument  as above.
Status CheckIcebergProtocol(const Protocol& protocol, const StringMap& configuration);

/// What a table that replaces another must keep of it. \retval kInvalidArgument  V3 ends, or other
/// partition columns follow those of a partitioned table that Iceberg reads.
Status CheckIcebergReplaced(const Metadata& before, const Metadata& after);

/// Whether elements, keys and values have ids of their own (V2 and later).
bool NeedsNestedIds(const StringMap& configuration);

/// `schema`, whose fields have ids and physical names, with ids for the elements, keys and values
/// below each field that lacks them (`delta.columnMapping.nested.ids`).
/// \param max_id  the highest id used so far; raised.
SchemaPtr AssignNestedIds(const SchemaPtr& schema, int64_t& max_id);

}  // namespace deltaic
