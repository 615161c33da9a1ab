#include "data/write/data_file_layout.h"

#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/schema.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "data/memory/recycling_memory_pool.h"
#include "data/values/type_mapping.h"
#include "data/write/column_options.h"
#include "data/write/data_file_options.h"
#include "protocol/column_path.h"
#include "storage/arrow_status.h"

namespace deltaic {

namespace {

using Path = std::vector<std::string>;

/// Of the memory that open row groups may take, what is kept for the next when they are through.
constexpr int64_t kKeptShare = 8;

std::string PhysicalName(const StructField& field, ColumnMappingMode mode) {
  return mode == ColumnMappingMode::kNone ? field.name : field.physical_name();
}

bool IsVoid(const DataType& type) { return type.id() == TypeId::kVoid; }

bool HasBounds(const DataType& type) {
  switch (type.id()) {
    case TypeId::kBoolean:
    case TypeId::kBinary:
      return false;
    default:
      return type.is_primitive();
  }
}

std::string Join(const Path& path) {
  std::string text;
  for (const std::string& part : path) text += text.empty() ? part : Concat(".", part);
  return text;
}

bool StartsWith(const Path& path, const Path& prefix) {
  return prefix.size() <= path.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

/// Walks the data columns and makes Arrow's schema of the file beside the list of leaves.
class LayoutBuilder {
 public:
  LayoutBuilder(const DataFileTarget& target, DataFileLayout& layout)
      : mode_(target.column_mapping),
        num_described_(target.kind == DataFileKind::kData ? target.schema->fields().size() : 0),
        indexed_columns_left_(target.properties.data_skipping_num_indexed_cols),
        layout_(layout) {
    if (target.properties.data_skipping_stats_columns) {
      stats_columns_.emplace();
      for (const std::string& text : *target.properties.data_skipping_stats_columns) {
        // A table's property is as others wrote it: what is no column keeps no statistics.
        if (auto path = ParseColumnPath(text); path.ok()) stats_columns_->push_back(*path);
      }
    }
  }

  Result<arrow::FieldVector> Build(const Schema& schema) {
    arrow::FieldVector fields;
    for (size_t i = 0; i < layout_.data_columns.size(); ++i) {
      const auto column = static_cast<size_t>(layout_.data_columns[i]);
      const StructField& field = schema.fields()[column];
      is_described_ = column < num_described_;
      position_ = {static_cast<int>(i)};
      DELTAIC_RETURN_IF_ERROR(AddField(field, fields));
    }
    return fields;
  }

  const std::vector<Path>& logical_paths() const { return logical_paths_; }

 private:
  /// Void columns are left out of files.
  Status AddField(const StructField& field, arrow::FieldVector& out) {
    if (IsVoid(*field.type)) return Status();
    logical_.push_back(field.name);
    physical_.push_back(PhysicalName(field, mode_));
    if (!inside_container_ && field.type->id() != TypeId::kStruct) BeginStatsColumn();
    DELTAIC_ASSIGN_OR_RETURN(auto type, AddType(field.type));
    std::shared_ptr<arrow::KeyValueMetadata> metadata;
    if (const auto id = field.column_mapping_id(); id && mode_ != ColumnMappingMode::kNone) {
      metadata = arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(*id)});
    }
    out.push_back(
        arrow::field(physical_.back(), std::move(type), field.nullable, std::move(metadata)));
    logical_.pop_back();
    physical_.pop_back();
    return Status();
  }

  Result<std::shared_ptr<arrow::DataType>> AddType(const DataTypePtr& type) {
    switch (type->id()) {
      case TypeId::kStruct:
        return AddStruct(*type);
      case TypeId::kArray: {
        const bool outer = std::exchange(inside_container_, true);
        DELTAIC_ASSIGN_OR_RETURN(auto element, AddChild(0, "element", type->element()));
        inside_container_ = outer;
        return arrow::list(arrow::field("element", std::move(element), type->contains_null()));
      }
      case TypeId::kMap: {
        const bool outer = std::exchange(inside_container_, true);
        DELTAIC_ASSIGN_OR_RETURN(auto key, AddChild(0, "key", type->key()));
        DELTAIC_ASSIGN_OR_RETURN(auto value, AddChild(1, "value", type->value()));
        inside_container_ = outer;
        return arrow::map(std::move(key),
                          arrow::field("value", std::move(value), type->contains_null()));
      }
      case TypeId::kVariant:
        return Status::Unsupported("column ", Join(logical_),
                                   " is a variant, which this build does not write");
      default:
        AddLeaf(type);
        return ToArrowType(*type);
    }
  }

