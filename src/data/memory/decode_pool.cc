#include "data/memory/decode_pool.h"

#include <arrow/buffer.h>
#include <arrow/status.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <thread>

#include "base/made_once.h"

namespace deltaic {
namespace {

constexpr int64_t kAlignment = arrow::kDefaultBufferAlignment;
/// Smaller blocks are the parent's.
constexpr int64_t kMinBytes = 64 << 10;
/// Larger ones are refused: lengths come from files.
constexpr int64_t kMostBytes = int64_t{1} << 40;
/// What a result may have beyond what it wants, of pages that are there already.
constexpr int64_t kSlackBytes = 64 << 10;
constexpr int64_t kSlackPart = 8;
/// Address space for a block that grows; and for one that does not, so that it serves a somewhat
/// larger one the next time.
constexpr int64_t kGrowth = 4;
constexpr int64_t kRoomPart = 4;
/// The system allows 65,530 mappings by default, and others need some.
constexpr int64_t kMostMappings = 16 * 1024;
/// Free blocks that a thread which decodes finds a use for.
constexpr int64_t kKeptResultsPerCore = 12 << 20;
constexpr int64_t kKeptScratchPerCore = 4 << 20;
constexpr int64_t kMostCores = 32;

bool IsLarge(int64_t size, int64_t alignment) {
  return size >= kMinBytes && alignment == kAlignment;
}

arrow::Status CheckSize(int64_t size) {
  if (size <= kMostBytes) return arrow::Status::OK();
  return arrow::Status::OutOfMemory("no memory for ", size, " bytes");
}

int64_t ToPages(int64_t bytes) {
  static const int64_t page_bytes = sysconf(_SC_PAGE_SIZE);
  return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}

}  // namespace

/// The header of a large block, before its bytes.
struct alignas(kAlignment) DecodeMemoryPool::Block {
  int64_t mapped_bytes = 0;    ///< with this header; 0: it is the parent's
  int64_t resident_bytes = 0;  ///< beyond these no page was written
  int64_t parent_bytes = 0;
  bool grows = false;  ///< it has got its size by growing

  static Block* Of(uint8_t* bytes) { return reinterpret_cast<Block*>(bytes) - 1; }
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this + 1); }
  bool is_mapping() const { return mapped_bytes > 0; }
  int64_t capacity() const {
    return (is_mapping() ? mapped_bytes : parent_bytes) - static_cast<int64_t>(sizeof(Block));
  }
  static int64_t WithHeader(int64_t size) { return size + static_cast<int64_t>(sizeof(Block)); }

  /// The owner may write `size` bytes.
  void Widen(int64_t size) { resident_bytes = std::max(resident_bytes, ToPages(WithHeader(size))); }
  /// The owner is done with all beyond `size`: pages there go back.
  void Trim(int64_t size) {
    const int64_t wanted = ToPages(WithHeader(size));
    if (!is_mapping() || resident_bytes - wanted < std::max(kSlackBytes, wanted / kSlackPart))
      return;
    madvise(reinterpret_cast<char*>(this) + wanted, static_cast<size_t>(resident_bytes - wanted),
            MADV_DONTNEED);
    resident_bytes = wanted;
  }
};

DecodeMemoryPool::DecodeMemoryPool(Life life, arrow::MemoryPool* parent, int64_t max_kept_bytes)
    : life_(life), parent_(parent), max_kept_bytes_(max_kept_bytes) {}

DecodeMemoryPool::~DecodeMemoryPool() { DecodeMemoryPool::ReleaseUnused(); }

arrow::Status DecodeMemoryPool::Allocate(int64_t size, int64_t alignment, uint8_t** out) {
  ARROW_RETURN_NOT_OK(CheckSize(size));
  if (IsLarge(size, alignment)) {
    ARROW_RETURN_NOT_OK(AllocateLarge(size, /*grows=*/false, out));
  } else {
    ARROW_RETURN_NOT_OK(parent_->Allocate(size, alignment, out));
  }
  stats_.DidAllocateBytes(size);
  return arrow::Status::OK();
}

