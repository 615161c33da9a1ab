#pragma once

#include <arrow/io/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/range_fetch.h"
#include "storage/store_traits.h"

namespace deltaic {

/// A file of which some ranges are read from their begin to their end, too long to be held as
/// RangeFetch does: their bytes come a little ahead of whoever reads them, by several requests at
/// once.
/// \param lanes  each a list of ranges that are read one after the other; lanes are read side by
/// side. What is read outside of them, or a second time, is asked of `file` itself.
/// \param max_bytes  what all lanes may hold ahead together, unless they are so many that each
/// needs more for a request that is worth it.
/// The result is safe from any thread; each lane has one reader.
std::shared_ptr<arrow::io::RandomAccessFile> ReadAheadOf(
    std::shared_ptr<arrow::io::RandomAccessFile> file, std::vector<std::vector<ByteRange>> lanes,
    int64_t max_bytes, const StoreTraits& traits);

}  // namespace deltaic
