#include "storage/guarded_file.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <utility>

#include "storage/arrow_status.h"
#include "storage/file_view.h"

namespace deltaic {
namespace {

class GuardedFile : public FileView {
 public:
  GuardedFile(std::shared_ptr<arrow::io::RandomAccessFile> inner, ReadGuard guard,
              std::optional<int64_t> size_bytes)
      : FileView(std::move(inner)), guard_(std::move(guard)), size_bytes_(size_bytes) {}

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
  using FileView::ReadAt;
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
