#include "storage/s3/s3_config.h"

#include <utility>

#include "base/ascii.h"
#include "net/curl_transport.h"
#include "net/digest.h"

namespace deltaic {
namespace {

std::vector<OptionKey> S3Keys() {
  std::vector<OptionKey> keys = {
      {"aws_access_key_id", {"access_key_id"}},
      {"aws_secret_access_key", {"secret_access_key"}},
      {"aws_session_token", {"session_token", "aws_token", "token"}},
      {"aws_region", {"region"}},
      {"aws_default_region", {"default_region"}},
      {"aws_bucket", {"bucket", "aws_bucket_name", "bucket_name"}},
      {"aws_endpoint", {"endpoint", "aws_endpoint_url", "endpoint_url"}},
      {"aws_endpoint_url_s3"},
      {"aws_endpoint_url_sts", {"endpoint_url_sts"}},
      {"aws_virtual_hosted_style_request", {"virtual_hosted_style_request"}},
      {"aws_s3_addressing_style"},
      {"aws_imdsv1_fallback", {"imdsv1_fallback"}},
      {"aws_metadata_endpoint", {"metadata_endpoint"}},
      {"aws_container_credentials_relative_uri", {"container_credentials_relative_uri"}},
      {"aws_container_credentials_full_uri", {"container_credentials_full_uri"}},
      {"aws_container_authorization_token"},
      {"aws_container_authorization_token_file", {"container_authorization_token_file"}},
      {"aws_web_identity_token_file", {"web_identity_token_file"}},
      {"aws_role_arn", {"role_arn"}},
      {"aws_role_session_name", {"role_session_name"}},
      {"aws_iam_role_arn", {"aws_s3_assume_role_arn"}},
      {"aws_iam_role_session_name", {"aws_s3_role_session_name"}},
      {"aws_profile"},
      {"aws_skip_signature", {"skip_signature"}},
      {"aws_unsigned_payload", {"unsigned_payload"}},
      {"aws_checksum_algorithm", {"checksum_algorithm"}},
      {"aws_request_payer", {"request_payer"}},
      {"aws_s3_express", {"s3_express"}},
      {"aws_conditional_put", {"conditional_put"}},
      {"aws_copy_if_not_exists", {"copy_if_not_exists"}, true},
      {"aws_disable_tagging", {"disable_tagging"}, true},
      {"aws_disable_bulk_delete", {"disable_bulk_delete"}},
      {"aws_server_side_encryption", {"server_side_encryption"}},
      {"aws_sse_kms_key_id", {"sse_kms_key_id"}},
      {"aws_sse_bucket_key_enabled", {"sse_bucket_key_enabled"}},
      {"aws_sse_customer_key_base64", {"sse_customer_key_base64"}},
      {"aws_s3_allow_unsafe_rename"},
      {"aws_s3_locking_provider"},
      {"delta_dynamo_table_name"},
      {"delta_dynamo_billing_mode"},
      {"delta_dynamo_max_elapsed_request_time"},
      {"aws_endpoint_url_dynamodb", {"dynamo_endpoint"}},
      {"aws_region_dynamodb"},
      {"aws_access_key_id_dynamodb"},
      {"aws_secret_access_key_dynamodb"},
      {"aws_session_token_dynamodb"},
      {"aws_force_credential_load", {}, true},
      {"aws_sts_pool_idle_timeout_seconds", {}, true},
      {"aws_s3_get_internal_server_error_retries", {}, true},
  };
  keys.insert(keys.end(), ClientOptionKeys().begin(), ClientOptionKeys().end());
  return keys;
}

Status CheckBucket(std::string_view bucket) {
  if (bucket.empty() || bucket.size() > 255)
    return Status::InvalidArgument("the URI has no bucket; it is s3://bucket/folder");
  for (const char c : bucket) {
    const bool is_allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    if (!is_allowed) {
      return Status::InvalidArgument("\"", bucket,
                                     "\" is no name of a bucket: it may have letters, digits, '-', "
                                     "'.' and '_'");
    }
  }
  return Status();
}

Result<bool> WantsVirtualHost(const OptionSet& options) {
  const std::string style = AsciiLower(options.Get("aws_s3_addressing_style"));
  if (!style.empty() && style != "path" && style != "virtual" && style != "auto") {
    return Status::InvalidArgument(
        "storage option aws_s3_addressing_style is none of path, virtual and auto");
  }
  return options.GetBool("aws_virtual_hosted_style_request", style == "virtual");
}

Status SetEndpoint(const OptionSet& options, const AwsFiles& files, S3Config& config) {
  DELTAIC_ASSIGN_OR_RETURN(const bool virtual_host, WantsVirtualHost(options));
  std::string given = options.Get("aws_endpoint_url_s3", options.Get("aws_endpoint"));
  if (given.empty()) given = files.Find(files.profile, "endpoint_url").value_or("");
  if (!given.empty()) {
    Result<Url> url = ParseUrl(given);
    if (!url.ok()) return url.status().WithContext("storage option aws_endpoint");
    config.endpoint = *std::move(url);
    config.endpoint.query.clear();
    config.is_aws = config.endpoint.host.ends_with(".amazonaws.com") ||
                    config.endpoint.host.ends_with(".amazonaws.com.cn");
    // With virtual hosts an endpoint that is given has the bucket in its name already.
    if (virtual_host) return Status();
  } else {
    const bool is_china = config.region.starts_with("cn-");
    config.endpoint = Url{.scheme = "https",
                          .host = Concat(virtual_host ? config.bucket + "." : "", "s3.",
                                         config.region, ".amazonaws.com", is_china ? ".cn" : "")};
    config.is_aws = true;
    if (virtual_host) return Status();
  }
  if (!config.endpoint.path.ends_with('/')) config.endpoint.path += '/';
  config.endpoint.path += UriEncode(config.bucket, false);
  return Status();
}

Status SetEncryption(const OptionSet& options, S3Config& config) {
  const std::string kind = options.Get("aws_server_side_encryption");
  if (kind.empty()) return Status();
  if (kind == "sse-c") {
    const Result<std::string> key = Base64Decode(options.Get("aws_sse_customer_key_base64"));
    if (!key.ok() || key->size() != 32) {
      return Status::InvalidArgument(
          "storage option aws_sse_customer_key_base64 is not a key of 32 bytes in base64, which "
          "aws_server_side_encryption=sse-c needs");
    }
    DELTAIC_ASSIGN_OR_RETURN(const std::string digest, Md5(*key));
    config.customer_key = {{"x-amz-server-side-encryption-customer-algorithm", "AES256"},
                           {"x-amz-server-side-encryption-customer-key", Base64Encode(*key)},
                           {"x-amz-server-side-encryption-customer-key-MD5", Base64Encode(digest)}};
    return Status();
  }
  if (kind != "AES256" && kind != "aws:kms" && kind != "aws:kms:dsse") {
    return Status::InvalidArgument(
        "storage option aws_server_side_encryption is none of AES256, aws:kms, aws:kms:dsse and "
        "sse-c");
  }
  config.write_headers.Add("x-amz-server-side-encryption", kind);
  if (const auto key = options.Find("aws_sse_kms_key_id"))
    config.write_headers.Add("x-amz-server-side-encryption-aws-kms-key-id", *key);
  DELTAIC_ASSIGN_OR_RETURN(const bool bucket_key,
                           options.GetBool("aws_sse_bucket_key_enabled", false));
  if (bucket_key)
    config.write_headers.Add("x-amz-server-side-encryption-bucket-key-enabled", "true");
  return Status();
}

Status SetChecksum(const OptionSet& options, S3Config& config) {
  const std::string kind = AsciiLower(options.Get("aws_checksum_algorithm"));
  if (!kind.empty() && kind != "sha256" && kind != "crc32c") {
    return Status::InvalidArgument(
        "storage option aws_checksum_algorithm is neither SHA256 nor CRC32C");
  }
  config.checksum_sha256 = kind == "sha256";
  // Of the stores that speak S3, some refuse them.
  config.checksum_crc32c = kind == "crc32c" || (kind.empty() && config.is_aws);
  return Status();
}

/// An option whose variable has another prefix than the store's.
std::string GivenOrVariable(const OptionSet& options, const std::string& name,
                            std::string_view otherwise) {
  std::string variable = name;
  for (char& c : variable) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return options.Get(name, options.Variable(variable).value_or(std::string(otherwise)));
}

Status SetDynamoEndpoint(const OptionSet& options, const S3Config& config, DynamoConfig& dynamo) {
  std::string given = options.Get("aws_endpoint_url_dynamodb",
                                  options.Variable("DYNAMO_ENDPOINT").value_or(std::string()));
  // As others have it: what stands in for AWS does so for all its services.
  if (given.empty() && !config.is_aws) given = options.Get("aws_endpoint");
  if (given.empty()) {
    dynamo.endpoint = Url{.scheme = "https",
                          .host = Concat("dynamodb.", dynamo.region, ".amazonaws.com",
                                         dynamo.region.starts_with("cn-") ? ".cn" : "")};
  } else {
    Result<Url> url = ParseUrl(given);
    if (!url.ok()) return url.status().WithContext("storage option aws_endpoint_url_dynamodb");
    dynamo.endpoint = *std::move(url);
    dynamo.endpoint.query.clear();
  }
  if (dynamo.endpoint.path.empty()) dynamo.endpoint.path = "/";
  return Status();
}

/// How writers agree on commits, where it is not by conditions of the store's.
Status SetLocking(const OptionSet& options, S3Config& config) {
  const std::string provider = AsciiLower(options.Get("aws_s3_locking_provider"));
  if (provider.empty() || provider == "none") return Status();
  if (provider != "dynamodb") {
    return Status::InvalidArgument(
        "storage option aws_s3_locking_provider is not dynamodb, which is the only one");
  }
  DynamoConfig dynamo;
  dynamo.region = options.Get("aws_region_dynamodb", config.region);
  DELTAIC_RETURN_IF_ERROR(SetDynamoEndpoint(options, config, dynamo));
  dynamo.table_name = GivenOrVariable(options, "delta_dynamo_table_name", dynamo.table_name);
  dynamo.client = config.client;
  DELTAIC_ASSIGN_OR_RETURN(
      dynamo.client.retry.retry_timeout,
      options.GetDuration("delta_dynamo_max_elapsed_request_time", std::chrono::seconds(60)));
  dynamo.credentials = config.credentials;
  if (const auto key = options.Find("aws_access_key_id_dynamodb")) {
    const AwsCredentials keys{.access_key_id = *key,
                              .secret_access_key = options.Get("aws_secret_access_key_dynamodb"),
                              .session_token = options.Get("aws_session_token_dynamodb")};
    dynamo.credentials = std::make_shared<AwsCredentialsChain>(std::vector<CredentialsSource>{
        {"options for DynamoDB", [keys](const IoContext&) { return std::optional(keys); }}});
  }
  config.dynamo = std::move(dynamo);
  return Status();
}

}  // namespace

Result<S3Config> ReadS3Config(std::string_view bucket,
                              const std::map<std::string, std::string>& given,
                              const Environment& environment) {
  DELTAIC_ASSIGN_OR_RETURN(const OptionSet options,
                           OptionSet::Make(S3Keys(), "aws_", given, environment));
  S3Config config;
  config.bucket = bucket;
  DELTAIC_RETURN_IF_ERROR(CheckBucket(bucket));
  const AwsFiles files = LoadAwsFiles(options);
  config.region = options.Get("aws_region", options.Get("aws_default_region"));
  if (config.region.empty()) config.region = files.Find(files.profile, "region").value_or("");
  config.region_was_given = !config.region.empty();
  if (config.region.empty()) config.region = "us-east-1";
  for (const char c : config.region) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
      return Status::InvalidArgument("storage option aws_region is no name of a region");
  }
  DELTAIC_RETURN_IF_ERROR(SetEndpoint(options, files, config));
  DELTAIC_ASSIGN_OR_RETURN(config.client, ReadClientOptions(options));
  // Before what ReadClientOptions() takes from the environment.
  if (const auto bundle = options.Variable("AWS_CA_BUNDLE");
      bundle && !options.Find("certificate_path")) {
    config.client.certificate_path = *bundle;
  }
  DELTAIC_ASSIGN_OR_RETURN(config.skip_signature, options.GetBool("aws_skip_signature", false));
  DELTAIC_ASSIGN_OR_RETURN(config.unsigned_payload, options.GetBool("aws_unsigned_payload", false));
  DELTAIC_ASSIGN_OR_RETURN(config.request_payer, options.GetBool("aws_request_payer", false));
  DELTAIC_ASSIGN_OR_RETURN(const bool no_bulk, options.GetBool("aws_disable_bulk_delete", false));
  config.bulk_delete = !no_bulk;
  DELTAIC_ASSIGN_OR_RETURN(config.allow_unsafe_put,
                           options.GetBool("aws_s3_allow_unsafe_rename", false));
  DELTAIC_ASSIGN_OR_RETURN(const bool express, options.GetBool("aws_s3_express", false));
  if (express) {
    return Status::Unsupported(
        "storage option aws_s3_express: S3 Express buckets are not supported");
  }
  const std::string conditional = AsciiLower(options.Get("aws_conditional_put", "etag"));
  if (conditional != "etag" && conditional != "disabled") {
    return Status::InvalidArgument(
        "storage option aws_conditional_put is neither etag nor disabled");
  }
  config.conditional_put = conditional == "etag";
  DELTAIC_RETURN_IF_ERROR(SetEncryption(options, config));
  DELTAIC_RETURN_IF_ERROR(SetChecksum(options, config));
  // Who gives credentials answers at once or not at all.
  RetrySettings retry = config.client.retry;
  retry.max_retries = std::min(retry.max_retries, 2);
  const auto client = std::make_shared<const HttpClient>(SharedCurlTransport(config.client), retry);
  config.credentials = std::make_shared<AwsCredentialsChain>(
      MakeAwsCredentialsSources(options, files, config.region, client));
  DELTAIC_RETURN_IF_ERROR(SetLocking(options, config));
  return config;
}

}  // namespace deltaic
