#include "storage/gcs/google_credentials.h"

#include <unistd.h>

#include "base/ascii.h"
#include "net/http_time.h"
#include "storage/login/token_answer.h"

namespace deltaic {
namespace {

using Kind = GoogleCredentialFile::Kind;

std::string AskingFor(const Url& url) { return Concat("asking ", url.Origin(), " for a token"); }

Result<Url> UrlOf(const std::string& text, std::string_view member) {
  Result<Url> url = ParseUrl(text);
  return url.ok() ? url : url.status().WithContext(Concat(member, " of Google's credential file"));
}

Result<AccessToken> PostForm(const std::string& to, std::string_view member,
                             const FormFields& fields, const HttpClient& client,
                             const IoContext& context) {
  DELTAIC_ASSIGN_OR_RETURN(Url url, UrlOf(to, member));
  const std::string what = AskingFor(url);
  const std::string body = FormatQuery(fields);
  HttpRequest request = FormRequest(std::move(url));
  request.body = body;
  return RequestToken(client, request, what, context);
}

Result<AccessToken> ServiceAccountToken(const GoogleCredentialFile& file, const HttpClient& client,
                                        const IoContext& context) {
  DELTAIC_ASSIGN_OR_RETURN(const std::string jwt, MakeServiceAccountJwt(file, NowSeconds()));
  return PostForm(
      file.token_uri, "token_uri",
      {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", jwt}}, client,
      context);
}

Result<AccessToken> UserToken(const GoogleCredentialFile& file, const HttpClient& client,
                              const IoContext& context) {
  return PostForm(file.token_uri, "token_uri",
                  {{"grant_type", "refresh_token"},
                   {"client_id", file.client_id},
                   {"client_secret", file.client_secret},
                   {"refresh_token", file.refresh_token}},
                  client, context);
}

/// The token of another identity provider.
Result<std::string> SubjectToken(const GoogleCredentialFile& file, const HttpClient& client,
                                 const IoContext& context) {
  std::string text;
  if (!file.subject_file.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(text, ReadCredentialFile(file.subject_file, "credential_source"));
  } else {
    DELTAIC_ASSIGN_OR_RETURN(Url url, UrlOf(file.subject_url, "credential_source"));
    HttpRequest request;
    request.is_metadata = IsLocalHost(url.host);
    request.url = std::move(url);
    for (const auto& [name, value] : file.subject_headers) request.headers.Add(name, value);
    Result<HttpResponse> answer = client.Send(request, {}, context);
    const std::string what = AskingFor(request.url);
    if (!answer.ok()) return answer.status().WithContext(what);
    if (!answer->is_success()) {
      return Status::PermissionDenied(what, ": the service answers HTTP ", answer->status);
    }
    text = std::move(answer->body);
  }
  if (file.subject_field.empty()) return std::string(TrimSpace(text));
  std::optional<std::string> token = JsonText(text, file.subject_field);
  if (token) return *std::move(token);
  return Status::InvalidArgument("what credential_source gives is no JSON with the field ",
                                 file.subject_field);
}

Result<AccessToken> ExchangedToken(const GoogleCredentialFile& file, const HttpClient& client,
                                   const IoContext& context) {
  DELTAIC_ASSIGN_OR_RETURN(const std::string subject, SubjectToken(file, client, context));
  // Impersonation needs a token for Google's own interfaces, not one for storage.
  const std::string_view scope = file.impersonation_url.empty()
                                     ? kGoogleStorageScope
                                     : "https://www.googleapis.com/auth/cloud-platform";
  return PostForm(file.token_url, "token_url",
                  {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                   {"audience", file.audience},
                   {"scope", std::string(scope)},
                   {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                   {"subject_token_type", file.subject_token_type},
                   {"subject_token", subject}},
                  client, context);
}

/// The token of the account at impersonation_url, given to who holds `token`.
Result<AccessToken> ImpersonatedToken(const GoogleCredentialFile& file, const std::string& token,
                                      const HttpClient& client, const IoContext& context) {
  DELTAIC_ASSIGN_OR_RETURN(Url url,
                           UrlOf(file.impersonation_url, "service_account_impersonation_url"));
  std::string body = Concat("{\"scope\":[\"", kGoogleStorageScope, "\"],\"lifetime\":\"3600s\"");
  if (!file.delegates.empty()) {
    body += ",\"delegates\":[";
    for (size_t i = 0; i < file.delegates.size(); ++i) {
      const std::string& name = file.delegates[i];
      if (name.find_first_of("\"\\\n") != std::string::npos) {
        return Status::InvalidArgument("a delegate of Google's credential file is no account");
      }
      body += Concat(i == 0 ? "\"" : ",\"", name, '"');
    }
    body += ']';
  }
  body += '}';
  const std::string what = AskingFor(url);
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers.Add("Content-Type", "application/json");
  request.headers.Add("Authorization", Concat("Bearer ", token));
  request.body = body;
  return RequestToken(client, request, what, context);
}

GoogleLogin LoginBy(TokenCache::Fetch fetch) {
  return {std::make_shared<TokenCache>(std::move(fetch)), ""};
}

GoogleLogin MetadataLogin(const OptionSet& options, std::shared_ptr<HttpTransport> transport,
                          RetrySettings retry) {
  const std::string host =
      options.Variable("GCE_METADATA_HOST").value_or("metadata.google.internal");
  retry.max_retries = std::min(retry.max_retries, 3);
  const HttpClient client(std::move(transport), retry);
  return LoginBy([host, client](const IoContext& context) -> Result<AccessToken> {
    HttpRequest request;
    DELTAIC_ASSIGN_OR_RETURN(
        request.url,
        ParseUrl(Concat("http://", host,
                        "/computeMetadata/v1/instance/service-accounts/default/token")));
    request.headers.Add("Metadata-Flavor", "Google");
    request.is_metadata = true;
    constexpr int64_t kTimeoutMs = 3'000;
    request.timeout_ms = kTimeoutMs;
    Result<AccessToken> token = RequestToken(client, request, AskingFor(request.url), context);
    if (token.ok() || token.status().code() == StatusCode::kCancelled) return token;
    return Status::PermissionDenied(
        "no credentials for Google: no option or GOOGLE_ variable gives any, gcloud has left none, "
        "and this machine has no metadata server (",
        token.status().message(),
        "); run `gcloud auth application-default login`, or set google_service_account");
  });
}

Result<GoogleLogin> FileLogin(std::string_view json, std::string_view name,
                              std::shared_ptr<HttpTransport> transport,
                              const RetrySettings& retry) {
  DELTAIC_ASSIGN_OR_RETURN(GoogleCredentialFile file, ParseGoogleCredentialFile(json, name));
  if (file.disable_oauth) return GoogleLogin{nullptr, file.gcs_base_url};
  const auto shared = std::make_shared<const GoogleCredentialFile>(std::move(file));
  const HttpClient client(std::move(transport), retry);
  GoogleLogin out = LoginBy([shared, client](const IoContext& context) {
    return FetchGoogleToken(*shared, client, context);
  });
  out.base_url = shared->gcs_base_url;
  return out;
}

/// Where gcloud leaves application default credentials; "" where it left none.
std::string GcloudFile(const OptionSet& options) {
  std::string folder = options.Variable("CLOUDSDK_CONFIG").value_or("");
  if (folder.empty())
    folder = options.Variable("HOME").value_or("");
  else
    return Concat(folder, "/application_default_credentials.json");
  if (folder.empty()) return "";
  return Concat(folder, "/.config/gcloud/application_default_credentials.json");
}

}  // namespace

Result<AccessToken> FetchGoogleToken(const GoogleCredentialFile& file, const HttpClient& client,
                                     const IoContext& context) {
  switch (file.kind) {
    case Kind::kServiceAccount:
      return ServiceAccountToken(file, client, context);
    case Kind::kAuthorizedUser:
      return UserToken(file, client, context);
    case Kind::kExternalAccount: {
      DELTAIC_ASSIGN_OR_RETURN(AccessToken token, ExchangedToken(file, client, context));
      if (file.impersonation_url.empty()) return token;
      return ImpersonatedToken(file, token.text, client, context);
    }
    case Kind::kImpersonated: {
      DELTAIC_ASSIGN_OR_RETURN(const AccessToken token,
                               FetchGoogleToken(*file.source, client, context));
      return ImpersonatedToken(file, token.text, client, context);
    }
  }
  return Status::Internal("no such kind of credentials");
}

Result<GoogleLogin> MakeGoogleLogin(const OptionSet& options,
                                    std::shared_ptr<HttpTransport> transport,
                                    const RetrySettings& retry) {
  DELTAIC_ASSIGN_OR_RETURN(const bool skips, options.GetBool("google_skip_signature", false));
  if (skips) return GoogleLogin{};
  for (const bool must_be_given : {true, false}) {
    const auto find = [&](std::string_view name) -> std::optional<std::string> {
      if (must_be_given && !options.WasGiven(name)) return std::nullopt;
      return options.Find(name);
    };
    if (const auto token = find("google_bearer_token")) {
      return LoginBy(
          [text = std::string(TrimSpace(*token))](const IoContext&) -> Result<AccessToken> {
            return AccessToken{text, {}};
          });
    }
    if (const auto json = find("google_service_account_key")) {
      return FileLogin(*json, "google_service_account_key", transport, retry);
    }
    for (const std::string_view name :
         {"google_service_account", "google_application_credentials"}) {
      if (const auto path = find(name)) {
        DELTAIC_ASSIGN_OR_RETURN(const std::string json, ReadCredentialFile(*path, name));
        return FileLogin(json, *path, transport, retry);
      }
    }
  }
  const std::string path = GcloudFile(options);
  if (!path.empty() && access(path.c_str(), R_OK) == 0) {
    DELTAIC_ASSIGN_OR_RETURN(const std::string json, ReadCredentialFile(path, "gcloud's folder"));
    return FileLogin(json, path, transport, retry);
  }
  return MetadataLogin(options, transport, retry);
}

}  // namespace deltaic
