#include "scan/scan_workers.h"

#include <arrow/record_batch.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "storage/process_end.h"
#include "storage/shared_threads.h"

namespace deltaic {
namespace {

/// The error of reading a file of a change feed, with the commit it belongs to.
Status InContext(const Status& status, const std::optional<Version>& changed_in) {
  if (!changed_in || status.code() == StatusCode::kCancelled) return status;
  return status.WithContext(Concat("changes of version ", changed_in->value));
}

/// A worker ends within what it reads between two looks at the token: some milliseconds.
constexpr std::chrono::seconds kMostAtProcessEnd(2);

/// Nothing checks the sizes in a footer, but those of one file are not beyond reason.
constexpr int64_t kMostBytes = int64_t{1} << 40;

/// What the wanted columns of a row group take in the file, by its footer.
int64_t StoredBytes(const ParquetDataFile& file, const RowGroupTask& task) {
  const auto row_group = file.input().metadata->RowGroup(task.index);
  int64_t bytes = 0;
  for (const ProjectedColumn& column : file.columns()) {
    for (const int leaf : column.leaves) {
      bytes += std::clamp<int64_t>(row_group->ColumnChunk(leaf)->total_compressed_size(), 0,
                                   kMostBytes - bytes);
    }
  }
  return bytes;
}

/// The same of all chosen row groups.
int64_t StoredBytes(const ParquetDataFile& file) {
  int64_t bytes = 0;
  for (const RowGroupTask& task : file.row_groups())
    bytes += std::min(StoredBytes(file, task), kMostBytes - bytes);
  return bytes;
}

}  // namespace

class ScanWorkers::Door {
 public:
  /// False once it is closed.
  bool Enter() {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    ++inside_;
    return true;
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    if (--inside_ == 0) left_.notify_all();
  }
  /// Nobody enters any more. Waits for those inside, no longer than `most` where that is given.
  void Close(std::optional<std::chrono::milliseconds> most = {}) {
    std::unique_lock lock(mutex_);
    closed_ = true;
    const auto is_empty = [&] { return inside_ == 0; };
    if (most) {
      left_.wait_for(lock, *most, is_empty);
    } else {
      left_.wait(lock, is_empty);
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  bool closed_ = false;
  int inside_ = 0;
};

ScanWorkers::ScanWorkers(ScanWork work, BatchQueue* queue)
    : work_(std::move(work)),
      queue_(queue),
      ahead_(work_.max_ahead_bytes),
      door_(std::make_shared<Door>()) {
  // Requests end when the scan does.
  work_.store = work_.store->With({.cancel = work_.cancel});
  if (!work_.ordered) queue_->Open(StreamKey());
  const auto num_threads = static_cast<size_t>(work_.num_threads);
  if (threads_.AddUntil(num_threads, [this] { Run(); }) == 0)
    queue_->Fail(Status::Io("cannot start a thread for the scan"));
  until_end_.emplace([this] { StopForProcessEnd(); });
}

ScanWorkers::~ScanWorkers() {
  until_end_.reset();
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

void ScanWorkers::StopForProcessEnd() {
  queue_->Fail(Status::Cancelled("the process ends"));
  Stop();
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kMostAtProcessEnd, [this] { return num_running_ == 0; });
  }
  door_->Close(kMostAtProcessEnd);
}

void ScanWorkers::Join() {
  threads_.Join();
  door_->Close();
}

ScanMetrics ScanWorkers::metrics() const {
  const std::lock_guard lock(mutex_);
  return metrics_;
}

void ScanWorkers::Run() {
  {
    const std::lock_guard lock(mutex_);
    ++num_running_;
  }
  Guard([this] { return Work(); });
  const std::lock_guard lock(mutex_);
  --num_running_;
  changed_.notify_all();
}

void ScanWorkers::Guard(const std::function<Status()>& work) {
  Status status;
  try {
    status = work();
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
  const bool is_near = work_.store->traits().is_near();
  std::unique_lock lock(mutex_);
  for (;;) {
    if (stopped_) return Status();
    if (!is_near) WorkAheadLocked();
    if ((*unit = TakeUnitLocked())) {
      ++num_tasks_;
      return Status();
    }
    if (is_near && !all_listed_ && !listing_) {
      DELTAIC_RETURN_IF_ERROR(ListNext(lock, file));
      if (*file) {
        untaken_.erase({(*file)->number, 0});
        return Status();
      }
      continue;
    }
    if (all_listed_ && num_tasks_ == 0 && untaken_.empty()) {
      queue_->Close(QueueKey(StreamKey()));
      queue_->Finish();
      changed_.notify_all();
      return Status();
    }
    changed_.wait(lock);
  }
}

std::optional<ScanWorkers::Unit> ScanWorkers::TakeUnitLocked() {
  auto& units = work_.store->traits().is_near() ? waiting_ : fetched_;
  if (units.empty() || (work_.ordered && units.begin()->first != *untaken_.begin()))
    return std::nullopt;
  untaken_.erase(units.begin()->first);
  return std::move(units.extract(units.begin()).mapped());
}

void ScanWorkers::WorkAheadLocked() {
  const auto most = static_cast<size_t>(work_.store->traits().max_requests);
  while (!stopped_ && !waiting_.empty() && static_cast<size_t>(num_fetching_) < most) {
    Unit& next = waiting_.begin()->second;
    const int64_t bytes = StoredBytes(*next.file, next.row_group);
    if (!ahead_.TryTake(bytes)) {
      // In order, those that fill the budget may all have to wait for this one.
      if (next.key != *untaken_.begin()) break;
      ahead_.Take(bytes);
    }
    next.ahead_bytes = bytes;
    ++num_fetching_;
    const auto unit =
        std::make_shared<Unit>(std::move(waiting_.extract(waiting_.begin()).mapped()));
    RunAhead([this, unit] { return FetchAhead(std::move(*unit)); });
  }
  // One lists at a time, and sets on the next before it opens what it got.
  if (!stopped_ && !all_listed_ && !listing_ &&
      static_cast<size_t>(num_opening_) + waiting_.size() < most) {
    listing_ = true;
    ++num_opening_;
    RunAhead([this] { return OpenNextAhead(); });
  }
}

void ScanWorkers::RunAhead(std::function<Status()> work) {
  const bool began = RunOnSharedThread([this, door = door_, work] {
    if (!door->Enter()) return;
    Guard(work);
    door->Leave();
  });
  if (began) return;
  queue_->Fail(Status::Io("cannot start a thread for the scan"));
  work_.cancel.Cancel();
  stopped_ = true;
  changed_.notify_all();
}

Status ScanWorkers::OpenNextAhead() {
  std::unique_lock lock(mutex_);
  std::optional<FileToOpen> file;
  DELTAIC_RETURN_IF_ERROR(ListNext(lock, &file));
  if (file) {
    WorkAheadLocked();
    lock.unlock();
    DELTAIC_ASSIGN_OR_RETURN(std::optional<Unit> first, OpenFile(*file));
    lock.lock();
    if (first) {
      waiting_.emplace(first->key, *std::move(first));
    } else {
      untaken_.erase({file->number, 0});
    }
    --num_tasks_;
  }
  --num_opening_;
  WorkAheadLocked();
  changed_.notify_all();
  return Status();
}

Status ScanWorkers::FetchAhead(Unit unit) {
  DELTAIC_ASSIGN_OR_RETURN(unit.stream, OpenUnit(unit));
  unit.stream->WaitForFirstBytes();
  const std::lock_guard lock(mutex_);
  --num_fetching_;
  fetched_.emplace(unit.key, std::move(unit));
  WorkAheadLocked();
  changed_.notify_all();
  return Status();
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
    untaken_.insert({(*file)->number, 0});
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
    untaken_.insert(key);
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

Result<std::unique_ptr<RowGroupStream>> ScanWorkers::OpenUnit(const Unit& unit) {
  auto stream = ReadRowGroup(unit.file, unit.row_group, [this] { return IsAlone(); }, work_.cancel);
  if (!stream.ok()) return InContext(stream.status(), unit.changed_in);
  return stream;
}

Status ScanWorkers::ReadUnit(Unit& unit) {
  if (unit.stream == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(unit.stream, OpenUnit(unit));
  }
  for (;;) {
    auto batch = unit.stream->Next();
    if (!batch.ok()) return InContext(batch.status(), unit.changed_in);
    if (*batch == nullptr) break;
    if (!queue_->Push(QueueKey(unit.key), *std::move(batch))) break;
  }
  if (work_.ordered) queue_->Close(unit.key);
  UntilProcessEnd::MindFirstUses();
  const std::lock_guard lock(mutex_);
  const DataReadMetrics& read = unit.stream->metrics();
  metrics_.rows_read += read.rows_read;
  metrics_.bytes_read += read.bytes_read;
  metrics_.pages_total += read.pages_total;
  metrics_.pages_pruned += read.pages_pruned;
  metrics_.pages_passed_over += read.pages_passed_over;
  ahead_.Give(unit.ahead_bytes);
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
  return all_listed_ && untaken_.empty() && num_tasks_ == 1;
}

}  // namespace deltaic
