#include "data/memory/recycling_memory_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace deltaic {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kSizes[] = {0, 1, 4096, 4097, 5120, 5121, 65'536, kMiB + 1, 64 * kMiB, 65 * kMiB};

class RecyclingMemoryPoolTest : public ::testing::Test {
 protected:
  arrow::ProxyMemoryPool parent_{arrow::default_memory_pool()};
};

TEST_F(RecyclingMemoryPoolTest, GivesBlocksOfEachSizeAndReturnsAllOfThem) {
  {
    RecyclingMemoryPool pool(&parent_, 8 * kMiB);
    for (int round = 0; round < 2; ++round) {
      for (const int64_t size : kSizes) {
        uint8_t* block = nullptr;
        ASSERT_TRUE(pool.Allocate(size, &block).ok());
        std::memset(block, 1, static_cast<size_t>(size));
        EXPECT_EQ(pool.bytes_allocated(), size);
        pool.Free(block, size);
      }
    }
    EXPECT_EQ(pool.bytes_allocated(), 0);
    EXPECT_LE(parent_.bytes_allocated(), 8 * kMiB);
  }
  EXPECT_EQ(parent_.bytes_allocated(), 0);
}

TEST_F(RecyclingMemoryPoolTest, GivesAFreedBlockAgain) {
  RecyclingMemoryPool pool(&parent_, 8 * kMiB);
  uint8_t* first = nullptr;
  ASSERT_TRUE(pool.Allocate(100'000, &first).ok());
  pool.Free(first, 100'000);
  uint8_t* second = nullptr;
  ASSERT_TRUE(pool.Allocate(100'001, &second).ok());
  EXPECT_EQ(second, first);
  pool.Free(second, 100'001);
  pool.ReleaseUnused();
  EXPECT_EQ(parent_.bytes_allocated(), 0);
}

TEST_F(RecyclingMemoryPoolTest, KeepsContentsWhereverABlockMoves) {
  RecyclingMemoryPool pool(&parent_, 8 * kMiB);
  for (const int64_t from : kSizes) {
    for (const int64_t to : kSizes) {
      uint8_t* block = nullptr;
      ASSERT_TRUE(pool.Allocate(from, &block).ok());
      const auto kept = static_cast<size_t>(std::min(from, to));
      std::memset(block, 7, static_cast<size_t>(from));
      ASSERT_TRUE(pool.Reallocate(from, to, &block).ok());
      EXPECT_TRUE(kept == 0 || (block[0] == 7 && block[kept - 1] == 7)) << from << " to " << to;
      EXPECT_EQ(pool.bytes_allocated(), to);
      pool.Free(block, to);
    }
  }
}

}  // namespace
}  // namespace deltaic
