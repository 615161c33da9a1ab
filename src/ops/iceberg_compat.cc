#include "ops/iceberg_compat.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "expr/expr.h"
#include "expr/parser.h"
#include "expr/spark_text.h"
#include "protocol/nested_ids.h"
#include "protocol/table_features.h"
#include "protocol/table_properties.h"
#include "protocol/type_widening.h"

namespace deltaic {
namespace {

constexpr int kNewestVersion = 3;
constexpr const char* kMappingMode = "delta.columnMapping.mode";
constexpr const char* kRowTracking = "delta.enableRowTracking";

std::string EnablingKey(int version) { return Concat("delta.enableIcebergCompatV", version); }

bool IsEnabled(const StringMap& configuration, const std::string& key) {
  const auto found = configuration.find(key);
  return found != configuration.end() && EqualsIgnoringCase(found->second, "true");
}

bool IsAllowed(TypeId id, int version) {
  switch (id) {
    case TypeId::kVoid:
      return false;
    case TypeId::kArray:
    case TypeId::kMap:
      return version >= 2;
    case TypeId::kVariant:
      return version >= 3;
    default:
      return true;
  }
}

Status CheckTypes(const DataType& type, const std::string& path, int version) {
  if (!IsAllowed(type.id(), version)) {
    return Status::InvalidArgument("column '", path, "' of type ", type.ToString(),
                                   " cannot be in a table with ", EnablingKey(version));
  }
  switch (type.id()) {
    case TypeId::kArray:
      return CheckTypes(*type.element(), path, version);
    case TypeId::kMap:
      DELTAIC_RETURN_IF_ERROR(CheckTypes(*type.key(), path, version));
      return CheckTypes(*type.value(), path, version);
    case TypeId::kStruct:
      for (const StructField& field : type.fields()) {
        DELTAIC_RETURN_IF_ERROR(CheckTypes(
            *field.type, path.empty() ? field.name : Concat(path, '.', field.name), version));
      }
      return Status();
    default:
      return Status();
  }
}

/// Iceberg reads old files by its own rules for types, which are fewer.
Status CheckTypeChanges(const DataType& type, int version) {
  switch (type.id()) {
    case TypeId::kArray:
      return CheckTypeChanges(*type.element(), version);
    case TypeId::kMap:
      DELTAIC_RETURN_IF_ERROR(CheckTypeChanges(*type.key(), version));
      return CheckTypeChanges(*type.value(), version);
    case TypeId::kStruct:
      for (const StructField& field : type.fields()) {
        DELTAIC_ASSIGN_OR_RETURN(const auto changes, TypeChangesOf(field));
        for (const TypeChange& change : changes) {
          if (IcebergWidens(change)) continue;
          return Status::InvalidArgument("column '", field.name, "' cannot change from ",
                                         change.from, " to ", change.to, " in a table with ",
                                         EnablingKey(version), ": Iceberg has no such change");
        }
        DELTAIC_RETURN_IF_ERROR(CheckTypeChanges(*field.type, version));
      }
      return Status();
    default:
      return Status();
  }
}

bool IsLiteral(const std::string& sql) {
  const Result<ExprPtr> expr = ParsePredicate(FromSparkText(sql));
  return expr.ok() && (*expr)->kind() == ExprKind::kLiteral;
}

Status CheckDefaults(const Schema& schema, int version) {
  for (const StructField& field : schema.fields()) {
    const auto sql = field.MetadataText(kCurrentDefaultKey);
    if (!sql || IsLiteral(*sql)) continue;
    return Status::InvalidArgument("the default of column '", field.name, "' (", *sql,
                                   ") is no literal, which ", EnablingKey(version), " asks for");
  }
  return Status();
}

/// `type` with the ids of elements, keys and values in it, which stand in the map `ids` of the
/// field that holds them; fields of structs inside have maps of their own.
DataTypePtr AssignBelow(const DataTypePtr& type, const std::string& path, NestedIds& ids,
                        int64_t& max_id);

StructField AssignInField(StructField field, int64_t& max_id) {
  NestedIds ids = NestedIdsOf(field);
  field.type = AssignBelow(field.type, field.physical_name(), ids, max_id);
  if (!ids.empty()) field.metadata[std::string(kNestedIdsKey)] = FormatNestedIds(ids);
  return field;
}

DataTypePtr AssignBelow(const DataTypePtr& type, const std::string& path, NestedIds& ids,
                        int64_t& max_id) {
  const auto child = [&](const char* name, const DataTypePtr& below) {
    const std::string child_path = Concat(path, '.', name);
    if (!ids.contains(child_path)) ids[child_path] = ++max_id;
    return AssignBelow(below, child_path, ids, max_id);
  };
  switch (type->id()) {
    case TypeId::kArray:
      return DataType::Array(child("element", type->element()), type->contains_null());
    case TypeId::kMap: {
      DataTypePtr key = child("key", type->key());
      return DataType::Map(std::move(key), child("value", type->value()), type->contains_null());
    }
    case TypeId::kStruct: {
      std::vector<StructField> fields;
      for (const StructField& field : type->fields())
        fields.push_back(AssignInField(field, max_id));
      return DataType::Struct(std::move(fields));
    }
    default:
      return type;
  }
}

}  // namespace

void AddIcebergRequirements(StringMap& configuration) {
  const int version = ParseTableProperties(configuration).iceberg_compat_version;
  if (version == 0) return;
  configuration.try_emplace(kMappingMode, "name");
  if (version >= 3) configuration.try_emplace(kRowTracking, "true");
}

Status CheckIcebergCompat(const Schema& schema, const StringMap& configuration) {
  const TableProperties properties = ParseTableProperties(configuration);
  const int version = properties.iceberg_compat_version;
  if (version == 0) return Status();
  const std::string key = EnablingKey(version);
  for (int other = 1; other <= kNewestVersion; ++other) {
    if (other != version && IsEnabled(configuration, EnablingKey(other))) {
      return Status::InvalidArgument(key, " and ", EnablingKey(other),
                                     " cannot both be true; choose one");
    }
  }
  if (properties.column_mapping_mode == ColumnMappingMode::kNone) {
    return Status::InvalidArgument(key, " needs ", kMappingMode, " name or id");
  }
  if (version < 3 && properties.enable_deletion_vectors) {
    return Status::InvalidArgument(key, " and delta.enableDeletionVectors cannot both be true");
  }
  if (version >= 3 && !properties.enable_row_tracking) {
    return Status::InvalidArgument(key, " needs ", kRowTracking, "=true");
  }
  if (version >= 3) DELTAIC_RETURN_IF_ERROR(CheckDefaults(schema, version));
  DELTAIC_RETURN_IF_ERROR(CheckTypes(schema, "", version));
  return CheckTypeChanges(schema, version);
}

Status CheckIcebergProtocol(const Protocol& protocol, const StringMap& configuration) {
  if (ParseTableProperties(configuration).iceberg_compat_version == 1 &&
      ProtocolHasFeature(protocol, "deletionVectors")) {
    return Status::InvalidArgument(EnablingKey(1),
                                   " and the feature deletionVectors do not go together");
  }
  return Status();
}

Status CheckIcebergReplaced(const Metadata& before, const Metadata& after) {
  const int was = ParseTableProperties(before.configuration).iceberg_compat_version;
  const int is = ParseTableProperties(after.configuration).iceberg_compat_version;
  if (was >= 3 && is != was) {
    return Status::InvalidArgument(EnablingKey(was), " cannot be taken back; give it again");
  }
  if (is > 0 && !before.partition_columns.empty() &&
      before.partition_columns != after.partition_columns) {
    return Status::InvalidArgument("a table with ", EnablingKey(is),
                                   " cannot get other partition columns by being replaced");
  }
  return Status();
}

bool NeedsNestedIds(const StringMap& configuration) {
  return ParseTableProperties(configuration).iceberg_compat_version >= 2;
}

SchemaPtr AssignNestedIds(const SchemaPtr& schema, int64_t& max_id) {
  NestedIds none;
  return AssignBelow(schema, "", none, max_id);
}

}  // namespace deltaic
