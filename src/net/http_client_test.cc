#include "net/http_client.h"

#include <gtest/gtest.h>

#include <deque>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using std::chrono::milliseconds;
using testing::IsOk;
using testing::StatusIs;

/// Answers what it was told to, in turn.
class ScriptedTransport : public HttpTransport {
 public:
  explicit ScriptedTransport(std::deque<Result<HttpResponse>> answers)
      : answers_(std::move(answers)) {}

  Result<HttpResponse> Send(const HttpRequest& request, const IoContext&) override {
    seen.push_back(request);
    if (answers_.empty()) return Status::Internal("asked too often");
    Result<HttpResponse> answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  std::vector<HttpRequest> seen;

 private:
  std::deque<Result<HttpResponse>> answers_;
};

HttpResponse Answer(int status, HttpHeaders headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = {}};
}

struct Sent {
  std::vector<HttpRequest> seen;
  Result<HttpResponse> answer;
};

Sent Send(std::deque<Result<HttpResponse>> answers, bool may_resend = true,
          const RequestPolicy& policy = {}, const IoContext& context = {}) {
  const auto transport = std::make_shared<ScriptedTransport>(std::move(answers));
  const HttpClient client(
      transport,
      {.max_retries = 3, .init_backoff = milliseconds(1), .max_backoff = milliseconds(2)});
  HttpRequest request{.url = {.scheme = "https", .host = "h"}, .may_resend = may_resend};
  Result<HttpResponse> answer = client.Send(request, policy, context);
  return {transport->seen, std::move(answer)};
}

TEST(HttpClient, ServerErrorsAreTriedAgain) {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    const Sent sent = Send({Answer(status), Answer(200)});
    ASSERT_THAT(sent.answer, IsOk());
    EXPECT_EQ(sent.answer->status, 200) << status;
    EXPECT_EQ(sent.seen.size(), 2u) << status;
  }
}

TEST(HttpClient, RefusalsAreFinal) {
  for (const int status : {301, 400, 403, 404, 409, 412, 501}) {
    EXPECT_EQ(Send({Answer(status)}).answer.value().status, status);
  }
}

TEST(HttpClient, LastAnswerIsGivenOnceTriesAreUsedUp) {
  const Sent sent = Send({Answer(503), Answer(503), Answer(503), Answer(500)});
  EXPECT_EQ(sent.answer.value().status, 500);
  EXPECT_EQ(sent.seen.size(), 4u);
}

TEST(HttpClient, LostAnswerIsTriedAgainOverAFreshConnection) {
  const Sent sent = Send({Status::CommitUnknown("reset"), Answer(200)});
  ASSERT_THAT(sent.answer, IsOk());
  EXPECT_FALSE(sent.seen[0].fresh_connection);
  EXPECT_TRUE(sent.seen[1].fresh_connection);
}

TEST(HttpClient, LostAnswerIsUnavailableInTheEnd) {
  const Status lost = Status::CommitUnknown("reset");
  EXPECT_THAT(Send({lost, lost, lost, lost}).answer, StatusIs(StatusCode::kUnavailable, "reset"));
}

TEST(HttpClient, WhatMayNotBeResentIsSentOnce) {
  EXPECT_EQ(Send({Answer(503)}, /*may_resend=*/false).answer.value().status, 503);
  EXPECT_THAT(Send({Status::CommitUnknown("reset")}, false).answer,
              StatusIs(StatusCode::kCommitUnknown));
}

TEST(HttpClient, WhatMayNotBeResentIsTriedAgainWhereNothingWasSent) {
  const Sent sent = Send({Status::Unavailable("no connection"), Answer(200)}, false);
  EXPECT_THAT(sent.answer, IsOk());
  EXPECT_EQ(sent.seen.size(), 2u);
}

