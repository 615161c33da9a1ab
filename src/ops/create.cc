#include "ops/create.h"

#include <utility>

#include "ops/clustering.h"
#include "ops/given_files.h"
#include "ops/iceberg_compat.h"
#include "ops/identity_column.h"
#include "ops/operation_parameters.h"
#include "ops/remove_files.h"
#include "ops/table_schema.h"
#include "protocol/column_path.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "protocol/table_properties.h"
#include "table/clock.h"
#include "table/unique_id.h"

namespace deltaic {
namespace {

CommitSpec SpecFor(const CreateOptions& options, const Metadata& metadata, bool replace) {
  CommitSpec spec = options.commit;
  spec.operation = replace ? "CREATE OR REPLACE TABLE" : "CREATE TABLE";
  if (spec.parameters.empty()) {
    spec.parameters = {
        {"isManaged", JsonText("false")},
        {"description", metadata.description ? JsonText(*metadata.description) : "null"},
        {"partitionBy", JsonListAsText(metadata.partition_columns)},
        {"clusterBy", JsonListAsText(options.cluster_by.value_or(std::vector<std::string>()))},
        {"properties", JsonMapAsText(metadata.configuration)}};
  }
  return spec;
}

/// \param replaced  the metadata of the table that this one takes the place of, or nullptr.
Result<NewTable> PlanTable(const CreateOptions& options, const Metadata* replaced) {
  if (options.schema == nullptr || options.schema->id() != TypeId::kStruct) {
    return Status::InvalidArgument("a new table needs a schema");
  }
  Metadata metadata;
  metadata.id = NewUuid();
  metadata.created_time_ms = NowMs();
  if (replaced != nullptr) {
    metadata.id = replaced->id;
    metadata.created_time_ms = replaced->created_time_ms;
    metadata.configuration = ConfigurationKeptOnReplace(replaced->configuration);
  }
  metadata.name = options.name;
  metadata.description = options.description;
  DELTAIC_ASSIGN_OR_RETURN(metadata.partition_columns,
                           ResolvePartitionColumns(*options.schema, options.partition_by));
  StringMap properties = options.properties;
  if (options.cluster_by) {
    if (!options.partition_by.empty()) {
      return Status::InvalidArgument("a table cannot be both partitioned and clustered");
    }
    properties.emplace("delta.feature.clustering", "supported");
  }
  NewTable table;
  DELTAIC_ASSIGN_OR_RETURN(table.definition,
                           DefineTable(std::move(metadata), options.schema, properties));
  if (replaced != nullptr) {
    DELTAIC_RETURN_IF_ERROR(CheckIcebergReplaced(*replaced, table.definition.metadata));
  }
  if (options.cluster_by) {
    DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema,
                             ParseSchema(table.definition.metadata.schema_string));
    DELTAIC_ASSIGN_OR_RETURN(const auto columns,
                             ResolveClusteringColumns(*schema, *options.cluster_by));
    table.clustering = ClusteringDomain(columns);
  }
  return table;
}

/// Stages the files that a new table begins with.
Status StageGivenFiles(const Table& table, const CreateOptions& options,
                       const TableDefinition& definition, Transaction& transaction) {
  if (options.adds.empty()) return Status();
  const Metadata& metadata = definition.metadata;
  const TableProperties properties = ParseTableProperties(metadata.configuration);
  DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema, ParseSchema(metadata.schema_string));
  for (const StructField& field : schema->fields()) {
    DELTAIC_ASSIGN_OR_RETURN(const auto identity, IdentityColumn::Of(field));
    if (!identity) continue;
    return Status::Unsupported("a table with the identity column ", field.name,
                               " cannot begin with files of other writers");
  }
  if (properties.iceberg_compat_version > 0) {
    return Status::Unsupported(
        "a table that keeps its files readable for Iceberg (delta.enableIcebergCompatV",
        properties.iceberg_compat_version, ") cannot begin with files of other writers");
  }
  const bool mapped = ProtocolHasFeature(definition.protocol, "columnMapping");
  DELTAIC_RETURN_IF_ERROR(CheckGivenAdds(
      {.store = *table.store(),
       .schema = *schema,
       .partition_columns = metadata.partition_columns,
       .column_mapping = mapped ? properties.column_mapping_mode : ColumnMappingMode::kNone},
      options.adds, options.commit.cancel));
  return transaction.StageAdds(options.adds);
}

