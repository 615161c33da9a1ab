#include "ops/optimize/group_copy.h"

#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/percent_encoding.h"
#include "data/read/parquet_data_file.h"
#include "data/values/spark_calendar.h"
#include "data/write/data_file_name.h"
#include "data/write/data_file_options.h"
#include "data/write/joined_stats.h"
#include "data/write/row_group_copy.h"
#include "ops/row_sink.h"
#include "protocol/partition_value.h"
#include "scan/read_spec.h"
#include "storage/clock.h"
#include "storage/object_path.h"

namespace deltaic {
namespace {

/// The share of what a row group may hold that makes it large enough to be kept.
constexpr int64_t kLargeEnoughShare = 8;
/// What a row group of a common writer has.
constexpr int64_t kCommonGroupBytes = int64_t{128} << 20;
/// All of a group are open at once.
constexpr size_t kMostFiles = 128;

bool HasColumnsOf(const parquet::SchemaDescriptor& file, const parquet::SchemaDescriptor& wanted) {
  if (file.num_columns() != wanted.num_columns()) return false;
  for (int leaf = 0; leaf < wanted.num_columns(); ++leaf) {
    if (!file.Column(leaf)->Equals(*wanted.Column(leaf)) ||
        file.Column(leaf)->path()->ToDotVector() != wanted.Column(leaf)->path()->ToDotVector()) {
      return false;
    }
  }
  return true;
}

/// \return false: a chunk of another codec.
bool HasCodec(const parquet::FileMetaData& file, arrow::Compression::type codec) {
  for (int i = 0; i < file.num_row_groups(); ++i) {
    const auto group = file.RowGroup(i);
    for (int leaf = 0; leaf < group->num_columns(); ++leaf) {
      if (group->ColumnChunk(leaf)->compression() != codec) return false;
    }
  }
  return true;
}

}  // namespace

bool MayBeJoined(const parquet::FileMetaData& file, const CopyRules& rules) {
  const int64_t groups = file.num_row_groups();
  if (groups == 0 || file.is_encryption_algorithm_set()) return false;
  int64_t bytes = 0;
  for (int i = 0; i < groups; ++i) bytes += file.RowGroup(i)->total_compressed_size();
  if (file.num_rows() / groups < rules.min_group_rows && bytes / groups < rules.min_group_bytes) {
    return false;
  }
  parquet::SchemaDescriptor wanted;
  wanted.Init(rules.layout->parquet_schema);
  return HasColumnsOf(*file.schema(), wanted) && (!rules.codec || HasCodec(file, *rules.codec)) &&
         CalendarsOf(file.key_value_metadata().get()) == FileCalendars();
}

Result<std::optional<GroupCopier>> GroupCopier::Make(SnapshotPtr snapshot,
                                                     const DataFileOptions& options) {
  const TableProperties& properties = snapshot->properties();
  // What is asked for by column, or by level, cannot be told from a file.
  if (options.compression_level || !options.columns.empty() || options.bloom_filter_columns ||
      !options.dictionary || properties.iceberg_compat_version > 0 ||
      properties.writes_partition_columns() || ScannedTableOf(*snapshot).row_tracking) {
    return std::optional<GroupCopier>();
  }
  const RowSinkTarget target = TargetOf(*snapshot);
  DELTAIC_RETURN_IF_ERROR(target.status);
  CopyRules rules;
  DELTAIC_ASSIGN_OR_RETURN(rules.layout, MakeDataFileLayout(target.files, options));
  rules.min_group_rows = rules.layout->options.max_rows_per_group / kLargeEnoughShare;
  rules.min_group_bytes = kCommonGroupBytes / kLargeEnoughShare;
  if (!options.compression.empty() || !properties.parquet_compression_codec.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(rules.codec, ParseCompression(rules.layout->options.compression));
  }
  return std::optional(
      GroupCopier(std::move(snapshot), std::move(rules), options.min_copied_file_bytes));
}

bool GroupCopier::IsCandidate(const FileGroup& group) const {
  return group.files.size() > 1 && group.files.size() <= kMostFiles &&
         std::ranges::all_of(group.files, [&](const Add& add) {
           return !add.deletion_vector && add.size >= min_file_bytes_;
         });
}

Result<std::optional<JoinedGroup>> GroupCopier::Copy(const FileGroup& group,
                                                     const CancellationToken& cancel) const {
  ObjectStore& store = *snapshot_->store();
  std::vector<CopySource> sources;
  std::vector<std::string> stats;
  int64_t rows = 0;
  for (const Add& add : group.files) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(
        const auto input,
        ParquetDataFile::OpenInput(store, {.path = add.path, .size_bytes = add.size}));
    if (!MayBeJoined(*input->metadata, rules_)) return std::optional<JoinedGroup>();
    rows += input->metadata->num_rows();
    sources.push_back({.from = *input, .dropped = {}, .replaced = {}});
    stats.push_back(add.stats.value_or(""));
  }
  const PartitionValues& values = group.files.front().partition_values;
  const std::string path =
      JoinPath(PartitionDirectory(values), NewDataFileName(DataFileKind::kData, 0, ".parquet"));
  DELTAIC_ASSIGN_OR_RETURN(const auto joined, JoinFiles(store, path, sources, cancel));
  if (!joined) return std::optional<JoinedGroup>();
  if (joined->num_rows != rows) {
    return Status::Internal("of ", rows, " rows ", joined->num_rows, " were joined");
  }
  WrittenFile file{.path = PercentEncodePath(path),
                   .partition_values = values,
                   .size = joined->size_bytes,
                   .modification_time = NowMs(),
                   .stats = StatsOfJoined(stats, rows, *rules_.layout),
                   .tags = {}};
  return std::optional(JoinedGroup{.file = std::move(file), .num_rows = rows});
}

}  // namespace deltaic
