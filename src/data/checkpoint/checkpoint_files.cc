#include "data/checkpoint/checkpoint_files.h"

#include <arrow/api.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/actions/file_keys.h"
#include "data/checkpoint/checkpoint_columns.h"
#include "data/checkpoint/struct_stats.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Rows decoded at once: the most that a batch has. Their statistics take some MB, which the memory
/// pool hands out again; what is much larger it maps anew each time, for the system to clear.
constexpr int64_t kSlabRows = 16 * 1024;

RowRanges ToRanges(const std::vector<int64_t>& rows) {
  RowRanges out;
  for (const int64_t row : rows) AppendRow(out, row);
  return out;
}

/// Keeps the elements of `values` whose flag is set.
template <typename T>
void Keep(std::vector<T>& values, const std::vector<uint8_t>& live) {
  size_t kept = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (live[i]) values[kept++] = values[i];
  }
  values.resize(kept);
}

Result<std::shared_ptr<arrow::Array>> KeepText(const std::shared_ptr<arrow::Array>& column,
                                               const std::vector<uint8_t>& live) {
  if (std::ranges::find(live, 0) == live.end()) return column;
  const auto& texts = static_cast<const arrow::StringArray&>(*column);
  arrow::StringBuilder out;
  DELTAIC_RETURN_IF_ERROR(out.Reserve(texts.length()));
  for (int64_t i = 0; i < texts.length(); ++i) {
    if (!live[i]) continue;
    DELTAIC_RETURN_IF_ERROR(texts.IsNull(i) ? out.AppendNull() : out.Append(texts.GetView(i)));
  }
  DELTAIC_ASSIGN_OR_RETURN(auto kept, out.Finish());
  return kept;
}

Result<std::shared_ptr<arrow::Array>> EmptyMaps(int64_t length) {
  arrow::MapBuilder out(arrow::default_memory_pool(), std::make_shared<arrow::StringBuilder>(),
                        std::make_shared<arrow::StringBuilder>());
  DELTAIC_RETURN_IF_ERROR(out.AppendEmptyValues(length));
  DELTAIC_ASSIGN_OR_RETURN(auto maps, out.Finish());
  return maps;
}

using Kind = CheckpointColumns::Kind;

/// What both kinds of rows share: the walk in slabs, and which rows are files that commits have not
/// replaced.
class FileRows : public CheckpointFiles {
 public:
  FileRows(std::shared_ptr<const CheckpointFile> file, const RowGroupPart& part, std::string name,
           CheckpointKeyFilter key_filter)
      : columns_(std::move(file), part.row_group, std::move(name)),
        key_filter_(std::move(key_filter)),
        next_row_(part.begin),
        end_row_(part.end) {}

  Result<std::shared_ptr<arrow::RecordBatch>> Next() final {
    return CatchParquet(columns_.file().name(),
                        [&]() -> Result<std::shared_ptr<arrow::RecordBatch>> {
                          if (next_row_ == 0) {
                            DELTAIC_ASSIGN_OR_RETURN(const auto path, columns_.Leaf({"path"}));
                            if (!path) return std::shared_ptr<arrow::RecordBatch>();
                          }
                          const int64_t begin = next_row_;
                          next_row_ = std::min(end_row_, begin + kSlabRows);
                          if (begin == next_row_) return std::shared_ptr<arrow::RecordBatch>();
                          return ReadSlab(begin, next_row_);
                        });
  }
  const CheckpointFileMetrics& metrics() const final { return metrics_; }

 protected:
  virtual Result<std::shared_ptr<arrow::RecordBatch>> ReadSlab(int64_t begin, int64_t end) = 0;

