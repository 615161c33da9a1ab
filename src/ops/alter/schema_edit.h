#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic {

// Changes to the columns of a schema: values in, values out. Columns are named from the root
// inwards, ignoring case; "element" stands for that of an array, "key" and "value" for those of a
// map, as in Spark.

using ColumnPath = std::vector<std::string>;

/// Where among its neighbours a column stands.
struct ColumnPosition {
  bool first = false;
  std::optional<std::string> after;  ///< a neighbour
};

/// `schema` with the fields of a struct changed. \param path  of the struct; empty: the columns.
/// \retval kInvalidArgument  no such struct.
using EditFields = std::function<Status(std::vector<StructField>& fields)>;
Result<SchemaPtr> EditStruct(const SchemaPtr& schema, std::span<const std::string> path,
                             const EditFields& edit);

/// `schema` with one column changed; the path then has the names of the schema.
/// \retval kInvalidArgument  no such column.
using EditField = std::function<Status(StructField& field)>;
Result<SchemaPtr> EditColumn(const SchemaPtr& schema, ColumnPath& path, const EditField& edit);

/// Adds columns to the struct at `parent`, or members to structs that are there.
/// \param position  of the first of them, the others follow; unset: at the end.
/// \param if_not_exists  columns that are there with the same type are passed over.
/// \retval kInvalidArgument  one that is there; one that is not nullable, since rows that are there
/// have no value; one with a default, for the same reason.
Result<SchemaPtr> AddFields(const SchemaPtr& schema, const ColumnPath& parent,
                            const std::vector<StructField>& fields,
                            const std::optional<ColumnPosition>& position, bool if_not_exists);

/// Takes a column out; its struct must keep one. The path then has the names of the schema.
Result<SchemaPtr> DropField(const SchemaPtr& schema, ColumnPath& path);

/// Moves a column among its neighbours.
Result<SchemaPtr> MoveField(const SchemaPtr& schema, const ColumnPath& path,
                            const ColumnPosition& position);

/// Gives `field` a type that holds all of its values, members and elements included, and records
/// that in `delta.typeChanges`.
/// \retval kInvalidArgument  `type` does not hold them.
Status WidenField(StructField& field, const DataTypePtr& type);

/// "a.b": names in backticks where they need them.
std::string FormatColumnPath(const ColumnPath& path);

}  // namespace deltaic
