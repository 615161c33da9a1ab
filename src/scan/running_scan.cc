#include "scan/running_scan.h"

#include <arrow/record_batch.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "data/values/compute_kernels.h"
#include "scan/dictionary_columns.h"

namespace deltaic {
namespace {

constexpr int kMaxThreads = 1024;

/// More would only fill memory: what has been read ahead is either soon used or never. In order,
/// what is read early waits for what comes before it, so that more is of use.
constexpr int64_t kMostReadAheadBytes = int64_t{512} << 20;
constexpr int64_t kUnorderedBytesPerThread = int64_t{8} << 20;
/// A limit makes batches shorter, down to this: deleted rows may come first.
constexpr int64_t kShortBatchRows = 1024;

int64_t MemoryBytes(int64_t wanted, bool ordered, int num_threads) {
  if (wanted > 0) return wanted;
  const int64_t most = ordered
                           ? kMostReadAheadBytes
                           : std::min(kMostReadAheadBytes, kUnorderedBytesPerThread * num_threads);
  const int64_t pages = sysconf(_SC_PHYS_PAGES);
  const int64_t page_bytes = sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || page_bytes <= 0) return most;
  return std::min(pages * page_bytes / 8, most);
}

int NumThreads(int wanted) {
  if (wanted > 0) return wanted;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxThreads);
}

Status CheckOptions(const ScanOptions& options) {
  if (options.limit.value_or(0) < 0)
    return Status::InvalidArgument("limit is ", *options.limit, "; it must be 0 or more");
  if (options.batch_rows <= 0)
    return Status::InvalidArgument("batch_rows is ", options.batch_rows, "; it must be 1 or more");
  if (options.num_threads < 0 || options.num_threads > kMaxThreads) {
    return Status::InvalidArgument("num_threads is ", options.num_threads,
                                   "; it must be 0 (all cores) to ", kMaxThreads);
  }
  if (options.max_memory_bytes < 0) {
    return Status::InvalidArgument("max_memory_bytes is ", options.max_memory_bytes,
                                   "; it must be 0 (the default) or more");
  }
  return Status();
}

}  // namespace

Result<std::unique_ptr<Scan>> RunningScan::Start(std::shared_ptr<ObjectStore> store,
                                                 std::shared_ptr<DataReadSpec> spec,
                                                 const FileLister& list_files,
                                                 ScanOptions options) {
  DELTAIC_RETURN_IF_ERROR(CheckOptions(options));
  DELTAIC_RETURN_IF_ERROR(EnsureComputeKernels());
  spec->batch_rows = options.batch_rows;
  spec->string_views = options.string_views;
  int num_threads = NumThreads(options.num_threads);
  if (options.limit && spec->predicate == nullptr && !options.plan_only &&
      *options.limit <= spec->batch_rows) {
    // One short batch will do mostly.
    spec->batch_rows = std::min(spec->batch_rows, std::max(kShortBatchRows, *options.limit));
    num_threads = 1;
  }
  ScanWork work;
  work.store = std::move(store);
  DELTAIC_ASSIGN_OR_RETURN(work.files, list_files(work.cancel));
  if (options.dictionary_strings) {
    DELTAIC_ASSIGN_OR_RETURN(const std::vector<std::string> chosen,
                             ChooseDictionaryColumns(*work.store, *spec, &work.files));
    spec->dictionary_columns.insert(spec->dictionary_columns.end(), chosen.begin(), chosen.end());
  }
  DELTAIC_ASSIGN_OR_RETURN(work.plan, ReadPlan::Make(std::move(spec)));
  work.ordered = options.ordered;
  work.plan_only = options.plan_only;
  work.num_threads = num_threads;
  return std::unique_ptr<Scan>(std::make_unique<RunningScan>(std::move(work), std::move(options)));
}

namespace {

ScanWork WithBudget(ScanWork work, int64_t max_bytes) {
  work.max_ahead_bytes = max_bytes;
  return work;
}

}  // namespace

RunningScan::RunningScan(ScanWork work, ScanOptions options)
    : schema_(work.plan->output_schema),
      cancel_(std::move(options.cancel)),
      rows_left_(options.limit.value_or(std::numeric_limits<int64_t>::max())),
      queue_(MemoryBytes(options.max_memory_bytes, work.ordered, work.num_threads)),
      workers_(std::make_unique<ScanWorkers>(WithBudget(std::move(work), queue_.max_bytes()),
                                             &queue_)) {}

Result<std::shared_ptr<arrow::RecordBatch>> RunningScan::Next() {
  DELTAIC_RETURN_IF_ERROR(error_);
  if (rows_left_ == 0) {
    workers_->Stop();
    workers_->Join();
    return nullptr;
  }
  auto popped = queue_.Pop(cancel_);
  if (!popped.ok()) {
    error_ = popped.status();
    workers_->Stop();
    return error_;
  }
  std::shared_ptr<arrow::RecordBatch> batch = std::move(*popped);
  if (batch == nullptr) return nullptr;
  if (batch->num_rows() > rows_left_) batch = batch->Slice(0, rows_left_);
  rows_left_ -= batch->num_rows();
  rows_returned_ += batch->num_rows();
  if (rows_left_ == 0) workers_->Stop();
  return batch;
}

ScanMetrics RunningScan::metrics() const {
  ScanMetrics metrics = workers_->metrics();
  metrics.rows_returned = rows_returned_;
  return metrics;
}

}  // namespace deltaic
