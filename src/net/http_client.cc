#include "net/http_client.h"

#include <algorithm>
#include <charconv>
#include <random>

#include "base/ascii.h"
#include "net/http_time.h"
#include "net/range_resume.h"

namespace deltaic {
namespace {

using std::chrono::milliseconds;

/// Retries where no connection could be made: the address is likely wrong, so say so soon.
constexpr int kMaxConnectRetries = 3;

double RandomFraction() {
  static thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

}  // namespace

RetryVerdict JudgeByStatus(const HttpResponse& response) {
  switch (response.status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return RetryVerdict::kLater;
    default:
      return RetryVerdict::kFinal;
  }
}

std::optional<milliseconds> RetryAfter(const HttpResponse& response) {
  const std::string_view text = TrimSpace(response.headers.Get("retry-after"));
  if (text.empty()) return std::nullopt;
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    constexpr int64_t kDay = 86'400;
    return milliseconds(std::clamp<int64_t>(seconds, 0, kDay) * 1'000);
  }
  const auto until = ParseHttpDate(text);
  const auto now = ParseHttpDate(response.headers.Get("date"));
  if (!until || !now) return std::nullopt;
  return milliseconds(std::max<int64_t>(0, *until - *now) * 1'000);
}

RetryPauses::RetryPauses(const RetrySettings& settings)
    : settings_(settings), end_(std::chrono::steady_clock::now() + settings.retry_timeout) {}

std::optional<milliseconds> RetryPauses::Next(milliseconds at_least) {
  if (retries_ >= settings_.max_retries) return std::nullopt;
  double pause = static_cast<double>(settings_.init_backoff.count());
  const auto most = static_cast<double>(settings_.max_backoff.count());
  for (int i = 0; i < retries_ && pause < most; ++i) pause *= settings_.base;
  ++retries_;
  pause = std::min(pause, most);
  const milliseconds wait = std::max(
      at_least, milliseconds(static_cast<int64_t>(pause * (0.5 + 0.5 * RandomFraction()))));
  if (std::chrono::steady_clock::now() + wait > end_) return std::nullopt;
  return wait;
}

Result<HttpResponse> HttpClient::Send(const HttpRequest& request, const RequestPolicy& policy,
                                      const IoContext& context) const {
  RetryPauses pauses(settings_);
  bool was_put_right = false;
  bool fresh_connection = request.fresh_connection;
  int connect_failures = 0;
  RangeResume range(request);
  for (;;) {
    DELTAIC_RETURN_IF_ERROR(context.Check());
    HttpRequest attempt = request;
    attempt.fresh_connection = fresh_connection;
    HttpResponse broken;
    attempt.broken = &broken;
    range.Apply(attempt);
    if (policy.authorize) DELTAIC_RETURN_IF_ERROR(policy.authorize(attempt, context));
    Result<HttpResponse> answer = transport_->Send(attempt, context);
    milliseconds at_least{0};
    if (answer.ok()) {
      RetryVerdict verdict = policy.judge ? policy.judge(attempt, *answer) : JudgeByStatus(*answer);
      if (verdict == RetryVerdict::kAtOnce) {
        if (was_put_right) return answer;
        was_put_right = true;
        continue;
      }
      if (verdict == RetryVerdict::kFinal) return range.Join(*std::move(answer));
      if (verdict == RetryVerdict::kLater && !request.may_resend) return answer;
      at_least = RetryAfter(*answer).value_or(at_least);
    } else {
      const StatusCode code = answer.status().code();
      if (code == StatusCode::kUnavailable) {
        // Nothing was sent, so that any request may be tried again.
        if (!context.Check().ok() || ++connect_failures > kMaxConnectRetries) return answer;
      } else if (code == StatusCode::kCommitUnknown) {
        if (!request.may_resend) return answer;
        answer = Status::Unavailable(answer.status().message());
        // What has come need not come again, so that tries count from here.
        if (range.Keep(std::move(broken))) pauses = RetryPauses(settings_);
      } else {
        return answer;
      }
      fresh_connection = true;  // what the pool holds may be as dead
    }
    const auto wait = pauses.Next(at_least);
    if (!wait || (context.retries != nullptr && !context.retries->Take())) return answer;
    DELTAIC_RETURN_IF_ERROR(context.Wait(*wait));
  }
}

}  // namespace deltaic
