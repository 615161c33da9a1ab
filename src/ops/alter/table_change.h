#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "expr/expr.h"
#include "ops/alter/schema_edit.h"
#include "ops/table_definition.h"
#include "protocol/clustering_domain.h"

namespace deltaic {

// What ALTER can change. Columns are named as ParseColumnPath() takes them: "a", "s.b".

struct AddColumns {
  std::vector<StructField> columns;
  std::string parent;  ///< a struct; empty: the table
  std::optional<ColumnPosition> position;
  bool if_not_exists = false;
};
struct DropColumns {
  std::vector<std::string> columns;
  bool if_exists = false;
};
struct RenameColumn {
  std::string column, new_name;
};
/// All that is set of one column.
struct ChangeColumn {
  std::string column;
  DataTypePtr type;  ///< wider; nullptr: stays
  bool drop_not_null = false;
  std::optional<std::string> comment;
  std::optional<std::string> default_sql;  ///< of rows to come
  bool drop_default = false;
  StringMap metadata;  ///< texts by keys of one's own
  std::optional<ColumnPosition> position;
};
struct SetProperties {
  StringMap properties;
  bool allow_unknown = false;  ///< keys that begin with "delta." and that no property has
};
struct UnsetProperties {
  std::vector<std::string> keys;
  bool if_exists = false;
};
struct AddConstraint {
  std::string name, sql;
  StringMap others = {};  ///< SQL by name, added by the same commit
};
struct DropConstraint {
  std::string name;
  bool if_exists = false;
};
struct ClusterBy {
  std::vector<std::string> columns;  ///< none: new files are not clustered any more
};
struct DescribeTable {
  std::optional<std::string> name, description;
};
struct AddFeatures {
  std::vector<std::string> features;
  bool raise_versions = true;  ///< else refused where the protocol's versions would rise
};
struct DropFeature {
  std::string feature;
  bool truncate_history = false;
};
using TableChange = std::variant<AddColumns, DropColumns, RenameColumn, ChangeColumn, SetProperties,
                                 UnsetProperties, AddConstraint, DropConstraint, ClusterBy,
                                 DescribeTable, AddFeatures, DropFeature>;

/// What the table is now, as far as changes need to know.
struct TableFacts {
  TableDefinition definition;
  std::optional<std::vector<PhysicalPath>> clustering;  ///< unset: not clustered
};

/// A change as a commit has it.
struct PlannedChange {
  TableDefinition definition;
  std::optional<std::vector<PhysicalPath>> clustering;  ///< set where it changes
  bool is_change = true;                                ///< false: nothing is to do
  std::string operation;
  std::vector<std::pair<std::string, std::string>> parameters;
  /// Conditions that every row that is there must make true, bound, by what they are called.
  std::vector<std::pair<std::string, ExprPtr>> checks;
  std::string dropped_feature;  ///< of which no trace may be left
};

/// Pure, but for names drawn at random.
/// \retval kInvalidArgument  the change is not one that such a table can have, with the reason.
/// \retval kUnsupported  a change or a feature that this build does not make.
Result<PlannedChange> PlanTableChange(const TableFacts& table, const TableChange& change);

}  // namespace deltaic
