#include "ops/convert_iceberg.h"

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/io/memory.h>
#include <arrow/util/compression.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/percent_encoding.h"
#include "data/parquet/parquet_input.h"
#include "iceberg/iceberg_manifest.h"
#include "iceberg/iceberg_metadata.h"
#include "iceberg/iceberg_path.h"
#include "iceberg/iceberg_schema.h"
#include "ops/converted_files.h"
#include "ops/footer_stats.h"
#include "ops/stored_columns.h"
#include "ops/table_definition.h"
#include "ops/table_schema.h"
#include "protocol/partition_value.h"
#include "protocol/table_properties.h"
#include "storage/arrow_status.h"
#include "storage/parallel_for.h"
#include "table/clock.h"
#include "table/unique_id.h"

namespace deltaic {
namespace {

constexpr std::string_view kFolder = "metadata";
constexpr int64_t kMostMetadataBytes = int64_t{1} << 28;
constexpr int64_t kMostManifestBytes = int64_t{1} << 30;
constexpr int64_t kMostHintBytes = 64;
constexpr size_t kMostDescribedLeaves = 32;
constexpr std::string_view kMappingMode = "delta.columnMapping.mode";
constexpr std::string_view kMaxColumnId = "delta.columnMapping.maxColumnId";

Result<std::string> Gunzip(std::string bytes) {
  DELTAIC_ASSIGN_OR_RETURN(auto codec, arrow::util::Codec::Create(arrow::Compression::GZIP));
  DELTAIC_ASSIGN_OR_RETURN(const auto stream,
                           arrow::io::CompressedInputStream::Make(
                               codec.get(), std::make_shared<arrow::io::BufferReader>(
                                                arrow::Buffer::FromString(std::move(bytes)))));
  std::string out;
  while (true) {
    auto piece = stream->Read(int64_t{1} << 16);
    if (!piece.ok()) return Status::Corruption("its gzip is damaged");
    if ((*piece)->size() == 0) return out;
    out += (*piece)->ToString();
    if (static_cast<int64_t>(out.size()) > kMostMetadataBytes) {
      return Status::Corruption("it holds more than ", kMostMetadataBytes, " bytes");
    }
  }
}

/// The alternative of Value that belongs to a type.
bool HasTypeOf(const Value& value, const DataType& type) {
  switch (type.id()) {
    case TypeId::kBoolean:
      return std::holds_alternative<bool>(value);
    case TypeId::kInteger:
    case TypeId::kLong:
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return std::holds_alternative<int64_t>(value);
    case TypeId::kFloat:
    case TypeId::kDouble:
      return std::holds_alternative<double>(value);
    case TypeId::kDecimal:
      return std::holds_alternative<Int128>(value);
    case TypeId::kString:
      return std::holds_alternative<std::string>(value);
    default:
      return false;
  }
}

bool SameValue(const Value& a, const Value& b) {
  const auto* x = std::get_if<double>(&a);
  const auto* y = std::get_if<double>(&b);
  return a == b || (x != nullptr && y != nullptr && std::isnan(*x) && std::isnan(*y));
}

/// Whether the log can say the value of a partition: not the empty text, which it has for null.
bool CanBeWritten(const Value& value, const DataType& type) {
  if (IsNull(value)) return true;
  const auto parsed = ParsePartitionValue(FormatPartitionValue(value, type), type);
  return parsed.ok() && SameValue(*parsed, value);
}

/// Where a leaf of the table is, by its id.
using LeavesById = std::map<int64_t, std::vector<std::string>>;

/// The first leaves outside of arrays and maps, in the order of the table.
void CollectLeaves(const Schema& schema, std::vector<std::string>& path,
                   const std::set<std::string>& left_out, LeavesById& out) {
  for (const StructField& field : schema.fields()) {
    if (path.empty() && left_out.contains(field.name)) continue;
    path.push_back(field.physical_name());
    if (field.type->id() == TypeId::kStruct) {
      CollectLeaves(*field.type, path, left_out, out);
    } else if (field.type->is_primitive() && out.size() < kMostDescribedLeaves) {
      out.emplace(field.column_mapping_id().value_or(-1), path);
    }
    path.pop_back();
  }
}

/// One ConvertIcebergTable call.
class IcebergConversion {
 public:
  IcebergConversion(std::shared_ptr<Table> table, const ConvertOptions& options)
      : table_(std::move(table)), store_(*table_->store()), options_(options) {}

