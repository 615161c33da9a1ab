#include "data/write/encoder_pool.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log_sink.h"

namespace deltaic {

namespace {

/// What an open column writer takes besides the values in it: hash table, level and page buffers.
constexpr int64_t kBytesPerOpenLeaf = 16 * 1024;

/// A row or two are encoded before another thread is up, so that their owner does it.
constexpr int64_t kBytesWorthAThread = 256 * 1024;

enum Kind : int { kBatch, kRowGroup, kEndRowGroup, kFinish };

}  // namespace

/// A file being encoded. Guarded by the pool's mutex; `encoder` is used without it by the thread
/// that has the task.
struct EncoderPool::File {
  struct Item {
    int kind = kBatch;
    std::shared_ptr<arrow::RecordBatch> batch;
    int64_t bytes = 0;
    size_t leaves_left = 0;
  };

  size_t number = 0;
  std::string path;
  PartitionValues partition_values;
  std::shared_ptr<const DataFileLayout> layout;
  std::shared_ptr<arrow::RecordBatch> first_rows;  ///< until it is open
  std::unique_ptr<ParquetEncoder> encoder;

  /// Only its first item may be a row group or finish that is due: every leaf is through with what
  /// came before.
  std::deque<Item> items;
  std::vector<size_t> next;        ///< for each leaf the position of its next item
  std::vector<bool> leaf_is_busy;  ///< a task for it exists
  bool step_is_busy = false;
  int64_t queued_bytes = 0;
  int64_t encoded_input_bytes = 0;  ///< of batches that are through
};

EncoderPool::EncoderPool(std::shared_ptr<ObjectStore> store, int num_threads,
                         CancellationToken cancel)
    : store_(std::move(store)), num_threads_(num_threads), cancel_(std::move(cancel)) {}

EncoderPool::~EncoderPool() { Abort(); }

EncoderPool::File* EncoderPool::Begin(std::string path, PartitionValues partition_values,
                                      std::shared_ptr<const DataFileLayout> layout,
                                      std::shared_ptr<arrow::RecordBatch> first_rows) {
  auto file = std::make_unique<File>();
  file->path = std::move(path);
  file->partition_values = std::move(partition_values);
  file->first_rows = std::move(first_rows);
  file->next.resize(layout->leaves.size(), 0);
  file->leaf_is_busy.resize(layout->leaves.size(), false);
  file->layout = std::move(layout);
  File* raw = file.get();
  {
    std::lock_guard lock(mutex_);
    raw->number = num_begun_++;
    files_.push_back(std::move(file));
  }
  StartRowGroup(raw);
  return raw;
}

void EncoderPool::StartRowGroup(File* file) { Push(file, kRowGroup, nullptr, 0); }

void EncoderPool::EndRowGroup(File* file) { Push(file, kEndRowGroup, nullptr, 0); }

void EncoderPool::Append(File* file, std::shared_ptr<arrow::RecordBatch> batch, int64_t bytes) {
  Push(file, kBatch, std::move(batch), bytes);
}

void EncoderPool::Finish(File* file) { Push(file, kFinish, nullptr, 0); }

void EncoderPool::Push(File* file, int kind, std::shared_ptr<arrow::RecordBatch> batch,
                       int64_t bytes) {
  std::lock_guard lock(mutex_);
  if (!status_.ok()) return;
  file->items.push_back(File::Item{kind, std::move(batch), bytes, file->layout->leaves.size()});
  file->queued_bytes += bytes;
  queued_bytes_ += bytes;
  ScheduleLocked(file);
  if (WantsThreadLocked()) AddThreadLocked();
}

/// Makes tasks of all that can be done for the file now.
void EncoderPool::ScheduleLocked(File* file) {
  if (file->step_is_busy || file->items.empty()) return;
  if (file->items.front().kind != kBatch) {
    file->step_is_busy = true;
    AddTaskLocked(Task{file, kStep});
    return;
  }
  for (size_t leaf = 0; leaf < file->next.size(); ++leaf) {
    const size_t next = file->next[leaf];
    if (file->leaf_is_busy[leaf] || next >= file->items.size()) continue;
    if (file->items[next].kind != kBatch) continue;
    file->leaf_is_busy[leaf] = true;
    AddTaskLocked(Task{file, static_cast<int>(leaf)});
  }
}

void EncoderPool::AddTaskLocked(Task task) {
  if (task.leaf != kStep) {
    ready_.push_back(task);
  } else if (task.file->encoder != nullptr) {
    // A file that ends frees memory, and one that starts a row group makes work for others.
    ready_.push_front(task);
  } else {
    unopened_.push_back(task);
  }
  work_.notify_one();
}

bool EncoderPool::WantsThreadLocked() const {
  const auto num_threads = static_cast<int64_t>(threads_.size());
  return idle_threads_ == 0 && num_threads < num_threads_ &&
         queued_bytes_ >= (num_threads + 1) * kBytesWorthAThread;
}

void EncoderPool::AddThreadLocked() {
  threads_.Add([this] { Work(); });
}

void EncoderPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_threads_;
    work_.wait(lock, [this] { return stopping_ || !ready_.empty() || !unopened_.empty(); });
    --idle_threads_;
    if (stopping_) return;
    RunTask(lock);
    progress_.notify_one();
  }
}

void EncoderPool::RunTask(std::unique_lock<std::mutex>& lock) {
  std::deque<Task>& queue = ready_.empty() ? unopened_ : ready_;
  const Task task = queue.front();
  queue.pop_front();
  if (task.leaf == kStep) {
    RunStep(task.file, lock);
  } else {
    RunLeaf(task.file, static_cast<size_t>(task.leaf), lock);
  }
}

