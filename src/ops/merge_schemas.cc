#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ops/table_schema.h"
#include "protocol/table_features.h"
#include "protocol/table_properties.h"
#include "protocol/type_widening.h"

namespace deltaic {
namespace {

/// Whether rows of type `to` change a column of type `from` by themselves.
bool Widens(const DataType& from, const DataType& to, MergeWidening widening) {
  if (widening == MergeWidening::kNone || !WidensOnMerge(from, to)) return false;
  if (widening == MergeWidening::kWidening) return true;
  return from.id() != TypeId::kDate && from.scale() == to.scale();
}

class Merger {
 public:
  explicit Merger(MergeWidening widening) : widening_(widening) {}

  DataTypePtr Struct(const DataTypePtr& table, const DataTypePtr& data) const {
    std::vector<StructField> fields = table->fields();
    bool changed = false;
    for (StructField& field : fields) {
      const StructField* other = data->FindField(field.name);
      if (other == nullptr) continue;
      DataTypePtr merged = Type(field.type, other->type, field, "");
      changed |= merged != field.type;
      field.type = std::move(merged);
    }
    for (const StructField& field : data->fields()) {
      if (table->FindField(field.name) != nullptr) continue;
      fields.push_back(StructField{
          .name = field.name, .type = field.type, .nullable = true, .metadata = field.metadata});
      changed = true;
    }
    return changed ? DataType::Struct(std::move(fields)) : table;
  }

 private:
  /// \param field  the struct field around the type, which keeps the changes below it.
  /// \param path  where in it, as RecordTypeChange() has it.
  DataTypePtr Type(const DataTypePtr& table, const DataTypePtr& data, StructField& field,
                   const std::string& path) const {
    if (table->id() == TypeId::kVoid) return data->id() == TypeId::kVoid ? table : data;
    if (Widens(*table, *data, widening_)) {
      RecordTypeChange(field, *table, *data, path);
      return data;
    }
    if (table->id() != data->id()) return table;
    const auto below = [&](const char* name) {
      return path.empty() ? std::string(name) : Concat(path, '.', name);
    };
    switch (table->id()) {
      case TypeId::kStruct:
        return Struct(table, data);
      case TypeId::kArray: {
        DataTypePtr element = Type(table->element(), data->element(), field, below("element"));
        return element == table->element()
                   ? table
                   : DataType::Array(std::move(element), table->contains_null());
      }
      case TypeId::kMap: {
        DataTypePtr key = Type(table->key(), data->key(), field, below("key"));
        DataTypePtr value = Type(table->value(), data->value(), field, below("value"));
        return key == table->key() && value == table->value()
                   ? table
                   : DataType::Map(std::move(key), std::move(value), table->contains_null());
      }
      default:
        return table;
    }
  }

  const MergeWidening widening_;
};

}  // namespace

MergeWidening WideningOf(const Protocol& protocol, const StringMap& configuration,
                         const Schema& schema) {
  const TableProperties properties = ParseTableProperties(configuration);
  const bool has_feature = ProtocolHasFeature(protocol, "typeWidening") ||
                           ProtocolHasFeature(protocol, "typeWidening-preview");
  if (!has_feature || !properties.enable_type_widening) return MergeWidening::kNone;
  const bool has_constraints = std::ranges::any_of(configuration, [](const auto& property) {
    return property.first.starts_with("delta.constraints.");
  });
  const bool has_generated = std::ranges::any_of(schema.fields(), [](const StructField& field) {
    return field.metadata.contains(std::string(kGenerationExpressionKey));
  });
  if (has_constraints || has_generated) return MergeWidening::kNone;
  return properties.iceberg_compat_version > 0 ? MergeWidening::kIcebergWidening
                                               : MergeWidening::kWidening;
}

SchemaPtr MergeSchemas(const SchemaPtr& table, const SchemaPtr& data, MergeWidening widening) {
  return Merger(widening).Struct(table, data);
}

Status CheckMergedColumns(const Schema& before, const Schema& after) {
  for (const StructField& field : after.fields()) {
    if (before.FindField(field.name) != nullptr) continue;
    for (const auto& [key, value] : field.metadata) {
      if (key != kGenerationExpressionKey && !key.starts_with(kIdentityKeyPrefix)) continue;
      return Status::SchemaMismatch("column ", field.name, " cannot be added with ", key,
                                    ": the rows that are there have no value for it");
    }
  }
  return Status();
}

}  // namespace deltaic
