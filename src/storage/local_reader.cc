#include "storage/local_reader.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "storage/arrow_status.h"
#include "storage/posix_file.h"
#include "storage/read_position.h"

namespace deltaic {
namespace {

class LocalReader : public arrow::io::RandomAccessFile {
 public:
  LocalReader(OpenedFile file, std::string path)
      : fd_(std::move(file.fd)), size_(file.info.st_size), path_(std::move(path)) {}

  // The descriptor stays open until destruction: a read on another thread must not meet the number
  // after some other file has got it.
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }

  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Seek(int64_t position) override {
    if (position < 0) return arrow::Status::Invalid("seeking ", path_, " to ", position);
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> GetSize() override { return size_; }

  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, ReadAt(position_, nbytes, out));
    position_ += got;
    return got;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, nbytes));
    position_ += buffer->size();
    return buffer;
  }

  using arrow::io::RandomAccessFile::ReadAt;
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override {
    ARROW_RETURN_NOT_OK(CheckRead(closed_, position, nbytes, path_));
    Result<int64_t> got =
        ReadFromPosition(fd_.get(), position, static_cast<char*>(out), nbytes, path_);
    if (!got.ok()) return ToArrow(got.status());
    return *got;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t nbytes) override {
    ARROW_RETURN_NOT_OK(CheckRead(closed_, position, nbytes, path_));
    // Offsets and lengths come from untrusted footers: memory is taken for bytes that are there.
    const int64_t length = std::clamp<int64_t>(size_ - position, 0, nbytes);
    // The C library keeps what is soon freed at hand for the next read; with Arrow's default pool a
    // scan took twice the memory.
    ARROW_ASSIGN_OR_RAISE(auto buffer,
                          arrow::AllocateResizableBuffer(length, arrow::system_memory_pool()));
    ARROW_ASSIGN_OR_RAISE(const int64_t got, ReadAt(position, length, buffer->mutable_data()));
    if (got < length) ARROW_RETURN_NOT_OK(buffer->Resize(got, /*shrink_to_fit=*/false));
    return buffer;
  }

 private:
  const UniqueFd fd_;
  const int64_t size_;
  const std::string path_;
  int64_t position_ = 0;
  std::atomic<bool> closed_ = false;
};

}  // namespace

Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenLocalFile(const std::string& path) {
  DELTAIC_ASSIGN_OR_RETURN(OpenedFile file, OpenForReading(path));
  return std::make_shared<LocalReader>(std::move(file), path);
}

}  // namespace deltaic
