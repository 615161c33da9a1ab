#include "storage/guarded_file.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

class GuardedFile : public arrow::io::RandomAccessFile {
 public:
  GuardedFile(std::shared_ptr<arrow::io::RandomAccessFile> inner, ReadGuard guard,
              std::optional<int64_t> size_bytes)
      : inner_(std::move(inner)), guard_(std::move(guard)), size_bytes_(size_bytes) {}

  arrow::Status Close() override { return inner_->Close(); }
  bool closed() const override { return inner_->closed(); }
  arrow::Result<int64_t> Tell() const override { return inner_->Tell(); }
  arrow::Status Seek(int64_t position) override { return inner_->Seek(position); }
  arrow::Result<int64_t> GetSize() override {
    if (size_bytes_) return *size_bytes_;
    return inner_->GetSize();
  }

  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override {
    ARROW_RETURN_NOT_OK(AskAtPosition(nbytes));
    return inner_->Read(nbytes, out);
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override {
    ARROW_RETURN_NOT_OK(AskAtPosition(nbytes));
    return inner_->Read(nbytes);
  }
  using arrow::io::RandomAccessFile::ReadAt;
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override {
    ARROW_RETURN_NOT_OK(ToArrow(guard_(position, nbytes)));
    return inner_->ReadAt(position, nbytes, out);
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t nbytes) override {
    ARROW_RETURN_NOT_OK(ToArrow(guard_(position, nbytes)));
    return inner_->ReadAt(position, nbytes);
  }

 private:
  arrow::Status AskAtPosition(int64_t nbytes) {
    ARROW_ASSIGN_OR_RAISE(const int64_t position, inner_->Tell());
    return ToArrow(guard_(position, nbytes));
  }

  const std::shared_ptr<arrow::io::RandomAccessFile> inner_;
  const ReadGuard guard_;
  const std::optional<int64_t> size_bytes_;
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> GuardReads(
    std::shared_ptr<arrow::io::RandomAccessFile> file, ReadGuard guard,
    std::optional<int64_t> size_bytes) {
  return std::make_shared<GuardedFile>(std::move(file), std::move(guard), size_bytes);
}

}  // namespace deltaic
