#include "storage/range_fetch.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <utility>

#include "storage/arrow_status.h"
#include "storage/fetch_buffer.h"
#include "storage/shared_threads.h"

namespace deltaic {

std::vector<ByteRange> PlanRequests(const std::vector<ByteRange>& ranges,
                                    const StoreTraits& traits) {
  std::vector<ByteRange> joined;
  for (const ByteRange& range : ranges) {
    if (range.size_bytes <= 0) continue;
    if (!joined.empty() && range.offset - joined.back().end() <= traits.max_hole_bytes) {
      joined.back().size_bytes = range.end() - joined.back().offset;
    } else {
      joined.push_back(range);
    }
  }
  std::vector<ByteRange> requests;
  for (const ByteRange& range : joined) {
    // Parts of one size: a short one at the end would only be another request.
    const int64_t parts = (range.size_bytes - 1) / traits.max_request_bytes + 1;
    const int64_t part_bytes = (range.size_bytes - 1) / parts + 1;
    for (int64_t offset = range.offset; offset < range.end(); offset += part_bytes)
      requests.push_back({offset, std::min(part_bytes, range.end() - offset)});
  }
  return requests;
}

struct RangeFetch::State {
  enum class Step { kWaiting, kUnderWay, kDone };
  struct Request {
    ByteRange range;
    Step step = Step::kWaiting;
    Status status;
    std::shared_ptr<arrow::Buffer> bytes;
  };

  std::shared_ptr<arrow::io::RandomAccessFile> file;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Request> requests;  ///< ascending
  size_t next = 0;                ///< before it none waits
  int under_way = 0;
  bool stopped = false;

  /// Makes one request that nobody has made. `lock` is released meanwhile.
  void Make(Request& request, std::unique_lock<std::mutex>& lock) {
    request.step = Step::kUnderWay;
    ++under_way;
    lock.unlock();
    auto bytes = file->ReadAt(request.range.offset, request.range.size_bytes);
    lock.lock();
    request.status = AsStatus(bytes.status());
    if (bytes.ok()) request.bytes = *std::move(bytes);
    request.step = Step::kDone;
    --under_way;
    changed.notify_all();
  }

  Request* NextWaiting() {
    while (next < requests.size() && requests[next].step != Step::kWaiting) ++next;
    return stopped || next == requests.size() ? nullptr : &requests[next];
  }

  /// What a shared thread does.
  void Work() {
    std::unique_lock lock(mutex);
    while (Request* request = NextWaiting()) Make(*request, lock);
  }

  void Finish(Request& request, std::unique_lock<std::mutex>& lock) {
    if (request.step == Step::kWaiting) Make(request, lock);
    changed.wait(lock, [&] { return request.step == Step::kDone; });
  }
};

RangeFetch::RangeFetch(std::shared_ptr<State> state) : state_(std::move(state)) {}

RangeFetch::~RangeFetch() {
  // A request that outlived its reader could outlive what the process still has as it ends.
  std::unique_lock lock(state_->mutex);
  state_->stopped = true;
  state_->changed.wait(lock, [&] { return state_->under_way == 0; });
}

std::shared_ptr<RangeFetch> RangeFetch::Start(std::shared_ptr<arrow::io::RandomAccessFile> file,
                                              const std::vector<ByteRange>& ranges,
                                              const StoreTraits& traits) {
  auto state = std::make_shared<State>();
  state->file = std::move(file);
  for (const ByteRange& range : PlanRequests(ranges, traits))
    state->requests.push_back({.range = range});
  const size_t tasks =
      std::min(state->requests.size(), static_cast<size_t>(std::max(1, traits.max_requests)));
  for (size_t i = 0; i < tasks; ++i) {
    if (!RunOnSharedThread([state] { state->Work(); })) break;
  }
  return std::shared_ptr<RangeFetch>(new RangeFetch(std::move(state)));
}

Result<std::shared_ptr<arrow::Buffer>> RangeFetch::Read(ByteRange range) {
  std::vector<std::shared_ptr<arrow::Buffer>> parts;
  int64_t num_bytes = 0;
  std::unique_lock lock(state_->mutex);
  auto request = std::upper_bound(
      state_->requests.begin(), state_->requests.end(), range.offset,
      [](int64_t offset, const State::Request& r) { return offset < r.range.end(); });
  for (; request != state_->requests.end() && request->range.offset < range.end(); ++request) {
    state_->Finish(*request, lock);
    DELTAIC_RETURN_IF_ERROR(request->status);
    const int64_t begin = std::max(range.offset - request->range.offset, int64_t{0});
    const int64_t end = std::min(range.end() - request->range.offset, request->bytes->size());
    if (begin >= end) break;  // the file has ended
    parts.push_back(arrow::SliceBuffer(request->bytes, begin, end - begin));
    num_bytes += end - begin;
  }
  lock.unlock();
  if (parts.size() == 1) return parts.front();
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Buffer> joined,
                           AllocateFetchBuffer(num_bytes));
  uint8_t* out = joined->mutable_data();
  for (const auto& part : parts) {
    std::memcpy(out, part->data(), static_cast<size_t>(part->size()));
    out += part->size();
  }
  return joined;
}

void RangeFetch::Wait() {
  std::unique_lock lock(state_->mutex);
  for (State::Request& request : state_->requests) state_->Finish(request, lock);
}

}  // namespace deltaic
