#include "ops/create.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "ops/operation_parameters.h"
#include "ops/remove_files.h"
#include "ops/required_features.h"
#include "ops/table_schema.h"
#include "protocol/column_path.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "protocol/table_properties.h"
#include "table/clock.h"
#include "table/unique_id.h"

namespace deltaic {
namespace {

constexpr std::string_view kFeaturePrefix = "delta.feature.";
constexpr const char* kMinReaderVersion = "delta.minReaderVersion";
constexpr const char* kMinWriterVersion = "delta.minWriterVersion";
constexpr const char* kMaxColumnId = "delta.columnMapping.maxColumnId";
constexpr int32_t kReaderVersionWithFeatures = 3;
constexpr int32_t kWriterVersionWithFeatures = 7;

/// What the given properties ask for, apart.
struct RequestedProperties {
  StringMap configuration;            ///< to be stored
  std::vector<std::string> features;  ///< of delta.feature.*
  int32_t min_reader_version = 1;
  int32_t min_writer_version = 2;
};

/// Validated before: a whole number in range.
int32_t ParseVersion(const std::string& text) {
  int32_t version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

Result<RequestedProperties> SortProperties(const StringMap& properties) {
  RequestedProperties out;
  for (const auto& [key, value] : properties) {
    DELTAIC_RETURN_IF_ERROR(ValidateTableProperty(key, value));
    if (key == kMinReaderVersion) {
      out.min_reader_version = std::max(out.min_reader_version, ParseVersion(value));
    } else if (key == kMinWriterVersion) {
      out.min_writer_version = std::max(out.min_writer_version, ParseVersion(value));
    } else if (key.starts_with(kFeaturePrefix)) {
      out.features.push_back(key.substr(kFeaturePrefix.size()));
    } else if (key == kMaxColumnId) {
      return Status::InvalidArgument("table property ", key, " is kept by the table itself");
    } else {
      out.configuration.emplace(key, value);
    }
  }
  return out;
}

/// Columns that statistics are asked for must be there: a name that is mistyped would be found out
/// when files are not skipped.
Status CheckStatsColumns(const TableProperties& properties, const Schema& schema) {
  if (!properties.data_skipping_stats_columns) return Status();
  for (const std::string& name : *properties.data_skipping_stats_columns) {
    DELTAIC_ASSIGN_OR_RETURN(const std::vector<std::string> path, ParseColumnPath(name));
    const DataType* type = &schema;
    for (const std::string& part : path) {
      const StructField* field = type->id() == TypeId::kStruct ? type->FindField(part) : nullptr;
      if (field == nullptr) {
        return Status::InvalidArgument("delta.dataSkippingStatsColumns names column ", name,
                                       ", which is not in the schema ", schema.ToString());
      }
      type = field->type.get();
    }
  }
  return Status();
}

/// The lowest legal protocol with at least these versions.
Protocol ProtocolOfVersions(int32_t reader, int32_t writer) {
  // Reader version 2 stands for column mapping, which came with writer version 5.
  const Protocol legacy =
      reader == 2 ? Protocol{.min_reader_version = 2, .min_writer_version = 5} : Protocol{};
  if (reader < kReaderVersionWithFeatures && writer < kWriterVersionWithFeatures) {
    return Protocol{.min_reader_version = reader,
                    .min_writer_version = std::max(writer, legacy.min_writer_version)};
  }
  Protocol protocol{.min_reader_version = reader, .min_writer_version = kWriterVersionWithFeatures};
  protocol.writer_features = {"appendOnly", "invariants"};
  if (reader == 2) protocol.writer_features->push_back("columnMapping");
  if (reader == kReaderVersionWithFeatures) protocol.reader_features.emplace();
  return protocol;
}

CommitSpec SpecFor(const CreateOptions& options, const Metadata& metadata, bool replace) {
  CommitSpec spec = options.commit;
  spec.operation = replace ? "CREATE OR REPLACE TABLE" : "CREATE TABLE";
  if (spec.parameters.empty()) {
    spec.parameters = {
        {"isManaged", JsonText("false")},
        {"description", metadata.description ? JsonText(*metadata.description) : "null"},
        {"partitionBy", JsonListAsText(metadata.partition_columns)},
        {"properties", JsonMapAsText(metadata.configuration)}};
  }
  return spec;
}

Result<SnapshotPtr> CommitCreate(const std::shared_ptr<Table>& table, const CreateOptions& options,
                                 NewTable plan) {
  const CommitSpec spec = SpecFor(options, plan.metadata, /*replace=*/false);
  DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table, nullptr));
  DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(plan.protocol)));
  DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(plan.metadata)));
  DELTAIC_ASSIGN_OR_RETURN(const CommitResult committed, std::move(transaction).Commit(spec));
  return committed.snapshot;
}

