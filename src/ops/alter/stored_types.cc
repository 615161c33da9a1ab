#include "ops/alter/stored_types.h"

#include <arrow/type.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <memory>

#include "data/values/type_mapping.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

bool HasChanged(const StructField& field) {
  return field.metadata.contains(std::string(kTypeChangesKey));
}

class Comparison {
 public:
  explicit Comparison(ColumnMappingMode mode) : mode_(mode) {}

  /// \param partition_columns  not looked for.
  bool Differs(const arrow::FieldVector& stored, const DataType& table,
               const std::vector<std::string>& partition_columns) const {
    return std::ranges::any_of(table.fields(), [&](const StructField& field) {
      const bool is_partition =
          std::ranges::find(partition_columns, field.name) != partition_columns.end();
      return !is_partition && FieldDiffers(stored, field);
    });
  }

 private:
  bool FieldDiffers(const arrow::FieldVector& stored, const StructField& field) const {
    const std::string name = mode_ == ColumnMappingMode::kNone ? field.name : field.physical_name();
    const auto found = std::ranges::find(stored, name, &arrow::Field::name);
    // Columns found by their ids may have any name.
    if (found == stored.end()) return mode_ == ColumnMappingMode::kId;
    return TypeDiffers(*(*found)->type(), *field.type, HasChanged(field));
  }

  /// \param changed  whether types here may be others.
  bool TypeDiffers(const arrow::DataType& stored, const DataType& table, bool changed) const {
    switch (table.id()) {
      case TypeId::kStruct:
        return stored.id() != arrow::Type::STRUCT || Differs(stored.fields(), table, {});
      case TypeId::kArray:
        return stored.id() != arrow::Type::LIST ||
               TypeDiffers(*stored.field(0)->type(), *table.element(), changed);
      case TypeId::kMap: {
        if (stored.id() != arrow::Type::MAP) return true;
        const auto& map = static_cast<const arrow::MapType&>(stored);
        return TypeDiffers(*map.key_type(), *table.key(), changed) ||
               TypeDiffers(*map.item_type(), *table.value(), changed);
      }
      default:
        return changed && LeafDiffers(stored, table);
    }
  }

  static bool LeafDiffers(const arrow::DataType& stored, const DataType& table) {
    const Result<DataTypePtr> type = FromArrowType(stored);
    return !type.ok() || !(*type)->EqualsIgnoringNullability(table);
  }

  const ColumnMappingMode mode_;
};

}  // namespace

bool ChangedColumns::are_in_the_log() const {
  return std::ranges::any_of(schema->fields(), [&](const StructField& field) {
    return HasChanged(field) && field.type->id() == TypeId::kTimestampNtz &&
           std::ranges::find(partition_columns, field.name) != partition_columns.end();
  });
}

Result<bool> HasOtherTypes(const ParquetInput& file, const ChangedColumns& columns) {
  std::shared_ptr<arrow::Schema> stored;
  DELTAIC_RETURN_IF_ERROR(parquet::arrow::FromParquetSchema(file.metadata->schema(), &stored));
  return Comparison(columns.column_mapping)
      .Differs(stored->fields(), *columns.schema, columns.partition_columns);
}

}  // namespace deltaic
