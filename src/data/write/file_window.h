#pragma once

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>

#include "base/status.h"

namespace deltaic {

/// A file read front to back a window at a time, in one buffer: what is passed over leaves memory.
/// One thread at a time.
class FileWindow {
 public:
  /// \param window_bytes  that are read at once, where there are so many.
  FileWindow(arrow::io::RandomAccessFile& file, int64_t file_size, int64_t window_bytes);
  ~FileWindow();

  int64_t window_bytes() const { return window_bytes_; }
  /// True where Read() gives these bytes without a read, so that those given before stand.
  bool Has(int64_t offset, int64_t size) const {
    return offset >= begin_ && offset <= end_ && size <= end_ - offset;
  }
  /// \retval kCorruption  the file has no such bytes.
  Status Check(int64_t offset, int64_t size) const;
  /// Bytes [offset, offset + size), until Read() is asked for some that it has not.
  /// \param most  bytes from `offset` on that are worth reading along.
  /// \retval kCorruption  as Check().
  Result<std::span<const uint8_t>> Read(int64_t offset, int64_t size, int64_t most);

 private:
  arrow::io::RandomAccessFile& file_;
  const int64_t file_size_;
  const int64_t window_bytes_;
  std::unique_ptr<arrow::Buffer> buffer_;
  int64_t begin_ = 0, end_ = 0;  ///< of the file, what buffer_ holds
};

}  // namespace deltaic