arrow::Status DecodeMemoryPool::Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                                           uint8_t** ptr) {
  ARROW_RETURN_NOT_OK(CheckSize(new_size));
  const bool was_large = IsLarge(old_size, alignment);
  const bool is_large = IsLarge(new_size, alignment);
  if (!was_large && !is_large) {
    ARROW_RETURN_NOT_OK(parent_->Reallocate(old_size, new_size, alignment, ptr));
    stats_.DidReallocateBytes(old_size, new_size);
    return arrow::Status::OK();
  }
  Block* block = was_large ? Block::Of(*ptr) : nullptr;
  if (was_large && is_large && new_size <= block->capacity()) {
    if (new_size < old_size && life_ == Life::kResult) block->Trim(new_size);
    block->Widen(new_size);
    stats_.DidReallocateBytes(old_size, new_size);
    return arrow::Status::OK();
  }
  if (was_large && is_large && block->is_mapping()) {
    const int64_t mapped = ToPages(Block::WithHeader(new_size * kGrowth));
    void* moved = mremap(block, static_cast<size_t>(block->mapped_bytes),
                         static_cast<size_t>(mapped), MREMAP_MAYMOVE);
    if (moved != MAP_FAILED) {
      block = static_cast<Block*>(moved);
      block->mapped_bytes = mapped;
      block->grows = true;
      block->Widen(new_size);
      *ptr = block->bytes();
      stats_.DidReallocateBytes(old_size, new_size);
      return arrow::Status::OK();
    }
  }
  uint8_t* moved = nullptr;
  if (is_large) {
    ARROW_RETURN_NOT_OK(AllocateLarge(new_size, /*grows=*/old_size > 0, &moved));
  } else {
    ARROW_RETURN_NOT_OK(parent_->Allocate(new_size, alignment, &moved));
  }
  std::memcpy(moved, *ptr, static_cast<size_t>(std::min(old_size, new_size)));
  if (was_large) {
    FreeLarge(*ptr);
  } else {
    parent_->Free(*ptr, old_size, alignment);
  }
  *ptr = moved;
  stats_.DidReallocateBytes(old_size, new_size);
  return arrow::Status::OK();
}

void DecodeMemoryPool::Free(uint8_t* buffer, int64_t size, int64_t alignment) {
  stats_.DidFreeBytes(size);
  if (IsLarge(size, alignment)) {
    FreeLarge(buffer);
  } else {
    parent_->Free(buffer, size, alignment);
  }
}

void DecodeMemoryPool::ReleaseUnused() {
  std::vector<Block*> released;
  {
    const std::lock_guard lock(mutex_);
    released.swap(kept_);
    kept_bytes_ = 0;
  }
  for (Block* block : released) Return(block);
}

int64_t DecodeMemoryPool::kept_bytes() const {
  const std::lock_guard lock(mutex_);
  return kept_bytes_;
}

arrow::Status DecodeMemoryPool::AllocateLarge(int64_t size, bool grows, uint8_t** out) {
  Block* block = TakeKept(size, grows);
  if (block == nullptr) block = Map(size, grows);
  if (block == nullptr) block = MakeOfParent(size);
  if (block == nullptr) return arrow::Status::OutOfMemory("no memory for ", size, " bytes");
  block->Widen(size);
  *out = block->bytes();
  return arrow::Status::OK();
}

void DecodeMemoryPool::FreeLarge(uint8_t* buffer) {
  Block* block = Block::Of(buffer);
  if (!block->is_mapping())
    return parent_->Free(reinterpret_cast<uint8_t*>(block), block->parent_bytes, kAlignment);
  std::vector<Block*> returned;
  {
    const std::lock_guard lock(mutex_);
    kept_.push_back(block);
    kept_bytes_ += block->resident_bytes;
    size_t too_many = 0;
    while (kept_bytes_ > max_kept_bytes_) kept_bytes_ -= kept_[too_many++]->resident_bytes;
    const auto end = kept_.begin() + static_cast<ptrdiff_t>(too_many);
    returned.assign(kept_.begin(), end);
    kept_.erase(kept_.begin(), end);
  }
  for (Block* old : returned) Return(old);
}

