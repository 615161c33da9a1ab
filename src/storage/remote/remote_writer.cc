#include "storage/remote/remote_writer.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "storage/arrow_status.h"
#include "storage/shared_threads.h"

namespace deltaic {
namespace {

/// Parts of one object that are on their way or wait for it; each is memory.
constexpr int kMaxPartsAhead = 4;

/// Parts of one upload. Put by shared threads, and by whoever waits for them, so that it goes on
/// where no thread is free.
class PartQueue : public std::enable_shared_from_this<PartQueue> {
 public:
  PartQueue(std::unique_ptr<RemoteUpload> upload, IoContext context)
      : upload_(std::move(upload)), context_(std::move(context)) {}

  /// Takes one part; waits while too many are on their way. \return the first error of any.
  Status Add(std::string bytes) {
    std::unique_lock lock(mutex_);
    waiting_.push_back({count_++, std::move(bytes)});
    lock.unlock();
    RunOnSharedThread([self = shared_from_this()] { self->PutOne(); });
    lock.lock();
    return WaitFor(kMaxPartsAhead, lock);
  }

  /// All parts are there: makes the object.
  Status Complete() {
    std::unique_lock lock(mutex_);
    DELTAIC_RETURN_IF_ERROR(WaitFor(0, lock));
    lock.unlock();
    return upload_->Complete(count_, context_);
  }

  void Abort() {
    std::unique_lock lock(mutex_);
    waiting_.clear();
    changed_.wait(lock, [&] { return under_way_ == 0; });
    lock.unlock();
    upload_->Abort();
  }

 private:
  struct Part {
    int number;
    std::string bytes;
  };

  void PutOne() {
    std::unique_lock lock(mutex_);
    PutOne(lock);
  }

  /// False where none waits.
  bool PutOne(std::unique_lock<std::mutex>& lock) {
    if (waiting_.empty()) return false;
    const Part part = std::move(waiting_.front());
    waiting_.pop_front();
    ++under_way_;
    lock.unlock();
    const Status status = upload_->PutPart(part.number, part.bytes, context_);
    lock.lock();
    --under_way_;
    if (!status.ok() && status_.ok()) {
      status_ = status;
      waiting_.clear();
    }
    changed_.notify_all();
    return true;
  }

  Status WaitFor(size_t most, std::unique_lock<std::mutex>& lock) {
    const auto is_met = [&] { return waiting_.size() + under_way_ <= most; };
    while (status_.ok() && !is_met()) {
      if (!PutOne(lock)) changed_.wait(lock, [&] { return is_met() || !status_.ok(); });
    }
    if (!status_.ok()) changed_.wait(lock, [&] { return under_way_ == 0; });
    return status_;
  }

  const std::unique_ptr<RemoteUpload> upload_;
  const IoContext context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Part> waiting_;
  size_t under_way_ = 0;
  int count_ = 0;
  Status status_;  ///< of the first part that failed
};

/// An upload that is begun while its first part is still being made.
class EarlyUpload : public std::enable_shared_from_this<EarlyUpload> {
 public:
  EarlyUpload(std::shared_ptr<RemoteBackend> backend, std::string key, IoContext context)
      : backend_(std::move(backend)), key_(std::move(key)), context_(std::move(context)) {}

  void Begin() {
    RunOnSharedThread([self = shared_from_this()] { self->Run(); });
  }

  /// Once. Begins it now where no thread has come to it.
  Result<std::unique_ptr<RemoteUpload>> Take() {
    Run();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return outcome_.has_value(); });
    return *std::move(outcome_);
  }

  /// Once, in place of Take().
  void Abort() {
    if (is_begun_.exchange(true)) {
      std::unique_lock lock(mutex_);
      done_.wait(lock, [this] { return outcome_.has_value(); });
      if (outcome_->ok()) (**outcome_)->Abort();
    }
  }

 private:
  void Run() {
    if (is_begun_.exchange(true)) return;
    auto outcome = backend_->StartUpload(key_, context_);
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
    done_.notify_all();
  }

  const std::shared_ptr<RemoteBackend> backend_;
  const std::string key_;
  const IoContext context_;
  std::atomic<bool> is_begun_ = false;
  std::mutex mutex_;
  std::condition_variable done_;
  std::optional<Result<std::unique_ptr<RemoteUpload>>> outcome_;
};

/// The bytes of one object on their way to the store.
class RemoteStream : public arrow::io::OutputStream {
 public:
  RemoteStream(std::shared_ptr<RemoteBackend> backend, std::string key, IoContext context)
      : backend_(std::move(backend)), key_(std::move(key)), context_(std::move(context)) {}

