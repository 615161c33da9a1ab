#include "protocol/custom_commit_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Pair;
using testing::StatusIs;

TEST(CustomCommitInfo, WhatTheCommitFillsInIsRefusedByName) {
  for (const char* key :
       {"timestamp", "inCommitTimestamp", "operation", "operationMetrics", "isolationLevel",
        "isBlindAppend", "engineInfo", "txnId", "readVersion"}) {
    EXPECT_THAT(CheckCustomCommitInfo(key, "5"),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(key)));
  }
}

TEST(CustomCommitInfo, KnownKeysTakeTheKindThatReadersExpect) {
  struct Case {
    const char* key;
    const char* json;
    bool fits;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"userName", "\"me\"", true},
           {"userName", "5", false},
           {"userId", "null", false},
           {"userMetadata", "{}", false},
           {"operationParameters", "{\"a\":1}", true},
           {"operationParameters", "\"a\"", false},
           {"mine", "[1,{\"a\":null}]", true},
           {"mine", "{", false},
           {"mine", "1,2", false},
           {"mine", "", false},
           {"mine", "NaN", false},
       }) {
    const Status status = CheckCustomCommitInfo(c.key, c.json);
    if (c.fits) {
      EXPECT_THAT(status, IsOk()) << c.key << " " << c.json;
    } else {
      EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument, HasSubstr(c.key)));
    }
  }
}

TEST(CustomCommitInfo, OperationParametersBecomeTexts) {
  EXPECT_THAT(CustomOperationParameters(R"({"a":"x","b":5,"c":{"d":true},"e":null})"),
              ElementsAre(Pair("a", "\"x\""), Pair("b", "\"5\""), Pair("c", R"("{\"d\":true}")"),
                          Pair("e", "\"null\"")));
  EXPECT_THAT(CustomOperationParameters("[1]"), IsEmpty());
  EXPECT_THAT(CustomOperationParameters("{"), IsEmpty());
}

}  // namespace
}  // namespace deltaic
