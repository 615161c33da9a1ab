#include "storage/login/fresh_options.h"

#include <gtest/gtest.h>

#include "net/http_time.h"
#include "storage/azure/azure_provided.h"
#include "storage/s3/aws_credentials.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using testing::StatusIs;

using Options = std::map<std::string, std::string>;

/// Gives the same each time, and counts.
struct Counting {
  Result<FreshOptions> given;
  std::shared_ptr<int> calls = std::make_shared<int>(0);

  OptionsProvider provider() const {
    return [given = given, calls = calls](const IoContext&) {
      ++*calls;
      return given;
    };
  }
};

const Options kKeys = {{"access_key_id", "a"}, {"aws_secret_access_key", "hunter2"}};

TEST(ProvidedAwsCredentials, AreKeptUntilTheyAreDropped) {
  const Counting counting{FreshOptions{kKeys, NowSeconds() + 3'600}};
  const auto chain = ProvidedAwsCredentials(counting.provider());
  const auto first = chain->Get({});
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->access_key_id, "a");
  ASSERT_THAT(chain->Get({}), IsOk());
  EXPECT_EQ(*counting.calls, 1);
  chain->Drop(*first);
  ASSERT_THAT(chain->Get({}), IsOk());
  EXPECT_EQ(*counting.calls, 2);
}

TEST(ProvidedAwsCredentials, ShortLifeIsRenewedInItsMiddleAndNotAtOnce) {
  // Shorter than the five minutes that longer lives are renewed before their end.
  const Counting counting{FreshOptions{kKeys, NowSeconds() + 240}};
  const auto chain = ProvidedAwsCredentials(counting.provider());
  for (int i = 0; i < 5; ++i) ASSERT_THAT(chain->Get({}), IsOk());
  EXPECT_EQ(*counting.calls, 1);
}

TEST(ProvidedAwsCredentials, WhatIsNoneIsNamedAndNotRepeated) {
  const struct {
    Result<FreshOptions> given;
    std::string_view says;
  } cases[] = {
      {FreshOptions{{{"access_key_id", "hunter2"}}, 0}, "aws_secret_access_key"},
      {FreshOptions{{{"aws_secret", "hunter2"}}, 0}, "aws_secret"},
      {FreshOptions{kKeys, 1}, "expired already"},
      {Status::Internal("the vault is sealed"), "the vault is sealed"},
  };
  for (const auto& [given, says] : cases) {
    EXPECT_THAT(ProvidedAwsCredentials(Counting{given}.provider())->Get({}),
                StatusIs(StatusCode::kPermissionDenied,
                         AllOf(HasSubstr(std::string(says)), Not(HasSubstr("hunter2")))));
  }
  EXPECT_THAT(ProvidedAwsCredentials(Counting{Status::Unavailable("later")}.provider())->Get({}),
              StatusIs(StatusCode::kUnavailable));
}

TEST(ProvidedAzureCredentials, OfEachKindUntilAzureRefusesTheLogin) {
  AzureEndpoint endpoint;
  endpoint.account = "acc";
  const struct {
    Options options;
    std::string_view carried;
  } cases[] = {{{{"token", "t"}}, "Bearer t"},
               {{{"azure_storage_account_key", "a2V5"}}, "SharedKey acc:"},
               {{{"sas_token", "sv=1&sig=2"}}, "sig"}};
  for (const auto& [options, carried] : cases) {
    const Counting counting{FreshOptions{options, 0}};
    const auto credentials = MakeProvidedAzureCredentials(counting.provider(), endpoint);
    HttpRequest request;
    ASSERT_THAT(credentials->Authorize(request, {}), IsOk());
    const std::string sent =
        Concat(request.headers.Get("Authorization"), FormatQuery(request.url.query));
    EXPECT_THAT(sent, HasSubstr(std::string(carried)));
    // A missing right is no reason for another login.
    HttpResponse missing{403, {{"x-ms-error-code", "AuthorizationPermissionMismatch"}}, ""};
    EXPECT_FALSE(credentials->Refused(request, missing));
    ASSERT_THAT(credentials->Authorize(request, {}), IsOk());
    EXPECT_EQ(*counting.calls, 1);
    HttpResponse refused{403, {{"x-ms-error-code", "AuthenticationFailed"}}, ""};
    EXPECT_TRUE(credentials->Refused(request, refused));
    ASSERT_THAT(credentials->Authorize(request, {}), IsOk());
    EXPECT_EQ(*counting.calls, 2);
  }
}

TEST(FetchGoogleTokenBy, TokenWithItsLifetime) {
  const auto fetch =
      FetchGoogleTokenBy(Counting{FreshOptions{{{"token", "t"}}, NowSeconds() + 3'600}}.provider());
  const auto token = fetch({});
  ASSERT_THAT(token, IsOk());
  EXPECT_EQ(token->text, "t");
  EXPECT_GT(token->lifetime.count(), 3'000);
  EXPECT_THAT(FetchGoogleTokenBy(Counting{FreshOptions{}}.provider())({}),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("google_bearer_token")));
}

}  // namespace
}  // namespace deltaic