TEST(HttpClient, VerdictHarmlessAndAtOnceHoldAlsoForWhatMayNotBeResent) {
  for (const RetryVerdict verdict : {RetryVerdict::kHarmless, RetryVerdict::kAtOnce}) {
    const RequestPolicy policy{.authorize = nullptr,
                               .judge = [&](const HttpRequest&, const HttpResponse& response) {
                                 return response.status == 409 ? verdict : RetryVerdict::kFinal;
                               }};
    EXPECT_EQ(Send({Answer(409), Answer(200)}, false, policy).answer.value().status, 200);
  }
}

TEST(HttpClient, AtOnceIsOnce) {
  const RequestPolicy policy{.authorize = nullptr, .judge = [](const auto&, const auto&) {
                               return RetryVerdict::kAtOnce;
                             }};
  const Sent sent = Send({Answer(403), Answer(403)}, true, policy);
  EXPECT_EQ(sent.answer.value().status, 403);
  EXPECT_EQ(sent.seen.size(), 2u);
}

TEST(HttpClient, EachAttemptIsAuthorizedAnew) {
  int count = 0;
  const RequestPolicy policy{.authorize =
                                 [&](HttpRequest& attempt, const IoContext&) {
                                   attempt.headers.Add("n", std::to_string(++count));
                                   return Status();
                                 },
                             .judge = nullptr};
  const Sent sent = Send({Answer(500), Answer(200)}, true, policy);
  EXPECT_EQ(sent.seen[1].headers.Get("N"), "2");
}

TEST(HttpClient, BudgetOfTheContextIsShared) {
  const IoContext context{.cancel = CancellationToken::None(),
                          .deadline = std::nullopt,
                          .retries = std::make_shared<RetryBudget>(1)};
  EXPECT_EQ(Send({Answer(503), Answer(503)}, true, {}, context).answer.value().status, 503);
}

TEST(HttpClient, CancellationEndsAPause) {
  const CancellationToken cancel;
  const IoContext context{.cancel = cancel, .deadline = std::nullopt, .retries = nullptr};
  const RequestPolicy policy{.authorize = nullptr, .judge = [&](const auto&, const auto&) {
                               cancel.Cancel();
                               return RetryVerdict::kLater;
                             }};
  EXPECT_THAT(Send({Answer(503, {{"Retry-After", "60"}})}, true, policy, context).answer,
              StatusIs(StatusCode::kCancelled));
}

TEST(RetryAfter, SecondsOrADate) {
  EXPECT_EQ(RetryAfter(Answer(503, {{"Retry-After", "2"}})), milliseconds(2'000));
  EXPECT_EQ(RetryAfter(Answer(503, {{"retry-after", "Sun, 06 Nov 1994 08:49:47 GMT"},
                                    {"date", "Sun, 06 Nov 1994 08:49:37 GMT"}})),
            milliseconds(10'000));
  EXPECT_EQ(RetryAfter(Answer(503, {{"Retry-After", "soon"}})), std::nullopt);
  EXPECT_EQ(RetryAfter(Answer(503)), std::nullopt);
}

TEST(RetryPauses, ServerSaysHowLongAtLeastAndTheTimeoutEndsIt) {
  RetryPauses pauses({.max_retries = 10, .retry_timeout = milliseconds(5'000)});
  EXPECT_EQ(pauses.Next(milliseconds(2'000)), milliseconds(2'000));
  EXPECT_EQ(pauses.Next(milliseconds(6'000)), std::nullopt);
}

TEST(RetryPauses, GrowBetweenHalfAndWhole) {
  RetryPauses pauses({.max_retries = 4});
  for (const int64_t most : {100, 200, 400, 800}) {
    const auto pause = pauses.Next(milliseconds(0));
    ASSERT_TRUE(pause);
    EXPECT_GE(pause->count(), most / 2);
    EXPECT_LE(pause->count(), most);
  }
  EXPECT_EQ(pauses.Next(milliseconds(0)), std::nullopt);
}

}  // namespace
}  // namespace deltaic
