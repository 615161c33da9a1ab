// Where AWS credentials come from, one function a place.

#include <simdjson.h>
#include <stdio.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "base/civil_time.h"
#include "net/digest.h"
#include "net/http_time.h"
#include "net/xml.h"
#include "storage/s3/aws_credentials.h"
#include "storage/s3/s3_error.h"

namespace deltaic {
namespace {

using Found = Result<std::optional<AwsCredentials>>;
using Text = std::optional<std::string>;

constexpr int64_t kMaxAnswerBytes = 1 << 20;
constexpr std::string_view kNotSetUp = "nothing is set up there";

Result<std::string> ReadTextFile(const std::string& path, std::string_view what) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Status::NotFound("cannot read the ", what, " ", path);
  std::string out(kMaxAnswerBytes, '\0');
  in.read(out.data(), kMaxAnswerBytes);
  out.resize(static_cast<size_t>(in.gcount()));
  return out;
}

/// The texts of a flat JSON object; numbers as text.
class JsonTexts {
 public:
  static Result<JsonTexts> Parse(const std::string& json, std::string_view inside = "") {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    JsonTexts out;
    const auto wrong = [] { return Status::Corruption("the answer is no JSON object"); };
    if (parser.parse(json).get(root) != simdjson::SUCCESS) return wrong();
    if (!inside.empty() && root[inside].get(root) != simdjson::SUCCESS) return wrong();
    simdjson::dom::object object;
    if (root.get(object) != simdjson::SUCCESS) return wrong();
    for (const auto field : object) {
      std::string_view text;
      int64_t number = 0;
      if (field.value.get(text) == simdjson::SUCCESS) {
        out.texts_[AsciiLower(field.key)] = std::string(text);
      } else if (field.value.get(number) == simdjson::SUCCESS) {
        out.texts_[AsciiLower(field.key)] = std::to_string(number);
      }
    }
    return out;
  }
  std::string Get(std::string_view key) const {
    const auto found = texts_.find(AsciiLower(key));
    return found == texts_.end() ? "" : found->second;
  }

 private:
  std::map<std::string, std::string> texts_;
};

/// Seconds since 1970 of "2026-11-30T07:18:19Z". \retval kCorruption
Result<int64_t> ParseExpiration(const std::string& text) {
  if (text.empty()) return int64_t{0};
  const Result<int64_t> micros = ParseTimestampMicros(text);
  if (!micros.ok()) return Status::Corruption("the time the credentials expire is no time");
  return *micros / 1'000'000;
}

Result<AwsCredentials> CheckKeys(AwsCredentials keys) {
  if (keys.access_key_id.empty() || keys.secret_access_key.empty())
    return Status::Corruption("the answer holds no keys");
  return keys;
}

/// {"AccessKeyId", "SecretAccessKey", "Token" or "SessionToken", "Expiration"}
Result<AwsCredentials> KeysOfJson(const std::string& json) {
  DELTAIC_ASSIGN_OR_RETURN(const JsonTexts texts, JsonTexts::Parse(json));
  AwsCredentials keys{texts.Get("AccessKeyId"), texts.Get("SecretAccessKey"), texts.Get("Token")};
  if (keys.session_token.empty()) keys.session_token = texts.Get("SessionToken");
  DELTAIC_ASSIGN_OR_RETURN(keys.expires, ParseExpiration(texts.Get("Expiration")));
  return CheckKeys(std::move(keys));
}

std::string SessionName(const Text& given) {
  return given.value_or(Concat("deltaic-", NowSeconds()));
}

/// All places, and what they share.
class Places : public std::enable_shared_from_this<Places> {
 public:
  Places(OptionSet options, AwsFiles files, std::string region,
         std::shared_ptr<const HttpClient> client)
      : options_(std::move(options)),
        files_(std::move(files)),
        region_(std::move(region)),
        client_(std::move(client)) {}

  Found Static(bool given) const {
    const Text id = options_.Find("aws_access_key_id");
    const Text secret = options_.Find("aws_secret_access_key");
    if (!id && !secret) return std::optional<AwsCredentials>();
    if (options_.WasGiven(id ? "aws_access_key_id" : "aws_secret_access_key") != given)
      return std::optional<AwsCredentials>();
    if (!id || !secret) {
      return Status::InvalidArgument(id ? "aws_secret_access_key" : "aws_access_key_id",
                                     " is missing; give both, or neither");
    }
    AwsCredentials keys{*id, *secret, ""};
    // A token of the environment is none of the keys that were given.
    if (!given || options_.WasGiven("aws_session_token"))
      keys.session_token = options_.Get("aws_session_token");
    return std::optional(keys);
  }