  Result<ConvertResult> Run() {
    DELTAIC_RETURN_IF_ERROR(CheckOptions());
    DELTAIC_ASSIGN_OR_RETURN(const std::string path, FindMetadata());
    DELTAIC_RETURN_IF_ERROR(ReadMetadata(path));
    DELTAIC_RETURN_IF_ERROR(ReadManifests());
    DELTAIC_RETURN_IF_ERROR(RefuseDeletes());
    DELTAIC_RETURN_IF_ERROR(ChoosePartitions());
    DELTAIC_RETURN_IF_ERROR(FindObjects());
    DELTAIC_RETURN_IF_ERROR(ReadFooters());
    DELTAIC_ASSIGN_OR_RETURN(TableDefinition definition, Definition());
    ConvertResult result;
    result.source_format = "iceberg";
    result.iceberg_metadata = path;
    return CommitConverted(table_, options_, std::move(definition), *PhysicalSchema(*schema_),
                           std::move(converted_), std::move(result));
  }

 private:
  Status CheckOptions() const {
    if (options_.partition_schema != nullptr) {
      return Status::InvalidArgument(
          table_->uri(),
          " is an Iceberg table, whose metadata says what partitions it; name no "
          "partition columns");
    }
    const auto mode = options_.properties.find(std::string(kMappingMode));
    if (mode != options_.properties.end() && mode->second != "id") {
      return Status::InvalidArgument(kMappingMode, " = ", mode->second,
                                     " is not for the files of an Iceberg table, whose columns are "
                                     "found by id; leave it out");
    }
    const TableProperties properties = ParseTableProperties(options_.properties);
    if (properties.iceberg_compat_version > 0 || properties.writes_partition_columns()) {
      return Status::InvalidArgument(
          "Iceberg compatibility asks more of files than Iceberg did; convert without, then alter "
          "the table");
    }
    return Status();
  }

  /// A path of the metadata, which names files in full, below the root: also where the table was
  /// copied to another place since.
  std::optional<std::string> Below(std::string_view file) const {
    const std::string& root = store_.root_uri();
    for (const std::string& folder : {metadata_.location, root, PercentDecode(root)}) {
      if (folder.empty()) continue;
      if (auto path = PathBelow(folder, file)) return path;
    }
    return std::nullopt;
  }

  Result<std::string> Place(std::string_view what, const std::string& file) const {
    if (auto path = Below(file)) return *std::move(path);
    return Status::Unsupported(
        "the Iceberg table's ", what, ' ', file, " lies outside of ", table_->uri(),
        "; only tables whose files are all below their folder are converted");
  }

  Result<std::string> FindMetadata() const {
    const std::string& given = options_.iceberg_metadata;
    if (given.starts_with('/') || given.find("://") != std::string::npos) {
      if (auto path = Below(given)) return *std::move(path);
      return Status::InvalidArgument(given, " is not below ", table_->uri());
    }
    if (!given.empty()) return given;
    std::vector<std::string> names;
    DELTAIC_ASSIGN_OR_RETURN(const auto objects, store_.ListFrom(kFolder, ""));
    bool has_hint = false;
    for (const ObjectMeta& object : objects) {
      names.push_back(object.path.substr(object.path.rfind('/') + 1));
      has_hint = has_hint || names.back() == "version-hint.text";
    }
    std::optional<std::string> hint;
    if (has_hint) {
      DELTAIC_ASSIGN_OR_RETURN(hint,
                               store_.Read(Concat(kFolder, "/version-hint.text"), kMostHintBytes));
    }
    auto newest = NewestIcebergMetadata(names, hint);
    if (!newest.ok()) return newest.status().WithContext(table_->uri());
    return Concat(kFolder, '/', *newest);
  }

