#include "data/memory/recycling_memory_pool.h"

#include <arrow/status.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace deltaic {

namespace {

/// Smaller blocks are left to the parent, which is good at them.
constexpr int64_t kMinBytes = 4 * 1024;
constexpr int64_t kMaxBytes = RecyclingMemoryPool::kMaxBlockBytes;
/// Sizes of blocks for each doubling: they waste an eighth of a block on average.
constexpr int kPerDoubling = 4;
constexpr size_t kNumClasses =
    size_t{kPerDoubling} * std::bit_width(uint64_t{kMaxBytes / kMinBytes - 1});
constexpr int64_t kAlignment = arrow::kDefaultBufferAlignment;

/// Blocks of each size that there is.
constexpr auto kBlockBytes = [] {
  std::array<int64_t, kNumClasses> sizes{};
  for (size_t i = 0; i < kNumClasses; ++i) {
    const int64_t doubled = kMinBytes << (i / kPerDoubling);
    sizes[i] = doubled + doubled / kPerDoubling * static_cast<int64_t>(i % kPerDoubling + 1);
  }
  return sizes;
}();
static_assert(kBlockBytes.back() == kMaxBytes);

/// The blocks that `size` gets one of.
size_t ClassOf(int64_t size) {
  return static_cast<size_t>(std::lower_bound(kBlockBytes.begin(), kBlockBytes.end(), size) -
                             kBlockBytes.begin());
}

}  // namespace

RecyclingMemoryPool::RecyclingMemoryPool(arrow::MemoryPool* parent, int64_t max_kept_bytes,
                                         int64_t max_block_bytes)
    : parent_(parent),
      max_kept_bytes_(max_kept_bytes),
      max_block_bytes_(std::min(max_block_bytes, kMaxBlockBytes)),
      kept_(kNumClasses) {}

RecyclingMemoryPool::~RecyclingMemoryPool() { RecyclingMemoryPool::ReleaseUnused(); }

bool RecyclingMemoryPool::IsKept(int64_t size, int64_t alignment) const {
  return size > kMinBytes && size <= max_block_bytes_ && alignment == kAlignment;
}

arrow::Status RecyclingMemoryPool::Allocate(int64_t size, int64_t alignment, uint8_t** out) {
  if (!IsKept(size, alignment)) {
    ARROW_RETURN_NOT_OK(parent_->Allocate(size, alignment, out));
    stats_.DidAllocateBytes(size);
    return arrow::Status::OK();
  }
  const size_t block_class = ClassOf(size);
  {
    std::lock_guard lock(mutex_);
    std::vector<uint8_t*>& blocks = kept_[block_class];
    if (!blocks.empty()) {
      *out = blocks.back();
      blocks.pop_back();
      kept_bytes_ -= kBlockBytes[block_class];
      stats_.DidAllocateBytes(size);
      return arrow::Status::OK();
    }
  }
  ARROW_RETURN_NOT_OK(parent_->Allocate(kBlockBytes[block_class], alignment, out));
  stats_.DidAllocateBytes(size);
  return arrow::Status::OK();
}

arrow::Status RecyclingMemoryPool::Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                                              uint8_t** ptr) {
  const bool was_kept = IsKept(old_size, alignment);
  const bool is_kept = IsKept(new_size, alignment);
  if (!was_kept && !is_kept) {
    ARROW_RETURN_NOT_OK(parent_->Reallocate(old_size, new_size, alignment, ptr));
    stats_.DidReallocateBytes(old_size, new_size);
    return arrow::Status::OK();
  }
  if (was_kept && is_kept && ClassOf(old_size) == ClassOf(new_size)) {
    stats_.DidReallocateBytes(old_size, new_size);
    return arrow::Status::OK();
  }
  uint8_t* moved = nullptr;
  ARROW_RETURN_NOT_OK(Allocate(new_size, alignment, &moved));
  std::memcpy(moved, *ptr, static_cast<size_t>(std::min(old_size, new_size)));
  Free(*ptr, old_size, alignment);
  *ptr = moved;
  return arrow::Status::OK();
}

void RecyclingMemoryPool::Free(uint8_t* buffer, int64_t size, int64_t alignment) {
  stats_.DidFreeBytes(size);
  if (!IsKept(size, alignment)) return parent_->Free(buffer, size, alignment);
  const size_t block_class = ClassOf(size);
  const int64_t bytes = kBlockBytes[block_class];
  {
    std::lock_guard lock(mutex_);
    if (kept_bytes_ + bytes <= max_kept_bytes_) {
      kept_[block_class].push_back(buffer);
      kept_bytes_ += bytes;
      return;
    }
  }
  parent_->Free(buffer, bytes, alignment);
}

void RecyclingMemoryPool::ReleaseUnused() {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < kept_.size(); ++i) {
    for (uint8_t* block : kept_[i]) parent_->Free(block, kBlockBytes[i], kAlignment);
    kept_[i].clear();
  }
  kept_bytes_ = 0;
}

}  // namespace deltaic
