#include "storage/remote/content_range.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

TEST(ParseContentRange, PartsOfIt) {
  const auto range = ParseContentRange("bytes 10-19/100");
  ASSERT_THAT(range, IsOk());
  EXPECT_EQ(range->first, 10);
  EXPECT_EQ(range->last, 19);
  EXPECT_EQ(range->total, 100);
  EXPECT_EQ(ParseContentRange("bytes 0-0/*").value().total, -1);
}

TEST(ParseContentRange, AnythingElseIsRefused) {
  for (const char* text :
       {"", "bytes", "bytes 1-2", "bytes 2-1/9", "bytes 0-9/9", "bytes -1-2/9",
        "bytes 0-99999999999999999999/9", "items 0-1/2", "bytes */9", "bytes 0-1/2x"}) {
    EXPECT_THAT(ParseContentRange(text), StatusIs(StatusCode::kCorruption)) << text;
  }
}

HttpResponse Answer(int status, const char* range, std::string body) {
  return {.status = status, .headers = {{"Content-Range", range}}, .body = std::move(body)};
}

TEST(CheckRangeAnswer, HoldsExactlyWhatWasAskedFor) {
  EXPECT_THAT(CheckRangeAnswer(Answer(206, "bytes 2-4/9", "abc"), 2, 3, "x"), IsOkAndHolds(9));
}

TEST(CheckRangeAnswer, OtherBytesAreRefused) {
  const HttpResponse answers[] = {Answer(200, "", "abcdefghi"), Answer(206, "bytes 1-3/9", "abc"),
                                  Answer(206, "bytes 2-4/9", "ab"),
                                  Answer(206, "bytes 2-8/9", "abcdefg")};
  for (const HttpResponse& answer : answers)
    EXPECT_THAT(CheckRangeAnswer(answer, 2, 3, "x"), StatusIs(StatusCode::kIo));
  EXPECT_THAT(CheckRangeAnswer(Answer(206, "", "abc"), 2, 3, "x"),
              StatusIs(StatusCode::kCorruption));
}

}  // namespace
}  // namespace deltaic