void EncoderPool::RunLeaf(File* file, size_t leaf, std::unique_lock<std::mutex>& lock) {
  while (!stopping_ && file->next[leaf] < file->items.size()) {
    File::Item& item = file->items[file->next[leaf]];
    if (item.kind != kBatch) break;
    const std::shared_ptr<arrow::RecordBatch> batch = item.batch;
    lock.unlock();
    Status status = cancel_.Check();
    if (status.ok()) status = file->encoder->WriteLeaf(leaf, *batch);
    lock.lock();
    if (!status.ok()) return FailLocked(std::move(status));

    // Other leaves may have taken items from the front meanwhile, but none that this leaf has not
    // seen.
    if (--file->items[file->next[leaf]++].leaves_left > 0) continue;
    const int64_t bytes = file->items.front().bytes;
    file->items.pop_front();
    for (size_t& next : file->next) --next;
    file->queued_bytes -= bytes;
    file->encoded_input_bytes += bytes;
    queued_bytes_ -= bytes;
    progress_.notify_one();
  }
  file->leaf_is_busy[leaf] = false;
  ScheduleLocked(file);
}

void EncoderPool::RunStep(File* file, std::unique_lock<std::mutex>& lock) {
  const int kind = file->items.front().kind;
  std::unique_ptr<ParquetEncoder> opened;
  EncodedFile encoded;
  const bool is_open = file->encoder != nullptr;
  lock.unlock();
  const Status status = [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(cancel_.Check());
    if (!is_open) {
      DELTAIC_ASSIGN_OR_RETURN(
          opened, ParquetEncoder::Open(*store_, file->path, file->layout, *file->first_rows));
    }
    ParquetEncoder& encoder = is_open ? *file->encoder : *opened;
    if (kind == kRowGroup) return encoder.StartRowGroup();
    if (kind == kEndRowGroup) return encoder.EndRowGroup();
    Result<EncodedFile> closed = encoder.Close();
    if (!closed.ok()) {
      // The file may be there all the same: a store's reply can get lost.
      static_cast<void>(store_->Delete(file->path));
      return closed.status();
    }
    encoded = *std::move(closed);
    return Status();
  }();
  lock.lock();
  if (opened != nullptr) {
    file->encoder = std::move(opened);
    file->first_rows.reset();
  }
  if (!status.ok()) return FailLocked(status);

  if (kind == kFinish) {
    finished_.push_back(Finished{file->number, std::move(file->path),
                                 std::move(file->partition_values), std::move(encoded)});
    files_.remove_if([file](const std::unique_ptr<File>& other) { return other.get() == file; });
    return;
  }
  file->items.pop_front();
  file->step_is_busy = false;
  ScheduleLocked(file);
}

void EncoderPool::FailLocked(Status status) {
  if (status_.ok()) status_ = std::move(status);
  stopping_ = true;
  work_.notify_all();
  progress_.notify_one();
}

Status EncoderPool::CheckLocked() const { return status_.ok() ? cancel_.Check() : status_; }

int64_t EncoderPool::EncodedBytesLocked(const File& file) const {
  if (file.encoder == nullptr) return 0;
  return file.encoder->buffered_bytes() +
         kBytesPerOpenLeaf * static_cast<int64_t>(file.layout->leaves.size());
}

EncoderPool::Load EncoderPool::LoadLocked() const {
  Load load;
  load.queued_bytes = queued_bytes_;
  load.open_files = static_cast<int64_t>(files_.size());
  for (const auto& file : files_) load.encoded_bytes += EncodedBytesLocked(*file);
  return load;
}

EncoderPool::Load EncoderPool::load() const {
  std::lock_guard lock(mutex_);
  return LoadLocked();
}

void EncoderPool::WaitLocked(std::unique_lock<std::mutex>& lock) {
  if (threads_.size() == 0 && !(ready_.empty() && unopened_.empty())) return RunTask(lock);
  // Nobody notifies of a cancellation, so look for it now and then.
  progress_.wait_for(lock, std::chrono::milliseconds(50));
}

int64_t EncoderPool::FileBytes(const File* file) const {
  std::lock_guard lock(mutex_);
  if (file->encoder == nullptr) return 0;
  const int64_t bytes = file->encoder->file_bytes();
  if (file->encoded_input_bytes == 0) return bytes;
  const double ratio = static_cast<double>(bytes) / static_cast<double>(file->encoded_input_bytes);
  return bytes + static_cast<int64_t>(ratio * static_cast<double>(file->queued_bytes));
}

int64_t EncoderPool::QueuedBytes(const File* file) const {
  std::lock_guard lock(mutex_);
  return file->queued_bytes;
}

int64_t EncoderPool::MemoryBytes(const File* file) const {
  std::lock_guard lock(mutex_);
  return file->queued_bytes + EncodedBytesLocked(*file);
}

Status EncoderPool::Drain(const File* file) {
  return WaitUntil([file](const Load&) { return file->items.empty(); });
}

Result<std::vector<EncoderPool::Finished>> EncoderPool::FinishAll() {
  DELTAIC_RETURN_IF_ERROR(WaitUntil([](const Load& load) { return load.open_files == 0; }));
  StopThreads();
  std::vector<Finished> finished = std::exchange(finished_, {});
  std::sort(finished.begin(), finished.end(),
            [](const Finished& a, const Finished& b) { return a.number < b.number; });
  return finished;
}

void EncoderPool::StopThreads() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  threads_.Join();
}

void EncoderPool::Abort() {
  StopThreads();
  ready_.clear();
  unopened_.clear();
  files_.clear();
  for (const Finished& file : std::exchange(finished_, {})) {
    const Status status = store_->Delete(file.path);
    if (!status.ok()) {
      Log(LogLevel::kWarning, Concat("could not remove ", file.path,
                                     ", which no table version names: ", status.message()));
    }
  }
}

}  // namespace deltaic