bool DecodeMemoryPool::Suits(const Block& block, int64_t size, bool grows) const {
  if (block.capacity() < size) return false;
  if (life_ == Life::kScratch) return true;
  // How far it will grow is not known; it is trimmed when it is done.
  if (grows) return block.grows;
  const int64_t wanted = ToPages(Block::WithHeader(size));
  return block.resident_bytes <= wanted + std::max(kSlackBytes, wanted / kSlackPart);
}

DecodeMemoryPool::Block* DecodeMemoryPool::TakeKept(int64_t size, bool grows) {
  const std::lock_guard lock(mutex_);
  // The youngest is most likely still in the processor's cache; but one with fewer pages than are
  // wanted meets fresh ones.
  const int64_t wanted = ToPages(Block::WithHeader(size));
  size_t best = kept_.size();
  for (size_t i = kept_.size(); i-- > 0;) {
    if (!Suits(*kept_[i], size, grows)) continue;
    if (best == kept_.size() || kept_[i]->resident_bytes > kept_[best]->resident_bytes) best = i;
    if (grows || kept_[best]->resident_bytes >= wanted) break;
  }
  if (best == kept_.size()) return nullptr;
  Block* block = kept_[best];
  kept_.erase(kept_.begin() + static_cast<ptrdiff_t>(best));
  kept_bytes_ -= block->resident_bytes;
  return block;
}

DecodeMemoryPool::Block* DecodeMemoryPool::Map(int64_t size, bool grows) {
  {
    const std::lock_guard lock(mutex_);
    if (num_mappings_ == kMostMappings) return nullptr;
    ++num_mappings_;
  }
  const int64_t mapped =
      ToPages(Block::WithHeader(grows ? size * kGrowth : size + size / kRoomPart));
  void* memory = mmap(nullptr, static_cast<size_t>(mapped), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory != MAP_FAILED) return new (memory) Block{.mapped_bytes = mapped, .grows = grows};
  const std::lock_guard lock(mutex_);
  --num_mappings_;
  return nullptr;
}

DecodeMemoryPool::Block* DecodeMemoryPool::MakeOfParent(int64_t size) {
  uint8_t* memory = nullptr;
  const int64_t bytes = Block::WithHeader(size);
  if (!parent_->Allocate(bytes, kAlignment, &memory).ok()) return nullptr;
  return new (memory) Block{.parent_bytes = bytes};
}

void DecodeMemoryPool::Return(Block* block) {
  munmap(block, static_cast<size_t>(block->mapped_bytes));
  const std::lock_guard lock(mutex_);
  --num_mappings_;
}

#ifdef __SANITIZE_ADDRESS__
// Its own blocks have guards around them.
arrow::MemoryPool* DecodePool() { return arrow::system_memory_pool(); }
arrow::MemoryPool* DecodeScratchPool() { return arrow::system_memory_pool(); }
#else

namespace {

int64_t NumCores() {
  return std::clamp<int64_t>(std::thread::hardware_concurrency(), 2, kMostCores);
}

struct Pools {
  DecodeMemoryPool results{DecodeMemoryPool::Life::kResult, arrow::system_memory_pool(),
                           kKeptResultsPerCore* NumCores()};
  DecodeMemoryPool scratch{DecodeMemoryPool::Life::kScratch, arrow::system_memory_pool(),
                           kKeptScratchPerCore* NumCores()};
};

/// Never destroyed: columns may outlive the library's statics.
Pools& TheirPools() {
  return MadeOnce([] { return Pools(); });
}

void LockPoolsForFork() {
  TheirPools().results.LockForFork();
  TheirPools().scratch.LockForFork();
}

void UnlockPoolsAfterFork() {
  TheirPools().scratch.UnlockAfterFork();
  TheirPools().results.UnlockAfterFork();
}

[[maybe_unused]] const int kForkHandlers =
    pthread_atfork(LockPoolsForFork, UnlockPoolsAfterFork, UnlockPoolsAfterFork);

}  // namespace

arrow::MemoryPool* DecodePool() { return &TheirPools().results; }
arrow::MemoryPool* DecodeScratchPool() { return &TheirPools().scratch; }
#endif

}  // namespace deltaic
