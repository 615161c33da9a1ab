#include "data/write/data_file_layout.h"

#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/schema.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "data/memory/encode_pool.h"
#include "data/values/type_mapping.h"
#include "data/values/variant_column.h"
#include "data/write/column_options.h"
#include "data/write/data_file_options.h"
#include "protocol/column_path.h"
#include "protocol/nested_ids.h"
#include "storage/arrow_status.h"

namespace deltaic {

namespace {

using Path = std::vector<std::string>;

/// Of the memory that open row groups may take, what is kept for the next when they are through.
constexpr int64_t kKeptShare = 8;
/// And at most, where what is encoded is sent away: parts on their way take memory too.
constexpr int64_t kMaxKeptForFar = int64_t{16} << 20;

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
      is_described_ =
          column < num_described_ && !layout_.IsPartitionColumn(layout_.data_columns[i]);
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
    const bool has_ids = mode_ != ColumnMappingMode::kNone;
    NestedIds outer_ids = std::exchange(nested_ids_, has_ids ? NestedIdsOf(field) : NestedIds());
    std::string outer_path = std::exchange(nested_path_, physical_.back());
    DELTAIC_ASSIGN_OR_RETURN(auto type, AddType(field.type));
    nested_ids_ = std::move(outer_ids);
    nested_path_ = std::move(outer_path);
    const auto id = has_ids ? field.column_mapping_id() : std::nullopt;
    out.push_back(arrow::field(physical_.back(), std::move(type), field.nullable, FieldId(id)));
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
        DELTAIC_ASSIGN_OR_RETURN(auto element,
                                 AddChild(0, "element", type->element(), type->contains_null()));
        inside_container_ = outer;
        return arrow::list(std::move(element));
      }
      case TypeId::kMap: {
        const bool outer = std::exchange(inside_container_, true);
        DELTAIC_ASSIGN_OR_RETURN(auto key, AddChild(0, "key", type->key(), false));
        DELTAIC_ASSIGN_OR_RETURN(auto value,
                                 AddChild(1, "value", type->value(), type->contains_null()));
        inside_container_ = outer;
        return std::make_shared<arrow::MapType>(std::move(key), std::move(value));
      }
      case TypeId::kVariant:
        return AddVariant();
      default:
        AddLeaf(type);
        return ToArrowType(*type);
    }
  }

  Result<std::shared_ptr<arrow::DataType>> AddVariant() {
    const auto form = layout_.variant_forms.find(position_);
    if (form == layout_.variant_forms.end()) {
      AddVariantLeaves(*VariantArrowType(), /*is_shredded=*/false);
      return VariantArrowType();
    }
    DELTAIC_ASSIGN_OR_RETURN(auto type, ShreddedVariantType(form->second));
    AddVariantLeaves(*type, /*is_shredded=*/true);
    return type;
  }

  /// The metadata, which comes first, is null where the variant is: its nulls are the column's. Of
  /// the other leaves the log says nothing.
  void AddVariantLeaves(const arrow::DataType& type, bool is_shredded) {
    if (type.num_fields() == 0) {
      AddLeaf(DataType::Primitive(TypeId::kBinary));
      layout_.leaves.back().is_shredded = is_shredded;
    }
    for (int i = 0; i < type.num_fields(); ++i) {
      position_.push_back(i);
      logical_.push_back(type.field(i)->name());
      AddVariantLeaves(*type.field(i)->type(), is_shredded);
      logical_.pop_back();
      position_.pop_back();
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

  static std::shared_ptr<arrow::KeyValueMetadata> FieldId(std::optional<int64_t> id) {
    if (!id) return nullptr;
    return arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(*id)});
  }

  /// The element, key or value of a list or map.
  Result<std::shared_ptr<arrow::Field>> AddChild(int position, const std::string& name,
                                                 const DataTypePtr& type, bool nullable) {
    if (IsVoid(*type)) {
      return Status::Unsupported("column ", Join(logical_), ": void as its ", name,
                                 " cannot be written");
    }
    const std::string outer_path = std::exchange(nested_path_, Concat(nested_path_, '.', name));
    const auto found = nested_ids_.find(nested_path_);
    auto id = found == nested_ids_.end() ? nullptr : FieldId(found->second);
    position_.push_back(position);
    DELTAIC_ASSIGN_OR_RETURN(auto child, AddType(type));
    position_.pop_back();
    nested_path_ = outer_path;
    return arrow::field(name, std::move(child), nullable, std::move(id));
  }

  /// A primitive, array or map that statistics may be kept for.
  void BeginStatsColumn() {
    const auto& always = layout_.always_described;
    if (!is_described_) {
      indexed_ = false;
    } else if (std::find(always.begin(), always.end(), physical_) != always.end()) {
      indexed_ = true;
      if (indexed_columns_left_ > 0) --indexed_columns_left_;
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
  NestedIds nested_ids_;     ///< of the field that the walk is in
  std::string nested_path_;  ///< there, as its keys have it
  Path stats_path_;          ///< of the primitive, array or map that the walk is in
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
  const bool keeps_all = target.properties.writes_partition_columns();
  for (int i = 0; i < static_cast<int>(fields.size()); ++i) {
    if (keeps_all || !layout.IsPartitionColumn(i)) layout.data_columns.push_back(i);
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

/// \param traits  of the store that the files go to; they tell what memory is kept.
/// \param pool  nullptr: one is made.
Result<std::shared_ptr<const DataFileLayout>> MakeLayout(const DataFileTarget& target,
                                                         const DataFileOptions& options,
                                                         const StoreTraits& traits,
                                                         VariantForms forms,
                                                         std::shared_ptr<arrow::MemoryPool> pool) {
  auto layout = std::make_shared<DataFileLayout>();
  layout->kind = target.kind;
  layout->always_described = target.clustering_columns;
  layout->variant_forms = std::move(forms);
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

  if (pool == nullptr) {
    const int64_t kept = layout->options.max_memory_bytes / kKeptShare;
    pool = traits.is_near() ? MakeEncodePool(kept)
                            : MakeGrowingEncodePool(std::min(kept, kMaxKeptForFar));
  }
  layout->memory_pool = std::move(pool);
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

}  // namespace

bool DataFileLayout::IsPartitionColumn(int position) const {
  return std::any_of(
      partition_columns.begin(), partition_columns.end(),
      [position](const PartitionColumn& column) { return column.position == position; });
}

Result<std::shared_ptr<const DataFileLayout>> MakeDataFileLayout(const DataFileTarget& target,
                                                                 const DataFileOptions& options,
                                                                 const StoreTraits& traits) {
  return MakeLayout(target, options, traits, {}, nullptr);
}

Result<std::shared_ptr<const DataFileLayout>> MakeShreddedLayout(const DataFileTarget& target,
                                                                 const DataFileOptions& options,
                                                                 const DataFileLayout& plain,
                                                                 VariantForms forms) {
  return MakeLayout(target, options, kNearStore, std::move(forms), plain.memory_pool);
}

}  // namespace deltaic
