#include "table/file_listing.h"

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>

#include <algorithm>
#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr int64_t kMaxBatchRows = 64 * 1024;

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

class AddListing : public FileListing {
 public:
  AddListing(const FileColumns& columns, std::shared_ptr<const FilePruner> pruner)
      : columns_(columns), schema_(AddBatchSchema(columns)), pruner_(std::move(pruner)) {}

  Result<std::unique_ptr<CheckpointFiles>> ReadPart(std::shared_ptr<const CheckpointFile> file,
                                                    const RowGroupPart& part,
                                                    CheckpointKeyFilter filter) const override {
    return ReadCheckpointAdds(std::move(file), part, columns_, std::move(filter), pruner_);
  }
  Result<std::unique_ptr<CheckpointFiles>> ReadKeys(std::shared_ptr<const CheckpointFile> file,
                                                    const RowGroupPart& part) const override {
    FileColumns columns = FileColumns::PathOnly();
    columns.deletion_vector = true;
    return ReadCheckpointAdds(std::move(file), part, columns, nullptr, nullptr);
  }
  const std::shared_ptr<arrow::RecordBatch>& RowsOf(const CommitChunk& chunk) const override {
    return chunk.adds;
  }
  const std::vector<std::vector<uint8_t>>& Live(const TailReplay& replay) const override {
    return replay.live_adds;
  }
  std::unique_ptr<BatchSource> ReadChunk(const CommitChunk& chunk,
                                         std::vector<uint8_t> live) const override {
    return std::make_unique<ChunkAdds>(chunk.adds, std::move(live), pruner_, schema_);
  }

 private:
  const FileColumns columns_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<const FilePruner> pruner_;
};

class RemoveListing : public FileListing {
 public:
  explicit RemoveListing(int64_t newer_than_ms) : newer_than_ms_(newer_than_ms) {}

  Result<std::unique_ptr<CheckpointFiles>> ReadPart(std::shared_ptr<const CheckpointFile> file,
                                                    const RowGroupPart& part,
                                                    CheckpointKeyFilter filter) const override {
    return ReadCheckpointRemoves(std::move(file), part, std::move(filter), newer_than_ms_);
  }
  Result<std::unique_ptr<CheckpointFiles>> ReadKeys(std::shared_ptr<const CheckpointFile> file,
                                                    const RowGroupPart& part) const override {
    return ReadCheckpointRemoves(std::move(file), part, nullptr, newer_than_ms_);
  }
  const std::shared_ptr<arrow::RecordBatch>& RowsOf(const CommitChunk& chunk) const override {
    return chunk.removes;
  }
  const std::vector<std::vector<uint8_t>>& Live(const TailReplay& replay) const override {
    return replay.live_removes;
  }
  std::unique_ptr<BatchSource> ReadChunk(const CommitChunk& chunk,
                                         std::vector<uint8_t> live) const override {
    return std::make_unique<ChunkRemoves>(chunk.removes, std::move(live), newer_than_ms_);
  }

 private:
  const int64_t newer_than_ms_;
};

}  // namespace

std::shared_ptr<const FileListing> ListAdds(const FileColumns& columns,
                                            std::shared_ptr<const FilePruner> pruner) {
  return std::make_shared<const AddListing>(columns, std::move(pruner));
}

std::shared_ptr<const FileListing> ListRemoves(int64_t newer_than_ms) {
  return std::make_shared<const RemoveListing>(newer_than_ms);
}

}  // namespace deltaic
