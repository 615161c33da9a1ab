#include "storage/s3/s3_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deltaic {
namespace {

struct Case {
  const char* uri;
  const char* location;
  const char* region;
  const char* endpoint;
};

TEST(ParseS3Url, Forms) {
  const Case cases[] = {
      {"https://s3.eu-west-1.amazonaws.com/b/a/t", "//b/a/t", "eu-west-1", ""},
      {"https://s3.amazonaws.com/b/t", "//b/t", "", ""},
      {"https://b.s3.eu-west-1.amazonaws.com/a/t", "//b/a/t", "eu-west-1", ""},
      {"https://my.bucket.s3.us-east-2.amazonaws.com/t", "//my.bucket/t", "us-east-2", ""},
      {"HTTPS://B.S3.amazonaws.com/t", "//b/t", "", ""},
      {"https://b.s3.dualstack.us-east-1.amazonaws.com/t", "//b/t", "us-east-1",
       "https://s3.dualstack.us-east-1.amazonaws.com"},
      {"https://s3.dualstack.us-east-1.amazonaws.com/b/t", "//b/t", "us-east-1",
       "https://s3.dualstack.us-east-1.amazonaws.com"},
      {"https://s3.cn-north-1.amazonaws.com.cn/b/t%20x", "//b/t%20x", "cn-north-1", ""},
      {"https://acc.r2.cloudflarestorage.com/b/t", "//b/t", "auto",
       "https://acc.r2.cloudflarestorage.com"},
      {"https://b.s3.eu-west-1.amazonaws.com", "//b/", "eu-west-1", ""},
  };
  for (const Case& c : cases) {
    const auto url = ParseS3Url(c.uri);
    ASSERT_TRUE(url) << c.uri;
    EXPECT_EQ(url->location, c.location) << c.uri;
    EXPECT_EQ(url->region, c.region) << c.uri;
    EXPECT_EQ(url->endpoint, c.endpoint) << c.uri;
  }
}

TEST(ParseS3Url, OthersAreForWebServers) {
  for (const char* uri :
       {"https://example.org/b/t", "http://s3.eu-west-1.amazonaws.com/b/t", "s3://b/t", "",
        "https://s3.eu-west-1.amazonaws.com/b/t?X-Amz-Signature=0", "https://amazonaws.com/b",
        "https://lambda.eu-west-1.amazonaws.com/b", "https://b.s3.a.b.c.amazonaws.com/t",
        "https://s3.dualstack.amazonaws.com/b/t", "https://user@s3.amazonaws.com/b/t",
        "https://s3.amazonaws.com.example.org/b/t"}) {
    EXPECT_FALSE(ParseS3Url(uri)) << uri;
  }
}

TEST(ParseS3Url, OptionsThatAreGivenBeatTheUrl) {
  const auto url = ParseS3Url("https://b.s3.dualstack.us-east-1.amazonaws.com/t");
  ASSERT_TRUE(url);
  const auto filled = OptionsWith(*url, {});
  EXPECT_EQ(filled.at("aws_region"), "us-east-1");
  EXPECT_EQ(filled.at("aws_endpoint"), "https://s3.dualstack.us-east-1.amazonaws.com");
  const auto given = OptionsWith(*url, {{"REGION", "x"}, {"endpoint_url", "https://e"}});
  EXPECT_EQ(given.size(), 2u);
}

}  // namespace
}  // namespace deltaic
