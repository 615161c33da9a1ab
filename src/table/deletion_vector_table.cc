#include "table/deletion_vector_table.h"

#include <arrow/api.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "data/actions/data_path.h"
#include "data/actions/file_actions.h"
#include "data/deletion_vector/deletion_vector_file.h"
#include "protocol/file_stats.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

std::shared_ptr<arrow::Schema> TableSchema() {
  return arrow::schema(
      {arrow::field("filepath", arrow::utf8(), false),
       arrow::field("selection_vector", arrow::list(arrow::field("item", arrow::boolean(), false)),
                    false)});
}

/// One file at a time: a list can be as large as the file's rows are many.
class DeletionVectorTable : public arrow::RecordBatchReader {
 public:
  DeletionVectorTable(SnapshotPtr snapshot, std::unique_ptr<FileStream> files)
      : snapshot_(std::move(snapshot)), files_(std::move(files)), schema_(TableSchema()) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    auto next = Next();
    if (!next.ok()) return ToArrow(next.status());
    *out = *std::move(next);
    return arrow::Status::OK();
  }

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> Next() {
    while (true) {
      while (batch_ == nullptr || row_ == batch_->num_rows()) {
        DELTAIC_ASSIGN_OR_RETURN(batch_, files_->Next());
        row_ = 0;
        if (batch_ == nullptr) return nullptr;
      }
      const Add add = AddFromBatch(*batch_, row_++);
      if (add.deletion_vector) return RowOf(add);
    }
  }

  Result<std::shared_ptr<arrow::RecordBatch>> RowOf(const Add& add) const {
    const int64_t stated_rows = RowsByStatistics(add);
    constexpr int64_t kMaxRows = std::numeric_limits<int32_t>::max();
    DELTAIC_ASSIGN_OR_RETURN(
        const DeletionVector vector,
        LoadDeletionVector(*snapshot_->store(), *add.deletion_vector,
                           stated_rows >= 0 ? stated_rows : std::numeric_limits<int64_t>::max()));
    const int64_t num_rows = stated_rows >= 0 ? stated_rows : vector.Max() + 1;
    if (num_rows > kMaxRows) {
      return Status::Unsupported("data file ", add.path, " has ", num_rows,
                                 " rows, too many for one list");
    }
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> bits,
                             arrow::AllocateBitmap(std::max<int64_t>(num_rows, 1)));
    std::memset(bits->mutable_data(), 0xFF, static_cast<size_t>(bits->size()));
    vector.ClearDeleted(0, num_rows, bits->mutable_data());
    const auto offsets =
        arrow::Buffer::FromVector(std::vector<int32_t>{0, static_cast<int32_t>(num_rows)});
    auto mask = std::make_shared<arrow::ListArray>(
        schema_->field(1)->type(), 1, offsets,
        std::make_shared<arrow::BooleanArray>(num_rows, std::move(bits)));
    arrow::StringBuilder path;
    DELTAIC_RETURN_IF_ERROR(path.Append(DataFileUri(snapshot_->store()->root_uri(), add.path)));
    DELTAIC_ASSIGN_OR_RETURN(auto paths, path.Finish());
    return arrow::RecordBatch::Make(schema_, 1, {std::move(paths), std::move(mask)});
  }

  /// -1 where they do not say.
  int64_t RowsByStatistics(const Add& add) const {
    if (!add.stats) return -1;
    return ParseStatsHint(*add.stats, *snapshot_->schema(), {}).num_records.value_or(-1);
  }

  SnapshotPtr snapshot_;  ///< outlives files_
  std::unique_ptr<FileStream> files_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t row_ = 0;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> MakeDeletionVectorTable(SnapshotPtr snapshot) {
  FileListOptions options;
  options.columns = FileColumns::PathOnly();
  options.columns.stats = true;
  options.columns.record_counts_only = true;
  options.columns.deletion_vector = true;
  DELTAIC_ASSIGN_OR_RETURN(auto files, snapshot->ListFiles(std::move(options)));
  return std::shared_ptr<arrow::RecordBatchReader>(
      std::make_shared<DeletionVectorTable>(std::move(snapshot), std::move(files)));
}

}  // namespace deltaic
