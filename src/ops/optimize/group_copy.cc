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
#include "data/write/copied_stats.h"
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
/// So many files are open at once; where files have less than this share of a row group, opening
/// them takes more than decoding their rows.
constexpr int64_t kMostParts = 256;
/// A dictionary that would outgrow its limit by less is kept, as in files that are written.
constexpr double kToleratedExcess = 1.5;

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

/// Whether all of a file's values are encoded such that small pages of them can be joined.
bool CanBeMerged(const parquet::FileMetaData& file) {
  const auto is_simple = [](parquet::Encoding::type encoding) {
    return encoding == parquet::Encoding::PLAIN || encoding == parquet::Encoding::RLE ||
           encoding == parquet::Encoding::PLAIN_DICTIONARY ||
           encoding == parquet::Encoding::RLE_DICTIONARY;
  };
  for (int i = 0; i < file.num_row_groups(); ++i) {
    const auto group = file.RowGroup(i);
    for (int leaf = 0; leaf < group->num_columns(); ++leaf) {
      if (!std::ranges::all_of(group->ColumnChunk(leaf)->encodings(), is_simple)) return false;
    }
  }
  return true;
}

bool HasBounds(const ColumnStats* column, int64_t rows) {
  if (column == nullptr || !column->null_count) return false;
  return *column->null_count >= rows || (!IsNull(column->min) && !IsNull(column->max));
}

/// Null counts that the log of the old files lacks, as that of some writers does of texts that are
/// binary.
void AddNullCounts(const CopiedFile& joined, const DataFileLayout& layout, FileStats& stats) {
  for (const LeafColumn& leaf : layout.leaves) {
    if (!leaf.collect_nulls) continue;
    const auto nulls = NullsOf(joined, leaf.stats_path);
    const auto column = std::ranges::find(stats.columns, leaf.stats_path, &ColumnStats::path);
    if (!nulls) continue;
    if (column == stats.columns.end()) {
      stats.columns.push_back({.path = leaf.stats_path, .min = {}, .max = {}, .null_count = nulls});
    } else if (!column->null_count) {
      column->null_count = nulls;
    }
  }
}

}  // namespace

bool MayBeJoined(const parquet::FileMetaData& file, const CopyRules& rules) {
  const int64_t groups = file.num_row_groups();
  if (groups == 0 || file.is_encryption_algorithm_set()) return false;
  int64_t bytes = 0;
  for (int i = 0; i < groups; ++i) bytes += file.RowGroup(i)->total_compressed_size();
  const bool is_large =
      file.num_rows() / groups >= rules.min_group_rows || bytes / groups >= rules.min_group_bytes;
  if (!is_large && !CanBeMerged(file)) return false;
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
  rules.min_file_rows = rules.layout->options.max_rows_per_group / kMostParts;
  rules.min_file_bytes = kCommonGroupBytes / kMostParts;
  if (!options.compression.empty() || !properties.parquet_compression_codec.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(rules.codec, ParseCompression(rules.layout->options.compression));
  }
  return std::optional(GroupCopier(std::move(snapshot), std::move(rules)));
}

bool GroupCopier::IsCandidate(const FileGroup& group) const {
  const auto files = static_cast<int64_t>(group.files.size());
  return files > 1 &&
         (group.num_rows >= files * rules_.min_file_rows ||
          group.num_bytes >= files * rules_.min_file_bytes) &&
         std::ranges::none_of(group.files,
                              [](const Add& add) { return add.deletion_vector.has_value(); });
}

void GroupCopier::AddStats(const std::string& stats, FileGroup& group) const {
  FileStats parsed = ParseDescribed(stats, *rules_.layout);
  group.stats = group.stats ? JoinStats(*std::move(group.stats), parsed) : std::move(parsed);
}

/// Whether the log says of values in the files what it would say of one that is written anew.
bool GroupCopier::IsDescribed(const FileGroup& group) const {
  if (!group.stats || !group.stats->num_records) return false;
  return std::ranges::all_of(rules_.layout->leaves, [&](const LeafColumn& leaf) {
    return !leaf.collect_bounds ||
           HasBounds(group.stats->Find(leaf.stats_path), *group.stats->num_records);
  });
}

MergeLimits GroupCopier::LimitsOf(int num_threads) const {
  const DataFileOptions& options = rules_.layout->options;
  return {
      .max_group_rows = options.max_rows_per_group,
      .max_group_bytes = kCommonGroupBytes,
      .max_group_parts = kMostParts,
      .min_group_rows = rules_.min_group_rows,
      .min_group_bytes = rules_.min_group_bytes,
      .pages = {.max_rows = options.max_rows_per_page,
                .max_bytes = options.data_page_size_bytes,
                .max_dictionary_bytes = static_cast<int64_t>(
                    kToleratedExcess * static_cast<double>(options.dictionary_page_size_bytes))},
      .num_threads = num_threads};
}

Result<std::optional<JoinedGroup>> GroupCopier::Copy(const FileGroup& group, int num_threads,
                                                     const CancellationToken& cancel) const {
  if (!IsDescribed(group)) return std::optional<JoinedGroup>();
  ObjectStore& store = *snapshot_->store();
  int64_t rows = 0;
  const auto open = [&](size_t number) -> Result<std::shared_ptr<const ParquetInput>> {
    const Add& add = group.files[number];
    DELTAIC_ASSIGN_OR_RETURN(
        auto input, ParquetDataFile::OpenInput(store, {.path = add.path, .size_bytes = add.size}));
    rows += input->metadata->num_rows();
    if (!MayBeJoined(*input->metadata, rules_)) input = nullptr;
    return input;
  };
  const PartitionValues& values = group.files.front().partition_values;
  const std::string path =
      JoinPath(PartitionDirectory(values), NewDataFileName(DataFileKind::kData, 0, ".parquet"));
  DELTAIC_ASSIGN_OR_RETURN(const auto joined, MergeFiles(store, path, group.files.size(), open,
                                                         LimitsOf(num_threads), cancel));
  if (!joined) return std::optional<JoinedGroup>();
  if (joined->num_rows != rows) {
    return Status::Internal("of ", rows, " rows ", joined->num_rows, " were joined");
  }
  FileStats stats = *group.stats;
  stats.num_records = rows;
  AddNullCounts(*joined, *rules_.layout, stats);
  WrittenFile file{.path = PercentEncodePath(path),
                   .partition_values = values,
                   .size = joined->size_bytes,
                   .modification_time = NowMs(),
                   .stats = FormatFileStats(stats, *rules_.layout->physical_schema),
                   .tags = {}};
  return std::optional(JoinedGroup{.file = std::move(file), .num_rows = rows});
}

}  // namespace deltaic
