#include "ingest/source/kafka_auth.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/log_sink.h"
#include "net/digest.h"
#include "net/http_time.h"
#include "net/url.h"
#include "storage/s3/s3_config.h"
#include "table/clock.h"

namespace deltaic::ingest {
namespace {

constexpr int64_t kTokenSeconds = 900;  // as AWS's own signers have it

class MskTokens : public TokenSource {
 public:
  explicit MskTokens(S3Config config) : config_(std::move(config)) {}

  Result<KafkaToken> Get() const override {
    DELTAIC_ASSIGN_OR_RETURN(const AwsCredentials credentials, config_.credentials->Get({}));
    return MakeMskToken(config_.region, credentials, NowMs() / 1000);
  }

 private:
  const S3Config config_;
};

std::string SignedQuery(const std::map<std::string, std::string>& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    out += Concat(out.empty() ? "" : "&", UriEncode(name, false), '=', UriEncode(value, false));
  }
  return out;
}

}  // namespace

Result<KafkaToken> MakeMskToken(const std::string& region, const AwsCredentials& credentials,
                                int64_t now_seconds) {
  const std::string host = Concat("kafka.", region, ".amazonaws.com");
  const std::string time = FormatCompactTime(now_seconds);
  const std::string day = time.substr(0, 8);
  const std::string scope = Concat(day, '/', region, "/kafka-cluster/aws4_request");
  std::map<std::string, std::string> query = {
      {"Action", "kafka-cluster:Connect"},
      {"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
      {"X-Amz-Credential", Concat(credentials.access_key_id, '/', scope)},
      {"X-Amz-Date", time},
      {"X-Amz-Expires", std::to_string(kTokenSeconds)},
      {"X-Amz-SignedHeaders", "host"}};
  if (!credentials.session_token.empty()) {
    query["X-Amz-Security-Token"] = credentials.session_token;
  }
  DELTAIC_ASSIGN_OR_RETURN(const std::string empty, Sha256(""));
  const std::string canonical =
      Concat("GET\n/\n", SignedQuery(query), "\nhost:", host, "\n\nhost\n", HexEncode(empty));
  DELTAIC_ASSIGN_OR_RETURN(const std::string digest, Sha256(canonical));
  const std::string to_sign =
      Concat("AWS4-HMAC-SHA256\n", time, '\n', scope, '\n', HexEncode(digest));
  std::string key = "AWS4" + credentials.secret_access_key;
  for (const std::string_view part :
       {std::string_view(day), std::string_view(region), std::string_view("kafka-cluster"),
        std::string_view("aws4_request"), std::string_view(to_sign)}) {
    DELTAIC_ASSIGN_OR_RETURN(key, HmacSha256(key, part));
  }
  const std::string url = Concat("https://", host, "/?", SignedQuery(query),
                                 "&X-Amz-Signature=", HexEncode(key), "&User-Agent=deltaic");
  KafkaToken out;
  out.text = Base64UrlEncode(url);
  while (out.text.ends_with('=')) out.text.pop_back();
  out.principal = credentials.access_key_id;
  out.expires_ms = (now_seconds + kTokenSeconds) * 1000;
  if (credentials.expires > 0) {
    out.expires_ms = std::min(out.expires_ms, credentials.expires * 1000);
  }
  return out;
}

Result<std::shared_ptr<const TokenSource>> OpenMskTokens(const std::string& region) {
  std::map<std::string, std::string> given;
  if (!region.empty()) given["aws_region"] = region;
  DELTAIC_ASSIGN_OR_RETURN(S3Config config, ReadS3Config("msk", given, ProcessEnvironment()));
  if (!config.region_was_given) {
    return Status::InvalidArgument("--kafka-auth aws-msk-iam needs --aws-region or AWS_REGION");
  }
  return std::shared_ptr<const TokenSource>(std::make_shared<MskTokens>(std::move(config)));
}

Status UseTokens(const KafkaApi& api, rd_kafka_conf_t* conf,
                 const std::vector<std::pair<std::string, std::string>>& given) {
  const std::pair<const char*, const char*> settings[] = {{"security.protocol", "SASL_SSL"},
                                                          {"sasl.mechanism", "OAUTHBEARER"}};
  std::array<char, 512> why{};
  for (const auto& [key, value] : settings) {
    const bool is_given =
        std::ranges::any_of(given, [&](const auto& setting) { return setting.first == key; });
    if (is_given) continue;
    if (api.conf_set(conf, key, value, why.data(), why.size()) != RD_KAFKA_CONF_OK) {
      return Status::InvalidArgument("Kafka setting ", key, ": ", why.data());
    }
  }
  return Status();
}

void ServeTokensInBackground(const KafkaApi& api, rd_kafka_t* client) {
  if (rd_kafka_error_t* error = api.sasl_background_callbacks_enable(client)) {
    Log(LogLevel::kWarning, Concat("Kafka tokens: ", api.error_string(error)));
    api.error_destroy(error);
  }
}

void ServeToken(const KafkaApi& api, rd_kafka_t* client, const TokenSource& tokens) {
  const Result<KafkaToken> token = tokens.Get();
  if (!token.ok()) {
    // It says where credentials were looked for, and holds none.
    api.oauthbearer_set_token_failure(client, std::string(token.status().message()).c_str());
    return;
  }
  std::array<char, 512> why{};
  const auto error =
      api.oauthbearer_set_token(client, token->text.c_str(), token->expires_ms,
                                token->principal.c_str(), nullptr, 0, why.data(), why.size());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    api.oauthbearer_set_token_failure(client, why.data());
  }
}

}  // namespace deltaic::ingest
