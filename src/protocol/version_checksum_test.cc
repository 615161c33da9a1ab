#include "protocol/version_checksum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::testing::HasSubstr;

TEST(ParseVersionChecksum, FileOfAWriterGivesCountsProtocolAndMetadata) {
  const auto checksum = ParseVersionChecksum(
      R"({"txnId":"t","tableSizeBytes":123,"numFiles":4,"numMetadata":1,"numProtocol":1,)"
      R"("setTransactions":[{"appId":"a","version":1}],"domainMetadata":[],)"
      R"("metadata":{"id":"m","format":{"provider":"parquet","options":{}},)"
      R"("schemaString":"{}","partitionColumns":["p"],"configuration":{"k":"v"}},)"
      R"("protocol":{"minReaderVersion":1,"minWriterVersion":2},)"
      R"("histogramOpt":{"fileCounts":[0]},"allFiles":[]})"
      "\n",
      "5.crc");
  ASSERT_THAT(checksum, IsOk());
  EXPECT_EQ(checksum->table_size_bytes, 123);
  EXPECT_EQ(checksum->num_files, 4);
  ASSERT_TRUE(checksum->protocol);
  EXPECT_EQ(checksum->protocol->min_writer_version, 2);
  ASSERT_TRUE(checksum->metadata);
  EXPECT_EQ(checksum->metadata->id, "m");
  EXPECT_EQ(checksum->metadata->partition_columns, std::vector<std::string>{"p"});
  EXPECT_EQ(checksum->metadata->configuration.at("k"), "v");
}

TEST(ParseVersionChecksum, WithoutActionsIsReadableWithoutThem) {
  const auto checksum = ParseVersionChecksum(
      R"({"tableSizeBytes":0,"numFiles":0,"metadata":null,"protocol":null})", "5.crc");
  ASSERT_THAT(checksum, IsOk());
  EXPECT_FALSE(checksum->protocol);
  EXPECT_FALSE(checksum->metadata);
}

TEST(ParseVersionChecksum, WhatIsNotUsableSaysWhy) {
  const struct {
    const char* json;
    const char* why;
  } cases[] = {
      {"", "5.crc"},
      {"[]", "is not an object"},
      {R"({"numFiles":1})", "lacks the field tableSizeBytes"},
      {R"({"tableSizeBytes":1})", "lacks the field numFiles"},
      {R"({"tableSizeBytes":-1,"numFiles":1})", "tableSizeBytes: is negative"},
      {R"({"tableSizeBytes":1,"numFiles":-1})", "numFiles: is negative"},
      {R"({"tableSizeBytes":1,"numFiles":1,"numMetadata":2})", "numMetadata: is not 1"},
      {R"({"tableSizeBytes":1,"numFiles":1,"numProtocol":0})", "numProtocol: is not 1"},
      {R"({"tableSizeBytes":1,"numFiles":"x"})", "numFiles"},
      {R"({"tableSizeBytes":1,"numFiles":1} trailing)", "5.crc"},
      {R"({"tableSizeBytes":1,"numFiles":1,"metadata":{"name":"no id"}})", "lacks the field id"},
      {R"({"tableSizeBytes":1,"numFiles":1,"protocol":[1]})", "protocol"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ParseVersionChecksum(c.json, "5.crc"),
                StatusIs(StatusCode::kCorruption, HasSubstr(c.why)))
        << c.json;
  }
}

}  // namespace
}  // namespace deltaic