  Status ReadMetadata(const std::string& path) {
    DELTAIC_ASSIGN_OR_RETURN(std::string text, store_.Read(path, kMostMetadataBytes));
    if (IsGzipMetadataName(path)) {
      auto plain = Gunzip(std::move(text));
      if (!plain.ok()) return plain.status().WithContext(path);
      text = *std::move(plain);
    }
    auto parsed = ParseIcebergMetadata(text);
    if (!parsed.ok()) return parsed.status().WithContext(path);
    metadata_ = *std::move(parsed);
    auto schema = DeltaSchemaOf(metadata_.schema);
    if (!schema.ok()) return schema.status().WithContext(path);
    schema_ = *std::move(schema);
    return Status();
  }

  Status ReadManifests() {
    if (!metadata_.manifest_list) return Status();
    DELTAIC_ASSIGN_OR_RETURN(const std::string list,
                             Place("list of manifests", *metadata_.manifest_list));
    DELTAIC_ASSIGN_OR_RETURN(const std::string bytes, store_.Read(list, kMostManifestBytes));
    auto manifests = ReadManifestList(bytes);
    if (!manifests.ok()) return manifests.status().WithContext(list);
    std::vector<std::vector<IcebergFile>> found(manifests->size());
    DELTAIC_RETURN_IF_ERROR(
        ParallelFor(static_cast<int64_t>(manifests->size()), DefaultThreads(store_.traits()),
                    [&](int64_t i) { return ReadOneManifest((*manifests)[i], found[i]); }));
    for (std::vector<IcebergFile>& files : found) {
      for (IcebergFile& file : files) {
        auto& to = file.content == IcebergContent::kData ? files_ : deletes_;
        to.push_back(std::move(file));
      }
    }
    std::ranges::sort(files_, {}, &IcebergFile::path);
    return Status();
  }

  Status ReadOneManifest(const IcebergManifest& manifest, std::vector<IcebergFile>& out) const {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    if (manifest.is_encrypted) return Encrypted(manifest.path);
    DELTAIC_ASSIGN_OR_RETURN(const std::string path, Place("manifest", manifest.path));
    DELTAIC_ASSIGN_OR_RETURN(const std::string bytes, store_.Read(path, kMostManifestBytes));
    return ReadManifest(bytes, manifest,
                        [&](IcebergFile file) -> Status {
                          if (file.is_encrypted) return Encrypted(file.path);
                          DELTAIC_RETURN_IF_ERROR(metadata_.Spec(file.spec_id).status());
                          if (file.content == IcebergContent::kData &&
                              !EqualsIgnoringCase(file.format, "parquet")) {
                            return Status::Unsupported(file.path, " is a file of format ",
                                                       file.format,
                                                       "; only Parquet files are converted");
                          }
                          out.push_back(std::move(file));
                          return Status();
                        })
        .WithContext(path);
  }

  static Status Encrypted(std::string_view path) {
    return Status::Unsupported(path, " is encrypted, which this build does not read");
  }

  /// Delete files that reach no live file are what a compaction left.
  Status RefuseDeletes() const {
    for (const IcebergFile& deletes : deletes_) {
      const auto reached = std::ranges::find_if(
          files_, [&](const IcebergFile& data) { return DeleteMayApply(deletes, data); });
      if (reached == files_.end()) continue;
      return Status::Unsupported(
          "rows of the Iceberg table are deleted by a ",
          deletes.content == IcebergContent::kEqualityDeletes ? "file of equality deletes"
          : EqualsIgnoringCase(deletes.format, "puffin")      ? "deletion vector"
                                                              : "file of position deletes",
          " (", deletes.path, ", of ", reached->path,
          "), which a conversion does not carry over; write the files anew first, by Iceberg's "
          "rewrite_data_files with delete-file-threshold 1 and rewrite_position_delete_files");
    }
    return Status();
  }

  /// The value of a column in the partition of a file; nullptr where it does not partition it as it
  /// is.
  const Value* IdentityOf(const IcebergFile& file, int64_t column_id) const {
    const IcebergSpec& spec = metadata_.specs.at(file.spec_id);
    for (const IcebergPartitionField& field : spec) {
      if (field.source_id != column_id || field.transform != "identity") continue;
      for (const auto& [field_id, value] : file.partition) {
        if (field_id == field.field_id) return &value;
      }
    }
    return nullptr;
  }

