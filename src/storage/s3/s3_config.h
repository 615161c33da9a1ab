#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/client_options.h"
#include "storage/s3/aws_credentials.h"
#include "storage/s3/dynamo_table.h"

namespace deltaic {

/// One bucket, and how to speak to it.
struct S3Config {
  std::string scheme = "s3";  ///< of URIs in messages, as the user wrote it: "s3", "s3a"
  std::string bucket;
  Url endpoint;         ///< where requests go; its path is the bucket's
  bool is_aws = false;  ///< AWS itself
  std::string region;
  bool region_was_given = false;
  bool skip_signature = false;
  bool unsigned_payload = false;
  bool conditional_put = true;
  bool allow_unsafe_put = false;
  bool request_payer = false;
  bool bulk_delete = true;
  bool checksum_crc32c = false;
  bool checksum_sha256 = false;
  HttpHeaders write_headers;           ///< encryption, of PUT and of starting an upload
  HttpHeaders customer_key;            ///< SSE-C, of every request for an object
  std::optional<DynamoConfig> dynamo;  ///< where writers agree on commits by it
  ClientOptions client;
  std::shared_ptr<AwsCredentialsChain> credentials;
};

/// \param bucket  of the URI.
/// \retval kInvalidArgument  options that are unknown or say nothing sensible.
Result<S3Config> ReadS3Config(std::string_view bucket,
                              const std::map<std::string, std::string>& given,
                              const Environment& environment);

}  // namespace deltaic
