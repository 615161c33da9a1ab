#include "ops/table_schema.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "protocol/json.h"
#include "protocol/nested_ids.h"
#include "table/unique_id.h"

namespace deltaic {
namespace {

/// What Parquet writers and readers stumble over in names.
constexpr std::string_view kCharactersThatNeedMapping = " ,;{}()\n\t=";
constexpr std::string_view kChangeFeedColumns[] = {"_change_type", "_commit_version",
                                                   "_commit_timestamp"};

Status CheckName(const std::string& name, const std::string& path, bool mapped) {
  if (name.empty()) return Status::InvalidArgument("a column has no name");
  if (!mapped && name.find_first_of(kCharactersThatNeedMapping) != std::string::npos) {
    return Status::InvalidArgument(
        "column '", path,
        "' has one of the characters \" ,;{}()\\n\\t=\" in its name; rename it, or create the "
        "table with delta.columnMapping.mode=name");
  }
  return Status();
}

Status CheckType(const DataType& type, const std::string& path, bool mapped, int depth) {
  if (depth > kMaxSchemaDepth) {
    return Status::InvalidArgument("column '", path, "' nests deeper than ", kMaxSchemaDepth);
  }
  switch (type.id()) {
    case TypeId::kArray:
      return CheckType(*type.element(), path, mapped, depth + 1);
    case TypeId::kMap:
      DELTAIC_RETURN_IF_ERROR(CheckType(*type.key(), path, mapped, depth + 1));
      return CheckType(*type.value(), path, mapped, depth + 1);
    case TypeId::kStruct: {
      std::set<std::string> names;
      for (const StructField& field : type.fields()) {
        const std::string field_path = path.empty() ? field.name : Concat(path, '.', field.name);
        DELTAIC_RETURN_IF_ERROR(CheckName(field.name, field_path, mapped));
        if (!names.insert(AsciiLower(field.name)).second) {
          return Status::InvalidArgument("two columns are named '", field_path,
                                         "' (upper and lower case are the same)");
        }
        DELTAIC_RETURN_IF_ERROR(CheckType(*field.type, field_path, mapped, depth + 1));
      }
      return Status();
    }
    default:
      return Status();
  }
}

/// `type` with `edit` applied to a copy of each struct field below it, outermost first.
template <typename Edit>
DataTypePtr EditFields(const DataTypePtr& type, const Edit& edit) {
  switch (type->id()) {
    case TypeId::kArray:
      return DataType::Array(EditFields(type->element(), edit), type->contains_null());
    case TypeId::kMap:
      return DataType::Map(EditFields(type->key(), edit), EditFields(type->value(), edit),
                           type->contains_null());
    case TypeId::kStruct: {
      std::vector<StructField> fields = type->fields();
      for (StructField& field : fields) {
        edit(field);
        field.type = EditFields(field.type, edit);
      }
      return DataType::Struct(std::move(fields));
    }
    default:
      return type;
  }
}

/// `type`, equal to `old` but for nullability where it is no struct, with old's metadata of fields.
DataTypePtr KeepMetadata(const DataTypePtr& type, const DataType& old) {
  switch (type->id()) {
    case TypeId::kArray:
      return DataType::Array(KeepMetadata(type->element(), *old.element()), type->contains_null());
    case TypeId::kMap:
      return DataType::Map(KeepMetadata(type->key(), *old.key()),
                           KeepMetadata(type->value(), *old.value()), type->contains_null());
    case TypeId::kStruct: {
      std::vector<StructField> fields = type->fields();
      for (StructField& field : fields) {
        const StructField* before = old.FindField(field.name);
        if (before == nullptr || !before->type->EqualsIgnoringNullability(*field.type)) continue;
        // What the new schema says itself counts.
        field.metadata.insert(before->metadata.begin(), before->metadata.end());
        field.type = KeepMetadata(field.type, *before->type);
      }
      return DataType::Struct(std::move(fields));
    }
    default:
      return type;
  }
}

bool CanPartition(const DataType& type) {
  return type.is_primitive() && type.id() != TypeId::kVoid && type.id() != TypeId::kVariant;
}

}  // namespace

Status CheckTableSchema(const Schema& schema, const TableProperties& properties) {
  if (schema.fields().empty()) return Status::InvalidArgument("a table needs at least one column");
  const bool mapped = properties.column_mapping_mode != ColumnMappingMode::kNone;
  DELTAIC_RETURN_IF_ERROR(CheckType(schema, "", mapped, 0));
  if (!properties.enable_change_data_feed) return Status();
  for (const std::string_view name : kChangeFeedColumns) {
    if (schema.FindField(name) != nullptr) {
      return Status::InvalidArgument("column '", name,
                                     "' has a name that the change data feed adds itself; rename "
                                     "it, or leave delta.enableChangeDataFeed off");
    }
  }
  return Status();
}

Result<std::vector<std::string>> ResolvePartitionColumns(const Schema& schema,
                                                         const std::vector<std::string>& names) {
  std::vector<std::string> resolved;
  for (const std::string& name : names) {
    const StructField* field = schema.FindField(name);
    if (field == nullptr) {
      return Status::InvalidArgument("partition column '", name, "' is not in the schema ",
                                     schema.ToString());
    }
    if (!CanPartition(*field->type)) {
      return Status::InvalidArgument("column '", field->name, "' of type ", field->type->ToString(),
                                     " cannot partition a table");
    }
    if (std::find(resolved.begin(), resolved.end(), field->name) != resolved.end()) {
      return Status::InvalidArgument("partition column '", field->name, "' is given twice");
    }
    resolved.push_back(field->name);
  }
  if (!resolved.empty() && resolved.size() == schema.fields().size()) {
    return Status::InvalidArgument(
        "a table cannot be partitioned by all of its columns: none is left for the data files");
  }
  return resolved;
}

SchemaPtr AssignColumnIds(const SchemaPtr& schema, int64_t& max_id, PhysicalNames names) {
  EditFields(schema, [&](StructField& field) {
    max_id = std::max<int64_t>(max_id, field.column_mapping_id().value_or(0));
    for (const auto& [path, id] : NestedIdsOf(field)) max_id = std::max(max_id, id);
  });
  return EditFields(schema, [&](StructField& field) {
    if (!field.column_mapping_id()) {
      field.metadata[std::string(kColumnMappingIdKey)] = std::to_string(++max_id);
    }
    if (!field.MetadataText(kPhysicalNameKey)) {
      std::string& name = field.metadata[std::string(kPhysicalNameKey)];
      AppendJsonString(name,
                       names == PhysicalNames::kRandom ? Concat("col-", NewUuid()) : field.name);
    }
  });
}

SchemaPtr DropColumnIds(const SchemaPtr& schema) {
  return EditFields(schema, [](StructField& field) {
    std::erase_if(field.metadata, [](const auto& entry) {
      return entry.first.starts_with("delta.columnMapping.");
    });
  });
}

SchemaPtr DropTypeChanges(const SchemaPtr& schema) {
  return EditFields(schema,
                    [](StructField& field) { field.metadata.erase(std::string(kTypeChangesKey)); });
}

SchemaPtr KeepFieldMetadata(const SchemaPtr& schema, const Schema& old) {
  return KeepMetadata(schema, old);
}

}  // namespace deltaic
