#include "storage/gcs/gcs_answer.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

TEST(GcsListPage, NamesSizesTimesAndToken) {
  const auto page = ParseGcsListPage(
      R"({"kind":"storage#objects","nextPageToken":"t2","prefixes":["t/f/"],"items":[
        {"kind":"storage#object","name":"t/a \"b\"","size":"12","generation":"1",
         "updated":"2026-11-30T07:17:04.123Z"},
        {"name":"t/ü","size":"0","updated":"2026-11-30T07:17:04.5Z"}]})");
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->objects.size(), 2u);
  EXPECT_EQ(page->objects[0].key, "t/a \"b\"");
  EXPECT_EQ(page->objects[0].size_bytes, 12);
  EXPECT_EQ(page->objects[0].last_modified.value, 1796023024123);
  EXPECT_EQ(page->objects[1].key, "t/ü");
  EXPECT_EQ(page->next_token, "t2");
}

TEST(GcsListPage, EmptyFolderHasNoItems) {
  const auto page = ParseGcsListPage(R"({"kind":"storage#objects"})");
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->objects, IsEmpty());
  EXPECT_THAT(page->next_token, IsEmpty());
}

TEST(GcsListPage, OtherAnswersAreNoEmptyListing) {
  for (
      const char* bad :
      {"", "[]", "{}", R"({"error":{"code":503}})", R"({"kind":"storage#objects","items":[)",
       R"({"kind":"storage#objects","items":{}})",
       R"({"kind":"storage#objects","items":[{"size":"1","updated":"2026-11-30T07:17:04Z"}]})",
       R"({"kind":"storage#objects","items":[{"name":"a","size":"x","updated":"2026-11-30T07:17:04Z"}]})",
       R"({"kind":"storage#objects","items":[{"name":"a","size":"-1","updated":"2026-11-30T07:17:04Z"}]})",
       R"({"kind":"storage#objects","items":[{"name":"a","size":"1","updated":"yesterday"}]})"}) {
    EXPECT_THAT(ParseGcsListPage(bad), StatusIs(StatusCode::kIo)) << bad;
  }
}

TEST(GcsStatus, SaysWhatToDo) {
  const auto status = [](int http, std::string_view message) {
    return GcsStatus(http, Concat(R"({"error":{"code":1,"message":")", message, "\"}}"),
                     "reading gs://b/x");
  };
  EXPECT_THAT(status(404, "No such object: b/x"),
              StatusIs(StatusCode::kNotFound, HasSubstr("gs://b/x")));
  EXPECT_THAT(status(404, "The specified bucket does not exist."),
              StatusIs(StatusCode::kNotFound, HasSubstr("bucket's name")));
  EXPECT_THAT(status(401, "Invalid Credentials"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("gcloud")));
  EXPECT_THAT(status(403, "x does not have storage.objects.get access"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("role")));
  EXPECT_THAT(status(429, "rate"), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(GcsStatus(502, "<html>", "x"), StatusIs(StatusCode::kUnavailable, HasSubstr("502")));
  EXPECT_THAT(status(400, "Bad"), StatusIs(StatusCode::kIo, HasSubstr("Bad")));
}

}  // namespace
}  // namespace deltaic
