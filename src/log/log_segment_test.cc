#include "log/log_segment.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kUuid[] = "3a0d65cd-4056-49b8-937b-95f9e3ee90e5";

LogFile Single(LogFileKind kind, int64_t version, std::string name) {
  return {std::move(name), {kind, Version{version}, Version{version}}, 100, TimestampMs{version}};
}
LogFile Commit(int64_t version) {
  return Single(LogFileKind::kCommit, version, Concat("c", version));
}
LogFile Classic(int64_t version) {
  return Single(LogFileKind::kClassicCheckpoint, version, Concat("cp", version));
}
LogFile Uuid(int64_t version, LogFileKind kind = LogFileKind::kUuidCheckpointParquet) {
  LogFile file = Single(kind, version, Concat("uuid", version));
  file.parsed.uuid = kUuid;
  return file;
}
LogFile Part(int64_t version, int32_t part, int32_t num_parts) {
  LogFile file = Single(LogFileKind::kMultiPartCheckpoint, version,
                        Concat("cp", version, ".", part, ".", num_parts));
  file.parsed.part = part;
  file.parsed.num_parts = num_parts;
  return file;
}
LogFile Compacted(int64_t first, int64_t last) {
  LogFile file = Single(LogFileKind::kCompactedCommit, first, Concat("x", first, "-", last));
  file.parsed.end_version = Version{last};
  return file;
}
LogFile Checksum(int64_t version) {
  return Single(LogFileKind::kVersionChecksum, version, Concat("crc", version));
}

std::vector<std::string> Names(const std::vector<LogFile>& files) {
  std::vector<std::string> out;
  for (const LogFile& file : files) out.push_back(file.name);
  return out;
}

/// "cp2 | c3 c4 = 4": the files picked and the version.
std::string Describe(const Result<LogSegment>& segment) {
  if (!segment.ok()) return segment.status().ToString();
  std::string out;
  for (const LogFile& file : segment->checkpoint) out += file.name + " ";
  out += "|";
  for (const LogFile& file : segment->commits) out += " " + file.name;
  return out + Concat(" = ", segment->version.value);
}

