#include "data/read/parquet_data_file.h"

#include <arrow/type.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <limits>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/ascii.h"
#include "data/actions/data_path.h"
#include "data/deletion_vector/deletion_vector_file.h"
#include "data/read/bloom_pruning.h"
#include "data/read/metadata_column.h"
#include "data/read/row_group_pruning.h"
#include "data/values/constant_column.h"
#include "expr/skipping.h"
#include "protocol/partition_value.h"
#include "storage/parallel_for.h"
#include "storage/work_ahead.h"

namespace deltaic {
namespace {

/// What one column of a batch may take, as far as it is known before: batches get shorter beyond
/// it.
constexpr int64_t kMaxColumnBytes = 32 << 20;
/// However long a footer says that rows are.
constexpr int64_t kMinBatchRows = 256;

Status Missing(const std::string& path) {
  return Status::NotFound("data file ", path,
                          " of the table is missing; it was removed by hand, or by a vacuum since "
                          "this version: read a newer "
                          "version, or restore the file");
}

/// What the log says of all rows of the file, for each planned column: partition values, the path;
/// null for the others.
Result<std::vector<Value>> ValuesFromLog(const ReadPlan& plan, const DataFile& file,
                                         std::string_view root_uri) {
  std::vector<Value> values(plan.columns.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const PlannedColumn& column = plan.columns[i];
    if (column.metadata == MetadataColumn::kFilePath) values[i] = DataFileUri(root_uri, file.path);
    if (!column.is_partition) continue;
    const auto entry = std::find_if(file.partition_values.begin(), file.partition_values.end(),
                                    [&](const auto& e) { return e.first == column.partition_key; });
    if (entry == file.partition_values.end()) {
      return Status::Corruption("the log gives no value for partition column ", column.field.name);
    }
    auto value = ParsePartitionValue(entry->second, *column.field.type);
    if (!value.ok())
      return value.status().WithContext(Concat("partition column ", column.field.name));
    values[i] = std::move(*value);
  }
  return values;
}

/// For a deletion vector that comes before it is known how many rows there are.
constexpr int64_t kAnyRows = std::numeric_limits<int64_t>::max();

/// The rows of DataFile::only_rows_in, less the deleted ones. Known before the file is opened,
/// which is not worth it where there are none; that they are within the file is not checked yet.
Result<DeletionVector> LoadOnlyRows(const ObjectStore& store, const DataFile& file) {
  DELTAIC_ASSIGN_OR_RETURN(DeletionVector rows,
                           LoadDeletionVector(store, *file.only_rows_in, kAnyRows));
  if (file.deletion_vector) {
    DELTAIC_ASSIGN_OR_RETURN(const DeletionVector deleted,
                             LoadDeletionVector(store, *file.deletion_vector, kAnyRows));
    rows.RemoveAll(deleted);
  }
  return rows;
}

/// Any byte that the row group always gives will do, so a wrong one shifts work and loses no row.
bool BeginsIn(const FileRange& range, const parquet::RowGroupMetaData& row_group) {
  int64_t first_byte = 0;
  if (row_group.num_columns() > 0) {
    const auto chunk = row_group.ColumnChunk(0);
    first_byte = std::clamp<int64_t>(chunk->data_page_offset(), 0, FileRange::kEnd - 1);
  }
  return first_byte >= range.begin && first_byte < range.end;
}

Result<std::shared_ptr<const ParquetInput>> OpenAt(const DataPlace& place, const ObjectStore& store,
                                                   const DataFile& file,
                                                   const WantsColumn& wants = {}) {
  DELTAIC_ASSIGN_OR_RETURN(
      ParquetInput input,
      OpenParquet(place.In(store), place.path,
                  file.size_bytes > 0 ? std::optional(file.size_bytes) : std::nullopt, wants));
  return std::make_shared<const ParquetInput>(std::move(input));
}

/// What ProjectColumn() may look at of a file's schema.
WantsColumn WantedBy(const ReadPlan& plan) {
  std::unordered_set<std::string> names;
  std::unordered_set<int32_t> ids;
  for (const PlannedColumn& column : plan.columns) {
    if (column.is_partition && !column.metadata) continue;
    names.insert(AsciiLower(column.field.name));
    names.insert(AsciiLower(column.field.physical_name()));
    if (const auto id = column.field.column_mapping_id()) ids.insert(*id);
  }
  // Whether a file has ids at all is asked of all of its columns: the first that has one stays.
  const bool by_id = plan.spec->column_mapping == ColumnMappingMode::kId;
  return [names = std::move(names), ids = std::move(ids), needs_id = by_id](
             std::string_view name, std::optional<int32_t> id) mutable {
    if (id && std::exchange(needs_id, false)) return true;
    return names.contains(AsciiLower(name)) || (id && ids.contains(*id));
  };
}

/// Leaves out what the predicate does not ask for, and notes where its values are.
void PruneVariant(const parquet::arrow::SchemaField& variant, const PlannedColumn& column,
                  const parquet::FileMetaData& file, ProjectedColumn& projected) {
  if (column.variant_paths) {
    VariantLeaves read = LeavesFor(variant, *column.variant_paths, file);
    projected.leaves.assign(read.leaves.begin(), read.leaves.end());
    projected.source.variant_metadata = std::move(read.metadata);
  }
  for (const VariantTarget& target : column.variant_targets) {
    projected.variant_targets.push_back(ColumnsAt(variant, target.path));
  }
}

int64_t ConstantBytes(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? 0 : static_cast<int64_t>(text->size());
}

}  // namespace

Result<std::shared_ptr<const ParquetInput>> ParquetDataFile::OpenInput(const ObjectStore& store,
                                                                       const DataFile& file) {
  DELTAIC_ASSIGN_OR_RETURN(const DataPlace place, LocateDataFile(store, file.path));
  auto input = OpenAt(place, store, file);
  if (input.status().code() == StatusCode::kNotFound) return Missing(place.path);
  if (!input.ok()) return input.status().WithContext(Concat("data file ", place.path));
  return input;
}

Result<std::shared_ptr<const ParquetDataFile>> ParquetDataFile::Open(
    const std::shared_ptr<ObjectStore>& store, std::shared_ptr<const ReadPlan> plan,
    const DataFile& file, std::shared_ptr<const ParquetInput> input) {
  auto opened = std::make_shared<ParquetDataFile>();
  DELTAIC_ASSIGN_OR_RETURN(const DataPlace place, LocateDataFile(*store, file.path));
  opened->path_ = place.path;
  opened->plan_ = std::move(plan);
  opened->traits_ = store->traits();
  bool is_missing = false;
  opened->base_row_id_ = file.base_row_id;
  opened->default_row_commit_version_ = file.default_row_commit_version;
  const auto open = [&]() -> Status {
    std::optional<DeletionVector> only_rows;
    if (file.only_rows_in) {
      DELTAIC_ASSIGN_OR_RETURN(only_rows, LoadOnlyRows(*store, file));
      if (only_rows->cardinality() == 0) return Status();
    }
    DELTAIC_ASSIGN_OR_RETURN(std::vector<Value> values,
                             ValuesFromLog(opened->plan(), file, store->root_uri()));
    // Of a store far away it is asked for beside the footer.
    std::optional<WorkAhead<DeletionVector>> deleted;
    if (!opened->traits_.is_near() && file.deletion_vector && !only_rows) {
      deleted.emplace([store, descriptor = *file.deletion_vector] {
        return LoadDeletionVector(*store, descriptor, kAnyRows);
      });
    }
    if (input == nullptr) {
      auto made = OpenAt(place, *store, file, WantedBy(opened->plan()));
      is_missing = made.status().code() == StatusCode::kNotFound;
      DELTAIC_ASSIGN_OR_RETURN(input, std::move(made));
    }
    opened->input_ = std::move(input);
    DELTAIC_RETURN_IF_ERROR(opened->FindColumns());
    opened->partition_values_ = std::move(values);
    DELTAIC_RETURN_IF_ERROR(opened->ChooseRowGroups(file.range));
    std::optional<DeletionVector> loaded;
    if (deleted) {
      DELTAIC_ASSIGN_OR_RETURN(loaded, deleted->Get());
    }
    DELTAIC_RETURN_IF_ERROR(
        opened->SetDeletedRows(*store, file, std::move(only_rows), std::move(loaded)));
    return opened->MakeConstants();
  };
  try {
    if (Status status = open(); !status.ok()) {
      return is_missing ? Missing(opened->path_)
                        : status.WithContext(Concat("data file ", opened->path_));
    }
  } catch (const std::exception& e) {
    return Status::Corruption("data file ", opened->path_, ": ", e.what());
  }
  return std::shared_ptr<const ParquetDataFile>(std::move(opened));
}

Status ParquetDataFile::FindColumns() {
  parquet::arrow::SchemaManifest manifest;
  DELTAIC_RETURN_IF_ERROR(FromParquetStatus(parquet::arrow::SchemaManifest::Make(
      input_->metadata->schema(), input_->metadata->key_value_metadata(),
      parquet::ArrowReaderProperties(), &manifest)));
  std::vector<bool> taken(manifest.schema_fields.size(), false);
  for (const PlannedColumn& column : plan_->columns) {
    ProjectedColumn projected;
    // Metadata columns are no part of the schema: files have them under their very name.
    const bool in_file = column.metadata ? !column.field.name.empty() : !column.is_partition;
    if (in_file) {
      const bool by_name = column.metadata || column.is_of_files;
      DELTAIC_ASSIGN_OR_RETURN(
          projected,
          ProjectColumn(manifest, column.field, column.arrow_field->type(),
                        by_name ? ColumnMappingMode::kNone : plan_->spec->column_mapping));
      if (column.is_of_files && projected.root == ColumnSource::kMissing)
        return Status::Corruption("the file has no column ", column.field.name);
    }
    if (projected.root != ColumnSource::kMissing) {
      if (taken[static_cast<size_t>(projected.root)]) {
        return Status::Corruption("column ", column.field.name,
                                  " is in the file under a name or id that another column has too");
      }
      taken[static_cast<size_t>(projected.root)] = true;
      projected.file_type =
          manifest.schema_fields[static_cast<size_t>(projected.root)].field->type();
      FindCalendars(*input_->metadata, projected.source);
      if (projected.source.is_variant) {
        PruneVariant(manifest.schema_fields[static_cast<size_t>(projected.root)], column,
                     *input_->metadata, projected);
      }
    }
    columns_.push_back(std::move(projected));
  }
  return Status();
}

Status ParquetDataFile::ChooseRowGroups(const FileRange& range) {
  const ExprPtr& predicate = plan_->spec->predicate;
  int64_t first_row = 0;
  for (int i = 0; i < input_->metadata->num_row_groups(); ++i) {
    const auto row_group = input_->metadata->RowGroup(i);
    RowGroupTask task{i, first_row, row_group->num_rows(), true};
    first_row += task.num_rows;
    num_rows_ = first_row;
    if (range != FileRange() && !BeginsIn(range, *row_group)) continue;
    ++num_row_groups_total_;
    if (task.num_rows == 0) continue;
    if (predicate != nullptr) {
      const RangeLookup ranges = [&](const std::vector<std::string>& path) {
        return RowGroupRange(*plan_, columns_, partition_values_, *row_group, path);
      };
      if (!MayMatch(*plan_->skipping_predicate, ranges)) continue;
      task.all_match = AlwaysMatches(*predicate, ranges);
    }
    row_groups_.push_back(task);
  }
  return predicate == nullptr ? Status() : AskBloomFilters();
}

/// Those of all row groups at once where each is a request to a store far away.
Status ParquetDataFile::AskBloomFilters() {
  std::vector<uint8_t> may_match(row_groups_.size(), 1);
  DELTAIC_RETURN_IF_ERROR(
      ParallelFor(static_cast<int64_t>(row_groups_.size()), traits_.max_requests, [&](int64_t at) {
        const RowGroupTask& task = row_groups_[static_cast<size_t>(at)];
        may_match[static_cast<size_t>(at)] =
            task.all_match || BloomFiltersMayMatch(*plan_, columns_, *input_, task.index);
        return Status();
      }));
  size_t at = 0;
  std::erase_if(row_groups_, [&](const RowGroupTask&) { return may_match[at++] == 0; });
  return Status();
}

Status ParquetDataFile::SetDeletedRows(const ObjectStore& store, const DataFile& file,
                                       std::optional<DeletionVector> only_rows,
                                       std::optional<DeletionVector> deleted) {
  for (const auto& rows : {std::cref(only_rows), std::cref(deleted)}) {
    if (rows.get() && rows.get()->Max() >= num_rows_) {
      return Status::Corruption("deletion vector names row ", rows.get()->Max(),
                                " of a file that has ", num_rows_);
    }
  }
  if (deleted) {
    deletion_vector_ = std::move(deleted);
  } else if (only_rows) {
    deletion_vector_.emplace().AddRange(0, num_rows_);
    deletion_vector_->RemoveAll(*only_rows);
  } else if (file.deletion_vector) {
    DELTAIC_ASSIGN_OR_RETURN(deletion_vector_,
                             LoadDeletionVector(store, *file.deletion_vector, num_rows_));
  }
  if (deletion_vector_) {
    std::erase_if(row_groups_, [&](const RowGroupTask& task) {
      return deletion_vector_->ContainsRange(task.first_row, task.first_row + task.num_rows);
    });
  }
  return Status();
}

bool ParquetDataFile::IsConstant(size_t column) const {
  if (columns_[column].root != ColumnSource::kMissing) return false;
  const std::optional<MetadataColumn>& metadata = plan_->columns[column].metadata;
  return !metadata || *metadata == MetadataColumn::kFilePath;
}

/// Bytes of a row in the row group whose rows are longest by the footer, at least 1. Nothing checks
/// the footer here, but all that it decides is how long batches are.
int64_t ParquetDataFile::LargestRows() const {
  int64_t longest = 1;
  for (const RowGroupTask& task : row_groups_) {
    const auto row_group = input_->metadata->RowGroup(task.index);
    for (const ProjectedColumn& column : columns_) {
      for (const int leaf : column.leaves) {
        if (input_->metadata->schema()->Column(leaf)->physical_type() != parquet::Type::BYTE_ARRAY)
          continue;
        const int64_t bytes = row_group->ColumnChunk(leaf)->total_uncompressed_size();
        longest = std::max(longest, bytes / task.num_rows);
      }
    }
  }
  return std::min(longest, kMaxColumnBytes / kMinBatchRows);
}

Status ParquetDataFile::MakeConstants() {
  int64_t most_rows = 0;
  for (const RowGroupTask& task : row_groups_) most_rows = std::max(most_rows, task.num_rows);
  int64_t longest = LargestRows();
  for (const Value& value : partition_values_) longest = std::max(longest, ConstantBytes(value));
  batch_rows_ = std::max<int64_t>(
      1, std::min({plan_->spec->batch_rows, most_rows, kMaxColumnBytes / longest}));
  constants_.resize(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (!IsConstant(i)) continue;
    const PlannedColumn& column = plan_->columns[i];
    const bool dictionary = column.arrow_field->type()->id() == arrow::Type::DICTIONARY;
    DELTAIC_ASSIGN_OR_RETURN(
        constants_[i],
        MakeConstantArray(partition_values_[i], *column.field.type, dictionary, batch_rows_));
  }
  return Status();
}

}  // namespace deltaic
