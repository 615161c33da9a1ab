#include "data/memory/decode_pool.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

namespace deltaic {
namespace {

using Life = DecodeMemoryPool::Life;

constexpr int64_t kKiB = 1 << 10;
constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kSizes[] = {0,          1,          4096,     64 * kKiB - 1, 64 * kKiB,
                              100 * kKiB, 512 * kKiB, kMiB + 1, 8 * kMiB,      80 * kMiB};

class DecodeMemoryPoolTest : public ::testing::TestWithParam<Life> {
 protected:
  ~DecodeMemoryPoolTest() override {
    pool_.ReleaseUnused();
    EXPECT_EQ(pool_.bytes_allocated(), 0);
    EXPECT_EQ(parent_.bytes_allocated(), 0);
    EXPECT_EQ(pool_.kept_bytes(), 0);
  }

  uint8_t* Allocate(int64_t size) {
    uint8_t* block = nullptr;
    EXPECT_TRUE(pool_.Allocate(size, &block).ok());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % arrow::kDefaultBufferAlignment, 0u);
    return block;
  }

  arrow::ProxyMemoryPool parent_{arrow::system_memory_pool()};
  DecodeMemoryPool pool_{GetParam(), &parent_, 16 * kMiB};
};

INSTANTIATE_TEST_SUITE_P(Lives, DecodeMemoryPoolTest,
                         ::testing::Values(Life::kResult, Life::kScratch), [](const auto& info) {
                           return info.param == Life::kResult ? "Result" : "Scratch";
                         });

TEST_P(DecodeMemoryPoolTest, GivesBlocksOfEachSizeAndKeepsNoMoreThanItMay) {
  for (int round = 0; round < 3; ++round) {
    for (const int64_t size : kSizes) {
      uint8_t* block = Allocate(size);
      std::memset(block, round, static_cast<size_t>(size));
      EXPECT_EQ(pool_.bytes_allocated(), size);
      pool_.Free(block, size);
      EXPECT_LE(pool_.kept_bytes(), 16 * kMiB);
    }
  }
}

TEST_P(DecodeMemoryPoolTest, GivesAFreedBlockAgain) {
  uint8_t* first = Allocate(512 * kKiB);
  std::memset(first, 1, 512 * kKiB);
  pool_.Free(first, 512 * kKiB);
  uint8_t* second = Allocate(500 * kKiB);
  EXPECT_EQ(second, first);
  pool_.Free(second, 500 * kKiB);
}

TEST_P(DecodeMemoryPoolTest, KeepsContentsHoweverASizeChanges) {
  for (const int64_t from : kSizes) {
    for (const int64_t to : kSizes) {
      uint8_t* block = Allocate(from);
      std::memset(block, 7, static_cast<size_t>(from));
      ASSERT_TRUE(pool_.Reallocate(from, to, &block).ok());
      const auto kept = static_cast<size_t>(std::min(from, to));
      EXPECT_TRUE(std::all_of(block, block + kept, [](uint8_t byte) { return byte == 7; }))
          << from << " to " << to;
      std::memset(block, 8, static_cast<size_t>(to));
      EXPECT_EQ(pool_.bytes_allocated(), to);
      pool_.Free(block, to);
    }
  }
}

TEST_P(DecodeMemoryPoolTest, RefusesWhatNoMemoryHolds) {
  uint8_t* block = nullptr;
  EXPECT_TRUE(pool_.Allocate(int64_t{1} << 60, &block).IsOutOfMemory());
  block = Allocate(kMiB);
  EXPECT_TRUE(pool_.Reallocate(kMiB, int64_t{1} << 60, &block).IsOutOfMemory());
  pool_.Free(block, kMiB);
}

TEST_P(DecodeMemoryPoolTest, RandomUseFromManyThreadsMixesNoBlocks) {
  struct Held {
    uint8_t* bytes;
    int64_t size;
    uint8_t mark;
  };
  const auto is_whole = [](const Held& held) {
    return std::all_of(held.bytes, held.bytes + held.size,
                       [&](uint8_t byte) { return byte == held.mark; });
  };
  const auto work = [&](unsigned seed) {
    std::mt19937 random(seed);
    std::vector<Held> all;
    for (int step = 0; step < 300; ++step) {
      const int64_t size = kSizes[random() % 8] + static_cast<int64_t>(random() % 1000);
      const auto mark = static_cast<uint8_t>(random());
      if (all.size() > 8 || (!all.empty() && random() % 3 == 0)) {
        std::swap(all[random() % all.size()], all.back());
        EXPECT_TRUE(is_whole(all.back()));
        pool_.Free(all.back().bytes, all.back().size);
        all.pop_back();
      } else if (!all.empty() && random() % 2 == 0) {
        Held& held = all[random() % all.size()];
        EXPECT_TRUE(is_whole(held));
        EXPECT_TRUE(pool_.Reallocate(held.size, size, &held.bytes).ok());
        held = {held.bytes, size, mark};
        std::memset(held.bytes, mark, static_cast<size_t>(size));
      } else {
        all.push_back({Allocate(size), size, mark});
        std::memset(all.back().bytes, mark, static_cast<size_t>(size));
      }
    }
    for (const Held& held : all) {
      EXPECT_TRUE(is_whole(held));
      pool_.Free(held.bytes, held.size);
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) threads.emplace_back(work, seed);
}

/// Pages of [bytes, bytes + size) that are in memory.
int64_t ResidentBytes(const uint8_t* bytes, int64_t size) {
  const int64_t page = sysconf(_SC_PAGE_SIZE);
  const auto begin = reinterpret_cast<uintptr_t>(bytes) / static_cast<uintptr_t>(page) * page;
  std::vector<unsigned char> pages(static_cast<size_t>(size / page + 2));
  EXPECT_EQ(mincore(reinterpret_cast<void*>(begin), static_cast<size_t>(size), pages.data()), 0);
  return page * std::count_if(pages.begin(), pages.end(), [](unsigned char p) { return p & 1; });
}

TEST(DecodeMemoryPool, GrowingTakesNoPagesAheadAndShrinkingGivesThemBack) {
  DecodeMemoryPool pool(Life::kResult, arrow::system_memory_pool(), 16 * kMiB);
  uint8_t* block = nullptr;
  ASSERT_TRUE(pool.Allocate(64 * kKiB, &block).ok());
  ASSERT_TRUE(pool.Reallocate(64 * kKiB, 4 * kMiB, &block).ok());
  std::memset(block, 1, 2 * kMiB);
  EXPECT_LE(ResidentBytes(block, 4 * kMiB), 2 * kMiB + 8 * kKiB);
  const uint8_t* before = block;
  ASSERT_TRUE(pool.Reallocate(4 * kMiB, kMiB, &block).ok());
  EXPECT_EQ(block, before) << "never copied";
  EXPECT_LE(ResidentBytes(block, 4 * kMiB), kMiB + 8 * kKiB);
  pool.Free(block, kMiB);
}

TEST(DecodeMemoryPool, ResultGetsNoBlockMuchLargerThanItWants) {
  DecodeMemoryPool pool(Life::kResult, arrow::system_memory_pool(), 16 * kMiB);
  uint8_t* large = nullptr;
  uint8_t* small = nullptr;
  ASSERT_TRUE(pool.Allocate(2 * kMiB, &large).ok());
  std::memset(large, 1, 2 * kMiB);
  pool.Free(large, 2 * kMiB);
  ASSERT_TRUE(pool.Allocate(kMiB, &small).ok());
  EXPECT_NE(small, large);
  pool.Free(small, kMiB);
}

}  // namespace
}  // namespace deltaic
