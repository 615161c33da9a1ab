#pragma once

#include <arrow/memory_pool.h>

namespace deltaic {

/// Where columns are decoded. What is decoded is large, and most of it is handed out. With
/// mimalloc, Arrow's default, a read of a whole table took up to twice the CPU time, spent in the
/// kernel on clearing fresh memory, and a scan twice the memory.
inline arrow::MemoryPool* DecodePool() { return arrow::system_memory_pool(); }

}  // namespace deltaic
