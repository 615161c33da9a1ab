#include "net/range_resume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_client.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;

const std::string kObject = "0123456789abcdefghijklmnopqrstuvwxyz";

/// Serves ranges of kObject, of which each answer breaks off after so many bytes; 0: it does not.
class BreakingTransport : public HttpTransport {
 public:
  explicit BreakingTransport(std::vector<size_t> breaks) : breaks_(std::move(breaks)) {}

  Result<HttpResponse> Send(const HttpRequest& request, const IoContext&) override {
    seen.push_back(request);
    const size_t number = seen.size() - 1;
    const std::string range(request.headers.Get("range"));
    size_t begin = 0, end = 0;
    EXPECT_EQ(std::sscanf(range.c_str(), "bytes=%zu-%zu", &begin, &end), 2) << range;
    if (const auto wanted = request.headers.Find("if-match"); wanted && *wanted != etag)
      return HttpResponse{.status = 412, .headers = {}, .body = {}};
    HttpResponse answer{
        .status = 206,
        .headers = {{"ETag", etag},
                    {"Content-Range", Concat("bytes ", begin, '-', end, '/', kObject.size())}},
        .body = kObject.substr(begin, end - begin + 1)};
    if (number >= breaks_.size() || breaks_[number] == 0) {
      if (says_length || says_length_at_last) Place(request, answer);
      return answer;
    }
    answer.body.resize(breaks_[number]);
    if (says_length) Place(request, answer);
    if (request.broken != nullptr) *request.broken = std::move(answer);
    if (new_etag_after_break) etag = "\"other\"";
    return Status::CommitUnknown("reset");
  }

  std::vector<HttpRequest> seen;
  std::string etag = "\"one\"";
  bool new_etag_after_break = false;
  bool says_length = true;  ///< before the bytes, so that they go to their place
  bool says_length_at_last = true;

 private:
  static void Place(const HttpRequest& request, HttpResponse& answer) {
    if (request.place.size() < answer.body.size()) return;
    answer.placed_bytes = answer.body.copy(request.place.data(), answer.body.size());
    answer.body.clear();
  }

  const std::vector<size_t> breaks_;
};

Result<HttpResponse> Get(const std::shared_ptr<BreakingTransport>& transport,
                         std::span<char> place = {}) {
  const HttpClient client(transport, {.max_retries = 2,
                                      .init_backoff = std::chrono::milliseconds(1),
                                      .max_backoff = std::chrono::milliseconds(1)});
  HttpRequest request{.url = {.scheme = "https", .host = "h"}};
  request.headers.Set("Range", "bytes=5-24");
  request.place = place;
  return client.Send(request, {}, {});
}

TEST(RangeResume, GoesOnFromTheByteReached) {
  // More breaks than tries: each goes on, so each counts anew.
  const auto transport = std::make_shared<BreakingTransport>(std::vector<size_t>{3, 1, 4, 2, 2, 1});
  const auto answer = Get(transport);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->body, kObject.substr(5, 20));
  EXPECT_EQ(answer->headers.Get("content-range"), "bytes 5-24/36");
  ASSERT_EQ(transport->seen.size(), 7u);
  EXPECT_FALSE(transport->seen[0].headers.Find("if-match"));
  EXPECT_EQ(transport->seen[1].headers.Get("range"), "bytes=8-24");
  EXPECT_EQ(transport->seen[1].headers.Get("if-match"), "\"one\"");
  EXPECT_EQ(transport->seen[2].headers.Get("range"), "bytes=9-24");
}

TEST(RangeResume, BytesComeToTheirPlace) {
  struct Lengths {
    bool said, said_at_last;
  };
  for (const Lengths lengths : {Lengths{true, true}, {false, true}, {false, false}}) {
    const auto transport = std::make_shared<BreakingTransport>(std::vector<size_t>{3, 1, 4});
    transport->says_length = lengths.said;
    transport->says_length_at_last = lengths.said_at_last;
    std::string place(20, '\0');
    const auto answer = Get(transport, place);
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->num_bytes(), 20u);
    EXPECT_EQ(answer->body.empty() ? place : answer->body, kObject.substr(5, 20));
    EXPECT_EQ(answer->body.empty(), lengths.said);
    EXPECT_EQ(transport->seen.back().headers.Get("range"), "bytes=13-24");
  }
}

TEST(RangeResume, RestOfUnknownLengthGoesBehindWhatIsInItsPlace) {
  std::string place(20, '\0');
  HttpRequest request;
  request.headers.Set("Range", "bytes=5-24");
  request.place = place;
  RangeResume resume(request);
  kObject.copy(place.data(), 3, 5);
  ASSERT_TRUE(resume.Keep({.status = 206,
                           .headers = {{"ETag", "\"e\""}, {"Content-Range", "bytes 5-24/36"}},
                           .body = "",
                           .placed_bytes = 3}));
  const HttpResponse joined = resume.Join({.status = 206,
                                           .headers = {{"Content-Range", "bytes 8-24/36"}},
                                           .body = kObject.substr(8, 17)});
  EXPECT_EQ(joined.body, "");
  EXPECT_EQ(joined.num_bytes(), 20u);
  EXPECT_EQ(place, kObject.substr(5, 20));
}

TEST(RangeResume, ObjectReplacedMeanwhileIsSaid) {
  const auto transport = std::make_shared<BreakingTransport>(std::vector<size_t>{3});
  transport->new_etag_after_break = true;
  const auto answer = Get(transport);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(answer->status, 412);
}

TEST(RangeResume, WithoutAStrongTagAllIsAskedForAgain) {
  for (const std::string tag : {"", "W/\"one\""}) {
    const auto transport = std::make_shared<BreakingTransport>(std::vector<size_t>{3});
    transport->etag = tag;
    const auto answer = Get(transport);
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->body, kObject.substr(5, 20));
    EXPECT_EQ(transport->seen[1].headers.Get("range"), "bytes=5-24");
  }
}

TEST(RangeResume, OtherBytesThanAskedForAreNotKept) {
  HttpRequest request;
  request.headers.Set("Range", "bytes=5-24");
  RangeResume resume(request);
  HttpResponse answer{.status = 206, .headers = {{"ETag", "\"e\""}}, .body = "abc"};
  for (const char* range : {"bytes 4-24/36", "bytes 50-24/36", "", "bytes=5-24"}) {
    answer.headers.Set("Content-Range", range);
    EXPECT_FALSE(resume.Keep(answer)) << range;
  }
  answer.headers.Set("Content-Range", "bytes 5-24/36");
  answer.body = std::string(20, 'x');
  EXPECT_FALSE(resume.Keep(answer)) << "nothing is left to ask for";
}

TEST(RangeResume, RequestsWithoutARangePassThrough) {
  for (const char* range : {"", "bytes=-5", "bytes=5-", "bytes=x-y", "lines=1-2"}) {
    HttpRequest request;
    if (*range != '\0') request.headers.Set("Range", range);
    RangeResume resume(request);
    EXPECT_FALSE(resume.Keep({.status = 206, .headers = {{"ETag", "\"e\""}}, .body = "abc"}));
    EXPECT_EQ(resume.Join({.status = 200, .headers = {}, .body = "abc"}).body, "abc");
  }
}

}  // namespace
}  // namespace deltaic
