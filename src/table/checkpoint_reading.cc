#include "table/checkpoint_reading.h"

#include <arrow/record_batch.h>

#include <utility>

#include "storage/parallel_for.h"
#include "table/seen_files.h"

namespace deltaic {

/// Opened when first asked, so that parts in line take no memory.
class CheckpointReading::PartSource : public BatchSource {
 public:
  PartSource(std::shared_ptr<CheckpointReading> reading, Part* part, CheckpointKeyFilter filter)
      : reading_(std::move(reading)), part_(part), filter_(std::move(filter)) {}

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (!reading_->damage().ok()) return std::shared_ptr<arrow::RecordBatch>();
    Result<std::shared_ptr<arrow::RecordBatch>> batch = Read();
    if (IsDamage(batch.status())) {
      reading_->SetDamage(batch.status());
      return std::shared_ptr<arrow::RecordBatch>();
    }
    if (batch.ok() && *batch != nullptr) {
      ++part_->batches;
      const CheckpointFileMetrics& done = rows_->metrics();
      metrics_ = {done.files_total, done.files_pruned_partition, done.files_pruned_stats, 0};
    }
    return batch;
  }
  FileListMetrics metrics() const override { return metrics_; }

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> Read() {
    if (rows_ == nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(
          rows_, reading_->listing_->ReadPart(part_->file, part_->rows, std::move(filter_)));
    }
    return rows_->Next();
  }

  const std::shared_ptr<CheckpointReading> reading_;
  Part* const part_;
  CheckpointKeyFilter filter_;
  std::unique_ptr<CheckpointFiles> rows_;
  FileListMetrics metrics_;  ///< of whole batches
};

CheckpointReading::CheckpointReading(std::shared_ptr<const FileListing> listing)
    : listing_(std::move(listing)) {}

std::unique_ptr<BatchSource> CheckpointReading::ReadPart(
    const std::shared_ptr<CheckpointReading>& reading, std::shared_ptr<const CheckpointFile> file,
    const RowGroupPart& part, CheckpointKeyFilter filter) {
  reading->parts_.push_back(std::make_unique<Part>(Part{std::move(file), part}));
  return std::make_unique<PartSource>(reading, reading->parts_.back().get(), std::move(filter));
}

Status CheckpointReading::damage() const {
  const std::lock_guard lock(mutex_);
  return damage_;
}

void CheckpointReading::SetDamage(const Status& status) {
  const std::lock_guard lock(mutex_);
  if (damage_.ok()) damage_ = status;
}

Status CheckpointReading::CollectKeys(int num_threads, FileKeySet& out) const {
  std::mutex mutex;
  return ParallelFor(static_cast<int64_t>(parts_.size()), num_threads, [&](int64_t i) -> Status {
    FileKeySet keys;
    DELTAIC_RETURN_IF_ERROR(CollectKeys(*parts_[i], keys));
    const std::lock_guard lock(mutex);
    out.AddAll(keys);
    return Status::Ok();
  });
}

Status CheckpointReading::CollectKeys(const Part& part, FileKeySet& out) const {
  if (part.batches == 0) return Status::Ok();
  DELTAIC_ASSIGN_OR_RETURN(const auto rows, listing_->ReadKeys(part.file, part.rows));
  for (int64_t i = 0; i < part.batches; ++i) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, rows->Next());
    if (batch == nullptr) break;
    AddKeys(*batch, out);
  }
  return Status::Ok();
}

}  // namespace deltaic
