#include "ops/convert.h"

#include <arrow/type.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <utility>

#include "base/made_once.h"
#include "base/percent_encoding.h"
#include "data/parquet/parquet_input.h"
#include "data/values/type_mapping.h"
#include "ops/convert_iceberg.h"
#include "ops/converted_files.h"
#include "ops/create.h"
#include "ops/footer_stats.h"
#include "ops/table_schema.h"
#include "protocol/file_stats.h"
#include "protocol/partition_value.h"
#include "protocol/schema_json.h"
#include "protocol/table_properties.h"
#include "storage/arrow_status.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

constexpr std::string_view kNullDirectory = "__HIVE_DEFAULT_PARTITION__";
constexpr int kMaxDescribedLeaves = 32;

/// A file that will be one of the table's.
struct FoundFile {
  ObjectMeta object;
  PartitionValues partition_values;
  SchemaPtr schema;
  FileStats stats;
};

std::vector<std::string> SplitPath(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Rows of other files may lack any column.
DataTypePtr AsNullable(const DataTypePtr& type) {
  switch (type->id()) {
    case TypeId::kArray:
      return DataType::Array(AsNullable(type->element()), true);
    case TypeId::kMap:
      return DataType::Map(AsNullable(type->key()), AsNullable(type->value()), true);
    case TypeId::kStruct: {
      std::vector<StructField> fields = type->fields();
      for (StructField& field : fields) {
        field.type = AsNullable(field.type);
        field.nullable = true;
        field.metadata.clear();
      }
      return DataType::Struct(std::move(fields));
    }
    default:
      return type;
  }
}

/// Timestamps of the old kind are instants, whatever Arrow makes of them.
Result<SchemaPtr> SchemaOfFile(const parquet::FileMetaData& metadata) {
  std::shared_ptr<arrow::Schema> arrow_schema;
  DELTAIC_RETURN_IF_ERROR(parquet::arrow::FromParquetSchema(metadata.schema(), &arrow_schema));
  DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema, FromArrowSchema(*arrow_schema));
  std::vector<StructField> fields = schema->fields();
  for (int i = 0; i < metadata.schema()->num_columns(); ++i) {
    const parquet::ColumnDescriptor& column = *metadata.schema()->Column(i);
    if (column.physical_type() != parquet::Type::INT96) continue;
    const std::string path = column.path()->ToDotString();
    const auto field = std::ranges::find(fields, path, &StructField::name);
    if (field == fields.end()) {
      return Status::Unsupported("column ", path,
                                 " holds timestamps of 96 bits inside another column");
    }
    field->type = DataType::Primitive(TypeId::kTimestamp);
  }
  return AsNullable(DataType::Struct(std::move(fields)));
}

/// What the footer tells of leaves outside of arrays and maps.
FileStats StatsOfFile(const parquet::FileMetaData& metadata, const Schema& schema, bool collect) {
  int described = 0;
  return StatsOfFooter(metadata,
                       [&](const parquet::ColumnDescriptor& column) -> std::optional<FooterLeaf> {
                         if (!collect || ++described > kMaxDescribedLeaves) return std::nullopt;
                         std::vector<std::string> path = column.path()->ToDotVector();
                         const DataType* within = &schema;
                         DataTypePtr type;
                         for (const std::string& name : path) {
                           const StructField* field =
                               within->id() == TypeId::kStruct ? within->FindField(name) : nullptr;
                           if (field == nullptr) return std::nullopt;
                           type = field->type;
                           within = type.get();
                         }
                         if (!type->is_primitive()) return std::nullopt;
                         return FooterLeaf{.path = std::move(path), .type = std::move(type)};
                       });
}

/// One ConvertToTable call.
class Conversion {
 public:
  Conversion(std::shared_ptr<Table> table, const ConvertOptions& options)
      : table_(std::move(table)), options_(options) {}