  /// The role that the options name, with the credentials of all other places.
  Found AssumedRole(const IoContext& context) {
    const Text role = options_.Find("aws_iam_role_arn");
    if (!role) return std::optional<AwsCredentials>();
    AwsCredentialsChain base(Sources(/*with_role=*/false));
    DELTAIC_ASSIGN_OR_RETURN(const AwsCredentials keys, base.Get(context));
    return Assume(keys, *role, options_.Find("aws_iam_role_session_name"), std::nullopt, context);
  }

  Found Profile(const IoContext& context) const {
    if (!files_.Has(files_.profile)) {
      if (!files_.is_chosen) return std::optional<AwsCredentials>();
      return Status::NotFound(
          "it is in neither ~/.aws/config nor ~/.aws/credentials; check "
          "aws_profile");
    }
    std::set<std::string> seen;
    return OfProfile(files_.profile, seen, context);
  }

  Found WebIdentity(const IoContext& context) const {
    const Text file = options_.Find("aws_web_identity_token_file");
    const Text role = options_.Find("aws_role_arn");
    if (!file || !role) return std::optional<AwsCredentials>();
    return AssumeWithToken(*file, *role, options_.Find("aws_role_session_name"), context);
  }

  Found Container(const IoContext& context) const {
    std::string url;
    if (const Text relative = options_.Find("aws_container_credentials_relative_uri")) {
      url = "http://169.254.170.2" + *relative;
    } else if (const Text full = options_.Find("aws_container_credentials_full_uri")) {
      url = *full;
    } else {
      return std::optional<AwsCredentials>();
    }
    HttpRequest request;
    DELTAIC_ASSIGN_OR_RETURN(request.url, ParseUrl(url));
    std::string token = options_.Get("aws_container_authorization_token");
    // Read each time: the platform replaces it.
    if (const Text file = options_.Find("aws_container_authorization_token_file")) {
      DELTAIC_ASSIGN_OR_RETURN(token, ReadTextFile(*file, "authorization token of the container"));
    }
    if (!token.empty()) request.headers.Set("Authorization", TrimSpace(token));
    DELTAIC_ASSIGN_OR_RETURN(const std::string answer, Ask(std::move(request), context));
    DELTAIC_ASSIGN_OR_RETURN(AwsCredentials keys, KeysOfJson(answer));
    return std::optional(std::move(keys));
  }

  Found InstanceMetadata(const IoContext& context) const {
    if (AsciiLower(options_.Variable("AWS_EC2_METADATA_DISABLED").value_or("")) == "true")
      return std::optional<AwsCredentials>();
    const std::string base = options_.Find("aws_metadata_endpoint")
                                 .value_or(options_.Variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
                                               .value_or("http://169.254.169.254"));
    Url url;
    DELTAIC_ASSIGN_OR_RETURN(url, ParseUrl(base));
    HttpRequest ask{.method = "PUT", .url = url};
    ask.url.path = "/latest/api/token";
    ask.headers.Set("X-aws-ec2-metadata-token-ttl-seconds", "21600");
    Result<std::string> token = Ask(ask, context);
    HttpHeaders headers;
    if (token.ok()) {
      headers.Set("X-aws-ec2-metadata-token", *token);
    } else {
      DELTAIC_ASSIGN_OR_RETURN(const bool may_fall_back,
                               options_.GetBool("aws_imdsv1_fallback", false));
      // Nobody answers, or somebody who gives none: this is no such machine.
      if (!may_fall_back || token.status().code() == StatusCode::kUnavailable)
        return std::optional<AwsCredentials>();
    }
    HttpRequest list{.url = url, .headers = headers};
    list.url.path = "/latest/meta-data/iam/security-credentials/";
    DELTAIC_ASSIGN_OR_RETURN(const std::string roles, Ask(list, context));
    const std::string role(TrimSpace(roles.substr(0, roles.find('\n'))));
    if (role.empty()) return Status::NotFound("the instance has no role");
    list.url.path += UriEncode(role, false);
    DELTAIC_ASSIGN_OR_RETURN(const std::string answer, Ask(list, context));
    DELTAIC_ASSIGN_OR_RETURN(AwsCredentials keys, KeysOfJson(answer));
    return std::optional(std::move(keys));
  }

