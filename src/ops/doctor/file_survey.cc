#include "ops/doctor/file_survey.h"

#include <arrow/api.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "data/actions/file_actions.h"
#include "data/values/value_arrays.h"
#include "ops/optimize/file_group.h"

namespace deltaic {
namespace {

/// Ranges of so many files tell how they overlap; of more, every second one is kept, again and
/// again.
constexpr int64_t kMostSampled = 4096;
/// Columns whose ranges are compared.
constexpr size_t kMostColumns = 64;
/// Ranges of a column that are drawn.
constexpr size_t kMostDrawn = 120;

constexpr std::string_view kNullCount = "null_count.", kMin = "min.", kMax = "max.";

int64_t CountAt(const arrow::RecordBatch& batch, int column, int64_t row) {
  return static_cast<const arrow::Int64Array&>(*batch.column(column)).Value(row);
}

/// Rows of the file that its deletion vector takes out.
int64_t DeletedRows(const arrow::StructArray& vectors, int64_t row) {
  if (vectors.IsNull(row)) return 0;
  const auto cardinality = vectors.GetFieldByName("cardinality");
  return static_cast<const arrow::Int64Array&>(*cardinality).Value(row);
}

int64_t Median(std::vector<int64_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

/// 0, 1, 2, 5, 10, 20, 50 and so on, up to more than any file has.
std::vector<int64_t> ClassBounds() {
  std::vector<int64_t> out = {0};
  for (int64_t power = 1; power <= INT64_MAX / 100; power *= 10) {
    out.insert(out.end(), {power, 2 * power, 5 * power});
  }
  out.push_back(INT64_MAX);
  return out;
}

/// From the class of the smallest file to that of the largest.
std::vector<SizeClass> ClassesOf(const std::vector<int64_t>& sizes) {
  const std::vector<int64_t> bounds = ClassBounds();
  std::vector<SizeClass> out;
  for (size_t i = 0; i + 1 < bounds.size(); ++i) {
    out.push_back({.from_bytes = bounds[i], .below_bytes = bounds[i + 1]});
  }
  for (const int64_t size : sizes) {
    const auto above = std::ranges::upper_bound(bounds, std::max<int64_t>(size, 0));
    SizeClass& of_size = out[std::min<size_t>(above - bounds.begin() - 1, out.size() - 1)];
    ++of_size.num_files;
    of_size.num_bytes += size;
  }
  const auto is_empty = [](const SizeClass& size) { return size.num_files == 0; };
  while (!out.empty() && is_empty(out.back())) out.pop_back();
  out.erase(out.begin(), std::ranges::find_if_not(out, is_empty));
  return out;
}

}  // namespace

Result<FileSurvey> FileSurvey::Make(const SnapshotPtr& snapshot, int64_t num_partitions) {
  FileSurvey out;
  out.snapshot_ = snapshot;
  out.most_partitions_ = num_partitions;
  DELTAIC_ASSIGN_OR_RETURN(out.stats_, StatsColumns::Make(*snapshot, StatsColumns::Form::kFlat));
  out.FindColumns();
  return out;
}

/// The schema has a null count for each leaf, then minima and maxima of those that have an order,
/// all in one order.
void FileSurvey::FindColumns() {
  const arrow::Schema& schema = *stats_->schema();
  for (int i = 0; i < schema.num_fields(); ++i) {
    const std::string_view name = schema.field(i)->name();
    if (name.starts_with(kNullCount)) {
      columns_.push_back({.name = std::string(name.substr(kNullCount.size())), .null_count = i});
    }
  }
  const auto assign = [&](std::string_view prefix, int Column::* place) {
    size_t next = 0;
    for (int i = 0; i < schema.num_fields(); ++i) {
      const std::string_view name = schema.field(i)->name();
      if (!name.starts_with(prefix)) continue;
      while (next < columns_.size() && columns_[next].name != name.substr(prefix.size())) ++next;
      if (next < columns_.size()) columns_[next++].*place = i;
    }
  };
  assign(kMin, &Column::min);
  assign(kMax, &Column::max);
  if (columns_.size() <= kMostColumns) return;
  num_columns_left_out_ = static_cast<int64_t>(columns_.size() - kMostColumns);
  columns_.resize(kMostColumns);
}

Status FileSurvey::Run(const CancellationToken& cancel) {
  FileListOptions options;
  options.columns.others = false;
  options.cancel = cancel;
  DELTAIC_ASSIGN_OR_RETURN(const auto files, snapshot_->ListFiles(std::move(options)));
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
    if (batch == nullptr) return Status();
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    DELTAIC_RETURN_IF_ERROR(TakeBatch(*batch));
  }
}

Status FileSurvey::TakeBatch(const arrow::RecordBatch& files) {
  DELTAIC_ASSIGN_OR_RETURN(const auto stats, stats_->Convert(files));
  const auto& vectors =
      static_cast<const arrow::StructArray&>(*files.GetColumnByName("deletionVector"));
  const auto& sizes = static_cast<const arrow::Int64Array&>(*files.GetColumnByName("size"));
  const int record_column = stats->schema()->GetFieldIndex("num_records");
  const auto values =
      arrow::RecordBatch::Make(arrow::schema({files.schema()->GetFieldByName("partitionValues")}),
                               files.num_rows(), {files.GetColumnByName("partitionValues")});
  for (int64_t row = 0; row < files.num_rows(); ++row) {
    const int64_t size_bytes = sizes.Value(row);
    const int64_t deleted = DeletedRows(vectors, row);
    const int32_t partition = PartitionOf(*values, row, size_bytes);
    if (static_cast<int64_t>(sizes_.size()) % sample_step_ == 0) {
      TakeSample(*stats, row, partition);
    }
    sizes_.push_back(size_bytes);
    num_with_deleted_ += deleted > 0 ? 1 : 0;
    num_deleted_ += deleted;
    if (stats->column(record_column)->IsNull(row)) {
      ++num_without_stats_;
    } else {
      num_rows_ += CountAt(*stats, record_column, row) - deleted;
    }
  }
  TakeColumns(*stats);
  return Status();
}

int32_t FileSurvey::PartitionOf(const arrow::RecordBatch& values, int64_t row, int64_t size_bytes) {
  std::string name;
  if (!snapshot_->metadata().partition_columns.empty()) {
    name = DescribePartition(SortedValues(AddFromBatch(values, row).partition_values));
  }
  auto found = partition_numbers_.find(name);
  if (found == partition_numbers_.end()) {
    found = partition_numbers_.emplace(name, static_cast<int32_t>(partitions_.size())).first;
    partitions_.push_back({.name = name});
  }
  PartitionHealth& partition = partitions_[found->second];
  ++partition.num_files;
  partition.num_bytes += size_bytes;
  return found->second;
}

void FileSurvey::TakeColumns(const arrow::RecordBatch& stats) {
  const auto& records = *stats.GetColumnByName("num_records");
  for (Column& column : columns_) {
    const arrow::Array& nulls = *stats.column(column.null_count);
    for (int64_t row = 0; row < stats.num_rows(); ++row) {
      if (nulls.IsNull(row)) continue;
      const bool all_null =
          !records.IsNull(row) && static_cast<const arrow::Int64Array&>(nulls).Value(row) ==
                                      static_cast<const arrow::Int64Array&>(records).Value(row);
      const bool has_bounds = column.min < 0 || (!stats.column(column.min)->IsNull(row) &&
                                                 !stats.column(column.max)->IsNull(row));
      column.num_files_known += all_null || has_bounds ? 1 : 0;
    }
  }
}

void FileSurvey::TakeSample(const arrow::RecordBatch& stats, int64_t row, int32_t partition) {
  for (Column& column : columns_) {
    if (column.min < 0 || column.max < 0) continue;
    Value min = ValueAt(*stats.column(column.min), row);
    Value max = ValueAt(*stats.column(column.max), row);
    if (IsNull(min) || IsNull(max)) continue;
    column.ranges.push_back({partition, std::move(min), std::move(max)});
  }
  if (++num_sampled_ < kMostSampled) return;
  for (Column& column : columns_) {
    size_t kept = 0;
    for (size_t i = 0; i < column.ranges.size(); i += 2) {
      if (kept != i) column.ranges[kept] = std::move(column.ranges[i]);
      ++kept;
    }
    column.ranges.resize(kept);
  }
  sample_step_ *= 2;
  num_sampled_ /= 2;
}

void FileSurvey::Report(TableHealth& out) && {
  ReportSizes(out);
  ReportPartitions(out);
  ReportColumns(out);
  if (num_without_stats_ == 0) out.num_rows = num_rows_;
  out.num_files_without_stats = num_without_stats_;
  out.num_files_with_deleted_rows = num_with_deleted_;
  out.num_deleted_rows = num_deleted_;
}

void FileSurvey::ReportSizes(TableHealth& out) {
  out.num_files = static_cast<int64_t>(sizes_.size());
  out.sizes = ClassesOf(sizes_);
  for (const int64_t size : sizes_) {
    out.num_bytes += size;
    out.num_small_files += size < out.target_file_bytes / 4 ? 1 : 0;
    out.largest_file_bytes = std::max(out.largest_file_bytes, size);
  }
  out.median_file_bytes = Median(std::move(sizes_));
}

void FileSurvey::ReportPartitions(TableHealth& out) {
  out.partition_columns = snapshot_->metadata().partition_columns;
  out.num_partitions = static_cast<int64_t>(partitions_.size());
  std::vector<int64_t> bytes;
  for (const PartitionHealth& partition : partitions_) bytes.push_back(partition.num_bytes);
  out.median_partition_bytes = Median(std::move(bytes));
  std::ranges::stable_sort(partitions_, std::ranges::greater(), &PartitionHealth::num_bytes);
  if (static_cast<int64_t>(partitions_.size()) > most_partitions_) {
    partitions_.resize(static_cast<size_t>(most_partitions_));
  }
  out.partitions = std::move(partitions_);
}

void FileSurvey::ReportColumns(TableHealth& out) {
  int32_t largest = 0;
  if (!out.partitions.empty()) largest = partition_numbers_[out.partitions.front().name];
  for (Column& column : columns_) {
    ColumnHealth& to = out.columns.emplace_back();
    to.name = std::move(column.name);
    to.has_order = column.min >= 0;
    to.share_with_stats = out.num_files == 0 ? 1
                                             : static_cast<double>(column.num_files_known) /
                                                   static_cast<double>(out.num_files);
    std::vector<ValueRange> drawn;
    for (const ValueRange& range : column.ranges) {
      if (range.partition == largest) drawn.push_back(range);
    }
    to.ranges = PlacesOf(std::move(drawn), kMostDrawn);
    to.share_read = ShareRead(std::move(column.ranges));
  }
  out.num_columns_left_out = num_columns_left_out_;
}

}  // namespace deltaic
