#pragma once

#include <atomic>
#include <cstdint>

namespace deltaic::ingest {

/// What a run has done so far. Safe from any thread.
struct Metrics {
  std::atomic<int64_t> messages{0};      ///< handled: rows, dead letters and skipped ones
  std::atomic<int64_t> bytes{0};         ///< of their payloads
  std::atomic<int64_t> rows{0};          ///< committed
  std::atomic<int64_t> dead_letters{0};  ///< committed or acknowledged
  std::atomic<int64_t> skipped{0};      ///< tombstones, filtered, and bad ones with --on-error skip
  std::atomic<int64_t> seen_before{0};  ///< below the position, so not handled again
  std::atomic<int64_t> commits{0};
  std::atomic<int64_t> conflicts{0};  ///< batches dropped for another writer's commit
  std::atomic<int64_t> failures{0};   ///< batches dropped for errors that may pass
  std::atomic<int64_t> rebalances{0};
  std::atomic<int64_t> data_losses{0};  ///< gaps that --on-data-loss continue went over
  std::atomic<int64_t> files{0}, file_bytes{0};
  std::atomic<int64_t> last_version{-1};
  std::atomic<int64_t> last_commit_ms{0};  ///< since 1970
  std::atomic<int64_t> last_poll_ms{0};
  std::atomic<int64_t> commit_micros{0};  ///< all commits together
  std::atomic<int64_t> buffered_rows{0};
  std::atomic<int64_t> partitions{0};  ///< assigned
};

}  // namespace deltaic::ingest