  std::vector<CredentialsSource> Sources(bool with_role) {
    const auto self = shared_from_this();
    std::vector<CredentialsSource> out;
    const auto add = [&](std::string name, auto load) {
      out.push_back({std::move(name), std::move(load)});
    };
    if (with_role) {
      add("assumed role", [self](const IoContext& context) { return self->AssumedRole(context); });
    }
    const auto profile = [self](const IoContext& context) { return self->Profile(context); };
    const std::string profile_name = "profile " + files_.profile;
    add("storage options", [self](const IoContext&) { return self->Static(true); });
    // Who names a profile for this table wants it, whatever the environment holds.
    if (options_.WasGiven("aws_profile")) add(profile_name, profile);
    add("environment", [self](const IoContext&) { return self->Static(false); });
    if (!options_.WasGiven("aws_profile")) add(profile_name, profile);
    add("web identity token",
        [self](const IoContext& context) { return self->WebIdentity(context); });
    add("container's credentials",
        [self](const IoContext& context) { return self->Container(context); });
    add("instance metadata (within a container its hop limit must be 2)",
        [self](const IoContext& context) { return self->InstanceMetadata(context); });
    return out;
  }

 private:
  /// The body of a successful answer of a service that gives credentials, within a second or so
  /// where it is this machine's own.
  Result<std::string> Ask(HttpRequest request, const IoContext& context) const {
    request.is_metadata = IsLocalHost(request.url.host);
    request.max_response_bytes = kMaxAnswerBytes;
    if (request.is_metadata && !request.timeout_ms) request.timeout_ms = 1'500;
    DELTAIC_ASSIGN_OR_RETURN(HttpResponse response, client_->Send(request, {}, context));
    if (response.is_success()) return std::move(response.body);
    const S3Error error = ParseS3Error(response);
    return Status(response.status >= 500 ? StatusCode::kUnavailable : StatusCode::kPermissionDenied,
                  Concat(request.url.Redacted(), " answers ", response.status,
                         error.code.empty() ? "" : " " + error.code));
  }

  Result<Url> StsUrl() const {
    return ParseUrl(options_.Find("aws_endpoint_url_sts")
                        .value_or(Concat("https://sts.", region_, ".amazonaws.com/")));
  }

  Found AskSts(HttpRequest request, const std::string& action, const IoContext& context) const {
    DELTAIC_ASSIGN_OR_RETURN(const std::string answer, Ask(std::move(request), context));
    DELTAIC_ASSIGN_OR_RETURN(const XmlElement root, ParseXml(answer));
    const XmlElement* result = root.Find(action + "Result");
    const XmlElement* given = result == nullptr ? nullptr : result->Find("Credentials");
    if (given == nullptr) return Status::Corruption("STS answers without credentials");
    AwsCredentials keys{std::string(given->TextOf("AccessKeyId")),
                        std::string(given->TextOf("SecretAccessKey")),
                        std::string(given->TextOf("SessionToken"))};
    DELTAIC_ASSIGN_OR_RETURN(keys.expires,
                             ParseExpiration(std::string(given->TextOf("Expiration"))));
    DELTAIC_ASSIGN_OR_RETURN(keys, CheckKeys(std::move(keys)));
    return std::optional(std::move(keys));
  }

  Found Assume(const AwsCredentials& base, const std::string& role, const Text& session,
               const Text& external_id, const IoContext& context) const {
    std::vector<std::pair<std::string, std::string>> form = {
        {"Action", "AssumeRole"},
        {"Version", "2011-06-15"},
        {"RoleArn", role},
        {"RoleSessionName", SessionName(session)}};
    if (external_id) form.emplace_back("ExternalId", *external_id);
    const std::string body = FormatQuery(form);
    HttpRequest request{.method = "POST", .body = body};
    DELTAIC_ASSIGN_OR_RETURN(request.url, StsUrl());
    request.headers.Set("Content-Type", "application/x-www-form-urlencoded");
    DELTAIC_ASSIGN_OR_RETURN(const std::string digest, Sha256(body));
    DELTAIC_RETURN_IF_ERROR(
        SignV4(request, base, {region_, "sts", NowSeconds()}, HexEncode(digest)));
    return AskSts(std::move(request), "AssumeRole", context);
  }

