#pragma once

#include <arrow/memory_pool.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace deltaic {

/// Keeps what is freed for the next who asks. Encoding a file takes and gives up the same few
/// hundred blocks for each row group, and the default pool gives them back to the system in
/// between, which has to clear every page of them anew. Safe from any thread; must outlive what it
/// gave.
class RecyclingMemoryPool : public arrow::MemoryPool {
 public:
  /// Larger blocks are left to the parent.
  static constexpr int64_t kMaxBlockBytes = int64_t{64} << 20;

  /// \param max_kept_bytes  of free blocks; more go back to `parent` at once.
  /// \param max_block_bytes  larger ones are the parent's too; at most kMaxBlockBytes.
  RecyclingMemoryPool(arrow::MemoryPool* parent, int64_t max_kept_bytes,
                      int64_t max_block_bytes = kMaxBlockBytes);
  ~RecyclingMemoryPool() override;

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

 private:
  bool IsKept(int64_t size, int64_t alignment) const;

  arrow::MemoryPool* const parent_;
  const int64_t max_kept_bytes_;
  const int64_t max_block_bytes_;
  arrow::internal::MemoryPoolStats stats_;
  std::mutex mutex_;
  int64_t kept_bytes_ = 0;
  std::vector<std::vector<uint8_t*>> kept_;  ///< free blocks by the class of their size
};

}  // namespace deltaic