  /// Narrows `rows` to those that hold a live file, and reads their paths. `live` tells which of
  /// the given rows were kept.
  Result<std::shared_ptr<arrow::Array>> ReadPaths(std::vector<int64_t>& rows,
                                                  std::vector<uint8_t>& live) {
    const RowRanges ranges = ToRanges(rows);
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> paths,
                             columns_.Read({"path"}, Kind::kText, ranges));
    live.assign(rows.size(), 1);
    if (key_filter_) {
      DELTAIC_ASSIGN_OR_RETURN(const auto dvs, columns_.ReadDeletionVectors(ranges, "key"));
      const FileKeyColumns keys(*paths, dvs.get());
      key_filter_(keys.paths, keys.dv_ids, live);
    }
    if (paths->null_count() > 0) {
      for (int64_t i = 0; i < paths->length(); ++i) live[i] = live[i] != 0 && paths->IsValid(i);
    }
    Keep(rows, live);
    return KeepText(paths, live);
  }

  CheckpointColumns columns_;
  CheckpointFileMetrics metrics_;

 private:
  CheckpointKeyFilter key_filter_;
  int64_t next_row_;
  const int64_t end_row_;
};

class AddRows : public FileRows {
 public:
  AddRows(std::shared_ptr<const CheckpointFile> file, const RowGroupPart& part,
          const FileColumns& wanted, CheckpointKeyFilter key_filter,
          std::shared_ptr<const FilePruner> pruner)
      : FileRows(std::move(file), part, "add", std::move(key_filter)),
        wanted_(wanted),
        schema_(AddBatchSchema(wanted)),
        pruner_(std::move(pruner)),
        listed_stats_(columns_, wanted.record_counts_only ? OnlyCounts() : std::nullopt) {
    if (pruner_ == nullptr) return;
    session_.emplace(*pruner_);
    if (pruner_->needs_stats()) judged_stats_.emplace(columns_, pruner_->stats_paths());
  }

 private:
  static std::optional<StructStats::Columns> OnlyCounts() { return StructStats::Columns(); }

  Result<std::shared_ptr<arrow::RecordBatch>> ReadSlab(int64_t begin, int64_t end) override {
    std::vector<int64_t> rows(end - begin);
    std::vector<int64_t> partitions;
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = begin + static_cast<int64_t>(i);
    if (session_) session_->Trim();
    if (pruner_ != nullptr) DELTAIC_RETURN_IF_ERROR(PrunePartitions(rows, partitions));

    std::vector<uint8_t> live;
    std::shared_ptr<arrow::Array> paths, stats;
    if (!rows.empty()) {
      DELTAIC_ASSIGN_OR_RETURN(paths, ReadPaths(rows, live));
      if (!partitions.empty()) Keep(partitions, live);
    }
    metrics_.files_total += static_cast<int64_t>(rows.size());
    if (judged_stats_ && !rows.empty()) {
      const RowRanges ranges = ToRanges(rows);
      DELTAIC_ASSIGN_OR_RETURN(stats, columns_.Read({"stats"}, Kind::kText, ranges));
      DELTAIC_ASSIGN_OR_RETURN(const auto judged, judged_stats_->FillNulls(stats, ranges));
      live = JudgeStats(static_cast<const arrow::StringArray&>(*judged), partitions);
      Keep(rows, live);
      DELTAIC_ASSIGN_OR_RETURN(paths, KeepText(paths, live));
      DELTAIC_ASSIGN_OR_RETURN(stats, KeepText(stats, live));
    }
    if (rows.empty()) {
      DELTAIC_ASSIGN_OR_RETURN(auto empty, arrow::RecordBatch::MakeEmpty(schema_));
      return empty;
    }
    return ReadColumns(ToRanges(rows), std::move(paths), std::move(stats));
  }

