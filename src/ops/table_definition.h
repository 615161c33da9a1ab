#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/actions.h"
#include "protocol/schema.h"

namespace deltaic {

/// What the metadata and protocol actions of a table say together.
struct TableDefinition {
  Metadata metadata;
  Protocol protocol;
};

/// Puts properties to use on a new table: checks them and the schema, takes what steers the
/// protocol (delta.feature.*, delta.minReaderVersion, delta.minWriterVersion) out, turns on what
/// other properties need, gives columns their ids, and finds the lowest protocol with every feature
/// in use.
/// \param metadata  partition columns resolved; its configuration, where there is one, is what
/// ConfigurationKeptOnReplace() gave.
/// \retval kInvalidArgument  a bad property or schema, or properties that do not go together.
/// \retval kUnsupported  a feature that this build does not write.
Result<TableDefinition> DefineTable(Metadata metadata, const SchemaPtr& schema,
                                    const StringMap& properties);

/// What of the configuration of a table outlives its replacement: column ids are never given out
/// twice, and times in commits go on.
StringMap ConfigurationKeptOnReplace(const StringMap& configuration);

/// `table` with properties set and unset: pure, but for names drawn at random. The protocol takes
/// up what they need and never loses anything.
/// \retval kInvalidArgument  as DefineTable; a property that the table keeps itself, a constraint
/// (those are added by themselves), or a change that needs files rewritten, with what to do.
/// \retval kUnsupported  as DefineTable; row tracking and Iceberg compatibility given to a table
/// that may have files.
Result<TableDefinition> ChangeProperties(const TableDefinition& table, const StringMap& set,
                                         const std::vector<std::string>& unset);

/// `table` with another schema, which may ask for more features and new column ids.
/// \retval kInvalidArgument  the table cannot have this schema.
Result<TableDefinition> ChangeSchema(const TableDefinition& table, const SchemaPtr& schema,
                                     std::vector<std::string> partition_columns);

}  // namespace deltaic
