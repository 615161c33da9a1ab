#pragma once

#include <arrow/type_fwd.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/write/data_file_layout.h"
#include "data/write/parquet_encoder.h"
#include "protocol/actions.h"
#include "storage/crew.h"
#include "storage/object_store.h"

namespace deltaic {

/// Encodes many data files at once, and the columns of each at once, on a pool of threads. A file's
/// batches wait in a queue; each of its columns moves along the queue on its own, so that one slow
/// column does not hold up the others.
///
/// One thread owns the pool and calls it; it never waits except where said. What is not worth
/// another thread it encodes itself while it waits.
class EncoderPool {
 public:
  struct File;

  /// A file that was finished.
  struct Finished {
    size_t number = 0;  ///< in the order of Begin()
    std::string path;   ///< in the store
    PartitionValues partition_values;
    EncodedFile encoded;
  };

  /// What the files hold in memory, by estimate.
  struct Load {
    int64_t queued_bytes = 0;   ///< batches that wait
    int64_t encoded_bytes = 0;  ///< open row groups
    int64_t open_files = 0;     ///< begun and not finished
    int64_t total_bytes() const { return queued_bytes + encoded_bytes; }
  };

  /// \param num_threads  at most.
  EncoderPool(std::shared_ptr<ObjectStore> store, int num_threads, CancellationToken cancel);
  /// Aborts unless FinishAll() returned ok.
  ~EncoderPool();

  /// \param layout  of this file; all of them have one codec and one share of memory.
  /// \param first_rows  that will be appended; they tell how best to encode the file.
  File* Begin(std::string path, PartitionValues partition_values,
              std::shared_ptr<const DataFileLayout> layout,
              std::shared_ptr<arrow::RecordBatch> first_rows);
  /// The next batch goes into a new row group. Each file starts with one.
  void StartRowGroup(File* file);
  /// \param bytes  that the batch takes in memory.
  void Append(File* file, std::shared_ptr<arrow::RecordBatch> batch, int64_t bytes);
  /// Writes the open row group out when all of it is encoded. StartRowGroup() comes next.
  void EndRowGroup(File* file);
  /// Closes the file when all of it is encoded. No call with it after this.
  void Finish(File* file);

  /// The size the file would have if it were finished now, by estimate.
  int64_t FileBytes(const File* file) const;
  /// What waits in its queue.
  int64_t QueuedBytes(const File* file) const;
  /// What its open row group and queue hold.
  int64_t MemoryBytes(const File* file) const;
  Load load() const;

  /// Waits until `done` is true of the load. \return the first error of any thread, or kCancelled.
  template <typename Predicate>
  Status WaitUntil(Predicate done) {
    std::unique_lock lock(mutex_);
    while (true) {
      DELTAIC_RETURN_IF_ERROR(CheckLocked());
      if (done(LoadLocked())) return Status();
      WaitLocked(lock);
    }
  }
  /// Waits until all that the file was given is done.
  Status Drain(const File* file);
  /// Waits for all files, which must be finished, and ends the threads.
  Result<std::vector<Finished>> FinishAll();
  /// Ends the threads and removes every file, finished ones too.
  void Abort();

 private:
  /// Something a thread can do now: encode for a column of a file, or take the file's next step.
  struct Task {
    File* file = nullptr;
    int leaf = kStep;
  };
  static constexpr int kStep = -1;

  Status CheckLocked() const;
  Load LoadLocked() const;
  int64_t EncodedBytesLocked(const File& file) const;
  void WaitLocked(std::unique_lock<std::mutex>& lock);
  void Push(File* file, int kind, std::shared_ptr<arrow::RecordBatch> batch, int64_t bytes);
  void ScheduleLocked(File* file);
  void AddTaskLocked(Task task);
  bool WantsThreadLocked() const;
  void AddThreadLocked();
  void StopThreads();
  void Work();
  void RunTask(std::unique_lock<std::mutex>& lock);
  void RunLeaf(File* file, size_t leaf, std::unique_lock<std::mutex>& lock);
  void RunStep(File* file, std::unique_lock<std::mutex>& lock);
  void FailLocked(Status status);

  const std::shared_ptr<ObjectStore> store_;
  const int num_threads_;
  const CancellationToken cancel_;

  mutable std::mutex mutex_;
  std::condition_variable work_;      ///< for the threads
  std::condition_variable progress_;  ///< for the owner
  Crew threads_;
  size_t idle_threads_ = 0;
  bool stopping_ = false;
  Status status_;  ///< the first error
  std::list<std::unique_ptr<File>> files_;
  std::deque<Task> ready_;  ///< of files that are open
  std::deque<Task>
      unopened_;  ///< begun only when nothing else can be done, so that few files are open
  size_t num_begun_ = 0;
  int64_t queued_bytes_ = 0;
  std::vector<Finished> finished_;
};

}  // namespace deltaic