  Found AssumeWithToken(const std::string& file, const std::string& role, const Text& session,
                        const IoContext& context) const {
    DELTAIC_ASSIGN_OR_RETURN(const std::string token, ReadTextFile(file, "web identity token"));
    const std::string body = FormatQuery({{"Action", "AssumeRoleWithWebIdentity"},
                                          {"Version", "2011-06-15"},
                                          {"RoleArn", role},
                                          {"RoleSessionName", SessionName(session)},
                                          {"WebIdentityToken", std::string(TrimSpace(token))}});
    HttpRequest request{.method = "POST", .body = body};
    DELTAIC_ASSIGN_OR_RETURN(request.url, StsUrl());
    request.headers.Set("Content-Type", "application/x-www-form-urlencoded");
    return AskSts(std::move(request), "AssumeRoleWithWebIdentity", context);
  }

  Found OfProfile(const std::string& name, std::set<std::string>& seen,
                  const IoContext& context) const {
    const bool is_first_visit = seen.insert(name).second;
    const Text id = files_.Find(name, "aws_access_key_id");
    const Text secret = files_.Find(name, "aws_secret_access_key");
    const Text role = files_.Find(name, "role_arn");
    // A profile that names itself as its source means its own keys.
    if (role && is_first_visit) return OfRole(name, *role, seen, context);
    if (id && secret) {
      return std::optional(
          AwsCredentials{*id, *secret, files_.Find(name, "aws_session_token").value_or("")});
    }
    if (!is_first_visit) return Status::InvalidArgument("profile ", name, " is its own source");
    if (files_.Find(name, "sso_account_id")) return Sso(name, context);
    if (const Text command = files_.Find(name, "credential_process")) return Process(*command);
    if (files_.is_chosen) return Status::NotFound(kNotSetUp);
    return std::optional<AwsCredentials>();
  }

  Found OfRole(const std::string& name, const std::string& role, std::set<std::string>& seen,
               const IoContext& context) const {
    const Text session = files_.Find(name, "role_session_name");
    if (const Text file = files_.Find(name, "web_identity_token_file"))
      return AssumeWithToken(*file, role, session, context);
    Found base = std::optional<AwsCredentials>();
    if (const Text source = files_.Find(name, "source_profile")) {
      if (!files_.Has(*source))
        return Status::NotFound("its source_profile ", *source, " is not there");
      base = OfProfile(*source, seen, context);
    } else if (const Text place = files_.Find(name, "credential_source")) {
      if (*place == "Environment") base = Static(false);
      if (*place == "EcsContainer") base = Container(context);
      if (*place == "Ec2InstanceMetadata") base = InstanceMetadata(context);
    }
    DELTAIC_RETURN_IF_ERROR(base);
    if (!*base)
      return Status::InvalidArgument("profile ", name, " names a role, and nobody to assume it");
    return Assume(**base, role, session, files_.Find(name, "external_id"), context);
  }

