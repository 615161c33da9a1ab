#include "ops/restored_definition.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ops/iceberg_compat.h"
#include "ops/required_features.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"

namespace deltaic {
namespace {

constexpr const char* kMaxColumnId = "delta.columnMapping.maxColumnId";
constexpr std::string_view kIdentityStepKey = "delta.identity.step";
/// What only goes forward, so that the values of now count.
constexpr const char* kOfNow[] = {
    kMaxColumnId,
    "delta.rowTracking.materializedRowIdColumnName",
    "delta.rowTracking.materializedRowCommitVersionColumnName",
    "delta.enableInCommitTimestamps",
    "delta.inCommitTimestampEnablementVersion",
    "delta.inCommitTimestampEnablementTimestamp",
    "delta.requireCheckpointProtectionBeforeVersion",
};
/// Features whose traces a table keeps whatever its definition says, so that they are never lost.
constexpr std::string_view kNeverLost[] = {"rowTracking", "domainMetadata", "inCommitTimestamp",
                                           "checkpointProtection", "clustering"};

std::optional<int64_t> WholeNumber(const std::optional<std::string>& text) {
  int64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

/// The same column in another version of the schema: by its id where columns have ids.
const StructField* SameColumn(const Schema& schema, const StructField& field) {
  if (const auto id = field.column_mapping_id()) {
    const auto found = std::ranges::find_if(
        schema.fields(), [&](const StructField& other) { return other.column_mapping_id() == id; });
    if (found != schema.fields().end()) return &*found;
  }
  return schema.FindField(field.name);
}

/// Identity columns, which are columns of the table itself, go on from the values of now.
SchemaPtr WithHighWaterMarksOf(const SchemaPtr& then, const Schema& now) {
  std::vector<StructField> fields = then->fields();
  for (StructField& field : fields) {
    const auto step = WholeNumber(field.MetadataText(kIdentityStepKey));
    if (!step) continue;
    const StructField* newer = SameColumn(now, field);
    if (newer == nullptr) continue;
    const auto mark = WholeNumber(newer->MetadataText(kIdentityHighWaterMarkKey));
    const auto old_mark = WholeNumber(field.MetadataText(kIdentityHighWaterMarkKey));
    if (!mark) continue;
    const bool is_ahead = !old_mark || (*step > 0 ? *mark > *old_mark : *mark < *old_mark);
    if (is_ahead) field.metadata[std::string(kIdentityHighWaterMarkKey)] = std::to_string(*mark);
  }
  return DataType::Struct(std::move(fields));
}

int64_t MaxColumnIdOf(const StringMap& configuration) {
  const auto found = configuration.find(kMaxColumnId);
  if (found == configuration.end()) return -1;
  return WholeNumber(found->second).value_or(-1);
}

StringMap RestoredConfiguration(const StringMap& now, const StringMap& then) {
  StringMap restored = then;
  const int64_t max_id = std::max(MaxColumnIdOf(now), MaxColumnIdOf(then));
  for (const char* key : kOfNow) {
    restored.erase(key);
    if (const auto found = now.find(key); found != now.end()) restored.insert(*found);
  }
  if (max_id >= 0) restored[kMaxColumnId] = std::to_string(max_id);
  return restored;
}

Protocol RestoredProtocol(const TableDefinition& now, const TableDefinition& then,
                          const TableDefinition& restored, const Schema& schema, bool lower) {
  if (!lower) return UpgradeProtocol(now.protocol, ProtocolFeatures(then.protocol));
  std::vector<std::string> needed = RequiredFeatures(restored.metadata.configuration, schema);
  for (const std::string_view feature : kNeverLost) {
    if (ProtocolHasFeature(now.protocol, feature)) needed.emplace_back(feature);
  }
  return UpgradeProtocol(then.protocol, WithDependencies(std::move(needed)));
}

}  // namespace

Result<TableDefinition> RestoredDefinition(const TableDefinition& now, const TableDefinition& then,
                                           bool lower_protocol) {
  DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema_now, ParseSchema(now.metadata.schema_string));
  DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema_then, ParseSchema(then.metadata.schema_string));
  TableDefinition restored{.metadata = then.metadata, .protocol = {}};
  restored.metadata.id = now.metadata.id;
  restored.metadata.created_time_ms = now.metadata.created_time_ms;
  restored.metadata.configuration =
      RestoredConfiguration(now.metadata.configuration, then.metadata.configuration);
  const SchemaPtr schema = WithHighWaterMarksOf(schema_then, *schema_now);
  restored.metadata.schema_string = FormatSchema(*schema);
  DELTAIC_RETURN_IF_ERROR(CheckIcebergReplaced(now.metadata, restored.metadata));
  restored.protocol = RestoredProtocol(now, then, restored, *schema, lower_protocol);
  return restored;
}

}  // namespace deltaic
