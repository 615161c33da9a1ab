#include "storage/s3/dynamo_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(ParseDynamoAnswer, ItemOrFirstOfItems) {
  const std::string item =
      R"({"tablePath":{"S":"s3a://b/t"},"fileName":{"S":"00000000000000000007.json"},)"
      R"("tempPath":{"S":".tmp/x"},"complete":{"S":"true"},"expireTime":{"N":"1700000000"}})";
  for (const std::string& json :
       {R"({"Item":)" + item + "}", R"({"Count":1,"Items":[)" + item + "]}"}) {
    const auto entry = ParseDynamoAnswer(json);
    ASSERT_THAT(entry, IsOk());
    ASSERT_TRUE(entry->has_value());
    EXPECT_EQ((*entry)->file_name, "00000000000000000007.json");
    EXPECT_EQ((*entry)->temp_path, ".tmp/x");
    EXPECT_TRUE((*entry)->is_complete);
  }
}

TEST(ParseDynamoAnswer, NothingThere) {
  for (const char* json : {"{}", R"({"Count":0,"Items":[]})"}) {
    const auto entry = ParseDynamoAnswer(json);
    ASSERT_THAT(entry, IsOk());
    EXPECT_FALSE(entry->has_value());
  }
}

TEST(ParseDynamoAnswer, WhatIsNoEntryIsRefused) {
  for (const char* json :
       {"", "[]", "<html>", R"({"Item":{"fileName":{"S":"x"}}})", R"({"Items":[1]})",
        R"({"Item":{"fileName":{"S":"x"},"tempPath":{"S":"y"},"complete":{"S":"maybe"}}})",
        R"({"Item":{"fileName":{"N":"1"},"tempPath":{"S":"y"},"complete":{"S":"true"}}})"}) {
    EXPECT_THAT(ParseDynamoAnswer(json), StatusIs(StatusCode::kCorruption)) << json;
  }
}

TEST(JsonString, EscapesWhatMust) {
  EXPECT_EQ(JsonString("a\"b\\c\n\x01"), R"("a\"b\\c\u000a\u0001")");
  EXPECT_EQ(JsonString("s3a://b/ü"), "\"s3a://b/ü\"");
}

}  // namespace
}  // namespace deltaic
