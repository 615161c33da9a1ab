#include "storage/remote/remote_file.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <span>
#include <utility>

#include "storage/arrow_status.h"
#include "storage/fetch_buffer.h"
#include "storage/parallel_for.h"
#include "storage/read_position.h"

namespace deltaic {
namespace {

class RemoteFile : public arrow::io::RandomAccessFile {
 public:
  RemoteFile(std::shared_ptr<const RemoteBackend> backend, RemoteObject object, IoContext context)
      : backend_(std::move(backend)),
        key_(std::move(object.key)),
        size_bytes_(object.size_bytes),
        context_(std::move(context)),
        etag_(std::move(object.etag)) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Seek(int64_t position) override {
    if (position < 0) return arrow::Status::Invalid("a position before the file");
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> GetSize() override { return size_bytes_; }

  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, ReadAt(position_, nbytes, out));
    position_ += got;
    return got;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(auto bytes, ReadAt(position_, nbytes));
    position_ += bytes->size();
    return bytes;
  }

  using arrow::io::RandomAccessFile::ReadAt;
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override {
    ARROW_RETURN_NOT_OK(CheckRead(closed_, position, nbytes, key_));
    nbytes = Clamp(position, nbytes);
    ARROW_RETURN_NOT_OK(ToArrow(Fill(position, nbytes, static_cast<char*>(out))));
    return nbytes;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t nbytes) override {
    ARROW_RETURN_NOT_OK(CheckRead(closed_, position, nbytes, key_));
    nbytes = Clamp(position, nbytes);
    if (nbytes == 0) return std::make_shared<arrow::Buffer>(nullptr, 0);
    ARROW_ASSIGN_OR_RAISE(const std::shared_ptr<arrow::Buffer> out, AllocateFetchBuffer(nbytes));
    ARROW_RETURN_NOT_OK(
        ToArrow(Fill(position, nbytes, reinterpret_cast<char*>(out->mutable_data()))));
    return out;
  }

 private:
  /// How many of the wanted bytes there are.
  int64_t Clamp(int64_t position, int64_t nbytes) const {
    if (position >= size_bytes_) return 0;
    return std::min(nbytes, size_bytes_ - position);
  }

  /// A little over one request's bytes is still one request.
  int64_t MaxAtOnce() const { return backend_->traits().max_request_bytes * 3 / 2; }

  Status Fill(int64_t position, int64_t nbytes, char* out) {
    if (nbytes == 0) return Status();
    const StoreTraits traits = backend_->traits();
    const int64_t parts = nbytes <= MaxAtOnce() ? 1 : (nbytes - 1) / traits.max_request_bytes + 1;
    const int64_t part_bytes = (nbytes - 1) / parts + 1;
    return ParallelFor(parts, traits.max_requests, [&](int64_t i) {
      const int64_t begin = i * part_bytes;
      const int64_t size = std::min(part_bytes, nbytes - begin);
      if (size <= 0) return Status();
      return Fetch(position + begin, {out + begin, static_cast<size_t>(size)});
    });
  }

  Status Fetch(int64_t position, std::span<char> out) {
    const std::string etag = SeenEtag();
    const Result<RemoteObject> got = backend_->GetRange(key_, position, out, etag, context_);
    if (!got.ok()) {
      if (got.status().code() != StatusCode::kConflict) return got.status();
      return Changed();
    }
    // What follows the said end is nobody's matter: a file of deletion vectors is opened up to the
    // end of the one that is wanted.
    if (got->size_bytes >= 0 && got->size_bytes < size_bytes_) {
      return Status::Corruption(backend_->UriOf(key_), " has ", got->size_bytes,
                                " bytes, but is said to have ", size_bytes_);
    }
    if (!got->etag.empty() && !Remember(got->etag)) return Changed();
    return Status();
  }

  Status Changed() const {
    return Status::Io(backend_->UriOf(key_),
                      " was replaced while it was being read; run the operation again");
  }

  std::string SeenEtag() const {
    const std::lock_guard lock(mutex_);
    return etag_;
  }

  /// False where another was seen before.
  bool Remember(const std::string& etag) {
    const std::lock_guard lock(mutex_);
    if (etag_.empty()) etag_ = etag;
    return etag_ == etag;
  }

  const std::shared_ptr<const RemoteBackend> backend_;
  const std::string key_;
  const int64_t size_bytes_;
  const IoContext context_;
  mutable std::mutex mutex_;
  std::string etag_;  ///< of the first answer
  int64_t position_ = 0;
  std::atomic<bool> closed_ = false;
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> OpenRemoteFile(
    std::shared_ptr<const RemoteBackend> backend, RemoteObject object, IoContext context) {
  return std::make_shared<RemoteFile>(std::move(backend), std::move(object), std::move(context));
}

}  // namespace deltaic
