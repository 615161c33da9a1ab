#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "protocol/table_properties.h"

namespace deltaic {

/// Checks that a table may have this schema.
/// \retval kInvalidArgument  no columns, an empty name, names that repeat ignoring case, characters
/// that need column mapping, nested
///         deeper than kMaxSchemaDepth, a name that the change data feed (if enabled) adds itself.
Status CheckTableSchema(const Schema& schema, const TableProperties& properties);

/// The partition columns by the schema's own names.
/// \retval kInvalidArgument  one that the schema lacks, repeats, or is of a type that cannot
/// partition; no column left for the files.
Result<std::vector<std::string>> ResolvePartitionColumns(const Schema& schema,
                                                         const std::vector<std::string>& names);

/// What columns are called in files, from when they are mapped.
enum class PhysicalNames {
  kRandom,   ///< col-<uuid>
  kAsNamed,  ///< as they are named: files have them so already
};

/// `schema` with an id and a physical name for each field, nested ones too, that lacks either.
/// \param max_id  the highest id used so far; raised.
SchemaPtr AssignColumnIds(const SchemaPtr& schema, int64_t& max_id,
                          PhysicalNames names = PhysicalNames::kRandom);

/// `schema` without ids and physical names.
SchemaPtr DropColumnIds(const SchemaPtr& schema);

/// `schema` without the record of which types were widened.
SchemaPtr DropTypeChanges(const SchemaPtr& schema);

/// Which types a schema may change to as rows of other types come.
enum class MergeWidening {
  kNone,
  kWidening,  ///< wider integers, floats and decimals, dates with times; what a table with
              ///< delta.enableTypeWidening takes up by itself. Integers become no decimals and
              ///< doubles: that is mostly a mistake
  kIcebergWidening,  ///< of these, those that Iceberg knows
};

/// What a table lets change by itself: nothing unless delta.enableTypeWidening is set, nor where a
/// constraint or a generated column stands on the types as they are.
MergeWidening WideningOf(const Protocol& protocol, const StringMap& configuration,
                         const Schema& schema);

/// The table's schema with the columns, and members of nested structs, that only `data` has at
/// their ends, nullable. Types that differ stay the table's, unless `widening` lets them grow
/// (recorded in `delta.typeChanges`); any type replaces void. The same pointer where nothing is
/// new.
SchemaPtr MergeSchemas(const SchemaPtr& table, const SchemaPtr& data,
                       MergeWidening widening = MergeWidening::kNone);
/// Columns that a merge adds have no values in the rows that are there, so that rules which give
/// every row one cannot come with them.
/// \retval kSchemaMismatch  such a column.
Status CheckMergedColumns(const Schema& before, const Schema& after);

/// `schema` whose columns, and members of structs in them, take over the field metadata (comments,
/// ids, physical names) of what has the same name and type in `old`, where they have none by a key.
SchemaPtr KeepFieldMetadata(const SchemaPtr& schema, const Schema& old);

}  // namespace deltaic