  /// Keeps the rows whose partition may match, and rows that hold no map: those need not be adds.
  Status PrunePartitions(std::vector<int64_t>& rows, std::vector<int64_t>& partitions) {
    const std::vector<std::string>& keys = pruner_->partition_keys();
    std::vector<std::optional<std::string_view>> values(keys.size());
    std::vector<std::string> texts(keys.size());
    if (!keys.empty() && partition_map_ == nullptr && !map_looked_up_) {
      map_looked_up_ = true;
      DELTAIC_ASSIGN_OR_RETURN(const auto map, columns_.Map("partitionValues"));
      DELTAIC_ASSIGN_OR_RETURN(parquet::RowGroupReader * group, columns_.Group());
      if (map) partition_map_ = MakeMapRowReader({group, rows.front()}, *map);
    }
    std::vector<uint8_t> live(rows.size());
    partitions.resize(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      bool present = false;
      if (partition_map_ != nullptr) {
        for (auto& value : values) value.reset();
        present = partition_map_->ReadRow([&](std::string_view key, const std::string_view* value) {
          for (size_t k = 0; k < keys.size(); ++k) {
            if (value == nullptr || key != keys[k]) continue;
            // A view is good until the next entry is read.
            values[k] = keys.size() == 1 ? *value : texts[k].assign(*value);
          }
        });
      }
      partitions[i] = session_->Partition(values);
      live[i] = session_->MayMatchPartition(partitions[i]);
      if (!live[i] && present) {
        ++metrics_.files_total;
        ++metrics_.files_pruned_partition;
      }
    }
    Keep(rows, live);
    Keep(partitions, live);
    return Status::Ok();
  }

  std::vector<uint8_t> JudgeStats(const arrow::StringArray& stats,
                                  const std::vector<int64_t>& partitions) {
    std::vector<uint8_t> live(stats.length());
    for (int64_t i = 0; i < stats.length(); ++i) {
      live[i] = stats.IsNull(i) || session_->MayMatchFile(partitions[i], stats.GetView(i));
      if (!live[i]) ++metrics_.files_pruned_stats;
    }
    return live;
  }

  Result<std::shared_ptr<arrow::RecordBatch>> ReadColumns(const RowRanges& rows,
                                                          std::shared_ptr<arrow::Array> paths,
                                                          std::shared_ptr<arrow::Array> stats) {
    const int64_t num_rows = paths->length();
    arrow::ArrayVector out;
    for (const std::shared_ptr<arrow::Field>& field : schema_->fields()) {
      const std::string& name = field->name();
      if (name == "path") {
        out.push_back(paths);
      } else if (name == "stats") {
        if (stats == nullptr) {
          DELTAIC_ASSIGN_OR_RETURN(stats, columns_.Read({name}, Kind::kText, rows));
        }
        DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(), listed_stats_.FillNulls(stats, rows));
      } else if (name == "deletionVector") {
        DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(), columns_.ReadDeletionVectors(rows));
      } else if (name == "partitionValues") {
        DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(), ReadPartitionValues(rows));
      } else {
        DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(),
                                 columns_.Read({name}, KindOf(*field->type()), rows));
      }
    }
    return arrow::RecordBatch::Make(schema_, num_rows, std::move(out));
  }

  Result<std::shared_ptr<arrow::Array>> ReadPartitionValues(const RowRanges& rows) {
    DELTAIC_ASSIGN_OR_RETURN(const auto map, columns_.Map("partitionValues"));
    // Each add has the map, so a row group without entries has empty ones.
    if (!map) return EmptyMaps(CountRows(rows));
    return columns_.Read({"partitionValues"}, Kind::kMap, rows);
  }

  static Kind KindOf(const arrow::DataType& type) {
    switch (type.id()) {
      case arrow::Type::INT64:
        return Kind::kInt64;
      case arrow::Type::BOOL:
        return Kind::kBool;
      case arrow::Type::MAP:
        return Kind::kMap;
      default:
        return Kind::kText;
    }
  }

  FileColumns wanted_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<const FilePruner> pruner_;
  std::optional<PruningSession> session_;
  StructStats listed_stats_;
  std::optional<StructStats> judged_stats_;  ///< may be at other rows, and makes less
  std::unique_ptr<MapReader> partition_map_;
  bool map_looked_up_ = false;
};