  /// A partition column of Delta has a value for every file, and one that the log can say.
  Result<bool> CanPartition(const StructField& column, int64_t id) const {
    for (const IcebergFile& file : files_) {
      const Value* value = IdentityOf(file, id);
      if (value == nullptr) return false;
      if (!IsNull(*value) && !HasTypeOf(*value, *column.type)) {
        return Status::Corruption("the partition of ", file.path, " has no ",
                                  column.type->ToString(), " for column ", column.name);
      }
      if (!CanBeWritten(*value, *column.type)) return false;
    }
    return true;
  }

  Status ChoosePartitions() {
    for (const IcebergPartitionField& field : metadata_.specs.at(metadata_.default_spec)) {
      if (field.transform != "identity") continue;
      const auto column = std::ranges::find_if(schema_->fields(), [&](const StructField& other) {
        return other.column_mapping_id() == field.source_id;
      });
      // Members of structs cannot partition a Delta table.
      if (column == schema_->fields().end() || !column->type->is_primitive() ||
          column->type->id() == TypeId::kBinary) {
        continue;
      }
      DELTAIC_ASSIGN_OR_RETURN(const bool can, CanPartition(*column, field.source_id));
      if (can) partitions_.push_back(*column);
    }
    // A table of nothing but partition columns is none.
    if (partitions_.size() == schema_->fields().size()) partitions_.clear();
    return Status();
  }

  /// Sizes and times of the files, by one listing of the folder that they share.
  Status FindObjects() {
    std::unordered_map<std::string, size_t> wanted;
    std::optional<std::string> folder;
    for (size_t i = 0; i < files_.size(); ++i) {
      DELTAIC_ASSIGN_OR_RETURN(std::string path, Place("file", files_[i].path));
      const size_t slash = path.find('/');
      const std::string top = slash == std::string::npos ? "" : path.substr(0, slash);
      folder = !folder || *folder == top ? top : "";
      if (!wanted.emplace(std::move(path), i).second) {
        return Status::Corruption("the Iceberg snapshot has ", files_[i].path, " twice");
      }
    }
    converted_.resize(files_.size());
    size_t num_found = 0;
    if (!folder) return Status();
    DELTAIC_RETURN_IF_ERROR(store_.ListRecursive(*folder, [&](const ObjectMeta& object) -> Status {
      DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
      const auto file = wanted.find(object.path);
      if (file == wanted.end()) return Status();
      converted_[file->second].object = object;
      ++num_found;
      return Status();
    }));
    if (num_found == files_.size()) return Status();
    for (const auto& [path, i] : wanted) {
      if (!converted_[i].object.path.empty()) continue;
      return Status::NotFound("the Iceberg snapshot's file ", path, " is not there");
    }
    return Status();
  }

  Status ReadFooters() {
    std::set<std::string> left_out;
    for (const StructField& column : partitions_) left_out.insert(column.name);
    std::vector<std::string> path;
    if (options_.collect_stats) CollectLeaves(*schema_, path, left_out, leaves_);
    DELTAIC_RETURN_IF_ERROR(ParallelFor(
        static_cast<int64_t>(files_.size()), DefaultThreads(store_.traits()), [&](int64_t i) {
          const Status status = ReadFooter(files_[i], converted_[i]);
          return status.ok() ? status : status.WithContext(converted_[i].object.path);
        }));
    schema_ = WithTypeChanges(schema_, older_);
    return Status();
  }

  Status ReadFooter(const IcebergFile& file, ConvertedFile& out) {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const ParquetInput input,
                             OpenParquet(store_, out.object.path, out.object.size_bytes));
    if (out.object.size_bytes != file.size_bytes || input.metadata->num_rows() != file.num_rows) {
      return Status::Corruption("it has ", out.object.size_bytes, " bytes and ",
                                input.metadata->num_rows(), " rows; its manifest says ",
                                file.size_bytes, " and ", file.num_rows);
    }
    DELTAIC_ASSIGN_OR_RETURN(StoredColumns stored, ColumnsStoredIn(*input.metadata, *schema_));
    DELTAIC_RETURN_IF_ERROR(CheckHasColumns(file, stored));
    if (!stored.older.empty()) {
      const std::lock_guard lock(mutex_);
      for (OlderType& type : stored.older) {
        const bool is_known = std::ranges::any_of(older_, [&](const OlderType& known) {
          return known.column_id == type.column_id && known.inside == type.inside &&
                 known.type->Equals(*type.type);
        });
        if (!is_known) older_.push_back(std::move(type));
      }
    }
    out.stats = StatsOfFooter(
        *input.metadata, [&](const parquet::ColumnDescriptor& column) { return LeafOf(column); });
    for (const StructField& column : partitions_) {
      const Value* value = IdentityOf(file, *column.column_mapping_id());
      out.partition_values.emplace_back(
          column.physical_name(),
          IsNull(*value) ? std::nullopt : FormatPartitionValue(*value, *column.type));
    }
    return Status();
  }

