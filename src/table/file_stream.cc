#include <arrow/api.h>
#include <arrow/compute/api_vector.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "data/checkpoint_files.h"
#include "data/file_keys.h"
#include "data/file_pruner.h"
#include "storage/arrow_status.h"
#include "table/batch_stream.h"
#include "table/parallel_for.h"
#include "table/snapshot_impl.h"

namespace deltaic {
namespace {

constexpr int64_t kMaxBatchRows = 64 * 1024;

CheckpointKeyFilter KeyFilter(std::shared_ptr<const TailReplay> replay) {
  if (replay->replay.empty()) return nullptr;
  return [replay = std::move(replay)](std::span<const std::string_view> paths,
                                      std::span<const std::string_view> dv_ids,
                                      std::span<uint8_t> live) {
    std::vector<FileKey> keys(paths.size());
    for (size_t i = 0; i < keys.size(); ++i) keys[i] = {CanonicalPath(paths[i]), dv_ids[i]};
    replay->replay.FilterCheckpoint(keys, live);
  };
}

/// The rows of `batch` with their flag set.
Result<std::shared_ptr<arrow::RecordBatch>> KeepRows(
    const std::shared_ptr<arrow::RecordBatch>& batch, std::span<const uint8_t> live) {
  if (std::ranges::find(live, 0) == live.end()) return batch;
  arrow::BooleanBuilder mask;
  DELTAIC_RETURN_IF_ERROR(mask.AppendValues(live.data(), static_cast<int64_t>(live.size())));
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> selected, mask.Finish());
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum kept, arrow::compute::Filter(batch, selected));
  return kept.record_batch();
}

std::shared_ptr<arrow::RecordBatch> Project(const arrow::RecordBatch& batch,
                                            const std::shared_ptr<arrow::Schema>& schema) {
  arrow::ArrayVector columns;
  for (const auto& field : schema->fields())
    columns.push_back(batch.GetColumnByName(field->name()));
  return arrow::RecordBatch::Make(schema, batch.num_rows(), std::move(columns));
}

/// Judges rows that are in memory, as CheckpointFiles judges those of a checkpoint.
class BatchPruner {
 public:
  explicit BatchPruner(const FilePruner& pruner) : pruner_(pruner), session_(pruner) {}

  void Prune(const arrow::RecordBatch& batch, std::span<uint8_t> live, FileListMetrics& metrics) {
    const auto& maps =
        static_cast<const arrow::MapArray&>(*batch.GetColumnByName("partitionValues"));
    const auto& stats = static_cast<const arrow::StringArray&>(*batch.GetColumnByName("stats"));
    std::vector<std::optional<std::string_view>> values(pruner_.partition_keys().size());
    for (int64_t i = 0; i < batch.num_rows(); ++i) {
      if (!live[i]) continue;
      ReadValues(maps, i, values);
      const int64_t partition = session_.Partition(values);
      if (!session_.MayMatchPartition(partition)) {
        live[i] = 0;
        ++metrics.files_pruned_partition;
      } else if (pruner_.needs_stats() && stats.IsValid(i) &&
                 !session_.MayMatchFile(partition, stats.GetView(i))) {
        live[i] = 0;
        ++metrics.files_pruned_stats;
      }
    }
  }

 private:
  void ReadValues(const arrow::MapArray& maps, int64_t row,
                  std::vector<std::optional<std::string_view>>& values) const {
    const auto& keys = static_cast<const arrow::StringArray&>(*maps.keys());
    const auto& items = static_cast<const arrow::StringArray&>(*maps.items());
    for (auto& value : values) value.reset();
    for (int64_t entry = maps.value_offset(row); entry < maps.value_offset(row + 1); ++entry) {
      for (size_t k = 0; k < values.size(); ++k) {
        if (items.IsValid(entry) && keys.GetView(entry) == pruner_.partition_keys()[k]) {
          values[k] = items.GetView(entry);
        }
      }
    }
  }

  const FilePruner& pruner_;
  PruningSession session_;
};

