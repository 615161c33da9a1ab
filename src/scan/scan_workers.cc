#include "scan/scan_workers.h"

#include <arrow/record_batch.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

namespace deltaic {
namespace {

/// The error of reading a file of a change feed, with the commit it belongs to.
Status InContext(const Status& status, const std::optional<Version>& changed_in) {
  if (!changed_in || status.code() == StatusCode::kCancelled) return status;
  return status.WithContext(Concat("changes of version ", changed_in->value));
}

/// What the wanted columns of the chosen row groups take in the file, by its footer.
int64_t StoredBytes(const ParquetDataFile& file) {
  // Nothing checks the sizes in a footer, but those of one file are not beyond reason.
  constexpr int64_t kMostBytes = int64_t{1} << 40;
  int64_t bytes = 0;
  for (const RowGroupTask& task : file.row_groups()) {
    const auto row_group = file.input().metadata->RowGroup(task.index);
    for (const ProjectedColumn& column : file.columns()) {
      for (const int leaf : column.leaves) {
        bytes += std::clamp<int64_t>(row_group->ColumnChunk(leaf)->total_compressed_size(), 0,
                                     kMostBytes - bytes);
      }
    }
  }
  return bytes;
}

}  // namespace

ScanWorkers::ScanWorkers(ScanWork work, BatchQueue* queue) : work_(std::move(work)), queue_(queue) {
  if (!work_.ordered) queue_->Open(StreamKey());
  threads_.reserve(static_cast<size_t>(work_.num_threads));
  try {
    for (int i = 0; i < work_.num_threads; ++i) threads_.emplace_back([this] { Run(); });
  } catch (const std::system_error& e) {
    // Fewer threads than asked for will do.
    if (threads_.empty())
      queue_->Fail(Status::Io("cannot start a thread for the scan: ", e.what()));
  }
}

ScanWorkers::~ScanWorkers() {
  Stop();
  Join();
}

void ScanWorkers::Stop() {
  work_.cancel.Cancel();
  queue_->Stop();
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

void ScanWorkers::Join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

ScanMetrics ScanWorkers::metrics() const {
  const std::lock_guard lock(mutex_);
  return metrics_;
}

void ScanWorkers::Run() {
  Status status;
  try {
    status = Work();
  } catch (const std::bad_alloc&) {
    status = Status::Io("not enough memory to go on with the scan");
  } catch (const std::exception& e) {
    status = Status::Internal("a scan ended with the exception ", e.what());
  }
  if (status.ok()) return;
  queue_->Fail(status);
  work_.cancel.Cancel();
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

Status ScanWorkers::Work() {
  for (;;) {
    std::optional<FileToOpen> file;
    std::optional<Unit> unit;
    DELTAIC_RETURN_IF_ERROR(Take(&file, &unit));
    if (file) {
      DELTAIC_ASSIGN_OR_RETURN(unit, OpenFile(*file));
    }
    if (unit) {
      DELTAIC_RETURN_IF_ERROR(ReadUnit(*unit));
    } else if (!file) {
      return Status();
    }
    EndTask();
  }
}

Status ScanWorkers::Take(std::optional<FileToOpen>* file, std::optional<Unit>* unit) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopped_) return Status();
    if (!waiting_.empty()) {
      *unit = std::move(waiting_.extract(waiting_.begin()).mapped());
      ++num_tasks_;
      return Status();
    }
    if (!all_listed_ && !listing_) {
      DELTAIC_RETURN_IF_ERROR(ListNext(lock, file));
      if (*file) return Status();
      continue;
    }
    if (all_listed_ && num_tasks_ == 0) {
      queue_->Close(QueueKey(StreamKey()));
      queue_->Finish();
      return Status();
    }
    changed_.wait(lock);
  }
}