  /// What a partition says of a column that the file lacks (those of tables migrated from Hive) is
  /// in the log only of partition columns.
  Status CheckHasColumns(const IcebergFile& file, const StoredColumns& stored) const {
    for (const IcebergPartitionField& field : metadata_.specs.at(file.spec_id)) {
      if (field.transform != "identity" || stored.ids.contains(field.source_id)) continue;
      const bool is_partition = std::ranges::any_of(partitions_, [&](const StructField& column) {
        return column.column_mapping_id() == field.source_id;
      });
      const Value* value = IdentityOf(file, field.source_id);
      if (is_partition || value == nullptr || IsNull(*value)) continue;
      return Status::Unsupported("only its partition says what its column ", field.name,
                                 " is, by which the Delta table cannot be partitioned; write the "
                                 "file anew by Iceberg (rewrite_data_files) first");
    }
    return Status();
  }

  std::optional<FooterLeaf> LeafOf(const parquet::ColumnDescriptor& column) const {
    const auto leaf = leaves_.find(column.schema_node()->field_id());
    if (leaf == leaves_.end()) return std::nullopt;
    DataTypePtr type = schema_;
    for (const std::string& name : leaf->second) type = type->FindField(name)->type;
    return FooterLeaf{.path = leaf->second, .type = std::move(type)};
  }

  Result<TableDefinition> Definition() {
    Metadata metadata;
    metadata.id = NewUuid();
    metadata.created_time_ms = NowMs();
    metadata.name = options_.name;
    metadata.description = options_.description;
    const auto comment = metadata_.properties.find("comment");
    if (!metadata.description && comment != metadata_.properties.end()) {
      metadata.description = comment->second;
    }
    std::vector<std::string> names;
    for (const StructField& column : partitions_) names.push_back(column.name);
    DELTAIC_ASSIGN_OR_RETURN(metadata.partition_columns, ResolvePartitionColumns(*schema_, names));
    // Ids of dropped columns are in files still: they are never given out again.
    metadata.configuration[std::string(kMaxColumnId)] = std::to_string(metadata_.last_column_id);
    StringMap properties = options_.properties;
    properties[std::string(kMappingMode)] = "id";
    if (!older_.empty()) properties["delta.feature.typeWidening"] = "supported";
    return DefineTable(std::move(metadata), schema_, properties);
  }

  const std::shared_ptr<Table> table_;
  const ObjectStore& store_;
  const ConvertOptions& options_;
  IcebergMetadata metadata_;
  SchemaPtr schema_;
  std::vector<IcebergFile> files_, deletes_;
  std::vector<StructField> partitions_;   ///< columns of the table that partition it
  std::vector<ConvertedFile> converted_;  ///< of files_
  LeavesById leaves_;
  std::mutex mutex_;
  std::vector<OlderType> older_;  ///< of any file; guarded by mutex_ while footers are read
};

}  // namespace

Result<bool> IsIcebergTable(const ObjectStore& store) {
  DELTAIC_ASSIGN_OR_RETURN(const auto objects, store.ListFrom(kFolder, ""));
  return std::ranges::any_of(
      objects, [](const ObjectMeta& object) { return IsIcebergMetadataName(object.path); });
}

Result<ConvertResult> ConvertIcebergTable(const std::shared_ptr<Table>& table,
                                          const ConvertOptions& options) {
  return IcebergConversion(table, options).Run();
}

}  // namespace deltaic