  Result<ConvertResult> Run() {
    DELTAIC_ASSIGN_OR_RETURN(const bool exists, table_->Exists());
    if (exists) return WhereATableIs();
    DELTAIC_ASSIGN_OR_RETURN(const bool is_iceberg, IsIcebergTable(*table_->store()));
    if (is_iceberg || !options_.iceberg_metadata.empty()) {
      return ConvertIcebergTable(table_, options_);
    }
    DELTAIC_RETURN_IF_ERROR(FindFiles());
    DELTAIC_RETURN_IF_ERROR(ReadFooters());
    DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr schema, MergedSchema());
    return Commit(schema);
  }

 private:
  Result<ConvertResult> WhereATableIs() {
    if (!options_.ignore_existing) {
      return Status::AlreadyExists("a Delta table exists at ", table_->uri());
    }
    DELTAIC_ASSIGN_OR_RETURN(result_.snapshot, table_->Load());
    result_.skipped = true;
    return std::move(result_);
  }

  const std::vector<StructField>& Partitions() const {
    const auto& none = MadeOnce([] { return std::vector<StructField>(); });
    return options_.partition_schema == nullptr ? none : options_.partition_schema->fields();
  }

  Status FindFiles() {
    DELTAIC_RETURN_IF_ERROR(
        table_->store()->ListRecursive("", [&](const ObjectMeta& object) -> Status {
          DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
          const std::vector<std::string> parts = SplitPath(object.path);
          const bool is_hidden = std::ranges::any_of(parts, [](const std::string& part) {
            return part.starts_with('.') ||
                   (part.starts_with('_') && part.find('=') == std::string::npos);
          });
          if (is_hidden || !object.path.ends_with(".parquet")) return Status();
          FoundFile file{.object = object, .partition_values = {}, .schema = nullptr, .stats = {}};
          DELTAIC_RETURN_IF_ERROR(ReadPartition(parts, file));
          files_.push_back(std::move(file));
          return Status();
        }));
    if (files_.empty()) {
      return Status::NotFound("there is no Parquet file (*.parquet) below ", table_->uri());
    }
    std::ranges::sort(files_, {}, [](const FoundFile& file) { return file.object.path; });
    return Status();
  }

  Status ReadPartition(const std::vector<std::string>& parts, FoundFile& file) const {
    const std::vector<StructField>& columns = Partitions();
    const auto refuse = [&](const auto&... why) {
      return Status::InvalidArgument("the folder of ", file.object.path, ' ', why...);
    };
    const bool is_hive = options_.strategy == PartitionStrategy::kHive;
    if (columns.empty()) {
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        if (parts[i].find('=') == std::string::npos) continue;
        return refuse("tells a partition value (", parts[i],
                      "); name the partition columns and their types");
      }
      return Status();
    }
    if (parts.size() != columns.size() + 1) {
      return refuse("is not ", columns.size(), " deep, as the partition columns are");
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      std::string text = parts[i];
      if (is_hive) {
        const size_t equals = text.find('=');
        if (equals == std::string::npos ||
            PercentDecode(text.substr(0, equals)) != columns[i].name) {
          return refuse("is ", text, " where it should begin with ", columns[i].name, '=');
        }
        text = text.substr(equals + 1);
      }
      std::optional<std::string> value;
      if (text != kNullDirectory && !text.empty()) value = PercentDecode(text);
      const auto parsed = ParsePartitionValue(value, *columns[i].type);
      if (!parsed.ok()) {
        return refuse("tells ", columns[i].name, " = ", parts[i], ", which is no ",
                      columns[i].type->ToString());
      }
      file.partition_values.emplace_back(columns[i].name, std::move(value));
    }
    return Status();
  }

  Status ReadFooters() {
    const ObjectStore& store = *table_->store();
    return ParallelFor(
        static_cast<int64_t>(files_.size()), DefaultThreads(store.traits()),
        [&](int64_t i) -> Status {
          DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
          FoundFile& file = files_[i];
          DELTAIC_ASSIGN_OR_RETURN(const ParquetInput input,
                                   OpenParquet(store, file.object.path, file.object.size_bytes));
          auto schema = SchemaOfFile(*input.metadata);
          if (!schema.ok()) return schema.status().WithContext(file.object.path);
          file.schema = *std::move(schema);
          file.stats = StatsOfFile(*input.metadata, *file.schema, options_.collect_stats);
          return Status();
        });
  }

  Result<SchemaPtr> MergedSchema() const {
    SchemaPtr merged = files_.front().schema;
    for (const FoundFile& file : files_) {
      merged = MergeSchemas(merged, file.schema);
      for (const StructField& field : file.schema->fields()) {
        const StructField* known = merged->FindField(field.name);
        const bool same = known != nullptr && known->name == field.name &&
                          MergeSchemas(DataType::Struct({*known}), DataType::Struct({field}))
                              ->fields()[0]
                              .type->EqualsIgnoringNullability(*known->type) &&
                          known->type->id() == field.type->id();
        if (same && (!field.type->is_primitive() || known->type->Equals(*field.type))) continue;
        return Status::SchemaMismatch(
            "column ", field.name, " is ", field.type->ToString(), " in ", file.object.path,
            " and ", known == nullptr ? "" : known->type->ToString(), " in another file");
      }
    }
    std::vector<StructField> fields = merged->fields();
    for (const StructField& column : Partitions()) {
      if (merged->FindField(column.name) != nullptr) {
        return Status::InvalidArgument("column ", column.name,
                                       " is in the files and in the names of their folders");
      }
      fields.push_back(column);
    }
    return DataType::Struct(std::move(fields));
  }

  Result<ConvertResult> Commit(const SchemaPtr& schema) {
    CreateOptions create{.schema = schema,
                         .properties = options_.properties,
                         .name = options_.name,
                         .description = options_.description};
    std::vector<std::string> partition_by;
    for (const StructField& column : Partitions()) partition_by.push_back(column.name);
    create.partition_by = partition_by;
    DELTAIC_ASSIGN_OR_RETURN(NewTable plan, PlanNewTable(create));
    const TableProperties properties = ParseTableProperties(plan.definition.metadata.configuration);
    if (properties.column_mapping_mode != ColumnMappingMode::kNone ||
        properties.writes_partition_columns()) {
      return Status::InvalidArgument(
          "a table of files that are there cannot have column mapping, Iceberg compatibility or "
          "partition columns in its files from the start; convert without, then alter it");
    }
    std::vector<ConvertedFile> converted;
    for (FoundFile& file : files_) {
      converted.push_back({.object = std::move(file.object),
                           .partition_values = std::move(file.partition_values),
                           .stats = std::move(file.stats)});
    }
    return CommitConverted(table_, options_, std::move(plan.definition), *schema,
                           std::move(converted));
  }

  const std::shared_ptr<Table> table_;
  const ConvertOptions& options_;
  std::vector<FoundFile> files_;
  ConvertResult result_;
};

}  // namespace

Result<ConvertResult> ConvertToTable(const std::shared_ptr<Table>& table,
                                     const ConvertOptions& options) {
  return Conversion(table, options).Run();
}

}  // namespace deltaic
