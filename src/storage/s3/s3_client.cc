#include "storage/s3/s3_client.h"

#include <cstdlib>
#include <utility>

#include "net/curl_transport.h"
#include "net/digest.h"
#include "net/http_time.h"
#include "storage/s3/s3_error.h"

namespace deltaic {
namespace {

/// Longer bodies that TLS protects are not hashed for the signature.
constexpr size_t kMaxHashedBytes = 1 << 20;
/// A clock that is off by more is the reason for a refusal.
constexpr int64_t kMaxSkewSeconds = 240;

}  // namespace

S3Client::S3Client(S3Config config)
    : config_(std::move(config)),
      http_(SharedCurlTransport(config_.client), config_.client.retry),
      state_{config_.region, 0} {}

std::string S3Client::UriOf(std::string_view key) const {
  return Concat(config_.scheme, "://", config_.bucket, '/', key);
}

HttpRequest S3Client::Request(std::string_view method, std::string_view key) const {
  HttpRequest request{.method = std::string(method), .url = config_.endpoint};
  if (!key.empty()) {
    if (!request.url.path.ends_with('/')) request.url.path += '/';
    request.url.path += UriEncode(key, true);
    for (const auto& [name, value] : config_.customer_key) request.headers.Add(name, value);
  }
  if (config_.request_payer) request.headers.Add("x-amz-request-payer", "requester");
  return request;
}

S3Client::State S3Client::Now() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Status S3Client::Authorize(HttpRequest& attempt, Used& used, const IoContext& context) const {
  const State state = Now();
  used.state = state;
  if (state.region != config_.region) {
    const std::string from = "s3." + config_.region + ".";
    if (const size_t at = attempt.url.host.find(from); at != std::string::npos)
      attempt.url.host.replace(at, from.size(), "s3." + state.region + ".");
  }
  if (config_.skip_signature) return Status();
  DELTAIC_ASSIGN_OR_RETURN(used.credentials, config_.credentials->Get(context));
  std::string payload(kUnsignedPayload);
  const bool is_protected = attempt.url.scheme == "https";
  if (!config_.unsigned_payload && (!is_protected || attempt.body.size() <= kMaxHashedBytes)) {
    DELTAIC_ASSIGN_OR_RETURN(const std::string digest, Sha256(attempt.body));
    payload = HexEncode(digest);
  }
  return SignV4(attempt, used.credentials,
                {state.region, "s3", NowSeconds() + state.clock_ahead_seconds}, payload);
}

bool S3Client::AdoptRegion(std::string_view region, const State& used) const {
  // Only AWS is believed: others name regions that mean nothing.
  if (region.empty() || !config_.is_aws) return false;
  for (const char c : region) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  const std::lock_guard lock(mutex_);
  if (used.region == region) return false;
  state_.region = region;
  return true;
}

bool S3Client::AdoptClock(const HttpResponse& response, const State& used) const {
  const auto date = ParseHttpDate(response.headers.Get("date"));
  if (!date) return false;
  const int64_t ahead = *date - NowSeconds();
  const std::lock_guard lock(mutex_);
  if (std::abs(ahead - used.clock_ahead_seconds) < kMaxSkewSeconds) return false;
  state_.clock_ahead_seconds = ahead;
  return true;
}

RetryVerdict S3Client::Judge(const HttpRequest& attempt, const HttpResponse& response,
                             std::string_view root, const Used& used) const {
  if (response.is_success()) {
    return !root.empty() && IsFailedDocument(response, root) ? RetryVerdict::kLater
                                                             : RetryVerdict::kFinal;
  }
  if (response.status == 404 || response.status == 412) return RetryVerdict::kFinal;
  const S3Error error = ParseS3Error(response);
  // An answer to HEAD has no body to say it.
  const bool may_change = !config_.skip_signature && config_.credentials->may_change();
  const bool may_be_expired = attempt.method == "HEAD" &&
                              (response.status == 400 || (response.status == 403 && may_change));
  const bool are_other_keys =
      may_change && (error.code == "InvalidAccessKeyId" || error.code == "InvalidToken" ||
                     error.code == "SignatureDoesNotMatch");
  if (AdoptRegion(error.region, used.state)) return RetryVerdict::kAtOnce;
  if (!config_.skip_signature &&
      (error.code == "ExpiredToken" || error.code == "TokenRefreshRequired" ||
       response.status == 401 || may_be_expired || are_other_keys)) {
    config_.credentials->Drop(used.credentials);
    return RetryVerdict::kAtOnce;
  }
  if (response.status == 403 && AdoptClock(response, used.state)) return RetryVerdict::kAtOnce;
  if (error.code == "ConditionalRequestConflict" || error.code == "OperationAborted")
    return RetryVerdict::kHarmless;
  if (error.code == "RequestTimeout" || error.code == "SlowDown") return RetryVerdict::kLater;
  return JudgeByStatus(response);
}

Result<HttpResponse> S3Client::Send(const HttpRequest& request, std::string_view root,
                                    const IoContext& context) const {
  Used used;
  const RequestPolicy policy{
      .authorize = [&](HttpRequest& attempt,
                       const IoContext& io) { return Authorize(attempt, used, io); },
      .judge = [&](const HttpRequest& attempt,
                   const HttpResponse& response) { return Judge(attempt, response, root, used); }};
  return http_.Send(request, policy, context);
}

Status S3Client::Failure(const HttpResponse& response, std::string_view doing,
                         std::string_view key) const {
  const std::string where = UriOf(key);
  return S3Failure(response, doing,
                   config_.is_aws ? where : Concat(where, " at ", config_.endpoint.Origin()));
}

}  // namespace deltaic
