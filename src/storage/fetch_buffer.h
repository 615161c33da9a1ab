#pragma once

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>

namespace deltaic {

/// Memory for bytes that are fetched, maybe by one of many threads, and soon given up. Where it is
/// large it comes from the system and goes back there: a heap keeps such blocks, one set of them
/// for each thread that ever fetched. Of bytes that have not come yet it takes none.
arrow::Result<std::shared_ptr<arrow::Buffer>> AllocateFetchBuffer(int64_t size_bytes);

}  // namespace deltaic
