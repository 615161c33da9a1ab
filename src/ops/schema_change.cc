#include "ops/schema_change.h"

#include <cstdlib>
#include <utility>

#include "ops/required_features.h"
#include "ops/table_schema.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"

namespace deltaic {

Result<SchemaChange> PlanSchemaChange(const Snapshot& snapshot, SchemaPtr schema,
                                      const std::vector<std::string>& partition_columns) {
  constexpr const char* kMaxColumnId = "delta.columnMapping.maxColumnId";
  SchemaChange change{.schema = std::move(schema), .metadata = snapshot.metadata()};
  StringMap& configuration = change.metadata.configuration;
  if (snapshot.column_mapping() != ColumnMappingMode::kNone) {
    int64_t max_id = std::atoll(configuration[kMaxColumnId].c_str());
    change.schema = AssignColumnIds(change.schema, max_id);
    configuration[kMaxColumnId] = std::to_string(max_id);
  }
  DELTAIC_RETURN_IF_ERROR(CheckTableSchema(*change.schema, snapshot.properties()));
  change.metadata.schema_string = FormatSchema(*change.schema);
  change.metadata.partition_columns = partition_columns;
  Protocol protocol =
      UpgradeProtocol(snapshot.protocol(), RequiredFeatures(configuration, *change.schema));
  if (!(protocol == snapshot.protocol())) change.protocol = std::move(protocol);
  return change;
}

}  // namespace deltaic
