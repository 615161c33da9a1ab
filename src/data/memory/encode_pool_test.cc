#include "data/memory/encode_pool.h"

#include <arrow/io/memory.h>
#include <arrow/memory_pool.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace deltaic {
namespace {

constexpr int64_t kMiB = int64_t{1} << 20;

class EncodePoolTest : public ::testing::TestWithParam<bool> {
 protected:
  static std::shared_ptr<arrow::MemoryPool> Make(int64_t max_kept_bytes) {
    return GetParam() ? MakeGrowingEncodePool(max_kept_bytes) : MakeEncodePool(max_kept_bytes);
  }
};

TEST_P(EncodePoolTest, GrowingColumnsKeepTheirBytes) {
  const auto pool = Make(4 * kMiB);
  std::vector<std::shared_ptr<arrow::io::BufferOutputStream>> columns;
  for (int i = 0; i < 3; ++i)
    columns.push_back(*arrow::io::BufferOutputStream::Create(100, pool.get()));
  const std::string page(100'000, 'p');
  for (int n = 0; n < 60; ++n) {
    for (const auto& column : columns) {
      ASSERT_TRUE(column->Write(std::to_string(n)).ok());
      ASSERT_TRUE(column->Write(page).ok());
    }
  }
  for (const auto& column : columns) {
    const auto bytes = *column->Finish();
    std::string_view rest(*bytes);
    for (int n = 0; n < 60; ++n) {
      const std::string number = std::to_string(n);
      ASSERT_EQ(rest.substr(0, number.size()), number);
      ASSERT_EQ(rest.substr(number.size(), page.size()), page);
      rest.remove_prefix(number.size() + page.size());
    }
    EXPECT_TRUE(rest.empty());
  }
}

TEST_P(EncodePoolTest, BlocksOfEverySizeComeAndGo) {
  const auto pool = Make(kMiB);
  for (const int64_t size : {int64_t{0}, int64_t{1}, 5000 * kMiB / 1024, kMiB / 4, kMiB / 4 + 1,
                             kMiB, 9 * kMiB, 70 * kMiB}) {
    for (const int64_t later : {int64_t{1}, kMiB / 4, kMiB / 4 + 1, 3 * kMiB}) {
      uint8_t* block = nullptr;
      ASSERT_TRUE(pool->Allocate(size, &block).ok());
      if (size > 0) block[0] = block[size - 1] = 7;
      ASSERT_TRUE(pool->Reallocate(size, later, &block).ok());
      if (size > 0) {
        EXPECT_EQ(block[0], 7);
      }
      block[later - 1] = 8;
      pool->Free(block, later);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EncodePoolTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Growing" : "Plain"; });

}  // namespace
}  // namespace deltaic
