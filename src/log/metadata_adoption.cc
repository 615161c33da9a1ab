#include "log/metadata_adoption.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "protocol/schema.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"

namespace deltaic {
namespace {

/// A property that may appear, or get `value` (empty: any), under work that does not know of it.
struct AdoptableProperty {
  std::string_view key;
  std::string_view value;
  std::string_view feature;  ///< which the table must have
};

constexpr AdoptableProperty kAdoptable[] = {
    {"delta.enableRowTracking", "true", "rowTracking"},
    {"delta.rowTracking.materializedRowIdColumnName", "", "rowTracking"},
    {"delta.rowTracking.materializedRowCommitVersionColumnName", "", "rowTracking"},
    {"delta.columnMapping.mode", "name", "columnMapping"},
    {"delta.columnMapping.maxColumnId", "", "columnMapping"},
    {"delta.enableDeletionVectors", "true", "deletionVectors"},
    {"delta.checkpointPolicy", "v2", "v2Checkpoint"},
    {"delta.enableInCommitTimestamps", "true", "inCommitTimestamp"},
    {"delta.inCommitTimestampEnablementVersion", "", "inCommitTimestamp"},
    {"delta.inCommitTimestampEnablementTimestamp", "", "inCommitTimestamp"},
};
constexpr const char* kMappingMode = "delta.columnMapping.mode";
constexpr std::string_view kMappingKeyPrefix = "delta.columnMapping.";

const std::string* Find(const StringMap& map, std::string_view key) {
  const auto found = map.find(std::string(key));
  return found == map.end() ? nullptr : &found->second;
}

bool IsOff(const std::string* text) {
  return text == nullptr || EqualsIgnoringCase(*text, "false") ||
         EqualsIgnoringCase(*text, "none") || EqualsIgnoringCase(*text, "classic");
}

bool IsAdoptable(std::string_view key, const std::string* before, const std::string& after,
                 const Protocol& protocol) {
  for (const AdoptableProperty& property : kAdoptable) {
    if (property.key != key) continue;
    if (!ProtocolHasFeature(protocol, property.feature)) return false;
    if (property.value.empty()) return before == nullptr;
    return IsOff(before) && EqualsIgnoringCase(after, property.value);
  }
  return false;
}

/// The key of a property that cannot be taken over.
std::optional<std::string> FindForeignProperty(const StringMap& before, const StringMap& after,
                                               const Protocol& protocol) {
  for (const auto& [key, value] : before) {
    if (!after.contains(key)) return key;
  }
  for (const auto& [key, value] : after) {
    const std::string* old = Find(before, key);
    if (old != nullptr && *old == value) continue;
    if (!IsAdoptable(key, old, value, protocol)) return key;
  }
  return std::nullopt;
}

/// `type` without the field metadata that `drop` names.
DataTypePtr WithoutFieldMetadata(const DataTypePtr& type,
                                 const std::function<bool(std::string_view)>& drop) {
  switch (type->id()) {
    case TypeId::kArray:
      return DataType::Array(WithoutFieldMetadata(type->element(), drop), type->contains_null());
    case TypeId::kMap:
      return DataType::Map(WithoutFieldMetadata(type->key(), drop),
                           WithoutFieldMetadata(type->value(), drop), type->contains_null());
    case TypeId::kStruct: {
      std::vector<StructField> fields = type->fields();
      for (StructField& field : fields) {
        field.type = WithoutFieldMetadata(field.type, drop);
        std::erase_if(field.metadata, [&](const auto& entry) { return drop(entry.first); });
      }
      return DataType::Struct(std::move(fields));
    }
    default:
      return type;
  }
}

/// True if data written before has the names that the table's columns have now.
bool KeepsNames(const DataType& type) {
  switch (type.id()) {
    case TypeId::kArray:
      return KeepsNames(*type.element());
    case TypeId::kMap:
      return KeepsNames(*type.key()) && KeepsNames(*type.value());
    case TypeId::kStruct:
      return std::ranges::all_of(type.fields(), [](const StructField& field) {
        return field.physical_name() == field.name && KeepsNames(*field.type);
      });
    default:
      return true;
  }
}

bool IsSameSchema(const Metadata& before, const Metadata& after, bool maps_columns,
                  bool identity_only) {
  if (before.schema_string == after.schema_string) return true;
  const Result<SchemaPtr> old_schema = ParseSchema(before.schema_string);
  const Result<SchemaPtr> new_schema = ParseSchema(after.schema_string);
  if (!old_schema.ok() || !new_schema.ok()) return false;
  if (maps_columns && !KeepsNames(**new_schema)) return false;
  const auto drop = [&](std::string_view key) {
    return (maps_columns && key.starts_with(kMappingKeyPrefix)) ||
           (identity_only && key == "delta.identity.highWaterMark");
  };
  return WithoutFieldMetadata(*old_schema, drop)->Equals(*WithoutFieldMetadata(*new_schema, drop));
}

}  // namespace

std::optional<std::string> RefuseNewMetadata(const Metadata& before, const Metadata& after,
                                             const Protocol& protocol, bool identity_only) {
  if (before.id != after.id) return "made the table anew";
  const bool same_table = before.name == after.name && before.description == after.description &&
                          before.format_provider == after.format_provider &&
                          before.format_options == after.format_options &&
                          before.partition_columns == after.partition_columns;
  if (!same_table) return "changed the table's metadata";
  if (const auto key = FindForeignProperty(before.configuration, after.configuration, protocol)) {
    return Concat("changed the table's metadata (property ", *key, ")");
  }
  const bool maps_columns = IsOff(Find(before.configuration, kMappingMode)) &&
                            !IsOff(Find(after.configuration, kMappingMode));
  if (!IsSameSchema(before, after, maps_columns, identity_only)) {
    return "changed the table's metadata (its schema)";
  }
  return std::nullopt;
}

}  // namespace deltaic
