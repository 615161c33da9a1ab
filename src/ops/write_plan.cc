#include "ops/write_plan.h"

#include <utility>

#include "expr/bind.h"
#include "ops/partition_match.h"
#include "ops/row_sink.h"
#include "ops/table_definition.h"
#include "ops/table_schema.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "protocol/table_properties.h"
#include "table/clock.h"

namespace deltaic {
namespace {

std::string Join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return Concat('[', out, ']');
}

ColumnMappingMode EffectiveMapping(const Protocol& protocol, const TableProperties& properties) {
  return ProtocolHasFeature(protocol, "columnMapping") ? properties.column_mapping_mode
                                                       : ColumnMappingMode::kNone;
}

Status CheckOptions(const WriteOptions& options) {
  if (options.schema_mode == SchemaMode::kOverwrite && options.mode != SaveMode::kOverwrite) {
    return Status::InvalidArgument("the schema can be overwritten only in mode overwrite");
  }
  if (options.dynamic_partitions) {
    if (options.mode != SaveMode::kOverwrite) {
      return Status::InvalidArgument("partitions can be overwritten in mode overwrite only");
    }
    if (options.replace_where != nullptr || options.schema_mode == SchemaMode::kOverwrite) {
      return Status::InvalidArgument(
          "a dynamic partition overwrite goes neither with replace_where nor with another schema");
    }
  }
  if (options.replace_where == nullptr) return Status();
  if (options.mode != SaveMode::kOverwrite) {
    return Status::InvalidArgument("replace_where goes with mode overwrite only");
  }
  return Status();
}

Result<WritePlan> PlanForNewTable(const SchemaPtr& data_schema, const WriteOptions& options) {
  DELTAIC_ASSIGN_OR_RETURN(NewTable created,
                           PlanNewTable(CreateOptions{.schema = data_schema,
                                                      .partition_by = options.partition_by.value_or(
                                                          std::vector<std::string>()),
                                                      .properties = options.properties,
                                                      .name = options.name,
                                                      .description = options.description,
                                                      .cluster_by = options.cluster_by}));
  auto& [metadata, protocol] = created.definition;
  WritePlan plan;
  DELTAIC_ASSIGN_OR_RETURN(plan.schema, ParseSchema(metadata.schema_string));
  plan.partition_columns = metadata.partition_columns;
  plan.configuration = metadata.configuration;
  plan.properties = ParseTableProperties(plan.configuration);
  plan.column_mapping = EffectiveMapping(protocol, plan.properties);
  plan.shreds_variants = ShredsVariants(protocol, plan.configuration);
  plan.metadata = std::move(metadata);
  plan.protocol = std::move(protocol);
  plan.clustering = std::move(created.clustering);
  if (options.cluster_by) {
    DELTAIC_ASSIGN_OR_RETURN(plan.clustering_columns,
                             ResolveClusteringColumns(*plan.schema, *options.cluster_by));
  }
  return plan;
}

/// The partition columns after the write: what is asked for must be what the table has, unless its
/// schema is replaced.
Result<std::vector<std::string>> PartitionsOf(const Snapshot& snapshot, const Schema& schema,
                                              const WriteOptions& options) {
  const std::vector<std::string>& current = snapshot.metadata().partition_columns;
  if (options.schema_mode == SchemaMode::kOverwrite && options.replace_where == nullptr) {
    return ResolvePartitionColumns(schema, options.partition_by.value_or(current));
  }
  if (!options.partition_by) return current;
  DELTAIC_ASSIGN_OR_RETURN(std::vector<std::string> asked,
                           ResolvePartitionColumns(schema, *options.partition_by));
  if (asked != current) {
    return Status::InvalidArgument("the table is partitioned by ", Join(current), ", not by ",
                                   Join(asked),
                                   "; leave partition_by out, or overwrite table and schema");
  }
  return asked;
}

SchemaPtr SchemaAfter(const Snapshot& snapshot, const SchemaPtr& data_schema, SchemaMode mode) {
  switch (mode) {
    case SchemaMode::kMerge:
      return MergeSchemas(
          snapshot.schema(), data_schema,
          WideningOf(snapshot.protocol(), snapshot.metadata().configuration, *snapshot.schema()));
    case SchemaMode::kOverwrite:
      return KeepFieldMetadata(DropColumnIds(data_schema), *snapshot.schema());
    case SchemaMode::kStrict:
      break;
  }
  return snapshot.schema();
}

/// Puts the new schema into the plan's metadata, and into its protocol what the schema needs.
Status PlanSchema(const Snapshot& snapshot, WritePlan& plan) {
  DELTAIC_ASSIGN_OR_RETURN(TableDefinition table,
                           ChangeSchema(TableDefinition{snapshot.metadata(), snapshot.protocol()},
                                        plan.schema, plan.partition_columns));
  DELTAIC_ASSIGN_OR_RETURN(plan.schema, ParseSchema(table.metadata.schema_string));
  DELTAIC_RETURN_IF_ERROR(CheckClusteringColumnsStay(*plan.schema, plan.clustering_columns));
  if (!(table.protocol == snapshot.protocol())) plan.protocol = std::move(table.protocol);
  plan.metadata = std::move(table.metadata);
  return Status();
}

Result<WritePlan> PlanForTable(const Snapshot& snapshot, const SchemaPtr& data_schema,
                               const WriteOptions& options) {
  WritePlan plan;
  plan.properties = snapshot.properties();
  plan.configuration = snapshot.metadata().configuration;
  plan.column_mapping = snapshot.column_mapping();
  plan.shreds_variants = ShredsVariants(snapshot.protocol(), plan.configuration);
  plan.schema = SchemaAfter(snapshot, data_schema, options.schema_mode);
  if (options.schema_mode == SchemaMode::kMerge) {
    DELTAIC_RETURN_IF_ERROR(CheckMergedColumns(*snapshot.schema(), *plan.schema));
  }
  DELTAIC_ASSIGN_OR_RETURN(plan.partition_columns, PartitionsOf(snapshot, *plan.schema, options));
  DELTAIC_ASSIGN_OR_RETURN(const auto clustering, ClusteringColumnsOf(snapshot));
  plan.clustering_columns = clustering.value_or(std::vector<PhysicalPath>());
  if (options.cluster_by) {
    return Status::InvalidArgument("cluster_by is for new tables; this one is there already");
  }
  if (clustering && !plan.partition_columns.empty()) {
    return Status::InvalidArgument("a clustered table cannot be partitioned");
  }
  const bool changed = !plan.schema->Equals(*snapshot.schema()) ||
                       plan.partition_columns != snapshot.metadata().partition_columns;
  if (changed && options.replace_where != nullptr &&
      options.schema_mode == SchemaMode::kOverwrite) {
    return Status::InvalidArgument(
        "replace_where keeps rows that a new schema could not hold; use schema mode merge");
  }
  if (changed) DELTAIC_RETURN_IF_ERROR(PlanSchema(snapshot, plan));
  return plan;
}

/// Binds replace_where; where it asks for nothing but partition columns, files go whole.
Status PlanReplacement(const ExprPtr& predicate, const SnapshotPtr& snapshot, WritePlan& plan) {
  const Session session{.now_micros = NowMs() * 1000};
  DELTAIC_ASSIGN_OR_RETURN(plan.replace_where, BindPredicate(predicate, *plan.schema, session));
  if (snapshot == nullptr || NamesPartitionsOnly(*plan.replace_where, plan.partition_columns)) {
    return Status();
  }
  DELTAIC_ASSIGN_OR_RETURN(plan.replaced_predicate,
                           BindPredicate(predicate, *snapshot->schema(), session));
  return Status();
}

}  // namespace

Result<WritePlan> PlanWrite(const SnapshotPtr& snapshot, const SchemaPtr& data_schema,
                            const WriteOptions& options) {
  DELTAIC_RETURN_IF_ERROR(CheckOptions(options));
  DELTAIC_ASSIGN_OR_RETURN(WritePlan plan, snapshot == nullptr
                                               ? PlanForNewTable(data_schema, options)
                                               : PlanForTable(*snapshot, data_schema, options));
  if (options.replace_where != nullptr) {
    DELTAIC_RETURN_IF_ERROR(PlanReplacement(options.replace_where, snapshot, plan));
  }
  return plan;
}

}  // namespace deltaic
