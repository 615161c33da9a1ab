#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "ops/clustering.h"
#include "ops/write.h"
#include "protocol/actions.h"
#include "protocol/schema.h"

namespace deltaic {

/// What a write does to a table before any row is written: the schema it ends with and the actions
/// that lead there.
struct WritePlan {
  SchemaPtr schema;                                             ///< of the table after the write
  std::vector<std::string> partition_columns;                   ///< logical names
  ColumnMappingMode column_mapping = ColumnMappingMode::kNone;  ///< effective
  TableProperties properties;
  StringMap configuration;           ///< of the metadata after the write
  std::optional<Metadata> metadata;  ///< to be staged: the table is new or its schema changes
  std::optional<Protocol> protocol;  ///< to be staged likewise
  std::optional<DomainMetadata> clustering;  ///< of a new table, to be staged likewise
  std::vector<PhysicalPath> clustering_columns;
  bool shreds_variants = false;
  ExprPtr replace_where;  ///< bound to the schema after the write: what new rows must make true
  /// Bound to the table as it is: the rows that go. nullptr where whole files do, as
  /// `replace_where` names partition columns only.
  ExprPtr replaced_predicate;
};

/// Plans a write of rows of `data_schema`. \param snapshot  nullptr where the table is created.
/// \retval kInvalidArgument, kSchemaMismatch, kUnsupported  options that do not go together, or not
/// with the table.
Result<WritePlan> PlanWrite(const SnapshotPtr& snapshot, const SchemaPtr& data_schema,
                            const WriteOptions& options);

}  // namespace deltaic
