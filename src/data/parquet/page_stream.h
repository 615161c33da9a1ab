#pragma once

#include <arrow/io/caching.h>
#include <arrow/io/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// Bytes [offset, offset + size_bytes) of a file.
struct ByteRange {
  int64_t offset = 0;
  int64_t size_bytes = 0;
};

/// A stream of these parts of a file one after the other, without what lies between. Nothing that
/// is asked of it at once may go beyond the end of one part.
/// \param cache  holds the parts already; nullptr: they are read from `file`, some
/// `window_bytes` at a time.
std::shared_ptr<arrow::io::InputStream> MakePartStream(
    std::shared_ptr<arrow::io::RandomAccessFile> file,
    std::shared_ptr<arrow::io::internal::ReadRangeCache> cache, std::vector<ByteRange> parts,
    int64_t window_bytes);

/// Parts that touch joined, empty ones left out.
std::vector<ByteRange> JoinParts(const std::vector<ByteRange>& parts);

}  // namespace deltaic
