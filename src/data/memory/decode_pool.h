#pragma once

#include <arrow/memory_pool.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace deltaic {

/// Memory of what readers decode, for one of two lives. Large blocks are mappings of their own,
/// kept for the next who asks once they are given up, so that a stream of batches meets no fresh
/// page after its first ones: clearing fresh pages is what decoding into memory costs most. A block
/// that grows has address space ahead, which costs nothing until it is written; it is moved by its
/// page tables, never copied. Small blocks are the parent's.
///
/// Safe from any thread, and in the child of a fork. Must outlive what it gave.
class DecodeMemoryPool : public arrow::MemoryPool {
 public:
  enum class Life {
    kResult,   ///< may be kept by its owner: it gets no more pages than it wants, but for a few
    kScratch,  ///< is soon given up: any block that is large enough will do
  };

  /// \param parent  for small blocks, and where the system gives no mapping.
  /// \param max_kept_bytes  of free blocks; the oldest beyond them go back to the system.
  DecodeMemoryPool(Life life, arrow::MemoryPool* parent, int64_t max_kept_bytes);
  ~DecodeMemoryPool() override;

  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;
  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override;
  arrow::Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                           uint8_t** ptr) override;
  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override;
  void ReleaseUnused() override;

  int64_t bytes_allocated() const override { return stats_.bytes_allocated(); }
  int64_t max_memory() const override { return stats_.max_memory(); }
  int64_t total_bytes_allocated() const override { return stats_.total_bytes_allocated(); }
  int64_t num_allocations() const override { return stats_.num_allocations(); }
  std::string backend_name() const override { return parent_->backend_name(); }
  /// What free blocks may take.
  int64_t kept_bytes() const;

  /// Around a fork, so that the child finds no lock taken by a thread that it does not have.
  void LockForFork() { mutex_.lock(); }
  void UnlockAfterFork() { mutex_.unlock(); }

 private:
  struct Block;

  arrow::Status AllocateLarge(int64_t size, bool grows, uint8_t** out);
  void FreeLarge(uint8_t* buffer);
  bool Suits(const Block& block, int64_t size, bool grows) const;
  Block* TakeKept(int64_t size, bool grows);
  Block* Map(int64_t size, bool grows);
  Block* MakeOfParent(int64_t size);
  void Return(Block* block);

  const Life life_;
  arrow::MemoryPool* const parent_;
  const int64_t max_kept_bytes_;
  arrow::internal::MemoryPoolStats stats_;

  mutable std::mutex mutex_;  ///< guards all below
  std::vector<Block*> kept_;  ///< free blocks, the oldest first
  int64_t kept_bytes_ = 0;
  int64_t num_mappings_ = 0;  ///< of kept blocks too
};

/// The pools of this process: for columns that are handed out, and for what is needed on the way.
arrow::MemoryPool* DecodePool();
arrow::MemoryPool* DecodeScratchPool();

}  // namespace deltaic
