#include "ops/alter/drop_feature.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "base/made_once.h"
#include "ops/required_features.h"
#include "ops/table_schema.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "protocol/table_properties.h"

namespace deltaic {
namespace {

constexpr std::string_view kCheckpointProtection = "checkpointProtection";

/// A feature that can be dropped.
struct Droppable {
  std::string_view feature;
  bool in_history;                           ///< see IsInHistory
  std::vector<std::string_view> properties;  ///< that go with it
};

const std::vector<Droppable>& Droppables() {
  return MadeOnce([] {
    return std::vector<Droppable>{
        {"checkConstraints", false, {}},
        {kCheckpointProtection, false, {"delta.requireCheckpointProtectionBeforeVersion"}},
        {"columnMapping", true, {"delta.columnMapping.mode", "delta.columnMapping.maxColumnId"}},
        {"domainMetadata", false, {}},
        {"inCommitTimestamp",
         false,
         {"delta.enableInCommitTimestamps", "delta.inCommitTimestampEnablementVersion",
          "delta.inCommitTimestampEnablementTimestamp"}},
        {"materializePartitionColumns", false, {"delta.enableMaterializePartitionColumnsFeature"}},
        {"rowTracking",
         false,
         {"delta.enableRowTracking", "delta.rowTrackingSuspended",
          "delta.rowTracking.materializedRowIdColumnName",
          "delta.rowTracking.materializedRowCommitVersionColumnName"}},
        {"deletionVectors", true, {"delta.enableDeletionVectors"}},
        {"typeWidening", true, {"delta.enableTypeWidening"}},
        {"v2Checkpoint", true, {"delta.checkpointPolicy"}},
        {"vacuumProtocolCheck", true, {}},
    };
  });
}

const Droppable* FindDroppable(std::string_view feature) {
  const auto found = std::ranges::find(Droppables(), feature, &Droppable::feature);
  return found == Droppables().end() ? nullptr : &*found;
}

/// Whether a column was widened, so that files written before have it narrower.
bool HasTypeChanges(const DataType& type) {
  switch (type.id()) {
    case TypeId::kArray:
      return HasTypeChanges(*type.element());
    case TypeId::kMap:
      return HasTypeChanges(*type.key()) || HasTypeChanges(*type.value());
    case TypeId::kStruct:
      return std::ranges::any_of(type.fields(), [](const StructField& field) {
        return field.metadata.contains(std::string(kTypeChangesKey)) || HasTypeChanges(*field.type);
      });
    default:
      return false;
  }
}

Status CheckTruncation(const Droppable& droppable, bool truncates_history) {
  if (droppable.feature == kCheckpointProtection && !truncates_history) {
    return Status::InvalidArgument(
        "the feature checkpointProtection goes with the versions that it protects: truncate the "
        "history (truncate_history=true)");
  }
  if (truncates_history && !droppable.in_history && droppable.feature != kCheckpointProtection) {
    return Status::InvalidArgument("the feature ", droppable.feature,
                                   " concerns writers only: it goes at once, and no history is "
                                   "truncated for it");
  }
  return Status();
}

Status CheckNotInUse(const TableDefinition& table, std::string_view feature) {
  if (feature == "checkConstraints") {
    const auto constraint = table.metadata.configuration.lower_bound("delta.constraints.");
    if (constraint != table.metadata.configuration.end() &&
        constraint->first.starts_with("delta.constraints.")) {
      return Status::InvalidArgument(
          "the feature checkConstraints cannot be dropped: the table has "
          "the constraint ",
          constraint->first.substr(18), "; drop it first");
    }
  }
  for (const std::string& other : ProtocolFeatures(table.protocol)) {
    if (other == feature) continue;
    const std::vector<std::string> needed = WithDependencies({other});
    if (std::ranges::find(needed, feature) != needed.end()) {
      return Status::InvalidArgument("the feature ", feature, " cannot be dropped: the feature ",
                                     other, " needs it; drop that first");
    }
  }
  return Status();
}

Protocol Without(const Protocol& protocol, std::string_view feature) {
  Protocol out = protocol;
  std::vector<std::string> left = ProtocolFeatures(protocol);
  std::erase(left, feature);
  // Reader version 2 stands for it alone.
  if (feature == "columnMapping" && out.min_reader_version == 2) out.min_reader_version = 1;
  out.min_writer_version = 7;
  out.writer_features = std::move(left);
  if (out.reader_features) {
    std::erase(*out.reader_features, feature);
    if (out.reader_features->empty()) {
      out.reader_features.reset();
      out.min_reader_version = 1;
    }
  }
  return out;
}

}  // namespace

Result<bool> IsInFiles(const TableDefinition& table, std::string_view feature) {
  DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema, ParseSchema(table.metadata.schema_string));
  if (feature == "typeWidening") return HasTypeChanges(*schema);
  if (feature != "columnMapping") return false;
  return ParseTableProperties(table.metadata.configuration).column_mapping_mode !=
         ColumnMappingMode::kNone;
}

