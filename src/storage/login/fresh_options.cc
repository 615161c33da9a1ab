#include "storage/login/fresh_options.h"

#include <algorithm>

#include "net/http_time.h"

namespace deltaic {
namespace {

/// Whoever hands out credentials says no, or nonsense: not for another code to decide.
Status Failed(const Status& status) {
  const bool stays = status.code() == StatusCode::kCancelled ||
                     status.code() == StatusCode::kUnavailable ||
                     status.code() == StatusCode::kNotFound;
  return Status(stays ? status.code() : StatusCode::kPermissionDenied, status.message());
}

}  // namespace

Result<OptionSet> FetchOptions(const OptionsProvider& provider, std::vector<OptionKey> keys,
                               std::string_view prefix, int64_t& expires,
                               const IoContext& context) {
  const Result<FreshOptions> fresh = provider(context);
  if (!fresh.ok()) return Failed(fresh.status());
  expires = fresh->expires;
  if (expires != 0 && expires <= NowSeconds())
    return Failed(Status::InvalidArgument("they have expired already"));
  Result<OptionSet> options =
      OptionSet::Make(std::move(keys), prefix, fresh->options,
                      [](const std::string&) { return std::optional<std::string>(); });
  if (!options.ok()) return Failed(options.status());
  return options;
}

Result<AwsCredentials> FetchAwsCredentials(const OptionsProvider& provider,
                                           const IoContext& context) {
  AwsCredentials out;
  DELTAIC_ASSIGN_OR_RETURN(
      const OptionSet options,
      FetchOptions(provider,
                   {{"aws_access_key_id", {"access_key_id"}},
                    {"aws_secret_access_key", {"secret_access_key"}},
                    {"aws_session_token", {"aws_token", "session_token", "token"}}},
                   "aws_", out.expires, context));
  out.access_key_id = options.Get("aws_access_key_id");
  out.secret_access_key = options.Get("aws_secret_access_key");
  out.session_token = options.Get("aws_session_token");
  if (out.access_key_id.empty() || out.secret_access_key.empty()) {
    return Failed(Status::InvalidArgument(
        "for S3 they must hold aws_access_key_id and aws_secret_access_key"));
  }
  return out;
}

TokenCache::Fetch FetchGoogleTokenBy(OptionsProvider provider) {
  return [provider = std::move(provider)](const IoContext& context) -> Result<AccessToken> {
    constexpr std::string_view kWhat = "credentials for Google from the credentials provider";
    int64_t expires = 0;
    const Result<OptionSet> options =
        FetchOptions(provider, {{"google_bearer_token", {"bearer_token", "token"}}}, "google_",
                     expires, context);
    if (!options.ok()) return options.status().WithContext(kWhat);
    const std::string token = options->Get("google_bearer_token");
    if (token.empty())
      return Status::PermissionDenied(kWhat, ": they must hold google_bearer_token");
    const int64_t left = expires == 0 ? 0 : std::max<int64_t>(expires - NowSeconds(), 1);
    return AccessToken{token, std::chrono::seconds(left)};
  };
}

}  // namespace deltaic
