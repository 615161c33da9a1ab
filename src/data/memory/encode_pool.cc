#include "data/memory/encode_pool.h"

#include <arrow/memory_pool.h>

#include "data/memory/decode_pool.h"
#include "data/memory/recycling_memory_pool.h"

namespace deltaic {
namespace {

/// Beyond it a block is a mapping.
constexpr int64_t kLargeBytes = 256 << 10;

struct EncodePools {
  explicit EncodePools(int64_t max_kept_bytes)
      : large(DecodeMemoryPool::Life::kScratch, arrow::default_memory_pool(), max_kept_bytes),
        small(Large(), max_kept_bytes, kLargeBytes) {}

  arrow::MemoryPool* Large() {
#ifdef __SANITIZE_ADDRESS__
    return arrow::default_memory_pool();  // its blocks have guards around them
#else
    return &large;
#endif
  }

  DecodeMemoryPool large;
  RecyclingMemoryPool small;
};

}  // namespace

std::shared_ptr<arrow::MemoryPool> MakeEncodePool(int64_t max_kept_bytes) {
  return std::make_shared<RecyclingMemoryPool>(arrow::default_memory_pool(), max_kept_bytes);
}

std::shared_ptr<arrow::MemoryPool> MakeGrowingEncodePool(int64_t max_kept_bytes) {
  auto pools = std::make_shared<EncodePools>(max_kept_bytes);
  return std::shared_ptr<arrow::MemoryPool>(pools, &pools->small);
}

}  // namespace deltaic
