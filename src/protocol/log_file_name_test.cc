#include "protocol/log_file_name.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace deltaic {
namespace {

constexpr std::string_view kUuid = "80a083e8-7026-4e79-81be-64bd76c43a11";

std::string Uuid(std::string_view before, std::string_view after) {
  return std::string(before).append(kUuid).append(after);
}

TEST(ParseLogFileName, KnowsEachKind) {
  using enum LogFileKind;
  const struct {
    std::string name;
    LogFileName expected;
  } cases[] = {
      {"00000000000000000000.json", {kCommit, {0}, {0}}},
      {"09223372036854775807.json",
       {kCommit, {std::numeric_limits<int64_t>::max()}, {std::numeric_limits<int64_t>::max()}}},
      {"00000000000000000012.checkpoint.parquet", {kClassicCheckpoint, {12}, {12}}},
      {"00000000000000000012.checkpoint.0000000002.0000000003.parquet",
       {kMultiPartCheckpoint, {12}, {12}, 2, 3}},
      {Uuid("00000000000000000012.checkpoint.", ".json"),
       {kUuidCheckpointJson, {12}, {12}, 0, 0, std::string(kUuid)}},
      {Uuid("00000000000000000012.checkpoint.", ".parquet"),
       {kUuidCheckpointParquet, {12}, {12}, 0, 0, std::string(kUuid)}},
      {"00000000000000000004.00000000000000000006.compacted.json", {kCompactedCommit, {4}, {6}}},
      {"00000000000000000012.crc", {kVersionChecksum, {12}, {12}}},
  };
  for (const auto& c : cases) {
    const auto name = ParseLogFileName(c.name);
    ASSERT_TRUE(name.has_value()) << c.name;
    EXPECT_TRUE(*name == c.expected) << c.name;
    const bool is_checkpoint = c.name.find("checkpoint") != std::string::npos;
    EXPECT_EQ(name->is_checkpoint(), is_checkpoint) << c.name;
  }
}

TEST(ParseLogFileName, IgnoresAllOtherNames) {
  const std::vector<std::string> names = {
      "",
      "_last_checkpoint",
      "_commits",
      ".00000000000000000000.json.crc",
      "._00000000000000000000.json",
      "00000000000000000000.json.tmp",
      "00000000000000000000.JSON",
      "00000000000000000000json",
      "00000000000000000000",
      "00000000000000000000.",
      "0000000000000000000.json",
      "000000000000000000000.json",
      "-0000000000000000001.json",
      "+0000000000000000001.json",
      " 0000000000000000001.json",
      "0000000000000000000x.json",
      "09223372036854775808.json",
      "99999999999999999999.json",
      "00000000000000000001.checkpoint",
      "00000000000000000001.checkpoint.",
      "00000000000000000001.checkpoint.json",
      "00000000000000000001.checkpoint.parquet.crc",
      "00000000000000000001.checkpoint.0000000000.0000000001.parquet",
      "00000000000000000001.checkpoint.0000000002.0000000001.parquet",
      "00000000000000000001.checkpoint.1.1.parquet",
      "00000000000000000001.checkpoint.0000000001.9999999999.parquet",
      "00000000000000000001.checkpoint.-000000001.0000000001.parquet",
      "00000000000000000001.checkpoint.0000000001.0000000001.json",
      "00000000000000000001.checkpoint.not-a-uuid.json",
      Uuid("00000000000000000001.checkpoint.", ".avro"),
      Uuid("00000000000000000001.checkpoint.", ""),
      Uuid("00000000000000000001.checkpoint.x", ".json"),
      Uuid("00000000000000000001.", ".json"),
      "00000000000000000005.00000000000000000005.compacted.json",
      "00000000000000000006.00000000000000000005.compacted.json",
      "00000000000000000004.00000000000000000005.compacted.parquet",
      "00000000000000000004.00000000000000000005.json",
      "00000000000000000004.5.compacted.json",
      std::string("00000000000000000000.json") + '\0',
  };
  for (const std::string& name : names) {
    EXPECT_FALSE(ParseLogFileName(name).has_value()) << name;
  }
}

TEST(LogFileNames, AreParsedBack) {
  for (const int64_t value : {int64_t{0}, int64_t{12}, std::numeric_limits<int64_t>::max()}) {
    const Version version{value};
    EXPECT_EQ(VersionPrefix(version).size(), 20u);
    const auto commit = ParseLogFileName(CommitFileName(version));
    ASSERT_TRUE(commit);
    EXPECT_TRUE(*commit == (LogFileName{LogFileKind::kCommit, version, version}));
    const auto checkpoint = ParseLogFileName(ClassicCheckpointFileName(version));
    ASSERT_TRUE(checkpoint);
    EXPECT_TRUE(*checkpoint == (LogFileName{LogFileKind::kClassicCheckpoint, version, version}));
    const auto checksum = ParseLogFileName(VersionChecksumFileName(version));
    ASSERT_TRUE(checksum);
    EXPECT_TRUE(*checksum == (LogFileName{LogFileKind::kVersionChecksum, version, version}));
  }
  EXPECT_EQ(CommitFileName(Version{12}), "00000000000000000012.json");
  EXPECT_EQ(ClassicCheckpointFileName(Version{12}), "00000000000000000012.checkpoint.parquet");
  EXPECT_EQ(VersionChecksumFileName(Version{12}), "00000000000000000012.crc");
}

}  // namespace
}  // namespace deltaic
