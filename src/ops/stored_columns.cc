#include "ops/stored_columns.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/schema.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "data/values/type_mapping.h"
#include "protocol/type_widening.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

std::optional<int64_t> FieldId(const arrow::Field& field) {
  if (field.metadata() == nullptr) return std::nullopt;
  const auto text = field.metadata()->Get("PARQUET:field_id");
  int64_t id = -1;
  if (text.ok()) std::from_chars(text->data(), text->data() + text->size(), id);
  return id < 0 ? std::nullopt : std::optional(id);
}

class Walk {
 public:
  explicit Walk(StoredColumns& out) : out_(out) {}

  Status Fields(const arrow::FieldVector& stored, const Schema& table, const std::string& path) {
    for (const auto& column : stored) {
      const std::string name = path.empty() ? column->name() : Concat(path, '.', column->name());
      const auto id = FieldId(*column);
      if (!id) {
        return Status::Unsupported(
            "its column ", name,
            " has no field id, so that only a name mapping tells what it is; write the file again "
            "by Iceberg (rewrite_data_files) first");
      }
      out_.ids.insert(*id);
      const auto field = std::ranges::find(table.fields(), *id, [](const StructField& candidate) {
        return static_cast<int64_t>(candidate.column_mapping_id().value_or(-1));
      });
      if (field == table.fields().end()) continue;  // dropped
      const auto outer = std::exchange(place_, {.column_id = *id, .inside = {}, .type = nullptr});
      DELTAIC_RETURN_IF_ERROR(Type(*column->type(), *field->type, name));
      place_ = outer;
    }
    return Status();
  }

 private:
  Status Type(const arrow::DataType& stored, const DataType& table, const std::string& name) {
    const auto other = [&] {
      return Status::SchemaMismatch("its column ", name, " is ", stored.ToString(),
                                    ", which the table's ", table.ToString(),
                                    " does not come from");
    };
    switch (table.id()) {
      case TypeId::kStruct:
        if (stored.id() != arrow::Type::STRUCT) return other();
        return Fields(stored.fields(), table, name);
      case TypeId::kArray:
        if (stored.id() != arrow::Type::LIST) return other();
        return Child(*stored.field(0)->type(), *table.element(), "element", name);
      case TypeId::kMap: {
        if (stored.id() != arrow::Type::MAP) return other();
        const auto& map = static_cast<const arrow::MapType&>(stored);
        DELTAIC_RETURN_IF_ERROR(Child(*map.key_type(), *table.key(), "key", name));
        return Child(*map.item_type(), *table.value(), "value", name);
      }
      default:
        break;
    }
    const Result<DataTypePtr> type = FromArrowType(stored);
    if (!type.ok() || !(*type)->is_primitive()) return other();
    if ((*type)->EqualsIgnoringNullability(table)) return Status();
    const TypeChange change{.from = (*type)->ToString(), .to = table.ToString()};
    if (!CanWidenType(**type, table) || !IcebergWidens(change)) return other();
    out_.older.push_back({.column_id = place_.column_id, .inside = place_.inside, .type = *type});
    return Status();
  }

  Status Child(const arrow::DataType& stored, const DataType& table, std::string_view part,
               const std::string& name) {
    const std::string outer = place_.inside;
    place_.inside = outer.empty() ? std::string(part) : Concat(outer, '.', part);
    DELTAIC_RETURN_IF_ERROR(Type(stored, table, Concat(name, '.', part)));
    place_.inside = outer;
    return Status();
  }

  StoredColumns& out_;
  OlderType place_;  ///< where the walk is
};

/// The type at a place inside of another.
const DataType* Inside(const DataType& type, std::string_view path) {
  if (path.empty()) return &type;
  const std::string_view part = path.substr(0, path.find('.'));
  path.remove_prefix(std::min(part.size() + 1, path.size()));
  if (part == "key") return Inside(*type.key(), path);
  return Inside(part == "element" ? *type.element() : *type.value(), path);
}

DataTypePtr Rebuilt(const DataTypePtr& type, const std::vector<OlderType>& older);

StructField RebuiltField(StructField field, const std::vector<OlderType>& older) {
  const DataTypePtr before = field.type;
  std::vector<const OlderType*> changes;
  for (const OlderType& change : older) {
    if (change.column_id == field.column_mapping_id()) changes.push_back(&change);
  }
  // From one place to the next, the narrowest type first, each once.
  std::ranges::sort(changes, [](const OlderType* a, const OlderType* b) {
    if (a->inside != b->inside) return a->inside < b->inside;
    return !a->type->Equals(*b->type) && CanWidenType(*a->type, *b->type);
  });
  for (size_t i = 0; i < changes.size(); ++i) {
    const OlderType& from = *changes[i];
    const OlderType* next = i + 1 < changes.size() ? changes[i + 1] : nullptr;
    const bool same_place = next != nullptr && next->inside == from.inside;
    if (same_place && next->type->Equals(*from.type)) continue;
    RecordTypeChange(field, *from.type, same_place ? *next->type : *Inside(*before, from.inside),
                     from.inside);
  }
  field.type = Rebuilt(before, older);
  return field;
}

DataTypePtr Rebuilt(const DataTypePtr& type, const std::vector<OlderType>& older) {
  switch (type->id()) {
    case TypeId::kStruct: {
      std::vector<StructField> fields;
      for (const StructField& field : type->fields()) fields.push_back(RebuiltField(field, older));
      return DataType::Struct(std::move(fields));
    }
    case TypeId::kArray:
      return DataType::Array(Rebuilt(type->element(), older), type->contains_null());
    case TypeId::kMap:
      return DataType::Map(Rebuilt(type->key(), older), Rebuilt(type->value(), older),
                           type->contains_null());
    default:
      return type;
  }
}

}  // namespace

Result<StoredColumns> ColumnsStoredIn(const parquet::FileMetaData& metadata, const Schema& schema) {
  std::shared_ptr<arrow::Schema> stored;
  DELTAIC_RETURN_IF_ERROR(parquet::arrow::FromParquetSchema(metadata.schema(), &stored));
  StoredColumns out;
  DELTAIC_RETURN_IF_ERROR(Walk(out).Fields(stored->fields(), schema, ""));
  return out;
}

SchemaPtr WithTypeChanges(const SchemaPtr& schema, const std::vector<OlderType>& older) {
  return older.empty() ? schema : Rebuilt(schema, older);
}

}  // namespace deltaic