Result<SnapshotPtr> CommitCreate(const std::shared_ptr<Table>& table, const CreateOptions& options,
                                 NewTable plan) {
  const CommitSpec spec = SpecFor(options, plan.definition.metadata, /*replace=*/false);
  DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table, nullptr));
  DELTAIC_RETURN_IF_ERROR(StageGivenFiles(*table, options, plan.definition, transaction));
  DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(plan.definition.protocol)));
  DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(plan.definition.metadata)));
  if (plan.clustering) DELTAIC_RETURN_IF_ERROR(transaction.Stage(*std::move(plan.clustering)));
  DELTAIC_ASSIGN_OR_RETURN(const CommitResult committed, std::move(transaction).Commit(spec));
  return committed.snapshot;
}

/// A table made anew is clustered as it says, or not any more.
Status StageClustering(const Snapshot& old, const NewTable& plan, Transaction& transaction) {
  if (plan.clustering) return transaction.Stage(*plan.clustering);
  DELTAIC_ASSIGN_OR_RETURN(const auto columns, ClusteringColumnsOf(old));
  if (!columns) return Status();
  DomainMetadata removed = ClusteringDomain(*columns);
  removed.removed = true;
  return transaction.Stage(std::move(removed));
}

/// Replaces the table that is there by a new one, which keeps its identity and all features.
Result<SnapshotPtr> CommitReplace(const std::shared_ptr<Table>& table,
                                  const CreateOptions& options) {
  DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr old, table->Load());
  DELTAIC_ASSIGN_OR_RETURN(NewTable plan, PlanTable(options, &old->metadata()));
  const CommitSpec spec = SpecFor(options, plan.definition.metadata, /*replace=*/true);
  DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table, old));
  transaction.reads().read_whole_table = true;
  DELTAIC_RETURN_IF_ERROR(StageGivenFiles(*table, options, plan.definition, transaction));
  // A feature once given stays.
  Protocol protocol = UpgradeProtocol(old->protocol(), ProtocolFeatures(plan.definition.protocol));
  if (!(protocol == old->protocol())) {
    DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(protocol)));
  }
  DELTAIC_RETURN_IF_ERROR(StageClustering(*old, plan, transaction));
  DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(plan.definition.metadata)));
  DELTAIC_ASSIGN_OR_RETURN(auto files, old->ListFiles(FileListOptions()));
  DELTAIC_RETURN_IF_ERROR(StageRemovals(*files, NowMs(), transaction));
  DELTAIC_ASSIGN_OR_RETURN(const CommitResult committed, std::move(transaction).Commit(spec));
  return committed.snapshot;
}

}  // namespace

Result<NewTable> PlanNewTable(const CreateOptions& options) { return PlanTable(options, nullptr); }

Result<SnapshotPtr> CreateTable(const std::shared_ptr<Table>& table, const CreateOptions& options) {
  DELTAIC_ASSIGN_OR_RETURN(NewTable plan, PlanNewTable(options));
  DELTAIC_ASSIGN_OR_RETURN(const bool exists, table->Exists());
  if (!exists) {
    Result<SnapshotPtr> created = CommitCreate(table, options, std::move(plan));
    const bool lost_race = created.status().code() == StatusCode::kAlreadyExists;
    return lost_race && options.mode == SaveMode::kIgnore ? table->Load() : created;
  }
  switch (options.mode) {
    case SaveMode::kIgnore:
      return table->Load();
    case SaveMode::kOverwrite:
      return CommitReplace(table, options);
    case SaveMode::kError:
    case SaveMode::kAppend:
      break;
  }
  return Status::AlreadyExists("a Delta table exists at ", table->uri(),
                               " already; choose another place, or mode ignore or overwrite");
}

}  // namespace deltaic
