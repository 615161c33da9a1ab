#include "net/url.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::StatusIs;

TEST(ParseUrl, PartsAndBack) {
  const auto url = ParseUrl("HTTPS://Example.com:8443/a%20b/c?x=1&y=%2B%20&z");
  ASSERT_THAT(url, testing::IsOk());
  EXPECT_EQ(url->Origin(), "https://example.com:8443");
  EXPECT_EQ(url->path, "/a%20b/c");
  EXPECT_EQ(url->ToString(), "https://example.com:8443/a%20b/c?x=1&y=%2B%20&z=");
  EXPECT_EQ(url->Redacted(), "https://example.com:8443/a%20b/c");
}

TEST(ParseUrl, UsualPortIsLeftOut) {
  EXPECT_EQ(ParseUrl("http://h:80").value().Authority(), "h");
  EXPECT_EQ(ParseUrl("https://h:80/").value().Authority(), "h:80");
  EXPECT_EQ(ParseUrl("http://[::1]:9000/").value().Authority(), "[::1]:9000");
}

TEST(ParseUrl, WhatIsNoneIsRefused) {
  for (const char* text : {"", "h", "ftp://h/", "http://", "http:///x", "http://h:0/", "http://h:x",
                           "http://h:99999/", "http://a b/", "http://h/a b", "http://h/#f"}) {
    EXPECT_THAT(ParseUrl(text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
  const Status secret = ParseUrl("https://user:hunter2@h/").status();
  EXPECT_THAT(secret, StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("hunter2"))));
}

TEST(UriEncode, KeepsOnlyUnreserved) {
  EXPECT_EQ(UriEncode("a/b c+ü~%='", true), "a/b%20c%2B%C3%BC~%25%3D%27");
  EXPECT_EQ(UriEncode("a/b", false), "a%2Fb");
}

TEST(IsLocalHost, LoopbackAndLinkLocalOnly) {
  for (const char* host : {"localhost", "127.0.0.1", "169.254.169.254", "[::1]", "[fe80::1]"})
    EXPECT_TRUE(IsLocalHost(host)) << host;
  for (const char* host : {"10.0.0.1", "example.com", "[2001:db8::1]", "12.7.0.1"})
    EXPECT_FALSE(IsLocalHost(host)) << host;
}

}  // namespace
}  // namespace deltaic
