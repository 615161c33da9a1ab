#include "storage/azure/azure_answer.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Not;
using testing::StatusIs;

std::string Blob(std::string_view name, std::string_view size, std::string_view more = "",
                 std::string_view metadata = "") {
  return Concat("<Blob>", name,
                "<Properties><Last-Modified>Mon, 30 Nov 2026 07:17:04 GMT</Last-Modified>"
                "<Content-Length>",
                size, "</Content-Length>", more, "</Properties><Metadata>", metadata,
                "</Metadata></Blob>");
}

std::string Page(std::string_view blobs, std::string_view marker = "<NextMarker/>") {
  return Concat(
      "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults "
      "ContainerName=\"c\"><Prefix>t/</Prefix><Blobs>",
      blobs, "</Blobs>", marker, "</EnumerationResults>");
}

TEST(AzureListPage, NamesSizesTimesAndMarker) {
  const auto page = ParseAzureListPage(Page(Blob("<Name>t/a &amp; b</Name>", "12") +
                                                Blob("<Name>t/\xc3\xa4 #?</Name>", "0") +
                                                "<BlobPrefix><Name>t/f/</Name></BlobPrefix>",
                                            "<NextMarker>2!8!x</NextMarker>"));
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->objects.size(), 2u);
  EXPECT_EQ(page->objects[0].key, "t/a & b");
  EXPECT_EQ(page->objects[0].size_bytes, 12);
  EXPECT_EQ(page->objects[0].last_modified.value, 1796023024000);
  EXPECT_EQ(page->objects[1].key, "t/\xc3\xa4 #?");
  EXPECT_EQ(page->next_token, "2!8!x");
}

TEST(AzureListPage, DirectoriesAreLeftOut) {
  const auto page = ParseAzureListPage(
      Page(Blob("<Name>t/d</Name>", "0", "<ResourceType>directory</ResourceType>") +
           Blob("<Name>t/h</Name>", "0", "", "<hdi_isfolder>true</hdi_isfolder>") +
           Blob("<Name>t/file</Name>", "1", "<ResourceType>file</ResourceType>")));
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->objects.size(), 1u);
  EXPECT_EQ(page->objects[0].key, "t/file");
  EXPECT_THAT(page->next_token, IsEmpty());
}

TEST(AzureListPage, OtherAnswersAreNoEmptyListing) {
  const std::string whole = Page(Blob("<Name>a</Name>", "1"));
  for (const std::string& bad :
       {std::string(), std::string("{}"), whole.substr(0, whole.size() - 5),
        whole.substr(0, whole.size() / 2), std::string("<Error><Code>ServerBusy</Code></Error>"),
        std::string("<EnumerationResults/>"), Page(Blob("<Name>a</Name>", "many")),
        Page(Blob("<Name>a</Name>", "-1")), Page(Blob("<Name>a</Name>", "99999999999999999999"))}) {
    EXPECT_THAT(ParseAzureListPage(bad), StatusIs(StatusCode::kIo)) << bad;
  }
}

TEST(AzureStatus, SaysWhatToDo) {
  const auto status = [](int http, std::string_view code) {
    return AzureStatus(http, {std::string(code), "details"}, "reading az://c/x");
  };
  EXPECT_THAT(status(404, "BlobNotFound"), StatusIs(StatusCode::kNotFound, HasSubstr("az://c/x")));
  EXPECT_THAT(status(404, "ContainerNotFound"),
              StatusIs(StatusCode::kNotFound, HasSubstr("container's")));
  EXPECT_THAT(status(403, "AuthenticationFailed"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("clock")));
  EXPECT_THAT(status(403, "AuthorizationPermissionMismatch"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("role")));
  EXPECT_THAT(status(401, "InvalidAuthenticationInfo"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("expired")));
  EXPECT_THAT(status(503, "ServerBusy"), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(status(409, "BlobImmutableDueToPolicy"), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(status(400, "InvalidHeaderValue"), StatusIs(StatusCode::kIo, HasSubstr("details")));
  EXPECT_THAT(status(418, ""), StatusIs(StatusCode::kIo, HasSubstr("HTTP 418")));
}

TEST(AzureError, IsReadFromTheBody) {
  const AzureError error = ParseAzureError(
      "\xef\xbb\xbf<?xml version=\"1.0\"?><Error><Code>ServerBusy</Code><Message>Busy.\nRequestId:1"
      "</Message></Error>");
  EXPECT_EQ(error.code, "ServerBusy");
  EXPECT_EQ(error.message, "Busy.");
  EXPECT_THAT(ParseAzureError("<html>nginx</html>").code, IsEmpty());
}

}  // namespace
}  // namespace deltaic
