#include "scan/split_files.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

constexpr int64_t kMiB = int64_t{1} << 20;

using Parts = std::vector<std::vector<FilePiece>>;

Parts Split(const std::vector<int64_t>& sizes, const SplitOptions& options) {
  auto parts = SplitFiles(sizes, options);
  EXPECT_THAT(parts, IsOk());
  return parts.ok() ? *parts : Parts();
}

/// Every file whole: its ranges, in order, share out [0, max).
void ExpectAllBytesOnce(const Parts& parts, size_t num_files) {
  std::map<size_t, std::vector<FileRange>> ranges;
  for (const auto& part : parts) {
    EXPECT_FALSE(part.empty());
    for (const FilePiece& piece : part) ranges[piece.file].push_back(piece.range);
  }
  ASSERT_EQ(ranges.size(), num_files);
  for (auto& [file, list] : ranges) {
    std::sort(list.begin(), list.end(), [](auto& a, auto& b) { return a.begin < b.begin; });
    int64_t next = 0;
    for (const FileRange& range : list) {
      EXPECT_EQ(range.begin, next) << "file " << file;
      EXPECT_LT(range.begin, range.end);
      next = range.end;
    }
    EXPECT_EQ(next, FileRange::kEnd);
  }
}

int64_t BytesOf(const std::vector<FilePiece>& part, const std::vector<int64_t>& sizes) {
  int64_t bytes = 0;
  for (const FilePiece& piece : part)
    bytes += std::min(piece.range.end, sizes[piece.file]) - piece.range.begin;
  return bytes;
}

TEST(SplitFiles, NoFilesGiveNoParts) {
  EXPECT_THAT(SplitFiles({}, {.max_parts = 4}), IsOkAndHolds(ElementsAre()));
}

TEST(SplitFiles, SmallFilesAreSharedOutByNumber) {
  const std::vector<int64_t> sizes(10, 1000);
  const Parts parts = Split(sizes, {.max_parts = 5});
  ExpectAllBytesOnce(parts, sizes.size());
  ASSERT_EQ(parts.size(), 5U);
  for (const auto& part : parts) EXPECT_EQ(part.size(), 2U);
}

TEST(SplitFiles, FewerFilesThanPartsGiveFewerParts) {
  EXPECT_EQ(Split({100, 200}, {.max_parts = 8}).size(), 2U);
}

TEST(SplitFiles, LargeFileIsCutAndPartsAreOfLikeSize) {
  const std::vector<int64_t> sizes = {1000 * kMiB, 3 * kMiB, 120 * kMiB, 40 * kMiB, 37 * kMiB};
  const int64_t total = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
  for (const int64_t count : {1, 2, 3, 4, 7, 16}) {
    const Parts parts = Split(sizes, {.max_parts = count});
    ExpectAllBytesOnce(parts, sizes.size());
    ASSERT_EQ(parts.size(), static_cast<size_t>(count));
    for (const auto& part : parts) EXPECT_LE(BytesOf(part, sizes), total / count * 3 / 2);
  }
}

TEST(SplitFiles, TargetBytesAreMostOfAPiece) {
  const std::vector<int64_t> sizes = {1000, 10, 2500};
  const Parts parts = Split(sizes, {.target_bytes = 1000});
  ExpectAllBytesOnce(parts, sizes.size());
  EXPECT_EQ(parts.size(), 5U);
  for (const auto& part : parts) EXPECT_LE(BytesOf(part, sizes), 1000);
}

TEST(SplitFiles, SizesThatCannotBeAreBounded) {
  const std::vector<int64_t> sizes = {-5, FileRange::kEnd, 0, FileRange::kEnd,
                                      std::numeric_limits<int64_t>::min()};
  ExpectAllBytesOnce(Split(sizes, {.max_parts = 3}), sizes.size());
  const Parts parts = Split(sizes, {.target_bytes = 1});
  ExpectAllBytesOnce(parts, sizes.size());
  EXPECT_LE(parts.size(), 100'000U);
  ExpectAllBytesOnce(Split(sizes, {.target_bytes = FileRange::kEnd}), sizes.size());
}

TEST(SplitFiles, OptionsAreChecked) {
  EXPECT_THAT(SplitFiles({}, {.max_parts = 0}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("1 to 100000")));
  EXPECT_THAT(SplitFiles({}, {.target_bytes = 0}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("1 or more")));
  EXPECT_THAT(SplitFiles({}, {.max_parts = 1, .target_bytes = 1}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("not both")));
}

}  // namespace
}  // namespace deltaic
