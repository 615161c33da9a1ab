#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace deltaic::ingest {

enum class RouteState {
  kStarting,
  kRunning,
  kWaiting,  ///< after an error that may pass
  kFailed,   ///< it is over, while other routes go on
};

struct PartitionProgress {
  int64_t next = 0;            ///< the offset after the last message handled
  std::optional<int64_t> end;  ///< of the partition, as the broker told last
};

/// How often something took how long. Safe from any thread.
class DurationHistogram {
 public:
  /// Upper bounds of the buckets, in seconds; the last bucket has none.
  static constexpr std::array<double, 12> kBounds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                     0.5,   1,    2.5,   5,    10,  30};
  void Add(double seconds) {
    size_t bucket = 0;
    while (bucket < kBounds.size() && seconds > kBounds[bucket]) ++bucket;
    ++counts_[bucket];
    micros_ += static_cast<int64_t>(seconds * 1e6);
  }
  /// \param bucket  at most kBounds.size().
  int64_t count(size_t bucket) const { return counts_[bucket]; }
  double sum_seconds() const { return static_cast<double>(micros_.load()) / 1e6; }

 private:
  std::array<std::atomic<int64_t>, kBounds.size() + 1> counts_ = {};
  std::atomic<int64_t> micros_{0};
};

/// What a route has done so far. Safe from any thread.
struct Metrics {
  std::atomic<int64_t> messages{0};      ///< handled: rows, dead letters and skipped ones
  std::atomic<int64_t> bytes{0};         ///< of their payloads
  std::atomic<int64_t> rows{0};          ///< committed
  std::atomic<int64_t> dead_letters{0};  ///< committed or acknowledged
  std::atomic<int64_t> skipped{0};      ///< tombstones, filtered, and bad ones with --on-error skip
  std::atomic<int64_t> seen_before{0};  ///< below the position, so not handled again
  std::atomic<int64_t> commits{0};
  std::atomic<int64_t> commits_under_way{0};  ///< 0 or 1
  std::atomic<int64_t> commit_retries{0};     ///< commits made again on a newer version, rows kept
  std::atomic<int64_t> conflicts{0};          ///< batches dropped for another writer's commit
  std::atomic<int64_t> failures{0};           ///< batches dropped for errors that may pass
  std::atomic<int64_t> rebalances{0};
  std::atomic<int64_t> data_losses{0};  ///< gaps that --on-data-loss continue went over
  std::atomic<int64_t> files{0}, file_bytes{0};
  std::atomic<int64_t> compactions{0};
  std::atomic<int64_t> last_version{-1};
  std::atomic<int64_t> last_commit_ms{0};  ///< since 1970
  std::atomic<int64_t> last_poll_ms{0};
  DurationHistogram commit_seconds;
  std::atomic<int64_t> buffered_rows{0};
  std::atomic<int64_t> buffered_bytes{0};
  std::atomic<int64_t> oldest_ms{0};   ///< when the oldest message buffered came; 0: none is
  std::atomic<int64_t> partitions{0};  ///< assigned
  std::atomic<RouteState> state{RouteState::kStarting};

  void SetPartitions(std::map<int32_t, PartitionProgress> progress) {
    const std::lock_guard lock(mutex_);
    progress_ = std::move(progress);
  }
  std::map<int32_t, PartitionProgress> Partitions() const {
    const std::lock_guard lock(mutex_);
    return progress_;
  }
  /// Messages that are not handled yet, of all partitions assigned.
  int64_t Lag() const {
    const std::lock_guard lock(mutex_);
    int64_t lag = 0;
    for (const auto& [number, partition] : progress_) {
      if (partition.end && *partition.end > partition.next) lag += *partition.end - partition.next;
    }
    return lag;
  }

 private:
  mutable std::mutex mutex_;
  std::map<int32_t, PartitionProgress> progress_;
};

}  // namespace deltaic::ingest
