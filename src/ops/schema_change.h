#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "table/snapshot.h"

namespace deltaic {

/// What gives an existing table another schema.
struct SchemaChange {
  SchemaPtr schema;  ///< with ids and physical names, where the table maps columns
  Metadata metadata;
  std::optional<Protocol> protocol;  ///< where the schema needs a higher one
};

/// \retval kInvalidArgument  a schema that the table may not have (CheckTableSchema).
Result<SchemaChange> PlanSchemaChange(const Snapshot& snapshot, SchemaPtr schema,
                                      const std::vector<std::string>& partition_columns);

}  // namespace deltaic
