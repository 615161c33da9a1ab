#include "data/write/file_window.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>

#include "data/memory/decode_pool.h"
#include "storage/arrow_status.h"

namespace deltaic {

// Here, where arrow::Buffer is whole: a constructor destroys what it has made when it fails.
FileWindow::FileWindow(arrow::io::RandomAccessFile& file, int64_t file_size, int64_t window_bytes)
    : file_(file), file_size_(file_size), window_bytes_(window_bytes) {}
FileWindow::~FileWindow() = default;

Status FileWindow::Check(int64_t offset, int64_t size) const {
  if (offset >= 0 && size >= 0 && offset <= file_size_ && size <= file_size_ - offset) {
    return Status();
  }
  return Status::Corruption("the footer names ", size, " bytes from ", offset, " of a file of ",
                            file_size_);
}

Result<std::span<const uint8_t>> FileWindow::Read(int64_t offset, int64_t size, int64_t most) {
  DELTAIC_RETURN_IF_ERROR(Check(offset, size));
  if (!Has(offset, size)) {
    const int64_t ahead = std::min({most, window_bytes_, file_size_ - offset});
    const int64_t count = std::max(size, ahead);
    begin_ = end_ = 0;
    if (buffer_ == nullptr || buffer_->size() < count) {
      buffer_ = nullptr;
      DELTAIC_ASSIGN_OR_RETURN(
          buffer_, arrow::AllocateBuffer(std::max(count, std::min(window_bytes_, file_size_)),
                                         DecodeScratchPool()));
    }
    DELTAIC_ASSIGN_OR_RETURN(const int64_t got,
                             file_.ReadAt(offset, count, buffer_->mutable_data()));
    if (got < count) return Status::Corruption("the file is cut off");
    begin_ = offset;
    end_ = offset + count;
  }
  return std::span(buffer_->data() + (offset - begin_), static_cast<size_t>(size));
}

}  // namespace deltaic
