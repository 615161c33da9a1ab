#include "scan/batch_queue.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type_traits.h>
#include <arrow/util/byte_size.h>

#include <chrono>
#include <utility>

namespace deltaic {
namespace {

/// How soon a cancelled consumer that waits notices; the token wakes nobody.
constexpr std::chrono::milliseconds kCancelPoll(50);

/// What an array takes. Arrow's own count looks for what buffers share, which costs more than to
/// read a short column; flat columns need no such care.
int64_t BytesOf(const arrow::Array& array) {
  const arrow::Type::type type = array.type_id();
  if (arrow::is_binary_like(type)) {
    return array.length() * static_cast<int64_t>(sizeof(int32_t)) +
           static_cast<const arrow::BinaryArray&>(array).total_values_length();
  }
  if (arrow::is_binary_view_like(type)) {
    // A dictionary that views share is small.
    int64_t bytes = array.length() * static_cast<int64_t>(sizeof(arrow::BinaryViewType::c_type));
    const auto& buffers = array.data()->buffers;
    for (size_t i = 2; i < buffers.size(); ++i) bytes += buffers[i]->size();
    return bytes;
  }
  if (arrow::is_primitive(type) || arrow::is_decimal(type)) {
    return array.length() * arrow::bit_width(type) / 8;
  }
  const auto bytes = arrow::util::ReferencedBufferSize(array);
  return bytes.ok() ? *bytes : arrow::util::TotalBufferSize(array);
}

int64_t BytesOf(const arrow::RecordBatch& batch) {
  int64_t bytes = 0;
  for (const auto& column : batch.columns()) bytes += BytesOf(*column);
  return bytes;
}

}  // namespace

void BatchQueue::Open(StreamKey key) {
  const std::lock_guard lock(mutex_);
  streams_.try_emplace(key);
}

void BatchQueue::Close(StreamKey key) {
  const std::lock_guard lock(mutex_);
  const auto it = streams_.find(key);
  if (it == streams_.end()) return;
  it->second.closed = true;
  if (it == streams_.begin()) changed_for_consumer_.notify_one();
}

bool BatchQueue::HasRoom(StreamKey key, int64_t bytes) const {
  if (bytes_ + bytes <= max_bytes_) return true;
  const auto first = streams_.begin();
  return first != streams_.end() && first->first == key && first->second.batches.empty();
}

bool BatchQueue::Push(StreamKey key, std::shared_ptr<arrow::RecordBatch> batch) {
  const int64_t bytes = BytesOf(*batch);
  std::unique_lock lock(mutex_);
  changed_for_workers_.wait(lock, [&] { return stopped_ || HasRoom(key, bytes); });
  if (stopped_) return false;
  const auto it = streams_.try_emplace(key).first;
  it->second.batches.push_back({std::move(batch), bytes});
  bytes_ += bytes;
  if (it == streams_.begin()) changed_for_consumer_.notify_one();
  return true;
}

void BatchQueue::Finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  changed_for_consumer_.notify_one();
}

void BatchQueue::Fail(const Status& status) {
  const std::lock_guard lock(mutex_);
  if (error_.ok() && !stopped_) error_ = status;
  stopped_ = true;
  changed_for_consumer_.notify_one();
  changed_for_workers_.notify_all();
}

void BatchQueue::Stop() {
  std::map<StreamKey, Stream> dropped;  // freed outside the lock
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  bytes_ = 0;
  dropped.swap(streams_);
  changed_for_consumer_.notify_one();
  changed_for_workers_.notify_all();
}

Result<std::shared_ptr<arrow::RecordBatch>> BatchQueue::Pop(const CancellationToken& cancel) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!error_.ok()) return error_;
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    if (stopped_) return nullptr;
    while (!streams_.empty() && streams_.begin()->second.closed &&
           streams_.begin()->second.batches.empty()) {
      streams_.erase(streams_.begin());
      // Another key is the first now and may go on.
      changed_for_workers_.notify_all();
    }
    if (streams_.empty()) {
      if (finished_) return nullptr;
    } else if (auto& waiting = streams_.begin()->second.batches; !waiting.empty()) {
      Batch taken = std::move(waiting.front());
      waiting.pop_front();
      bytes_ -= taken.bytes;
      changed_for_workers_.notify_all();
      return std::move(taken.batch);
    }
    changed_for_consumer_.wait_for(lock, kCancelPoll);
  }
}

}  // namespace deltaic
