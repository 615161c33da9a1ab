#include "storage/s3/s3_config.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::Not;
using testing::StatusIs;

using Texts = std::map<std::string, std::string>;

/// Of a machine without files of AWS, and where no metadata service is asked.
Environment With(Texts variables) {
  variables.try_emplace("HOME", "/nonexistent");
  variables.try_emplace("AWS_EC2_METADATA_DISABLED", "true");
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

std::string BucketUrl(const Texts& options, const Texts& variables = {}) {
  const auto config = ReadS3Config("bucket", options, With(variables));
  return config.ok() ? config->endpoint.ToString() : config.status().ToString();
}

TEST(S3Config, WhereRequestsGo) {
  EXPECT_EQ(BucketUrl({}), "https://s3.us-east-1.amazonaws.com/bucket");
  EXPECT_EQ(BucketUrl({{"region", "eu-west-1"}}), "https://s3.eu-west-1.amazonaws.com/bucket");
  EXPECT_EQ(BucketUrl({{"region", "cn-north-1"}}), "https://s3.cn-north-1.amazonaws.com.cn/bucket");
  EXPECT_EQ(BucketUrl({{"aws_virtual_hosted_style_request", "true"}}),
            "https://bucket.s3.us-east-1.amazonaws.com/");
  EXPECT_EQ(BucketUrl({{"endpoint", "http://127.0.0.1:9000/"}}), "http://127.0.0.1:9000/bucket");
  EXPECT_EQ(BucketUrl({{"endpoint_url", "http://bucket.minio:9000"},
                       {"aws_s3_addressing_style", "virtual"}}),
            "http://bucket.minio:9000/");
  EXPECT_EQ(BucketUrl({{"endpoint", "http://a"}, {"aws_endpoint_url_s3", "http://b"}}),
            "http://b/bucket");
  EXPECT_EQ(BucketUrl({}, {{"AWS_ENDPOINT_URL", "http://c"}, {"AWS_REGION", "x"}}),
            "http://c/bucket");
}

TEST(S3Config, StaticKeysFromOptionsThenEnvironment) {
  const Texts both = {
      {"AWS_ACCESS_KEY_ID", "env"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}};
  const auto from_environment = ReadS3Config("b", {}, With(both));
  ASSERT_THAT(from_environment, IsOk());
  EXPECT_THAT(from_environment->credentials->Get({}),
              IsOkAndHolds(AwsCredentials{"env", "s", "t"}));
  const auto given =
      ReadS3Config("b", {{"access_key_id", "opt"}, {"secret_access_key", "o"}}, With(both));
  ASSERT_THAT(given, IsOk());
  // The environment's token belongs to the environment's keys.
  EXPECT_THAT(given->credentials->Get({}), IsOkAndHolds(AwsCredentials{"opt", "o", ""}));
}

TEST(S3Config, NoCredentialsSaysWhereItLookedAndWhatToDo) {
  const auto config = ReadS3Config("b", {}, With({}));
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->credentials->Get({}),
              StatusIs(StatusCode::kPermissionDenied,
                       AllOf(HasSubstr("environment"), HasSubstr("aws_skip_signature=true"))));
}

TEST(S3Config, HalfAKeyIsNamedWithoutItsValue) {
  const auto config = ReadS3Config("b", {{"secret_access_key", "hunter2"}}, With({}));
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(
      config->credentials->Get({}),
      StatusIs(StatusCode::kPermissionDenied,
               AllOf(HasSubstr("aws_access_key_id is missing"), Not(HasSubstr("hunter2")))));
}

TEST(S3Config, ProfilesOfAwsFiles) {
  std::string folder = (std::filesystem::temp_directory_path() / "deltaic-aws-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/config")
      << "[default]\nregion = eu-west-3\n[profile p]\nregion=eu-west-2\n"
         "s3 =\n  max_concurrent_requests = 20\n"
         "[profile cmd]\ncredential_process = cat "
      << folder << "/out\n";
  std::ofstream(folder + "/credentials")
      << "# comment\n[default]\naws_access_key_id = d\naws_secret_access_key = ds\n"
         "[p]\naws_access_key_id=p\naws_secret_access_key = p=s\naws_session_token = pt\n";
  std::ofstream(folder + "/out")
      << R"({"Version":1,"AccessKeyId":"c","SecretAccessKey":"cs","SessionToken":"ct"})";
  const Texts files = {{"AWS_CONFIG_FILE", folder + "/config"},
                       {"AWS_SHARED_CREDENTIALS_FILE", folder + "/credentials"}};
  const auto keys = [&](const Texts& options) {
    return ReadS3Config("b", options, With(files)).value().credentials->Get({});
  };
  EXPECT_THAT(keys({}), IsOkAndHolds(AwsCredentials{"d", "ds", ""}));
  EXPECT_THAT(keys({{"aws_profile", "p"}}), IsOkAndHolds(AwsCredentials{"p", "p=s", "pt"}));
  EXPECT_THAT(keys({{"aws_profile", "cmd"}}), IsOkAndHolds(AwsCredentials{"c", "cs", "ct"}));
  EXPECT_THAT(keys({{"aws_profile", "absent"}}),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("profile absent")));
  EXPECT_EQ(ReadS3Config("b", {{"aws_profile", "p"}}, With(files)).value().region, "eu-west-2");
  EXPECT_EQ(ReadS3Config("b", {}, With(files)).value().region, "eu-west-3");
  std::filesystem::remove_all(folder);
}

