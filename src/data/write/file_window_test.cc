#include "data/write/file_window.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;
using testing::StatusIs;

/// The bytes 0, 1, 2, ..., 99.
std::shared_ptr<arrow::Buffer> HundredBytes() {
  std::vector<uint8_t> bytes(100);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return arrow::Buffer::FromVector(std::move(bytes));
}

class FileWindowTest : public ::testing::Test {
 protected:
  /// The first and the last of the bytes.
  std::pair<int, int> Ends(int64_t offset, int64_t size, int64_t most) {
    const auto bytes = window_.Read(offset, size, most);
    EXPECT_THAT(bytes, IsOk());
    EXPECT_EQ(bytes->size(), static_cast<size_t>(size));
    return {bytes->front(), bytes->back()};
  }
  arrow::io::BufferReader file_{HundredBytes()};
  FileWindow window_{file_, 100, 20};
};

TEST_F(FileWindowTest, ReadsAWindowAtATime) {
  EXPECT_FALSE(window_.Has(10, 1));
  EXPECT_EQ(Ends(10, 5, 90), std::pair(10, 14));
  EXPECT_TRUE(window_.Has(10, 20));
  EXPECT_FALSE(window_.Has(10, 21));
  EXPECT_FALSE(window_.Has(9, 1));
  EXPECT_EQ(Ends(15, 15, 85), std::pair(15, 29));
  EXPECT_EQ(Ends(29, 2, 71), std::pair(29, 30)) << "which the window has but in part";
  EXPECT_TRUE(window_.Has(48, 1));
}

TEST_F(FileWindowTest, GrowsForMoreThanAWindowAndReadsNoMoreThanIsWorthIt) {
  EXPECT_EQ(Ends(0, 60, 60), std::pair(0, 59));
  EXPECT_EQ(Ends(70, 3, 5), std::pair(70, 72));
  EXPECT_TRUE(window_.Has(70, 5));
  EXPECT_FALSE(window_.Has(70, 6));
  EXPECT_EQ(Ends(95, 1, 1000), std::pair(95, 95)) << "up to the end of the file";
  EXPECT_TRUE(window_.Has(95, 5));
}

TEST_F(FileWindowTest, BytesThatTheFileHasNotAreDamage) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  for (const auto& [offset, size] :
       std::vector<std::pair<int64_t, int64_t>>{{-1, 1}, {0, -1}, {99, 2}, {101, 0}, {1, kMost}}) {
    EXPECT_THAT(window_.Read(offset, size, size), StatusIs(StatusCode::kCorruption));
  }
  FileWindow shorter(file_, 120, 20);
  EXPECT_THAT(shorter.Read(90, 20, 20), StatusIs(StatusCode::kCorruption));
  EXPECT_FALSE(shorter.Has(90, 1)) << "what was not read is not there";
}

}  // namespace
}  // namespace deltaic
