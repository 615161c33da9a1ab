#include "storage/kept_end.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "storage/file_view.h"

namespace deltaic {
namespace {

class FileWithEnd : public FileView {
 public:
  FileWithEnd(std::shared_ptr<arrow::io::RandomAccessFile> inner,
              std::shared_ptr<arrow::Buffer> end)
      : FileView(std::move(inner)), end_(std::move(end)) {}

  using FileView::ReadAt;
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const auto kept, Kept(position, nbytes));
    if (kept == nullptr) return inner_->ReadAt(position, nbytes, out);
    if (kept->size() > 0) std::memcpy(out, kept->data(), static_cast<size_t>(kept->size()));
    return kept->size();
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(auto kept, Kept(position, nbytes));
    return kept != nullptr ? arrow::Result(std::move(kept)) : inner_->ReadAt(position, nbytes);
  }

 private:
  /// nullptr where some of the bytes are before the end that is kept, or it is for the file to
  /// refuse them.
  arrow::Result<std::shared_ptr<arrow::Buffer>> Kept(int64_t position, int64_t nbytes) {
    ARROW_ASSIGN_OR_RAISE(const int64_t size, inner_->GetSize());
    const int64_t begin = position - (size - end_->size());
    if (begin < 0 || nbytes < 0 || inner_->closed()) return nullptr;
    const int64_t from = std::min(begin, end_->size());
    return arrow::SliceBuffer(end_, from, std::min(nbytes, end_->size() - from));
  }

  const std::shared_ptr<arrow::Buffer> end_;
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> KeepEnd(
    std::shared_ptr<arrow::io::RandomAccessFile> file, std::shared_ptr<arrow::Buffer> end) {
  return std::make_shared<FileWithEnd>(std::move(file), std::move(end));
}

}  // namespace deltaic
