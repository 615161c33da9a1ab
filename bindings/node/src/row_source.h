#pragma once

#include <napi.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "arrow_tree.h"
#include "async_call.h"

namespace deltaic_node {

/// Batches that JavaScript made and the library has not taken yet: at most `kCapacity`, so that
/// memory stays bounded.
class BatchQueue {
 public:
  static constexpr size_t kCapacity = 2;

  BatchQueue(Field schema, CancellationHandle cancellation)
      : schema_(std::move(schema)), cancellation_(std::move(cancellation)) {}
  ~BatchQueue();
  /// Waits for room. False where nobody takes batches any more; `batch` is released then.
  bool Push(ArrowArray batch);
  void Finish(bool failed);
  void Stop();
  /// The stream that takes from `queue`.
  static void Export(const std::shared_ptr<BatchQueue>& queue, ArrowArrayStream* out);

  const Field& schema() const { return schema_; }
  int Next(ArrowArray* out);

 private:
  /// Waits, but no longer than until somebody cancels.
  template <typename Condition>
  void Wait(std::unique_lock<std::mutex>& lock, Condition condition);

  const Field schema_;
  const CancellationHandle cancellation_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ArrowArray> batches_;
  bool finished_ = false;
  bool failed_ = false;
  bool stopped_ = false;
};

/// A class of JavaScript: takes batches of columns for a write.
class RowSource : public Napi::ObjectWrap<RowSource> {
 public:
  explicit RowSource(const Napi::CallbackInfo& info);
  static Napi::Function Define(Napi::Env env);
  const std::shared_ptr<BatchQueue>& queue() const { return queue_; }

 private:
  Napi::Value Push(const Napi::CallbackInfo& info);
  void Finish(const Napi::CallbackInfo& info);

  std::shared_ptr<BatchQueue> queue_;
  CancellationHandle cancellation_;
};

}  // namespace deltaic_node
