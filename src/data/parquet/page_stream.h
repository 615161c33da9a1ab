#pragma once

#include <arrow/io/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "storage/range_fetch.h"

namespace deltaic {

/// A stream of these parts of a file one after the other, without what lies between. Nothing that
/// is asked of it at once may go beyond the end of one part.
/// \param fetch  brings the parts; nullptr: they are read from `file`, some `window_bytes` at a
/// time.
std::shared_ptr<arrow::io::InputStream> MakePartStream(
    std::shared_ptr<arrow::io::RandomAccessFile> file, std::shared_ptr<RangeFetch> fetch,
    std::vector<ByteRange> parts, int64_t window_bytes);

/// Parts that touch joined, empty ones left out.
std::vector<ByteRange> JoinParts(const std::vector<ByteRange>& parts);

}  // namespace deltaic
