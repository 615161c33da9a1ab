#include "storage/s3/s3_documents.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(ParseS3Listing, ObjectsAndWhereToGoOn) {
  const auto page = ParseS3Listing(
      "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
      "<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
      "<NextContinuationToken>t</NextContinuationToken>"
      "<Contents><Key>a%2Fb+c%25%2B</Key><Size>7</Size>"
      "<LastModified>2026-11-30T07:18:19.987Z</LastModified><ETag>&quot;e&quot;</ETag></Contents>"
      "<CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes></ListBucketResult>");
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->objects.size(), 1u);
  EXPECT_EQ(page->objects[0].key, "a/b c%+");
  EXPECT_EQ(page->objects[0].size_bytes, 7);
  EXPECT_EQ(page->objects[0].last_modified.value, 1'796'023'099'000);
  EXPECT_EQ(page->objects[0].etag, "\"e\"");
  EXPECT_EQ(page->next_token, "t");
}

TEST(ParseS3Listing, KeysAreLiteralWhereTheStoreDoesNotEncodeThem) {
  const auto page = ParseS3Listing(
      "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a+b%20</Key><Size>1</Size>"
      "<LastModified>2026-11-30T07:18:19Z</LastModified></Contents></ListBucketResult>");
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->objects[0].key, "a+b%20");
  EXPECT_EQ(page->next_token, "");
}

TEST(ParseS3Listing, WhatIsNoListingIsRefused) {
  for (const char* text :
       {"", "<Error><Code>SlowDown</Code></Error>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>1</Size><LastModified>x</LastModified>"
        "</Contents></ListBucketResult>"}) {
    EXPECT_THAT(ParseS3Listing(text), StatusIs(StatusCode::kCorruption)) << text;
  }
}

TEST(FormatS3Delete, EscapesKeys) {
  EXPECT_THAT(
      FormatS3Delete({"a&b<c", "\x01"}),
      ::testing::HasSubstr("<Object><Key>a&amp;b&lt;c</Key></Object><Object><Key>&#1;</Key>"));
}

TEST(KeyBefore, IsBeforeTheKeyAndAfterShorterOnes) {
  EXPECT_EQ(KeyBefore("log/0010."), "log/0010");
  EXPECT_EQ(KeyBefore("log/ä"), "log/");
  EXPECT_EQ(KeyBefore("log/\xff"), "log/");
  EXPECT_EQ(KeyBefore(""), "");
}

}  // namespace
}  // namespace deltaic
