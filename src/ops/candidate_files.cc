#include "ops/candidate_files.h"

#include <arrow/record_batch.h>

#include <utility>

#include "data/actions/file_actions.h"

namespace deltaic {
namespace {

using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

/// Goes through batches of adds that outlive it.
class ListedFiles : public FileSource {
 public:
  ListedFiles(const Batches& batches, const FileListMetrics& metrics)
      : batches_(batches), metrics_(metrics) {}

  Result<std::optional<ScanFile>> Next() override {
    if (!may_have_more()) return std::optional<ScanFile>();
    std::optional<ScanFile> file = ScanFileOf(AddFromBatch(*batches_[batch_], row_));
    if (++row_ == batches_[batch_]->num_rows()) {
      ++batch_;
      row_ = 0;
    }
    return file;
  }
  bool may_have_more() const override { return batch_ < batches_.size(); }
  FileListMetrics metrics() const override { return metrics_; }

 private:
  const Batches batches_;
  const FileListMetrics metrics_;
  size_t batch_ = 0;
  int64_t row_ = 0;
};

}  // namespace

Result<std::shared_ptr<const CandidateFiles>> CandidateFiles::List(const Snapshot& snapshot,
                                                                   ExprPtr predicate,
                                                                   CancellationToken cancel) {
  auto files = std::make_shared<CandidateFiles>();
  DELTAIC_ASSIGN_OR_RETURN(const auto stream,
                           snapshot.ListFiles(FileListOptions{.predicate = std::move(predicate),
                                                              .cancel = std::move(cancel)}));
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(auto batch, stream->Next());
    if (batch == nullptr) break;
    files->batches_.push_back(std::move(batch));
  }
  files->metrics_ = stream->metrics();
  return std::shared_ptr<const CandidateFiles>(std::move(files));
}

std::unique_ptr<FileSource> CandidateFiles::Source() const {
  return std::make_unique<ListedFiles>(batches_, metrics_);
}

Status CandidateFiles::ForEach(const std::function<Status(Add add)>& visit) const {
  for (const auto& batch : batches_) {
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      DELTAIC_RETURN_IF_ERROR(visit(AddFromBatch(*batch, row)));
    }
  }
  return Status();
}

}  // namespace deltaic
