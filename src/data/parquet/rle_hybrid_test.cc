#include "data/parquet/rle_hybrid.h"

#include <gtest/gtest.h>

#include <random>

namespace deltaic {
namespace {

std::span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(RleHybrid, ReadsBackWhatItWrites) {
  std::mt19937 random(3);
  for (int width = 0; width <= 32; ++width) {
    for (const size_t size : {0U, 1U, 7U, 8U, 9U, 100U, 1000U}) {
      std::vector<uint32_t> values;
      while (values.size() < size) {
        const auto mask = width == 32 ? ~0U : (1U << width) - 1;
        values.insert(values.end(), random() % 3 == 0 ? random() % 30 : 1, random() & mask);
      }
      values.resize(size);
      std::string bytes;
      EncodeRleHybrid(values, width, bytes);
      std::vector<uint32_t> read;
      ASSERT_TRUE(DecodeRleHybrid(BytesOf(bytes), width, size, read)) << width << " " << size;
      EXPECT_EQ(read, values) << width;
      if (size > 0 && width > 0) {
        EXPECT_FALSE(DecodeRleHybrid(BytesOf(bytes).first(1), width, size, read));
      }
    }
  }
}

TEST(RleHybrid, RunsOfOneValueAreKnownAsSuch) {
  std::string bytes;
  AppendRun(3, 20, 2, bytes);
  AppendRun(3, 5, 2, bytes);
  const auto only = [&](size_t count) {
    return OnlyValueOfRuns({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, 2,
                           count);
  };
  EXPECT_EQ(only(25), 3U);
  EXPECT_EQ(only(7), 3U);
  EXPECT_EQ(only(26), std::nullopt) << "the bytes end before";
  EXPECT_EQ(only(0), std::nullopt);
  AppendRun(1, 4, 2, bytes);
  EXPECT_EQ(only(25), 3U);
  EXPECT_EQ(only(26), std::nullopt);
  bytes.clear();
  EncodeRleHybrid(std::vector<uint32_t>{1, 1, 1}, 2, bytes);
  EXPECT_EQ(only(3), std::nullopt) << "values that are packed are not looked at";
}

TEST(RleHybrid, RunsAreShort) {
  std::string bytes;
  EncodeRleHybrid(std::vector<uint32_t>(1000, 1), 1, bytes);
  EXPECT_EQ(bytes.size(), 3U);
}

TEST(RleHybrid, EmptyRunsEndNowhere) {
  std::vector<uint32_t> read;
  EXPECT_FALSE(DecodeRleHybrid(BytesOf(std::string(64, '\0')), 4, 10, read));
  EXPECT_FALSE(DecodeRleHybrid(BytesOf(std::string(64, '\1')), 4, 10, read));
  EXPECT_FALSE(DecodeRleHybrid(BytesOf(std::string(64, '\xff')), 4, 10, read));
}

}  // namespace
}  // namespace deltaic
