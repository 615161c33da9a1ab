#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "data/read/parquet_data_file.h"
#include "scan/batch_queue.h"
#include "scan/file_source.h"
#include "scan/scan.h"

namespace deltaic {

/// What the workers of one scan do.
struct ScanWork {
  std::shared_ptr<ObjectStore> store;
  std::shared_ptr<const ReadPlan> plan;
  std::unique_ptr<FileSource> files;
  CancellationToken cancel;  ///< ends listing and reading when the workers stop
  bool ordered = false;
  bool plan_only = false;
  int num_threads = 1;
};

/// Threads that open files and decode row groups, the earliest first, into a queue. The unit of
/// work is one row group, so that a single file keeps all of them busy. Stopping or destroying it
/// stops them: each ends after the batch, or the read, that it is at.
class ScanWorkers {
 public:
  /// \param queue  outlives this.
  ScanWorkers(ScanWork work, BatchQueue* queue);
  ~ScanWorkers();

  /// Tells the threads to end; does not wait.
  void Stop();
  /// Waits for their end.
  void Join();
  ScanMetrics metrics() const;

 private:
  struct Unit {
    StreamKey key;
    std::shared_ptr<const ParquetDataFile> file;
    RowGroupTask row_group;
    std::optional<Version> changed_in;  ///< as ScanFile has it
  };
  struct FileToOpen {
    int64_t number = 0;
    ScanFile file;
  };

  void Run();
  Status Work();
  /// The next file or row group; waits while others may still bring one. Both empty at the end.
  Status Take(std::optional<FileToOpen>* file, std::optional<Unit>* unit);
  Status ListNext(std::unique_lock<std::mutex>& lock, std::optional<FileToOpen>* file);
  /// \return the file's first row group; its others wait for any worker.
  Result<std::optional<Unit>> OpenFile(const FileToOpen& file);
  Status ReadUnit(const Unit& unit);
  void EndTask();
  bool IsAlone() const;
  StreamKey QueueKey(StreamKey key) const { return work_.ordered ? key : StreamKey(); }

  ScanWork work_;
  BatchQueue* queue_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<StreamKey, Unit> waiting_;  ///< row groups that nobody has taken
  int64_t next_file_ = 0;
  int num_tasks_ = 0;     ///< files being opened and row groups being read
  bool listing_ = false;  ///< one worker is asking work_.files
  bool all_listed_ = false;
  bool stopped_ = false;
  ScanMetrics metrics_;

  std::vector<std::thread> threads_;
};

}  // namespace deltaic
