#include "storage/gcs/gcs_options.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using testing::StatusIs;

TEST(GcsUri, BucketAndFolder) {
  const auto location = ParseGcsUri("gs://my-bucket.x/a/b%20c/");
  ASSERT_THAT(location, IsOk());
  EXPECT_EQ(location->bucket, "my-bucket.x");
  EXPECT_EQ(location->folder, "a/b c");
  EXPECT_EQ(location->root_uri, "gs://my-bucket.x/a/b%20c");
  EXPECT_EQ(ParseGcsUri("gs://b")->folder, "");
}

TEST(GcsUri, OthersAreRefusedWithoutTheirSecrets) {
  for (const char* uri : {"gs://", "gs:///t", "gs://CANARY@b/t", "gs://b/t?x=CANARY",
                          "gs://b/a/../c", "gs://b/a//c", "gs://B_ucket/t"}) {
    EXPECT_THAT(ParseGcsUri(uri), StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("CANARY"))))
        << uri;
  }
}

TEST(GcsOptions, NamesAliasesAndEnvironment) {
  const Environment environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "GOOGLE_BASE_URL") return "http://b";
    if (name == "BUCKET") return "no";
    return std::nullopt;
  };
  const auto options =
      ReadGcsOptions({{"SERVICE_ACCOUNT_PATH", "/f"}, {"http2_only", "x"}}, environment);
  ASSERT_THAT(options, IsOk());
  EXPECT_EQ(options->Get("google_service_account"), "/f");
  EXPECT_EQ(options->Get("google_base_url"), "http://b");
  EXPECT_EQ(options->Get("google_bucket"), "")
      << "only names that begin with GOOGLE_ are looked up";
  EXPECT_THAT(
      ReadGcsOptions({{"google_service_acount", "CANARY"}}, environment),
      StatusIs(StatusCode::kInvalidArgument,
               ::testing::AllOf(HasSubstr("google_service_account"), Not(HasSubstr("CANARY")))));
}

}  // namespace
}  // namespace deltaic