  // The writer ends it.
  arrow::Status Close() override { return arrow::Status::OK(); }
  bool closed() const override { return is_done_; }
  arrow::Result<int64_t> Tell() const override { return size_bytes_; }
  /// Says that more is to come than is put whole: the upload begins now, and no part waits for it.
  arrow::Status Flush() override {
    if (is_done_ || parts_ != nullptr || early_ != nullptr) return arrow::Status::OK();
    early_ = std::make_shared<EarlyUpload>(backend_, key_, context_);
    early_->Begin();
    return arrow::Status::OK();
  }
  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* data, int64_t nbytes) override {
    if (is_done_) return arrow::Status::Invalid("writing to ", key_, ": it is closed");
    if (status_.ok())
      status_ = Append({static_cast<const char*>(data), static_cast<size_t>(nbytes)});
    return ToArrow(status_);
  }

  Result<int64_t> Finish() {
    if (is_done_) {
      return Status::InvalidArgument("closing ", backend_->UriOf(key_),
                                     ": it is closed or aborted already");
    }
    if (status_.ok()) status_ = SendRest();
    if (!status_.ok()) {
      Discard();
      return status_;
    }
    is_done_ = true;
    buffer_ = {};
    parts_.reset();
    return size_bytes_;
  }

  void Discard() {
    if (is_done_) return;
    is_done_ = true;
    buffer_ = {};
    AbortEarly();
    if (parts_ != nullptr) parts_->Abort();
    parts_.reset();
  }

 private:
  Status Append(std::string_view bytes) {
    const auto part_bytes = static_cast<size_t>(backend_->part_bytes());
    size_bytes_ += static_cast<int64_t>(bytes.size());
    while (!bytes.empty()) {
      // Only with more to come, so that an object of one part is put whole.
      if (buffer_.size() == part_bytes) DELTAIC_RETURN_IF_ERROR(SendPart());
      const size_t take = std::min(bytes.size(), part_bytes - buffer_.size());
      buffer_.append(bytes.substr(0, take));
      bytes.remove_prefix(take);
    }
    return Status();
  }

  Status SendPart() {
    if (parts_ == nullptr) {
      auto started = early_ == nullptr ? backend_->StartUpload(key_, context_) : early_->Take();
      early_.reset();
      DELTAIC_ASSIGN_OR_RETURN(auto upload, std::move(started));
      parts_ = std::make_shared<PartQueue>(std::move(upload), context_);
    }
    if (++num_parts_ > backend_->max_parts()) {
      return Status::InvalidArgument("writing ", backend_->UriOf(key_), ": it is longer than ",
                                     backend_->max_parts(), " parts of ", backend_->part_bytes(),
                                     " bytes; write smaller files");
    }
    std::string part = std::exchange(buffer_, {});
    buffer_.reserve(part.size());
    return parts_->Add(std::move(part));
  }

  Status SendRest() {
    if (parts_ == nullptr) {
      AbortEarly();  // less has come than was said
      return backend_->Put(key_, buffer_, context_);
    }
    if (!buffer_.empty()) DELTAIC_RETURN_IF_ERROR(SendPart());
    return parts_->Complete();
  }

  void AbortEarly() {
    if (early_ != nullptr) early_->Abort();
    early_.reset();
  }

  const std::shared_ptr<RemoteBackend> backend_;
  const std::string key_;
  const IoContext context_;
  std::string buffer_;                  ///< of the next part
  std::shared_ptr<EarlyUpload> early_;  ///< until the first part takes it
  std::shared_ptr<PartQueue> parts_;
  int num_parts_ = 0;
  int64_t size_bytes_ = 0;
  Status status_;
  bool is_done_ = false;
};

class RemoteWriter : public ObjectWriter {
 public:
  explicit RemoteWriter(std::shared_ptr<RemoteStream> stream) : stream_(std::move(stream)) {}
  ~RemoteWriter() override { stream_->Discard(); }

  arrow::io::OutputStream* stream() override { return stream_.get(); }
  Result<int64_t> Close() override { return stream_->Finish(); }
  void Abort() override { stream_->Discard(); }

 private:
  const std::shared_ptr<RemoteStream> stream_;
};

}  // namespace

std::unique_ptr<ObjectWriter> MakeRemoteWriter(std::shared_ptr<RemoteBackend> backend,
                                               std::string key, IoContext context) {
  return std::make_unique<RemoteWriter>(
      std::make_shared<RemoteStream>(std::move(backend), std::move(key), std::move(context)));
}

}  // namespace deltaic