TEST(S3Config, EncryptionHeaders) {
  const auto kms = ReadS3Config(
      "b", {{"aws_server_side_encryption", "aws:kms"}, {"aws_sse_kms_key_id", "k"}}, With({}));
  ASSERT_THAT(kms, IsOk());
  EXPECT_EQ(kms->write_headers.Get("x-amz-server-side-encryption-aws-kms-key-id"), "k");
  const auto customer = ReadS3Config(
      "b",
      {{"aws_server_side_encryption", "sse-c"},
       {"aws_sse_customer_key_base64", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}},
      With({}));
  ASSERT_THAT(customer, IsOk());
  EXPECT_EQ(customer->customer_key.Get("x-amz-server-side-encryption-customer-algorithm"),
            "AES256");
  EXPECT_THAT(ReadS3Config("b",
                           {{"aws_server_side_encryption", "sse-c"},
                            {"aws_sse_customer_key_base64", "c2hvcnQ="}},
                           With({})),
              StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("c2hvcnQ"))));
}

TEST(S3Config, NonsenseIsRefusedByName) {
  const Texts cases[] = {{{"aws_regoin", "x"}},
                         {{"aws_region", "eu west"}},
                         {{"aws_conditional_put", "maybe"}},
                         {{"aws_server_side_encryption", "rot13"}},
                         {{"aws_s3_addressing_style", "sideways"}},
                         {{"endpoint", "not a url"}}};
  for (const Texts& options : cases) {
    EXPECT_THAT(ReadS3Config("b", options, With({})),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("storage option")));
  }
  EXPECT_THAT(ReadS3Config("a/b", {}, With({})), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadS3Config("", {}, With({})), StatusIs(StatusCode::kInvalidArgument));
}

TEST(AwsCredentialsChain, KeepsRefreshesAndDrops) {
  int loads = 0;
  int64_t lifetime = 3'600;
  AwsCredentialsChain chain({{"test", [&](const IoContext&) {
                                ++loads;
                                return Result<std::optional<AwsCredentials>>(AwsCredentials{
                                    std::to_string(loads), "s", "", std::time(nullptr) + lifetime});
                              }}});
  EXPECT_EQ(chain.Get({}).value().access_key_id, "1");
  EXPECT_EQ(chain.Get({}).value().access_key_id, "1");
  chain.Drop(chain.Get({}).value());
  lifetime = 60;  // of a short life, half is used
  EXPECT_EQ(chain.Get({}).value().access_key_id, "2");
  EXPECT_EQ(chain.Get({}).value().access_key_id, "2");
  chain.Drop(chain.Get({}).value());
  lifetime = 0;
  EXPECT_EQ(chain.Get({}).value().access_key_id, "3");
  EXPECT_EQ(chain.Get({}).value().access_key_id, "4");
}

TEST(AwsCredentialsChain, OldOnesDoWhileARefreshFails) {
  int loads = 0;
  AwsCredentialsChain chain({{"test", [&](const IoContext&) {
                                if (++loads > 1)
                                  return Result<std::optional<AwsCredentials>>(Status::Io("down"));
                                return Result<std::optional<AwsCredentials>>(
                                    AwsCredentials{"old", "s", "", std::time(nullptr) + 12});
                              }}});
  EXPECT_EQ(chain.Get({}).value().access_key_id, "old");
  std::this_thread::sleep_for(std::chrono::milliseconds(6'500));  // more than half of their life
  EXPECT_EQ(chain.Get({}).value().access_key_id, "old");
  EXPECT_EQ(loads, 2);
}

}  // namespace
}  // namespace deltaic