struct Case {
  const char* name;
  std::vector<LogFile> listing;
  std::optional<Version> at;
  std::vector<std::string> unusable;
  const char* expected;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class SelectLogSegmentTest : public ::testing::TestWithParam<Case> {};

TEST_P(SelectLogSegmentTest, PicksTheFiles) {
  const Case& c = GetParam();
  EXPECT_EQ(Describe(SelectLogSegment(c.listing, c.at, c.unusable)), c.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Listings, SelectLogSegmentTest,
    ::testing::Values(
        Case{"CommitsOnly", {Commit(0), Commit(1), Commit(2)}, {}, {}, "| c0 c1 c2 = 2"},
        Case{"UnsortedListing", {Commit(2), Commit(0), Commit(1)}, {}, {}, "| c0 c1 c2 = 2"},
        Case{"OlderVersion", {Commit(0), Commit(1), Commit(2)}, Version{1}, {}, "| c0 c1 = 1"},
        Case{"CheckpointReplacesCommits",
             {Commit(1), Classic(1), Commit(2)},
             {},
             {},
             "cp1 | c2 = 2"},
        Case{"CheckpointAlone", {Classic(7)}, {}, {}, "cp7 | = 7"},
        Case{"CheckpointNewerThanAskedForIsIgnored",
             {Commit(0), Commit(1), Classic(1), Commit(2), Classic(2)},
             Version{1},
             {},
             "cp1 | = 1"},
        Case{"NewestCheckpointWins", {Classic(1), Classic(3), Commit(4)}, {}, {}, "cp3 | c4 = 4"},
        Case{"AllPartsInOrder",
             {Part(2, 2, 3), Part(2, 1, 3), Part(2, 3, 3), Commit(3)},
             {},
             {},
             "cp2.1.3 cp2.2.3 cp2.3.3 | c3 = 3"},
        Case{"MissingPartIsNoCheckpoint",
             {Commit(0), Commit(1), Commit(2), Part(2, 1, 3), Part(2, 3, 3)},
             {},
             {},
             "| c0 c1 c2 = 2"},
        Case{"PartsOfTwoSetsDoNotMix",
             {Commit(0), Part(0, 1, 2), Part(0, 2, 3), Part(0, 3, 3)},
             {},
             {},
             "| c0 = 0"},
        Case{
            "SingleFileBeforeParts", {Part(2, 1, 1), Uuid(2), Commit(3)}, {}, {}, "uuid2 | c3 = 3"},
        Case{"JsonCheckpoint",
             {Commit(2), Uuid(2, LogFileKind::kUuidCheckpointJson)},
             {},
             {},
             "uuid2 | = 2"},
        Case{"CompactedStandsForItsCommits",
             {Commit(0), Commit(1), Compacted(1, 3), Commit(2), Commit(3), Commit(4)},
             {},
             {},
             "| c0 x1-3 c4 = 4"},
        Case{"LongestCompactedThatFits",
             {Commit(0), Commit(1), Commit(2), Commit(3), Commit(4), Compacted(0, 1),
              Compacted(0, 2), Compacted(0, 4)},
             Version{3},
             {},
             "| x0-2 c3 = 3"},
        Case{"CompactedAcrossTheCheckpointIsIgnored",
             {Classic(2), Compacted(1, 3), Commit(3)},
             {},
             {},
             "cp2 | c3 = 3"},
        Case{"CompactedStandsForCommitsThatAreGone",
             {Commit(0), Compacted(1, 3), Commit(4)},
             {},
             {},
             "| c0 x1-3 c4 = 4"},
        Case{"UnusableCheckpointFallsBackToAnOlderOne",
             {Classic(1), Commit(2), Commit(3), Classic(3), Commit(4)},
             {},
             {"cp3"},
             "cp1 | c2 c3 c4 = 4"},
        Case{"UnusablePartDropsItsCheckpoint",
             {Commit(0), Commit(1), Part(1, 1, 2), Part(1, 2, 2)},
             {},
             {"cp1.2.2"},
             "| c0 c1 = 1"},
        Case{"EquivalentCheckpointOfTheVersionTakesOver",
             {Classic(3), Uuid(3)},
             {},
             {"cp3"},
             "uuid3 | = 3"}),
    [](const ::testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(SelectLogSegment, EmptyLogIsNotFound) {
  EXPECT_THAT(SelectLogSegment({}, std::nullopt), StatusIs(StatusCode::kNotFound));
  const std::vector<LogFile> only_checksum = {Checksum(3)};
  EXPECT_THAT(SelectLogSegment(only_checksum, std::nullopt), StatusIs(StatusCode::kNotFound));
}

TEST(SelectLogSegment, VersionOutsideTheLogNamesTheRange) {
  const std::vector<LogFile> whole = {Commit(0), Commit(1)};
  EXPECT_THAT(
      SelectLogSegment(whole, Version{12}),
      StatusIs(StatusCode::kNotFound, "version 12 does not exist: the table has versions 0 to 1"));
  EXPECT_THAT(SelectLogSegment(whole, Version{-1}), StatusIs(StatusCode::kNotFound));
  const std::vector<LogFile> truncated = {Commit(9), Classic(10), Commit(10), Commit(11)};
  EXPECT_THAT(
      SelectLogSegment(truncated, Version{9}),
      StatusIs(StatusCode::kNotFound, "version 9 does not exist: the table has versions 10 to 11"));
}

TEST(SelectLogSegment, GapNamesTheMissingCommit) {
  const std::vector<LogFile> gap = {Commit(0), Commit(2)};
  EXPECT_THAT(SelectLogSegment(gap, std::nullopt),
              StatusIs(StatusCode::kCorruption, AllOf(HasSubstr("commit 1 is missing"),
                                                      HasSubstr("00000000000000000001.json"))));
  const std::vector<LogFile> no_start = {Commit(3), Commit(4)};
  EXPECT_THAT(SelectLogSegment(no_start, std::nullopt),
              StatusIs(StatusCode::kCorruption, HasSubstr("commit 0")));
  const std::vector<LogFile> after_checkpoint = {Classic(3), Commit(5)};
  EXPECT_THAT(SelectLogSegment(after_checkpoint, std::nullopt),
              StatusIs(StatusCode::kCorruption, HasSubstr("commit 4")));
}

TEST(SelectLogSegment, DamagedNewestCheckpointNeverGivesAnOlderVersion) {
  const std::vector<LogFile> listing = {Commit(0), Commit(1), Classic(2)};
  const std::vector<std::string> unusable = {"cp2"};
  EXPECT_THAT(SelectLogSegment(listing, std::nullopt, unusable),
              StatusIs(StatusCode::kCorruption, HasSubstr("commit 2")));
}

TEST(SelectLogSegment, HugeVersionsDoNotTakeTheTimeOfTheirDistance) {
  const std::vector<LogFile> listing = {Commit(0), Commit(INT64_MAX)};
  EXPECT_THAT(SelectLogSegment(listing, std::nullopt),
              StatusIs(StatusCode::kCorruption, HasSubstr("commit 1 ")));
}

TEST(SelectLogSegment, ChecksumAndLastCommitAreThoseOfTheVersion) {
  const std::vector<LogFile> listing = {Commit(0), Checksum(0), Commit(1), Checksum(1)};
  const Result<LogSegment> newest = SelectLogSegment(listing, std::nullopt);
  ASSERT_THAT(newest, IsOk());
  EXPECT_EQ(newest->checksum->name, "crc1");
  EXPECT_EQ(newest->last_commit_file->name, "c1");
  const std::vector<LogFile> truncated = {Checksum(1), Classic(2)};
  const Result<LogSegment> bare = SelectLogSegment(truncated, std::nullopt);
  ASSERT_THAT(bare, IsOk());
  EXPECT_FALSE(bare->checksum.has_value());
  EXPECT_FALSE(bare->last_commit_file.has_value());
  EXPECT_THAT(Names(bare->checkpoint), ElementsAre("cp2"));
}

}  // namespace
}  // namespace deltaic
