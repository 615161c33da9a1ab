#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "ingest/source/kafka_api.h"
#include "storage/s3/sigv4.h"

namespace deltaic::ingest {

/// A token of SASL OAUTHBEARER.
struct KafkaToken {
  std::string text;
  std::string principal;
  int64_t expires_ms = 0;  ///< since 1970
};

/// Where tokens come from. Safe from any thread.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  virtual Result<KafkaToken> Get() const = 0;
};

/// The token by which Amazon MSK takes IAM credentials: a signed URL of the action
/// kafka-cluster:Connect, base64url. Good for 15 minutes.
/// Source: the token's format as aws-msk-iam-sasl-signer has it.
Result<KafkaToken> MakeMskToken(const std::string& region, const AwsCredentials& credentials,
                                int64_t now_seconds);

/// Tokens of Amazon MSK, with AWS's usual chain of credentials (environment, profile, web identity,
/// container, instance).
/// \param region  empty: AWS_REGION, or the profile's.
/// \retval kInvalidArgument  no region is known.
Result<std::shared_ptr<const TokenSource>> OpenMskTokens(const std::string& region);

/// Sets what a client with tokens needs, unless `given` has it: TLS, and the mechanism.
Status UseTokens(const KafkaApi& api, rd_kafka_conf_t* conf,
                 const std::vector<std::pair<std::string, std::string>>& given);
/// Tokens are asked for while nobody polls, too.
void ServeTokensInBackground(const KafkaApi& api, rd_kafka_t* client);
/// Answers a client's question for a token.
void ServeToken(const KafkaApi& api, rd_kafka_t* client, const TokenSource& tokens);

}  // namespace deltaic::ingest