Status ScanWorkers::ListNext(std::unique_lock<std::mutex>& lock, std::optional<FileToOpen>* file) {
  listing_ = true;
  lock.unlock();
  auto listed = work_.files->Next();
  const FileListMetrics list_metrics = work_.files->metrics();
  const bool may_have_more = work_.files->may_have_more();
  lock.lock();
  listing_ = false;
  metrics_.files = list_metrics;
  DELTAIC_RETURN_IF_ERROR(listed);
  all_listed_ = !listed->has_value() || !may_have_more;
  if (listed->has_value()) {
    *file = FileToOpen{next_file_++, std::move(**listed)};
    // Opened in the queue before anything later is, so that the order holds.
    queue_->Open(QueueKey({(*file)->number, 0}));
    ++num_tasks_;
  }
  changed_.notify_all();
  return Status();
}

Result<std::optional<ScanWorkers::Unit>> ScanWorkers::OpenFile(const FileToOpen& file) {
  const auto& plan = file.file.plan != nullptr ? file.file.plan : work_.plan;
  const auto changed_in = file.file.changed_in;
  auto result = ParquetDataFile::Open(work_.store, plan, file.file.file, file.file.input);
  if (!result.ok()) return InContext(result.status(), changed_in);
  const auto opened = *std::move(result);
  const std::vector<RowGroupTask>& row_groups = opened->row_groups();
  const int64_t stored_bytes = work_.plan_only ? StoredBytes(*opened) : 0;
  const std::lock_guard lock(mutex_);
  ++metrics_.files_read;
  metrics_.row_groups_total += opened->num_row_groups_total();
  metrics_.row_groups_skipped +=
      opened->num_row_groups_total() - static_cast<int64_t>(row_groups.size());
  if (work_.plan_only) {
    for (const RowGroupTask& row_group : row_groups) metrics_.rows_selected += row_group.num_rows;
    metrics_.bytes_selected += stored_bytes;
    if (work_.ordered) queue_->Close({file.number, 0});
    return std::optional<Unit>();
  }
  for (size_t i = 1; i < row_groups.size(); ++i) {
    const StreamKey key{file.number, static_cast<int64_t>(i)};
    queue_->Open(QueueKey(key));
    waiting_.emplace(key, Unit{key, opened, row_groups[i], changed_in});
  }
  if (!waiting_.empty()) changed_.notify_all();
  const StreamKey first{file.number, 0};
  if (row_groups.empty()) {
    if (work_.ordered) queue_->Close(first);
    return std::optional<Unit>();
  }
  return std::optional(Unit{first, opened, row_groups[0], changed_in});
}

Status ScanWorkers::ReadUnit(const Unit& unit) {
  const auto stream =
      ReadRowGroup(unit.file, unit.row_group, [this] { return IsAlone(); }, work_.cancel);
  if (!stream.ok()) return InContext(stream.status(), unit.changed_in);
  for (;;) {
    auto batch = (*stream)->Next();
    if (!batch.ok()) return InContext(batch.status(), unit.changed_in);
    if (*batch == nullptr) break;
    if (!queue_->Push(QueueKey(unit.key), *std::move(batch))) break;
  }
  if (work_.ordered) queue_->Close(unit.key);
  const std::lock_guard lock(mutex_);
  metrics_.rows_read += (*stream)->metrics().rows_read;
  metrics_.bytes_read += (*stream)->metrics().bytes_read;
  metrics_.pages_total += (*stream)->metrics().pages_total;
  metrics_.pages_pruned += (*stream)->metrics().pages_pruned;
  metrics_.pages_passed_over += (*stream)->metrics().pages_passed_over;
  return Status();
}

void ScanWorkers::EndTask() {
  const std::lock_guard lock(mutex_);
  --num_tasks_;
  if (num_tasks_ == 0) changed_.notify_all();
}

bool ScanWorkers::IsAlone() const {
  if (work_.num_threads == 1) return false;
  const std::lock_guard lock(mutex_);
  return all_listed_ && waiting_.empty() && num_tasks_ == 1;
}

}  // namespace deltaic
