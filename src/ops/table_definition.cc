#include "ops/table_definition.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "ops/iceberg_compat.h"
#include "ops/required_features.h"
#include "ops/table_rules.h"
#include "ops/table_schema.h"
#include "protocol/column_path.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "protocol/table_properties.h"
#include "table/unique_id.h"

namespace deltaic {
namespace {

constexpr std::string_view kFeaturePrefix = "delta.feature.";
constexpr std::string_view kConstraintPrefix = "delta.constraints.";
constexpr const char* kMinReaderVersion = "delta.minReaderVersion";
constexpr const char* kMinWriterVersion = "delta.minWriterVersion";
constexpr const char* kMaxColumnId = "delta.columnMapping.maxColumnId";
constexpr const char* kMappingMode = "delta.columnMapping.mode";
constexpr const char* kRowIdColumn = "delta.rowTracking.materializedRowIdColumnName";
constexpr const char* kRowVersionColumn =
    "delta.rowTracking.materializedRowCommitVersionColumnName";
/// The table's own, which no user sets.
constexpr std::string_view kKeptByTheTable[] = {kMaxColumnId, kRowIdColumn, kRowVersionColumn,
                                                "delta.inCommitTimestampEnablementVersion",
                                                "delta.inCommitTimestampEnablementTimestamp"};
constexpr int32_t kReaderVersionWithFeatures = 3;
constexpr int32_t kWriterVersionWithFeatures = 7;

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

/// What the given properties ask for, apart.
struct RequestedProperties {
  StringMap configuration;            ///< to be stored
  std::vector<std::string> features;  ///< of delta.feature.*
  int32_t min_reader_version = 1;
  int32_t min_writer_version = 1;
};

/// Validated before: a whole number in range.
int32_t ParseVersion(const std::string& text) {
  int32_t version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

bool IsKeptByTheTable(std::string_view key) {
  return std::find(std::begin(kKeptByTheTable), std::end(kKeptByTheTable), key) !=
         std::end(kKeptByTheTable);
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
    } else if (IsKeptByTheTable(key)) {
      return Status::InvalidArgument("table property ", key, " is kept by the table itself");
    } else {
      out.configuration.emplace(key, value);
    }
  }
  return out;
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

/// At least the versions asked for, and nothing lost that `protocol` has.
Protocol RaiseVersions(const Protocol& protocol, const RequestedProperties& requested) {
  if (requested.min_reader_version <= protocol.min_reader_version &&
      requested.min_writer_version <= protocol.min_writer_version) {
    return protocol;
  }
  const Protocol raised =
      ProtocolOfVersions(std::max(protocol.min_reader_version, requested.min_reader_version),
                         std::max(protocol.min_writer_version, requested.min_writer_version));
  return UpgradeProtocol(raised, ProtocolFeatures(protocol));
}

bool IsMapped(const StringMap& configuration) {
  return ParseTableProperties(configuration).column_mapping_mode != ColumnMappingMode::kNone;
}

/// Gives each column, nested ones too, the id and physical name that the configuration asks for.
SchemaPtr WithColumnIds(SchemaPtr schema, StringMap& configuration, PhysicalNames names) {
  if (!IsMapped(configuration)) return DropColumnIds(schema);
  const auto found = configuration.find(kMaxColumnId);
  int64_t max_id = found == configuration.end() ? 0 : std::atoll(found->second.c_str());
  schema = AssignColumnIds(schema, max_id, names);
  if (NeedsNestedIds(configuration)) schema = AssignNestedIds(schema, max_id);
  configuration[kMaxColumnId] = std::to_string(max_id);
  return schema;
}

/// Names for the columns in which rewritten files keep row ids.
void NameRowIdColumns(StringMap& configuration) {
  if (!ParseTableProperties(configuration).enable_row_tracking) return;
  configuration.try_emplace(kRowIdColumn, Concat("_row-id-col-", NewUuid()));
  configuration.try_emplace(kRowVersionColumn, Concat("_row-commit-version-col-", NewUuid()));
}

/// The last steps of every change: all that schema and configuration ask for is checked, and in the
/// protocol.
Result<TableDefinition> Complete(TableDefinition table, const SchemaPtr& schema,
                                 std::vector<std::string> features) {
  const StringMap& configuration = table.metadata.configuration;
  const TableProperties parsed = ParseTableProperties(configuration);
  DELTAIC_RETURN_IF_ERROR(CheckTableSchema(*schema, parsed));
  DELTAIC_RETURN_IF_ERROR(CheckStatsColumns(parsed, *schema));
  DELTAIC_RETURN_IF_ERROR(CheckTableRules(*schema, configuration));
  DELTAIC_RETURN_IF_ERROR(CheckIcebergCompat(*schema, configuration));
  std::vector<std::string> required = RequiredFeatures(configuration, *schema);
  std::erase_if(required, [&](const std::string& feature) {
    const std::string preview = feature + "-preview";
    return ProtocolHasFeature(table.protocol, preview) ||
           std::ranges::find(features, preview) != features.end();
  });
  features.insert(features.end(), required.begin(), required.end());
  table.protocol = UpgradeProtocol(table.protocol, WithDependencies(std::move(features)));
  DELTAIC_RETURN_IF_ERROR(CheckIcebergProtocol(table.protocol, configuration));
  table.metadata.schema_string = FormatSchema(*schema);
  DELTAIC_RETURN_IF_ERROR(CheckWritable(table.protocol, table.metadata));
  return table;
}

bool IsEnabled(const StringMap& configuration, const char* key) {
  const auto found = configuration.find(key);
  return found != configuration.end() && EqualsIgnoringCase(found->second, "true");
}

/// Refuses what cannot be turned on or off by a change of properties alone.
Status CheckTransition(const StringMap& before, const StringMap& after) {
  const ColumnMappingMode was = ParseTableProperties(before).column_mapping_mode;
  const ColumnMappingMode is = ParseTableProperties(after).column_mapping_mode;
  if (was != is && !(was == ColumnMappingMode::kNone && is == ColumnMappingMode::kName)) {
    return Status::InvalidArgument(
        kMappingMode,
        " can change from none to name only; for another mode write the rows to a "
        "new table");
  }
  if (!IsEnabled(before, "delta.enableRowTracking") &&
      IsEnabled(after, "delta.enableRowTracking")) {
    return Status::Unsupported(
        "delta.enableRowTracking can be set when a table is created only: the rows that are there "
        "have no ids");
  }
  const int compat_was = ParseTableProperties(before).iceberg_compat_version;
  const int compat_is = ParseTableProperties(after).iceberg_compat_version;
  if (compat_was != compat_is && compat_is != 0) {
    return Status::Unsupported("delta.enableIcebergCompatV", compat_is,
                               " can be set when a table is created only: the files that are there "
                               "may break its rules");
  }
  if (compat_was == 3 && compat_is != 3) {
    return Status::InvalidArgument("delta.enableIcebergCompatV3 cannot be taken back");
  }
  return Status();
}

}  // namespace

Result<TableDefinition> DefineTable(Metadata metadata, const SchemaPtr& schema,
                                    const StringMap& properties) {
  DELTAIC_ASSIGN_OR_RETURN(RequestedProperties requested, SortProperties(properties));
  requested.min_writer_version = std::max(requested.min_writer_version, 2);
  TableDefinition table;
  table.metadata = std::move(metadata);
  // What is asked for goes before what is kept.
  requested.configuration.merge(table.metadata.configuration);
  table.metadata.configuration = std::move(requested.configuration);
  StringMap& configuration = table.metadata.configuration;
  AddIcebergRequirements(configuration);
  if (!IsMapped(configuration)) configuration.erase(kMaxColumnId);
  NameRowIdColumns(configuration);
  const SchemaPtr with_ids = WithColumnIds(schema, configuration, PhysicalNames::kRandom);
  table.protocol = ProtocolOfVersions(requested.min_reader_version, requested.min_writer_version);
  return Complete(std::move(table), with_ids, std::move(requested.features));
}

StringMap ConfigurationKeptOnReplace(const StringMap& configuration) {
  StringMap kept;
  for (const auto& [key, value] : configuration) {
    if (IsKeptByTheTable(key) || key == "delta.enableInCommitTimestamps") kept.emplace(key, value);
  }
  return kept;
}

Result<TableDefinition> ChangeProperties(const TableDefinition& table, const StringMap& set,
                                         const std::vector<std::string>& unset) {
  DELTAIC_ASSIGN_OR_RETURN(const RequestedProperties requested, SortProperties(set));
  TableDefinition after = table;
  StringMap& configuration = after.metadata.configuration;
  for (const auto& [key, value] : requested.configuration) {
    if (key.starts_with(kConstraintPrefix)) {
      return Status::InvalidArgument("table property ", key,
                                     " is a constraint, which the rows that are there must satisfy "
                                     "too; add it as a constraint");
    }
    configuration[key] = value;
  }
  for (const std::string& key : unset) {
    if (IsKeptByTheTable(key) || key.starts_with(kConstraintPrefix) ||
        key.starts_with(kFeaturePrefix)) {
      return Status::InvalidArgument("table property ", key, " cannot be unset");
    }
    configuration.erase(key);
  }
  DELTAIC_RETURN_IF_ERROR(CheckTransition(table.metadata.configuration, configuration));
  DELTAIC_ASSIGN_OR_RETURN(SchemaPtr schema, ParseSchema(table.metadata.schema_string));
  const bool is_mapped_now = IsMapped(configuration) && !IsMapped(table.metadata.configuration);
  if (is_mapped_now) {
    // What is written already has the columns by their names.
    schema = WithColumnIds(DropColumnIds(schema), configuration, PhysicalNames::kAsNamed);
  }
  after.protocol = RaiseVersions(after.protocol, requested);
  return Complete(std::move(after), schema, requested.features);
}

Result<TableDefinition> ChangeSchema(const TableDefinition& table, const SchemaPtr& schema,
                                     std::vector<std::string> partition_columns) {
  TableDefinition after = table;
  if (partition_columns != table.metadata.partition_columns &&
      ParseTableProperties(table.metadata.configuration).iceberg_compat_version > 0) {
    return Status::InvalidArgument(
        "the partition columns of a table with Iceberg compatibility cannot change");
  }
  after.metadata.partition_columns = std::move(partition_columns);
  // Only where the protocol has the feature does the mode count.
  const bool is_mapped =
      IsMapped(after.metadata.configuration) && ProtocolHasFeature(table.protocol, "columnMapping");
  const SchemaPtr with_ids =
      is_mapped ? WithColumnIds(schema, after.metadata.configuration, PhysicalNames::kRandom)
                : schema;
  return Complete(std::move(after), with_ids, {});
}

}  // namespace deltaic
