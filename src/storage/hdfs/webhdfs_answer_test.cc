#include "storage/hdfs/webhdfs_answer.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

TEST(HdfsListing, EntriesAndWhatRemains) {
  const auto listing = ParseHdfsListing(
      R"({"DirectoryListing":{"partialListing":{"FileStatuses":{"FileStatus":[
        {"pathSuffix":"a b","type":"FILE","length":12,"modificationTime":1796023024123},
        {"pathSuffix":"d","type":"DIRECTORY","length":0,"modificationTime":1}]}},"remainingEntries":3}})");
  ASSERT_THAT(listing, IsOk());
  ASSERT_EQ(listing->entries.size(), 2u);
  EXPECT_EQ(listing->entries[0].name, "a b");
  EXPECT_EQ(listing->entries[0].size_bytes, 12);
  EXPECT_EQ(listing->entries[0].modified.value, 1796023024123);
  EXPECT_FALSE(listing->entries[0].is_folder);
  EXPECT_TRUE(listing->entries[1].is_folder);
  EXPECT_EQ(listing->remaining, 3);
}

TEST(HdfsAnswers, BrokenOnesAreNoEmptyOnes) {
  for (const char* bad :
       {"", "{}", "<html>", R"({"DirectoryListing":{}})", R"({"FileStatus":{"length":-1}})"}) {
    EXPECT_THAT(ParseHdfsListing(bad), StatusIs(StatusCode::kIo)) << bad;
    EXPECT_THAT(ParseHdfsStatus(bad), StatusIs(StatusCode::kIo)) << bad;
    EXPECT_THAT(ParseHdfsBoolean(bad), StatusIs(StatusCode::kIo)) << bad;
  }
  EXPECT_THAT(ParseHdfsBoolean(R"({"boolean":true})"), IsOkAndHolds(true));
}

TEST(WebHdfsError, SaysWhatToDo) {
  const auto error = [](int status, std::string_view exception) {
    return WebHdfsError(
        status,
        Concat(R"({"RemoteException":{"exception":")", exception, R"(","message":"why\nat"}})"),
        "x");
  };
  EXPECT_THAT(error(404, "FileNotFoundException"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(error(403, "AccessControlException"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("why")));
  EXPECT_THAT(error(403, "StandbyException"),
              StatusIs(StatusCode::kUnavailable, HasSubstr("standby")));
  EXPECT_THAT(WebHdfsError(401, "", "x"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("hdfs_user")));
  EXPECT_THAT(error(400, "IllegalArgumentException"), StatusIs(StatusCode::kIo, HasSubstr("why")));
}

}  // namespace
}  // namespace deltaic
