#include "catalog/unity_catalog.h"

#include <deque>

#include "catalog/open_table_store.h"
#include "catalog/unity_login.h"
#include "storage/object_store.h"
#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Gives what a test has laid down, and keeps what was asked.
class Scripted : public HttpTransport {
 public:
  Result<HttpResponse> Send(const HttpRequest& request, const IoContext&) override {
    asked.push_back(Concat(request.method, ' ', request.url.ToString(), ' ',
                           request.headers.Get("Authorization"), ' ', request.body));
    HttpResponse answer = answers.front();
    answers.pop_front();
    return answer;
  }
  std::deque<HttpResponse> answers;
  std::vector<std::string> asked;
};

constexpr std::string_view kKeys =
    R"({"aws_temp_credentials":{"access_key_id":"a","secret_access_key":"b"},"expiration_time":9})";

struct Made {
  std::shared_ptr<Scripted> server = std::make_shared<Scripted>();
  std::shared_ptr<UnityCatalog> catalog;
};

Result<Made> Make(const std::map<std::string, std::string>& given) {
  Made out;
  std::vector<OptionKey> keys(UnityOptionKeys().begin(), UnityOptionKeys().end());
  const auto none = [](const std::string&) { return std::optional<std::string>(); };
  DELTAIC_ASSIGN_OR_RETURN(const OptionSet options, OptionSet::Make(keys, "", given, none));
  DELTAIC_ASSIGN_OR_RETURN(const Url host, ParseUrl("https://uc.example.com"));
  const HttpClient client(out.server, {});
  DELTAIC_ASSIGN_OR_RETURN(auto login, MakeUnityLogin(options, host, client));
  out.catalog = std::make_shared<UnityCatalog>(host, std::move(login), client);
  return out;
}

const UnityName kName{"a", "b", "c d"};

TEST(UnityCatalog, FindsATableWithATokenOrWithoutOne) {
  for (const std::string token : {"", "pat"}) {
    auto made = Make({{"databricks_token", token}}).value();
    made.server->answers = {{200, {}, R"({"table_id":"1","storage_location":"s3://b/t"})"}};
    ASSERT_THAT(made.catalog->Find(kName, {}), IsOk());
    EXPECT_EQ(made.server->asked.front(),
              Concat("GET https://uc.example.com/api/2.1/unity-catalog/tables/a.b.c%20d ",
                     token.empty() ? "" : "Bearer pat", " "));
  }
}

TEST(UnityCatalog, ApplicationGetsATokenAndAnotherWhereItIsRefused) {
  auto made = Make({{"databricks_client_id", "me"}, {"client_secret", "hunter2"}}).value();
  made.server->answers = {{200, {}, R"({"access_token":"t1","expires_in":3600})"},
                          {401, {}, ""},
                          {200, {}, R"({"access_token":"t2","expires_in":3600})"},
                          {200, {}, R"({"table_id":"1","storage_location":"s3://b/t"})"}};
  ASSERT_THAT(made.catalog->Find(kName, {}), IsOk());
  ASSERT_EQ(made.server->asked.size(), 4U);
  EXPECT_THAT(made.server->asked[0], AllOf(HasSubstr("POST https://uc.example.com/oidc/v1/token "),
                                           HasSubstr("Basic bWU6aHVudGVyMg=="),
                                           HasSubstr("grant_type=client_credentials")));
  EXPECT_THAT(made.server->asked[1], HasSubstr("Bearer t1"));
  EXPECT_THAT(made.server->asked[3], HasSubstr("Bearer t2"));
}

TEST(UnityCatalog, ApplicationOfATenantAsksEntra) {
  auto made =
      Make({{"client_id", "me"}, {"client_secret", "s"}, {"authority_id", "tenant"}}).value();
  made.server->answers = {{200, {}, R"({"access_token":"t","expires_in":3600})"},
                          {404, {}, R"({"error_code":"TABLE_DOES_NOT_EXIST"})"}};
  EXPECT_THAT(made.catalog->Find(kName, {}),
              StatusIs(StatusCode::kNotFound,
                       AllOf(HasSubstr("TABLE_DOES_NOT_EXIST"), HasSubstr("uc://a.b.c d"))));
  EXPECT_THAT(made.server->asked[0],
              HasSubstr("POST https://login.microsoftonline.com/tenant/oauth2/v2.0/token "));
}

TEST(UnityCatalog, WhoMayNotWriteGetsCredentialsToRead) {
  auto made = Make({}).value();
  const OptionsProvider provider = made.catalog->CredentialsOf(kName, {"i\"d", "s3://b/t"});
  made.server->answers = {{403, {}, R"({"error_code":"PERMISSION_DENIED"})"},
                          {200, {}, std::string(kKeys)},
                          {200, {}, std::string(kKeys)}};
  ASSERT_THAT(provider({}), IsOk());
  const auto fresh = provider({});
  ASSERT_THAT(fresh, IsOk());
  EXPECT_EQ(fresh->options.at("aws_access_key_id"), "a");
  const std::string path =
      "POST https://uc.example.com/api/2.1/unity-catalog/temporary-table-credentials  ";
  EXPECT_THAT(made.server->asked,
              ElementsAre(path + R"({"table_id":"i\"d","operation":"READ_WRITE"})",
                          path + R"({"table_id":"i\"d","operation":"READ"})",
                          path + R"({"table_id":"i\"d","operation":"READ"})"));
}

TEST(UnityCatalog, HalfALoginAndOtherWaysAreNamed) {
  EXPECT_THAT(Make({{"client_id", "me"}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("databricks_client_secret")));
  EXPECT_THAT(Make({{"unity_use_azure_cli", "true"}}),
              StatusIs(StatusCode::kUnsupported, HasSubstr("unity_use_azure_cli")));
}

TEST(OpenTableStore, CatalogsNeedWhatTheyNeedAndPathsDoNot) {
  EXPECT_THAT(OpenTableStore("/tmp/t", {}), IsOk());
  EXPECT_THAT(OpenTableStore("uc://a.b.c", {}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("databricks_host")));
  EXPECT_THAT(OpenTableStore("uc://a.b", {{"token", "hunter2"}}),
              StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("hunter2"))));
  EXPECT_THAT(OpenTableStore("uc://a.b.c", {{"host", "http://127.0.0.1:9"}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("allow_http")));
}

TEST(OpenObjectStore, ProviderIsForTheClouds) {
  const OptionsProvider provider = [](const IoContext&) { return Result(FreshOptions()); };
  EXPECT_THAT(OpenTableStore("s3://bucket/t", {}, provider), IsOk());
  EXPECT_THAT(OpenTableStore("/tmp/t", {}, provider),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("credentials provider")));
  EXPECT_THAT(OpenTableStore("https://h/t", {}, provider),
              StatusIs(StatusCode::kUnsupported, HasSubstr("credentials provider")));
}

}  // namespace
}  // namespace deltaic::testing
