#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http_message.h"

namespace deltaic {

/// Keys of AWS, or of what speaks its protocols.
struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< may be empty
  int64_t expires = 0;        ///< seconds since 1970; 0: never

  bool operator==(const AwsCredentials&) const = default;
};

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

struct SigningScope {
  std::string region;
  std::string service;   ///< "s3", "sts", "dynamodb"
  int64_t time_seconds;  ///< since 1970
};

/// Signs `request` by AWS Signature Version 4: adds x-amz-date, x-amz-content-sha256, the session
/// token and Authorization. Every header is signed, so that none is dropped on the way unnoticed;
/// none may be added afterwards, but for those that the transport adds by itself.
/// \param payload  SHA-256 of the body in hex, or kUnsignedPayload.
Status SignV4(HttpRequest& request, const AwsCredentials& credentials, const SigningScope& scope,
              std::string_view payload);

}  // namespace deltaic