class RemoveRows : public FileRows {
 public:
  RemoveRows(std::shared_ptr<const CheckpointFile> file, const RowGroupPart& part,
             CheckpointKeyFilter key_filter, int64_t newer_than_ms)
      : FileRows(std::move(file), part, "remove", std::move(key_filter)),
        newer_than_ms_(newer_than_ms) {}

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> ReadSlab(int64_t begin, int64_t end) override {
    const std::shared_ptr<arrow::Schema> schema = RemoveBatchSchema();
    std::vector<int64_t> rows;
    DELTAIC_ASSIGN_OR_RETURN(
        const auto times_array,
        columns_.Read({"deletionTimestamp"}, Kind::kInt64, {{begin, end}}, "age"));
    const auto& times = static_cast<const arrow::Int64Array&>(*times_array);
    for (int64_t i = 0; i < times.length(); ++i) {
      if ((times.IsValid(i) ? times.Value(i) : 0) > newer_than_ms_) rows.push_back(begin + i);
    }
    std::vector<uint8_t> live;
    std::shared_ptr<arrow::Array> paths;
    if (!rows.empty()) {
      DELTAIC_ASSIGN_OR_RETURN(paths, ReadPaths(rows, live));
    }
    metrics_.files_total += static_cast<int64_t>(rows.size());
    if (rows.empty()) {
      DELTAIC_ASSIGN_OR_RETURN(auto empty, arrow::RecordBatch::MakeEmpty(schema));
      return empty;
    }
    const RowRanges ranges = ToRanges(rows);
    arrow::ArrayVector out{paths};
    DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(),
                             columns_.Read({"deletionTimestamp"}, Kind::kInt64, ranges));
    DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(),
                             columns_.Read({"dataChange"}, Kind::kBool, ranges));
    DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(),
                             columns_.Read({"extendedFileMetadata"}, Kind::kBool, ranges));
    DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(),
                             columns_.Read({"partitionValues"}, Kind::kMap, ranges));
    DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(), columns_.Read({"size"}, Kind::kInt64, ranges));
    DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(), columns_.ReadDeletionVectors(ranges));
    DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(),
                             columns_.Read({"baseRowId"}, Kind::kInt64, ranges));
    DELTAIC_ASSIGN_OR_RETURN(out.emplace_back(),
                             columns_.Read({"defaultRowCommitVersion"}, Kind::kInt64, ranges));
    return arrow::RecordBatch::Make(schema, paths->length(), std::move(out));
  }

  int64_t newer_than_ms_;
};

}  // namespace

std::vector<RowGroupPart> SplitRowGroups(const CheckpointFile& file, int parts_per_group) {
  constexpr int64_t kMinPartRows = 64 * 1024;
  std::vector<RowGroupPart> parts;
  for (int group = 0; group < file.num_row_groups(); ++group) {
    const int64_t num_rows = file.num_rows(group);
    const int64_t count =
        std::clamp<int64_t>(num_rows / kMinPartRows, 1, std::max(1, parts_per_group));
    for (int64_t part = 0; part < count; ++part) {
      parts.push_back({group, part * (num_rows / count),
                       part + 1 == count ? num_rows : (part + 1) * (num_rows / count)});
    }
  }
  return parts;
}

Result<std::unique_ptr<CheckpointFiles>> ReadCheckpointAdds(
    std::shared_ptr<const CheckpointFile> file, const RowGroupPart& part,
    const FileColumns& columns, CheckpointKeyFilter key_filter,
    std::shared_ptr<const FilePruner> pruner) {
  return std::make_unique<AddRows>(std::move(file), part, columns, std::move(key_filter),
                                   std::move(pruner));
}

Result<std::unique_ptr<CheckpointFiles>> ReadCheckpointRemoves(
    std::shared_ptr<const CheckpointFile> file, const RowGroupPart& part,
    CheckpointKeyFilter key_filter, int64_t newer_than_ms) {
  return std::make_unique<RemoveRows>(std::move(file), part, std::move(key_filter), newer_than_ms);
}

}  // namespace deltaic
