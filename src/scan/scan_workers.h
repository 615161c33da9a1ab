#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "base/cancellation.h"
#include "data/read/parquet_data_file.h"
#include "scan/batch_queue.h"
#include "scan/file_source.h"
#include "scan/scan.h"
#include "storage/crew.h"
#include "storage/process_end.h"

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
  int64_t max_ahead_bytes = 0;  ///< of a store far away, fetched before a thread decodes them
};

/// Threads that open files and decode row groups, the earliest first, into a queue. The unit of
/// work is one row group, so that a single file keeps all of them busy. Stopping or destroying it
/// stops them: each ends after the batch, or the read, that it is at.
///
/// Of a store far away, files are listed and opened and row groups fetched ahead of them, as many
/// at once as the store takes requests and as fit into memory, by shared threads: those here find
/// the bytes at hand.
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
    std::optional<Version> changed_in;       ///< as ScanFile has it
    std::unique_ptr<RowGroupStream> stream;  ///< where it was fetched ahead
    int64_t ahead_bytes = 0;                 ///< taken of ahead_
  };
  struct FileToOpen {
    int64_t number = 0;
    ScanFile file;
  };

  /// Lets no task of a shared thread in any more, and waits for those that are.
  class Door;

  void Run();
  /// Lets no thread touch what the process is about to destroy.
  void StopForProcessEnd();
  /// Runs `work`; an error, or what it throws, ends the scan.
  void Guard(const std::function<Status()>& work);
  Status Work();
  /// The next file or row group; waits while others may still bring one. Both empty at the end.
  Status Take(std::optional<FileToOpen>* file, std::optional<Unit>* unit);
  Status ListNext(std::unique_lock<std::mutex>& lock, std::optional<FileToOpen>* file);
  /// \return the file's first row group; its others wait for any worker.
  Result<std::optional<Unit>> OpenFile(const FileToOpen& file);
  Result<std::unique_ptr<RowGroupStream>> OpenUnit(const Unit& unit);
  Status ReadUnit(Unit& unit);
  /// The first unit that a worker may take now.
  std::optional<Unit> TakeUnitLocked();
  /// Sets shared threads to what can be done ahead.
  void WorkAheadLocked();
  void RunAhead(std::function<Status()> work);
  Status OpenNextAhead();
  Status FetchAhead(Unit unit);
  void EndTask();
  bool IsAlone() const;
  StreamKey QueueKey(StreamKey key) const { return work_.ordered ? key : StreamKey(); }

  ScanWork work_;
  BatchQueue* queue_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<StreamKey, Unit> waiting_;  ///< row groups that nobody has taken
  std::map<StreamKey, Unit> fetched_;  ///< the same, fetched ahead
  /// Files and row groups that no worker has taken: in order, none is taken before those before it.
  std::set<StreamKey> untaken_;
  MemoryBudget ahead_;
  int num_opening_ = 0;   ///< files that shared threads list or open
  int num_fetching_ = 0;  ///< row groups
  int64_t next_file_ = 0;
  int num_running_ = 0;   ///< of the threads
  int num_tasks_ = 0;     ///< files being opened and row groups being read
  bool listing_ = false;  ///< one worker is asking work_.files
  bool all_listed_ = false;
  bool stopped_ = false;
  ScanMetrics metrics_;

  const std::shared_ptr<Door> door_;
  Crew threads_;
  std::optional<UntilProcessEnd> until_end_;
};

}  // namespace deltaic
