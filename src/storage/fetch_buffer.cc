#include "storage/fetch_buffer.h"

#include <arrow/buffer.h>
#include <arrow/memory_pool.h>
#include <sys/mman.h>

namespace deltaic {
namespace {

/// Heaps are good at what is smaller.
constexpr int64_t kMinMappedBytes = 128 << 10;

class MappedBuffer : public arrow::MutableBuffer {
 public:
  MappedBuffer(void* memory, int64_t size_bytes)
      : MutableBuffer(static_cast<uint8_t*>(memory), size_bytes) {}
  ~MappedBuffer() override { munmap(mutable_data(), static_cast<size_t>(size())); }
};

}  // namespace

arrow::Result<std::shared_ptr<arrow::Buffer>> AllocateFetchBuffer(int64_t size_bytes) {
  if (size_bytes >= kMinMappedBytes) {
    void* memory = mmap(nullptr, static_cast<size_t>(size_bytes), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) return std::make_shared<MappedBuffer>(memory, size_bytes);
  }
  return arrow::AllocateBuffer(size_bytes, arrow::system_memory_pool());
}

}  // namespace deltaic