Result<SnapshotPtr> CommitReplace(const std::shared_ptr<Table>& table, const CreateOptions& options,
                                  NewTable plan) {
  DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr old, table->Load());
  plan.metadata.id = old->metadata().id;
  plan.metadata.created_time_ms = old->metadata().created_time_ms;
  const CommitSpec spec = SpecFor(options, plan.metadata, /*replace=*/true);
  DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table, old));
  transaction.reads().read_whole_table = true;
  // A feature once given stays.
  Protocol protocol = UpgradeProtocol(old->protocol(), ProtocolFeatures(plan.protocol));
  if (!(protocol == old->protocol())) {
    DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(protocol)));
  }
  DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(plan.metadata)));
  DELTAIC_ASSIGN_OR_RETURN(auto files, old->ListFiles(FileListOptions()));
  DELTAIC_RETURN_IF_ERROR(StageRemovals(*files, NowMs(), transaction));
  DELTAIC_ASSIGN_OR_RETURN(const CommitResult committed, std::move(transaction).Commit(spec));
  return committed.snapshot;
}

}  // namespace

Result<NewTable> PlanNewTable(const CreateOptions& options) {
  if (options.schema == nullptr || options.schema->id() != TypeId::kStruct) {
    return Status::InvalidArgument("a new table needs a schema");
  }
  DELTAIC_ASSIGN_OR_RETURN(RequestedProperties requested, SortProperties(options.properties));
  const TableProperties properties = ParseTableProperties(requested.configuration);
  DELTAIC_RETURN_IF_ERROR(CheckTableSchema(*options.schema, properties));
  DELTAIC_RETURN_IF_ERROR(CheckStatsColumns(properties, *options.schema));
  NewTable plan;
  DELTAIC_ASSIGN_OR_RETURN(plan.metadata.partition_columns,
                           ResolvePartitionColumns(*options.schema, options.partition_by));
  SchemaPtr schema = options.schema;
  if (properties.column_mapping_mode == ColumnMappingMode::kNone) {
    schema = DropColumnIds(schema);
  } else {
    int64_t max_id = 0;
    schema = AssignColumnIds(schema, max_id);
    requested.configuration[kMaxColumnId] = std::to_string(max_id);
  }

  std::vector<std::string> features = RequiredFeatures(requested.configuration, *schema);
  features.insert(features.end(), requested.features.begin(), requested.features.end());
  plan.protocol = UpgradeProtocol(
      ProtocolOfVersions(requested.min_reader_version, requested.min_writer_version), features);
  plan.metadata.id = NewUuid();
  plan.metadata.name = options.name;
  plan.metadata.description = options.description;
  plan.metadata.schema_string = FormatSchema(*schema);
  plan.metadata.created_time_ms = NowMs();
  plan.metadata.configuration = std::move(requested.configuration);
  DELTAIC_RETURN_IF_ERROR(CheckWritable(plan.protocol, plan.metadata));
  return plan;
}

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
      return CommitReplace(table, options, std::move(plan));
    case SaveMode::kError:
    case SaveMode::kAppend:
      break;
  }
  return Status::AlreadyExists("a Delta table exists at ", table->uri(),
                               " already; choose another place, or mode ignore or overwrite");
}

}  // namespace deltaic