  Result<std::shared_ptr<arrow::DataType>> AddStruct(const DataType& type) {
    arrow::FieldVector fields;
    for (size_t i = 0; i < type.fields().size(); ++i) {
      position_.push_back(static_cast<int>(i));
      DELTAIC_RETURN_IF_ERROR(AddField(type.fields()[i], fields));
      position_.pop_back();
    }
    if (fields.empty()) {
      return Status::Unsupported("column ", Join(logical_),
                                 ": a struct without a column that is not void cannot be written");
    }
    return arrow::struct_(std::move(fields));
  }

  Result<std::shared_ptr<arrow::DataType>> AddChild(int position, std::string_view name,
                                                    const DataTypePtr& type) {
    if (IsVoid(*type)) {
      return Status::Unsupported("column ", Join(logical_), ": void as its ", name,
                                 " cannot be written");
    }
    position_.push_back(position);
    auto child = AddType(type);
    position_.pop_back();
    return child;
  }

  /// A primitive, array or map that statistics may be kept for.
  void BeginStatsColumn() {
    if (!is_described_) {
      indexed_ = false;
    } else if (stats_columns_) {
      indexed_ = std::any_of(stats_columns_->begin(), stats_columns_->end(),
                             [&](const Path& path) { return StartsWith(logical_, path); });
    } else {
      indexed_ = indexed_columns_left_ != 0;
      if (indexed_columns_left_ > 0) --indexed_columns_left_;
    }
    first_leaf_ = true;
    stats_path_ = physical_;
  }

  void AddLeaf(const DataTypePtr& type) {
    LeafColumn leaf;
    leaf.path = position_;
    leaf.stats_path = stats_path_;
    leaf.type = type;
    leaf.collect_nulls = indexed_ && std::exchange(first_leaf_, false);
    leaf.collect_bounds = indexed_ && !inside_container_ && HasBounds(*type);
    layout_.leaves.push_back(std::move(leaf));
    logical_paths_.push_back(logical_);
  }

  const ColumnMappingMode mode_;
  const size_t num_described_;  ///< columns, from the first, that statistics may be kept for
  std::optional<std::vector<Path>> stats_columns_;
  int32_t indexed_columns_left_;
  DataFileLayout& layout_;

  // Where the walk is.
  std::vector<int> position_;
  Path logical_;
  Path physical_;
  Path stats_path_;  ///< of the primitive, array or map that the walk is in
  bool inside_container_ = false;
  bool is_described_ = true;
  bool indexed_ = false;
  bool first_leaf_ = false;
  std::vector<Path> logical_paths_;  ///< of each leaf
};

DataTypePtr ToPhysical(const DataTypePtr& type, ColumnMappingMode mode) {
  if (type->id() != TypeId::kStruct) return type;
  std::vector<StructField> fields;
  for (const StructField& field : type->fields()) {
    if (IsVoid(*field.type)) continue;
    fields.push_back(
        StructField{PhysicalName(field, mode), ToPhysical(field.type, mode), field.nullable, {}});
  }
  return DataType::Struct(std::move(fields));
}

/// The columns of a batch: the table's, then the extra ones.
SchemaPtr BatchSchema(const DataFileTarget& target) {
  if (target.extra_columns.empty()) return target.schema;
  std::vector<StructField> fields = target.schema->fields();
  fields.insert(fields.end(), target.extra_columns.begin(), target.extra_columns.end());
  return DataType::Struct(std::move(fields));
}

Status FindPartitionColumns(const DataFileTarget& target, const Schema& schema,
                            DataFileLayout& layout) {
  const std::vector<StructField>& fields = schema.fields();
  for (const std::string& name : target.partition_columns) {
    auto it = std::find_if(fields.begin(), fields.end(),
                           [&](const StructField& field) { return field.name == name; });
    if (it == fields.end()) {
      return Status::InvalidArgument("partition column ", name, " is not in the table's schema");
    }
    if (!it->type->is_primitive() || it->type->id() == TypeId::kVariant) {
      return Status::InvalidArgument("partition column ", name, " is a ", it->type->ToString(),
                                     "; only primitive types can partition");
    }
    layout.partition_columns.push_back(PartitionColumn{
        static_cast<int>(it - fields.begin()), PhysicalName(*it, target.column_mapping), it->type});
  }
  for (int i = 0; i < static_cast<int>(fields.size()); ++i) {
    const auto& columns = layout.partition_columns;
    if (std::none_of(columns.begin(), columns.end(),
                     [i](const PartitionColumn& column) { return column.position == i; })) {
      layout.data_columns.push_back(i);
    }
  }
  return Status();
}

parquet::WriterProperties::Builder MakePropertiesBuilder(const DataFileLayout& layout,
                                                         arrow::Compression::type compression) {
  const DataFileOptions& options = layout.options;
  parquet::WriterProperties::Builder builder;
  builder.memory_pool(layout.memory_pool.get());
  builder.compression(compression);
  if (options.compression_level) builder.compression_level(*options.compression_level);
  builder.max_row_group_length(options.max_rows_per_group);
  builder.data_pagesize(options.data_page_size_bytes);
  builder.max_statistics_size(kMaxParquetStatisticsBytes);
  builder.enable_store_decimal_as_integer();
  builder.created_by("deltaic");
  builder.max_rows_per_page(options.max_rows_per_page);
  builder.dictionary_pagesize_limit(options.dictionary_page_size_bytes);
  builder.write_batch_size(options.write_batch_rows);
  return builder;
}

}  // namespace

