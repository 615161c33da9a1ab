#pragma once

#include "base/status.h"
#include "ops/table_definition.h"

namespace deltaic {

/// The definition of a table that goes back to `then`: schema, partition columns, properties, name
/// and description of that time. What must never go back stays as it is `now`: the id, column ids
/// and values of identity columns that were given out, times in commits, names of row id columns,
/// and what checkpoints are protected. The protocol loses nothing. Pure.
/// \param lower_protocol  true: features go that the definition does not need.
/// \retval kInvalidArgument  what Iceberg compatibility keeps would be lost (CheckIcebergReplaced).
/// \retval kCorruption  a schema or an identity column that does not parse.
Result<TableDefinition> RestoredDefinition(const TableDefinition& now, const TableDefinition& then,
                                           bool lower_protocol);

}  // namespace deltaic
