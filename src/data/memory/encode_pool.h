#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>

namespace deltaic {

/// Memory of what a writer encodes. Blocks that are given up are kept for the next who asks, which
/// makes encoding fast.
///
/// \param max_kept_bytes  of free blocks; more go back to the system.
/// \return safe from any thread; it must outlive what it gave.
std::shared_ptr<arrow::MemoryPool> MakeEncodePool(int64_t max_kept_bytes);

/// The same, taking less memory and a little more time: large blocks, the columns of a row group,
/// are mappings that grow without being copied, and leave no smaller ones behind. For files that
/// are sent away, of which other copies are on their way.
std::shared_ptr<arrow::MemoryPool> MakeGrowingEncodePool(int64_t max_kept_bytes);

}  // namespace deltaic