/// Live adds of one chunk of commits.
class ChunkAdds : public BatchSource {
 public:
  ChunkAdds(std::shared_ptr<arrow::RecordBatch> adds, std::vector<uint8_t> live,
            std::shared_ptr<const FilePruner> pruner, std::shared_ptr<arrow::Schema> schema)
      : adds_(std::move(adds)),
        live_(std::move(live)),
        pruner_(std::move(pruner)),
        schema_(std::move(schema)) {}

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (row_ == 0) metrics_.files_total = std::ranges::count(live_, 1);
    if (row_ == 0 && pruner_ != nullptr) BatchPruner(*pruner_).Prune(*adds_, live_, metrics_);
    if (row_ == adds_->num_rows()) return std::shared_ptr<arrow::RecordBatch>();
    const int64_t length = std::min(kMaxBatchRows, adds_->num_rows() - row_);
    const auto slice = Project(*adds_, schema_)->Slice(row_, length);
    const auto live = std::span<const uint8_t>(live_).subspan(row_, length);
    row_ += length;
    return KeepRows(slice, live);
  }
  FileListMetrics metrics() const override { return metrics_; }

 private:
  std::shared_ptr<arrow::RecordBatch> adds_;
  std::vector<uint8_t> live_;
  std::shared_ptr<const FilePruner> pruner_;
  std::shared_ptr<arrow::Schema> schema_;
  FileListMetrics metrics_;
  int64_t row_ = 0;
};

/// Live tombstones of one chunk of commits that are newer than the cutoff.
class ChunkRemoves : public BatchSource {
 public:
  ChunkRemoves(std::shared_ptr<arrow::RecordBatch> removes, std::vector<uint8_t> live,
               int64_t newer_than_ms)
      : removes_(std::move(removes)), live_(std::move(live)), newer_than_ms_(newer_than_ms) {}

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (row_ == removes_->num_rows()) return std::shared_ptr<arrow::RecordBatch>();
    const auto& times =
        static_cast<const arrow::Int64Array&>(*removes_->GetColumnByName("deletionTimestamp"));
    const int64_t begin = row_;
    row_ = std::min(removes_->num_rows(), begin + kMaxBatchRows);
    for (int64_t i = begin; i < row_; ++i) {
      live_[i] = live_[i] != 0 && (times.IsValid(i) ? times.Value(i) : 0) > newer_than_ms_;
    }
    const auto live = std::span<const uint8_t>(live_).subspan(begin, row_ - begin);
    metrics_.files_total += std::ranges::count(live, 1);
    return KeepRows(removes_->Slice(begin, row_ - begin), live);
  }
  FileListMetrics metrics() const override { return metrics_; }

 private:
  std::shared_ptr<arrow::RecordBatch> removes_;
  std::vector<uint8_t> live_;
  int64_t newer_than_ms_;
  FileListMetrics metrics_;
  int64_t row_ = 0;
};

/// Rows of one row group of a checkpoint; opened when first asked, so that files in line take no
/// memory.
class CheckpointSource : public BatchSource {
 public:
  using Open = std::function<Result<std::unique_ptr<CheckpointFiles>>()>;
  explicit CheckpointSource(Open open) : open_(std::move(open)) {}

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (rows_ == nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(rows_, open_());
    }
    return rows_->Next();
  }
  FileListMetrics metrics() const override {
    if (rows_ == nullptr) return {};
    const CheckpointFileMetrics& done = rows_->metrics();
    return {done.files_total, done.files_pruned_partition, done.files_pruned_stats, 0};
  }

 private:
  Open open_;
  std::unique_ptr<CheckpointFiles> rows_;
};

/// In how many parts to read a row group, so that no thread stands idle, not even at the end. Each
/// part passes over the pages before it, which is cheap only nearby.
int PartsPerGroup(const std::vector<std::shared_ptr<const CheckpointFile>>& files,
                  const ObjectStore& store) {
  if (!store.is_local()) return 1;
  int num_groups = 0;
  for (const auto& file : files) num_groups += file->num_row_groups();
  constexpr int kPartsPerThread = 6;
  return num_groups == 0 ? 1
                         : (DefaultThreads(true) * kPartsPerThread + num_groups - 1) / num_groups;
}

/// Flags for the file actions of a JSON checkpoint: the tail has no newer word on them.
std::vector<uint8_t> LiveInCheckpoint(const arrow::RecordBatch& batch,
                                      const CheckpointKeyFilter& filter) {
  std::vector<uint8_t> live(batch.num_rows(), 1);
  if (!filter) return live;
  const FileKeyColumns keys(*batch.GetColumnByName("path"),
                            batch.GetColumnByName("deletionVector").get());
  filter(keys.paths, keys.dv_ids, live);
  return live;
}

}  // namespace

