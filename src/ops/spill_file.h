#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// Batches of one schema, or bytes of the owner's own making, that wait on the local disk, in a
/// file without a name in the folder for temporary files: nothing is left of it, not even of a
/// process that was killed. One thread at a time.
class SpillFile {
 public:
  /// Where a batch, or bytes, are.
  struct Extent {
    int64_t offset = 0, size = 0;
  };

  /// \param max_bytes  that it may take; 0: as many as the disk has.
  SpillFile(std::shared_ptr<arrow::Schema> schema, int64_t max_bytes)
      : schema_(std::move(schema)), max_bytes_(max_bytes) {}
  /// For bytes alone.
  explicit SpillFile(int64_t max_bytes) : SpillFile(nullptr, max_bytes) {}
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  /// \retval kIo  no such file can be made or written, or it would be larger than it may.
  Result<Extent> Write(const arrow::RecordBatch& batch);
  Result<Extent> Write(std::span<const uint8_t> bytes);
  Result<std::shared_ptr<arrow::RecordBatch>> Read(const Extent& extent) const;
  /// \param out  has room for the extent.
  Status Read(const Extent& extent, uint8_t* out) const;
  int64_t size_bytes() const { return size_bytes_; }

 private:
  Status Open();
  const std::shared_ptr<arrow::Schema> schema_;
  const int64_t max_bytes_;
  int fd_ = -1;
  int64_t size_bytes_ = 0;
};

}  // namespace deltaic