  static Found Process(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "re"), &pclose);
    if (pipe == nullptr) return Status::Io("its credential_process cannot be run");
    std::string out(kMaxAnswerBytes, '\0');
    out.resize(fread(out.data(), 1, out.size(), pipe.get()));
    Result<AwsCredentials> keys = KeysOfJson(out);
    if (!keys.ok()) {
      return Status::Corruption(
          "its credential_process prints no credentials; run it by hand to "
          "see why");
    }
    return std::optional(*std::move(keys));
  }

  Found Sso(const std::string& profile, const IoContext& context) const {
    const Text session = files_.Find(profile, "sso_session");
    std::string section = session ? "sso-session " + *session : "";
    const auto setting = [&](const std::string& key) {
      if (session) {
        const auto at = files_.config.find(section);
        if (at != files_.config.end() && at->second.contains(key)) return at->second.at(key);
      }
      return files_.Find(profile, key).value_or("");
    };
    const std::string region = setting("sso_region").empty() ? region_ : setting("sso_region");
    DELTAIC_ASSIGN_OR_RETURN(const std::string hash,
                             Sha1(session ? *session : setting("sso_start_url")));
    const std::string cache = Concat(options_.Variable("HOME").value_or(""), "/.aws/sso/cache/",
                                     HexEncode(hash), ".json");
    const auto log_in = [&](std::string_view why) {
      return Status::PermissionDenied(why, "; run: aws sso login --profile ", profile);
    };
    Result<std::string> text = ReadTextFile(cache, "token of the login");
    if (!text.ok()) return log_in("nobody is logged in");
    DELTAIC_ASSIGN_OR_RETURN(const JsonTexts kept, JsonTexts::Parse(*text));
    std::string token = kept.Get("accessToken");
    DELTAIC_ASSIGN_OR_RETURN(const int64_t expires, ParseExpiration(kept.Get("expiresAt")));
    if (expires != 0 && expires <= NowSeconds() + 60) {
      Result<std::string> fresh = RefreshSso(kept, region, context);
      if (!fresh.ok()) return log_in("the login has expired");
      token = *fresh;
    }
    HttpRequest request;
    DELTAIC_ASSIGN_OR_RETURN(
        request.url,
        ParseUrl(options_.Variable("AWS_ENDPOINT_URL_SSO")
                     .value_or(Concat("https://portal.sso.", region, ".amazonaws.com"))));
    request.url.path = Joined(request.url.path, "federation/credentials");
    request.url.query = {{"role_name", setting("sso_role_name")},
                         {"account_id", setting("sso_account_id")}};
    request.headers.Set("x-amz-sso_bearer_token", token);
    Result<std::string> answer = Ask(std::move(request), context);
    if (!answer.ok() && answer.status().code() == StatusCode::kPermissionDenied)
      return log_in("the login is not accepted");
    DELTAIC_RETURN_IF_ERROR(answer);
    DELTAIC_ASSIGN_OR_RETURN(const JsonTexts given, JsonTexts::Parse(*answer, "roleCredentials"));
    AwsCredentials keys{given.Get("accessKeyId"), given.Get("secretAccessKey"),
                        given.Get("sessionToken"),
                        std::atoll(given.Get("expiration").c_str()) / 1'000};
    DELTAIC_ASSIGN_OR_RETURN(keys, CheckKeys(std::move(keys)));
    return std::optional(std::move(keys));
  }

  /// A new access token for a login that can be prolonged. Not written to the cache of AWS's tools:
  /// theirs stays good.
  Result<std::string> RefreshSso(const JsonTexts& kept, const std::string& region,
                                 const IoContext& context) const {
    if (kept.Get("refreshToken").empty()) return Status::NotFound("no refresh token");
    const std::string body = Concat(
        R"({"clientId":")", kept.Get("clientId"), R"(","clientSecret":")", kept.Get("clientSecret"),
        R"(","grantType":"refresh_token","refreshToken":")", kept.Get("refreshToken"), R"("})");
    HttpRequest request{.method = "POST", .body = body};
    DELTAIC_ASSIGN_OR_RETURN(
        request.url, ParseUrl(options_.Variable("AWS_ENDPOINT_URL_SSO_OIDC")
                                  .value_or(Concat("https://oidc.", region, ".amazonaws.com"))));
    request.url.path = Joined(request.url.path, "token");
    request.headers.Set("Content-Type", "application/json");
    DELTAIC_ASSIGN_OR_RETURN(const std::string answer, Ask(std::move(request), context));
    DELTAIC_ASSIGN_OR_RETURN(const JsonTexts given, JsonTexts::Parse(answer));
    return given.Get("accessToken");
  }

  static std::string Joined(std::string base, std::string_view path) {
    if (!base.ends_with('/')) base += '/';
    return base + std::string(path);
  }

  const OptionSet options_;
  const AwsFiles files_;
  const std::string region_;
  const std::shared_ptr<const HttpClient> client_;
};

}  // namespace

std::vector<CredentialsSource> MakeAwsCredentialsSources(const OptionSet& options,
                                                         const AwsFiles& files,
                                                         const std::string& region,
                                                         std::shared_ptr<const HttpClient> client) {
  return std::make_shared<Places>(options, files, region, std::move(client))->Sources(true);
}

}  // namespace deltaic
