#include "storage/azure/azure_signature.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using ::testing::Not;
using ::testing::Pair;
using testing::StatusIs;

// The examples of "Authorize with Shared Key" in Azure's REST API reference.
HttpRequest ContainerMetadata() {
  HttpRequest request;
  request.url.path = "/mycontainer";
  request.url.query = {{"restype", "container"}, {"comp", "metadata"}, {"timeout", "20"}};
  request.headers = {{"x-ms-version", "2015-02-21"},
                     {"x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"}};
  return request;
}

TEST(AzureStringToSign, PublishedExampleOfContainerMetadata) {
  EXPECT_EQ(AzureStringToSign(ContainerMetadata(), "myaccount"),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\n"
            "x-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\n"
            "timeout:20");
}

TEST(AzureStringToSign, RepeatedParametersAreSortedAndJoined) {
  HttpRequest request;
  request.url.path = "/c";
  request.url.query = {{"include", "snapshots"},
                       {"restype", "container"},
                       {"comp", "list"},
                       {"include", "metadata"},
                       {"Marker", "a b/c"}};
  EXPECT_EQ(AzureStringToSign(request, "a"),
            "GET\n\n\n\n\n\n\n\n\n\n\n\n/a/c\ncomp:list\ninclude:metadata,snapshots\nmarker:a b/c\n"
            "restype:container");
}

TEST(AzureStringToSign, HeadersThatMatterStandInTheirPlaces) {
  HttpRequest request;
  request.method = "PUT";
  request.url.path = "/a/c/x%20y";
  request.body = "eleven byte";
  request.headers = {
      {"Content-Type", "text/plain"}, {"If-None-Match", "*"}, {"If-Match", "\"e\""},
      {"Range", "bytes=0-3"},         {"Date", "now"},        {"x-ms-blob-type", " BlockBlob "}};
  EXPECT_EQ(AzureStringToSign(request, "a"),
            "PUT\n\n\n11\n\ntext/plain\nnow\n\n\"e\"\n*\n\nbytes=0-3\nx-ms-blob-type:BlockBlob\n"
            "/a/a/c/x%20y");
}

// The digest is that of `openssl dgst -sha256 -hmac key` over the first example.
TEST(AzureSharedKey, IsHmacSha256OfTheText) {
  EXPECT_THAT(AzureSharedKey(ContainerMetadata(), "myaccount", "key"),
              IsOkAndHolds("SharedKey myaccount:WM6PIVHYgxCEsyR7/qzf8xFpP0IqD5n1ky7LYLMZ/9g="));
}

TEST(DecodeAzureKey, TakesBase64Only) {
  EXPECT_THAT(DecodeAzureKey("a2V5"), IsOkAndHolds("key"));
  EXPECT_THAT(DecodeAzureKey(" a2V5cw==\n"), IsOkAndHolds("keys"));
  for (const char* bad : {"", "CANARY!!", "a2V5=a2V", "===="}) {
    EXPECT_THAT(DecodeAzureKey(bad),
                StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("CANARY"))))
        << bad;
  }
}

TEST(ParseSasToken, TakesWhatPeoplePaste) {
  const auto expected = ElementsAre(Pair("sv", "2022-11-02"), Pair("se", "2030-01-01T00:00:00Z"),
                                    Pair("sig", "a+b/c="));
  for (const char* text : {"sv=2022-11-02&se=2030-01-01T00%3A00%3A00Z&sig=a%2Bb%2Fc%3D",
                           "?sv=2022-11-02&se=2030-01-01T00:00:00Z&sig=a+b/c=",
                           "sv%3D2022-11-02%26se%3D2030-01-01T00%3A00%3A00Z%26sig%3Da+b/c%3D"}) {
    EXPECT_THAT(ParseSasToken(text), IsOkAndHolds(expected)) << text;
  }
}

TEST(ParseSasToken, OtherTextsAreRefusedAndNotRepeated) {
  for (const char* text : {"", "CANARY", "sv=1&sp=CANARY", "sig="}) {
    EXPECT_THAT(ParseSasToken(text),
                StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("CANARY"))))
        << text;
  }
}

}  // namespace
}  // namespace deltaic