Result<std::shared_ptr<const DataFileLayout>> MakeDataFileLayout(const DataFileTarget& target,
                                                                 const DataFileOptions& options) {
  auto layout = std::make_shared<DataFileLayout>();
  layout->kind = target.kind;
  const SchemaPtr schema = BatchSchema(target);
  DELTAIC_ASSIGN_OR_RETURN(layout->options, ResolveDataFileOptions(options, target.properties));
  DELTAIC_ASSIGN_OR_RETURN(const auto compression, ParseCompression(layout->options.compression));
  layout->file_suffix = DataFileSuffix(compression);
  DELTAIC_ASSIGN_OR_RETURN(layout->batch_schema, ToArrowSchema(*schema));
  DELTAIC_RETURN_IF_ERROR(FindPartitionColumns(target, *schema, *layout));

  arrow::FieldVector data_fields;
  std::vector<StructField> data_columns;
  for (const int position : layout->data_columns) {
    data_fields.push_back(layout->batch_schema->field(position));
    data_columns.push_back(schema->fields()[static_cast<size_t>(position)]);
  }
  layout->data_schema = arrow::schema(std::move(data_fields));
  layout->physical_schema =
      ToPhysical(DataType::Struct(std::move(data_columns)), target.column_mapping);

  LayoutBuilder builder(target, *layout);
  DELTAIC_ASSIGN_OR_RETURN(arrow::FieldVector file_fields, builder.Build(*schema));
  if (file_fields.empty()) {
    return Status::Unsupported(
        "the table has no data column that is not void or a partition column; add one to write");
  }

  layout->memory_pool = std::make_shared<RecyclingMemoryPool>(
      arrow::default_memory_pool(), layout->options.max_memory_bytes / kKeptShare);
  parquet::WriterProperties::Builder properties = MakePropertiesBuilder(*layout, compression);
  layout->arrow_properties = parquet::default_arrow_writer_properties();
  std::shared_ptr<parquet::SchemaDescriptor> descriptor;
  DELTAIC_RETURN_IF_ERROR(
      parquet::arrow::ToParquetSchema(arrow::schema(std::move(file_fields)).get(),
                                      *properties.build(), *layout->arrow_properties, &descriptor));
  layout->parquet_schema =
      std::static_pointer_cast<parquet::schema::GroupNode>(descriptor->schema_root());
  DELTAIC_RETURN_IF_ERROR(ApplyColumnOptions(builder.logical_paths(), *layout, properties));
  layout->writer_properties = properties.build();
  return std::shared_ptr<const DataFileLayout>(std::move(layout));
}

}  // namespace deltaic