Result<bool> IsInMetadata(const Metadata& metadata, std::string_view feature) {
  const TableProperties properties = ParseTableProperties(metadata.configuration);
  if (feature == "deletionVectors") return properties.enable_deletion_vectors;
  if (feature == "v2Checkpoint") {
    const auto policy = metadata.configuration.find("delta.checkpointPolicy");
    return policy != metadata.configuration.end() && EqualsIgnoringCase(policy->second, "v2");
  }
  if (feature != "columnMapping" && feature != "typeWidening") return false;
  DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema, ParseSchema(metadata.schema_string));
  if (feature == "typeWidening") {
    return properties.enable_type_widening || HasTypeChanges(*schema);
  }
  return properties.column_mapping_mode != ColumnMappingMode::kNone ||
         !DropColumnIds(schema)->Equals(*schema);
}

bool IsInHistory(std::string_view feature) {
  const Droppable* droppable = FindDroppable(feature);
  return droppable != nullptr && droppable->in_history;
}

Result<TableDefinition> WithoutFeature(const TableDefinition& table, const std::string& feature,
                                       bool truncates_history) {
  if (!ProtocolHasFeature(table.protocol, feature)) {
    return Status::InvalidArgument("the table does not have the feature ", feature);
  }
  const Droppable* droppable = FindDroppable(feature);
  if (droppable == nullptr) {
    return Status::Unsupported("the feature ", feature,
                               " cannot be dropped by this build, which drops checkConstraints, "
                               "checkpointProtection, columnMapping, deletionVectors, "
                               "domainMetadata, inCommitTimestamp, materializePartitionColumns, "
                               "rowTracking, typeWidening, v2Checkpoint and vacuumProtocolCheck");
  }
  DELTAIC_RETURN_IF_ERROR(CheckTruncation(*droppable, truncates_history));
  DELTAIC_RETURN_IF_ERROR(CheckNotInUse(table, feature));
  TableDefinition out = table;
  for (const std::string_view key : droppable->properties) {
    out.metadata.configuration.erase(std::string(key));
  }
  out.protocol = Without(table.protocol, feature);
  DELTAIC_ASSIGN_OR_RETURN(SchemaPtr schema, ParseSchema(out.metadata.schema_string));
  if (feature == "columnMapping") schema = DropColumnIds(schema);
  if (feature == "typeWidening") schema = DropTypeChanges(schema);
  out.metadata.schema_string = FormatSchema(*schema);
  DELTAIC_RETURN_IF_ERROR(
      CheckTableSchema(*schema, ParseTableProperties(out.metadata.configuration)));
  const std::vector<std::string> required =
      WithDependencies(RequiredFeatures(out.metadata.configuration, *schema));
  if (std::ranges::find(required, feature) != required.end()) {
    return Status::InvalidArgument("the feature ", feature,
                                   " cannot be dropped: the table's properties or columns use it");
  }
  return out;
}

}  // namespace deltaic
