#include "net/http_time.h"

#include <gtest/gtest.h>

namespace deltaic {
namespace {

TEST(HttpTime, ParseAndFormatAreInverse) {
  for (const int64_t seconds : {int64_t{0}, int64_t{784'111'777}, int64_t{1'796'023'099}}) {
    EXPECT_EQ(ParseHttpDate(FormatHttpDate(seconds)), seconds);
  }
  EXPECT_EQ(FormatHttpDate(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110, 5.6.7
  EXPECT_EQ(FormatCompactTime(1'369'353'600), "20130524T000000Z");
}

TEST(HttpTime, AnythingElseIsNoDate) {
  for (const char* text : {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Foo 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 -8:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace deltaic
