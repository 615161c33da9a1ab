#pragma once

#include <arrow/type_fwd.h>

#include <compare>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "base/cancellation.h"
#include "base/status.h"

namespace deltaic {

/// Where a stream of batches belongs in an ordered scan.
struct StreamKey {
  int64_t file = 0;
  int64_t row_group = 0;
  auto operator<=>(const StreamKey&) const = default;
};

/// Batches on their way from the workers to the consumer, at most so many bytes of them. They leave
/// in the order of their keys, and those of one key in the order they came; a scan without order
/// uses one key for all.
///
/// It cannot lock up: the first open key may always add a batch where it has none waiting, whatever
/// the memory, and workers take up keys in their order. Safe from any thread; one consumer.
class BatchQueue {
 public:
  explicit BatchQueue(int64_t max_bytes) : max_bytes_(max_bytes) {}
  int64_t max_bytes() const { return max_bytes_; }

  /// The consumer will wait for the batches of `key`. Only for keys after the first one still open.
  void Open(StreamKey key);
  /// No more batches of `key`.
  void Close(StreamKey key);
  /// Waits for room. \return false once stopped: the batch is dropped and the caller ends.
  bool Push(StreamKey key, std::shared_ptr<arrow::RecordBatch> batch);
  /// No more keys will be opened.
  void Finish();
  /// Ends with an error, which Pop() returns before all waiting batches. The first one counts.
  void Fail(const Status& status);
  /// Drops what waits and lets go all who wait.
  void Stop();

  /// The next batch; nullptr at the end or once stopped. \retval kCancelled  soon after `cancel`
  /// is.
  Result<std::shared_ptr<arrow::RecordBatch>> Pop(const CancellationToken& cancel);

 private:
  struct Batch {
    std::shared_ptr<arrow::RecordBatch> batch;
    int64_t bytes;
  };
  struct Stream {
    std::deque<Batch> batches;
    bool closed = false;
  };
  bool HasRoom(StreamKey key, int64_t bytes) const;

  const int64_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_for_consumer_;
  std::condition_variable changed_for_workers_;
  std::map<StreamKey, Stream> streams_;  ///< the open ones, and those with batches
  int64_t bytes_ = 0;                    ///< of all waiting batches
  bool finished_ = false;
  bool stopped_ = false;
  Status error_;
};

}  // namespace deltaic