Result<std::unique_ptr<FileStream>> Snapshot::ListFiles(FileListOptions options) const {
  DELTAIC_ASSIGN_OR_RETURN(const auto commits, impl_->Commits());
  DELTAIC_ASSIGN_OR_RETURN(const auto replay, impl_->Replay());
  DELTAIC_ASSIGN_OR_RETURN(const auto checkpoint, impl_->Checkpoint());
  const std::shared_ptr<arrow::Schema> schema = AddBatchSchema(options.columns);
  std::shared_ptr<const FilePruner> pruner;
  if (options.predicate != nullptr) {
    pruner = std::make_shared<const FilePruner>(options.predicate, *impl_->schema,
                                                impl_->metadata.partition_columns,
                                                impl_->column_mapping != ColumnMappingMode::kNone);
  }
  std::vector<std::unique_ptr<BatchSource>> sources;
  if (checkpoint != nullptr) {
    const CheckpointKeyFilter filter = KeyFilter(replay);
    DELTAIC_ASSIGN_OR_RETURN(const auto files, checkpoint->FileActionFiles());
    const int parts_per_group = PartsPerGroup(files, *impl_->store);
    for (const auto& file : files) {
      for (const RowGroupPart& part : SplitRowGroups(*file, parts_per_group)) {
        sources.push_back(std::make_unique<CheckpointSource>(
            [file, part, columns = options.columns, filter, pruner] {
              return ReadCheckpointAdds(file, part, columns, filter, pruner);
            }));
      }
    }
    if (const auto& json = checkpoint->json(); json != nullptr) {
      sources.push_back(std::make_unique<ChunkAdds>(
          json->adds, LiveInCheckpoint(*json->adds, filter), pruner, schema));
    }
  }
  for (size_t i = commits->size(); i-- > 0;) {
    const auto& adds = (*commits)[i]->adds;
    if (adds->num_rows() == 0) continue;
    sources.push_back(std::make_unique<ChunkAdds>(adds, replay->live_adds[i], pruner, schema));
  }
  if (options.convert) {
    for (auto& source : sources) source = ConvertBatches(std::move(source), options.convert);
  }
  return MakeBatchStream(std::move(sources), DefaultThreads(impl_->store->is_local()),
                         options.cancel);
}

Result<std::unique_ptr<FileStream>> Snapshot::ListTombstones(TimestampMs now) const {
  DELTAIC_ASSIGN_OR_RETURN(const auto commits, impl_->Commits());
  DELTAIC_ASSIGN_OR_RETURN(const auto replay, impl_->Replay());
  DELTAIC_ASSIGN_OR_RETURN(const auto checkpoint, impl_->Checkpoint());
  const int64_t newer_than_ms = now.value - impl_->properties.deleted_file_retention_ms;
  std::vector<std::unique_ptr<BatchSource>> sources;
  if (checkpoint != nullptr) {
    const CheckpointKeyFilter filter = KeyFilter(replay);
    DELTAIC_ASSIGN_OR_RETURN(const auto files, checkpoint->FileActionFiles());
    const int parts_per_group = PartsPerGroup(files, *impl_->store);
    for (const auto& file : files) {
      for (const RowGroupPart& part : SplitRowGroups(*file, parts_per_group)) {
        sources.push_back(std::make_unique<CheckpointSource>([file, part, filter, newer_than_ms] {
          return ReadCheckpointRemoves(file, part, filter, newer_than_ms);
        }));
      }
    }
    if (const auto& json = checkpoint->json(); json != nullptr) {
      sources.push_back(std::make_unique<ChunkRemoves>(
          json->removes, LiveInCheckpoint(*json->removes, filter), newer_than_ms));
    }
  }
  for (size_t i = commits->size(); i-- > 0;) {
    const auto& removes = (*commits)[i]->removes;
    if (removes->num_rows() == 0) continue;
    sources.push_back(
        std::make_unique<ChunkRemoves>(removes, replay->live_removes[i], newer_than_ms));
  }
  return MakeBatchStream(std::move(sources), DefaultThreads(impl_->store->is_local()),
                         CancellationToken::None());
}

}  // namespace deltaic
