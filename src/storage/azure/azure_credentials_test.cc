#include "storage/azure/azure_credentials.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using ::testing::StartsWith;
using testing::StatusIs;

using Settings = std::map<std::string, std::string>;

Environment Variables(Settings variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

/// Answers as a function says, and keeps what was asked.
class FakeTransport : public HttpTransport {
 public:
  explicit FakeTransport(std::function<HttpResponse(const HttpRequest&)> answer)
      : answer_(std::move(answer)) {}
  Result<HttpResponse> Send(const HttpRequest& request, const IoContext&) override {
    asked.push_back(request.url.ToString() + " " + std::string(request.body));
    last = request;
    return answer_(request);
  }
  std::vector<std::string> asked;
  HttpRequest last;

 private:
  const std::function<HttpResponse(const HttpRequest&)> answer_;
};

HttpResponse TokenAnswer(std::string_view token) {
  return {200, {}, Concat(R"({"access_token":")", token, R"(","expires_in":"3600"})")};
}

struct Made {
  std::shared_ptr<FakeTransport> transport;
  Result<std::shared_ptr<AzureCredentials>> credentials;
};

Made Make(const Settings& given, const Settings& variables = {}) {
  auto transport =
      std::make_shared<FakeTransport>([](const HttpRequest&) { return TokenAnswer("fetched"); });
  const auto options = ReadAzureOptions(given, Variables(variables));
  if (!options.ok()) return {transport, options.status()};
  AzureEndpoint endpoint;
  endpoint.account = "acc";
  return {transport, MakeAzureCredentials(*options, endpoint, transport, {})};
}

/// What a request carries: its Authorization, or its query.
std::string Carried(const Made& made) {
  HttpRequest request;
  request.url.path = "/c/x";
  const Status status = (*made.credentials)->Authorize(request, {});
  if (!status.ok()) return status.ToString();
  return std::string(request.headers.Get("Authorization")) + FormatQuery(request.url.query);
}

TEST(AzureCredentials, EachKindByItsOptions) {
  EXPECT_THAT(Carried(Make({{"account_key", "a2V5"}})), StartsWith("SharedKey acc:"));
  EXPECT_EQ(Carried(Make({{"AZURE_STORAGE_SAS_TOKEN", "?sv=1&sig=a%2Bb"}})), "sv=1&sig=a%2Bb");
  EXPECT_EQ(Carried(Make({{"bearer_token", "tok"}})), "Bearer tok");
  EXPECT_EQ(Carried(Make({{"skip_signature", "true"}})), "");
  const Made secret =
      Make({{"client_id", "id"}, {"client_secret", "s&cret"}, {"tenant_id", "ten"}});
  EXPECT_EQ(Carried(secret), "Bearer fetched");
  EXPECT_EQ(secret.transport->asked.at(0),
            "https://login.microsoftonline.com/ten/oauth2/v2.0/token grant_type=client_credentials&"
            "client_id=id&scope=https%3A%2F%2Fstorage.azure.com%2F.default&client_secret=s%26cret");
  EXPECT_EQ(Carried(secret), "Bearer fetched");
  EXPECT_EQ(secret.transport->asked.size(), 1u) << "kept for the next request";
}

TEST(AzureCredentials, ManagedIdentityIsTheLastResort) {
  const Made vm = Make({{"client_id", "me"}});
  EXPECT_EQ(Carried(vm), "Bearer fetched");
  EXPECT_EQ(vm.transport->asked.at(0),
            "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource="
            "https%3A%2F%2Fstorage.azure.com&client_id=me ");
  EXPECT_EQ(vm.transport->last.headers.Get("Metadata"), "true");
  EXPECT_TRUE(vm.transport->last.is_metadata);
  const Made app =
      Make({}, {{"IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi"}, {"IDENTITY_HEADER", "h"}});
  EXPECT_EQ(Carried(app), "Bearer fetched");
  EXPECT_THAT(app.transport->asked.at(0),
              StartsWith("http://127.0.0.1:1/msi?api-version=2019-08-01"));
  EXPECT_EQ(app.transport->last.headers.Get("X-IDENTITY-HEADER"), "h");
}

TEST(AzureCredentials, OfSeveralTheFirstInOrderButThoseGivenBeforeTheEnvironment) {
  const Settings all = {{"token", "tok"}, {"account_key", "a2V5"}, {"sas_token", "sig=1"}};
  EXPECT_EQ(Carried(Make(all)), "Bearer tok");
  EXPECT_THAT(Carried(Make({{"account_key", "a2V5"}, {"sas_token", "sig=1"}})),
              StartsWith("SharedKey"));
  EXPECT_EQ(Carried(Make({{"sas_token", "sig=1"}}, {{"AZURE_STORAGE_ACCOUNT_KEY", "a2V5"}})),
            "sig=1");
  EXPECT_THAT(Carried(Make({}, {{"AZURE_STORAGE_ACCESS_KEY", "a2V5"}})), StartsWith("SharedKey"));
  Settings chosen = all;
  chosen["azure_credential_type"] = "sas";
  EXPECT_EQ(Carried(Make(chosen)), "sig=1");
}

TEST(AzureCredentials, WhatIsWrongIsRefusedWithoutRepeatingIt) {
  const auto refused = [](StatusCode code, std::string_view why) {
    return StatusIs(code, AllOf(HasSubstr(std::string(why)), Not(HasSubstr("CANARY"))));
  };
  EXPECT_THAT(Make({{"account_key", "CANARY!"}}).credentials,
              refused(StatusCode::kInvalidArgument, "base64"));
  EXPECT_THAT(Make({{"sas_token", "CANARY"}}).credentials,
              refused(StatusCode::kInvalidArgument, "sig"));
  EXPECT_THAT(Make({{"client_secret", "CANARY"}}).credentials,
              refused(StatusCode::kInvalidArgument, "azure_tenant_id"));
  EXPECT_THAT(Make({{"acount_key", "CANARY"}}).credentials,
              refused(StatusCode::kInvalidArgument, "account_key"));
  EXPECT_THAT(Make({{"credential_type", "CANARY"}}).credentials,
              refused(StatusCode::kInvalidArgument, "managed_identity"));
  EXPECT_THAT(Make({{"fabric_session_token", "CANARY"}}).credentials,
              refused(StatusCode::kUnsupported, "azure_fabric_session_token"));
  EXPECT_THAT(Make({{"azure_storage_client_id", "i"},
                    {"tenant_id", "t"},
                    {"azure_federated_token_file", "/absent/file"}})
                  .credentials,
              IsOk());
}

TEST(AzureCredentials, LoginThatIsRefusedSaysWhy) {
  const auto transport = std::make_shared<FakeTransport>([](const HttpRequest&) -> HttpResponse {
    return {401,
            {},
            R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid\r\nTrace"})"};
  });
  const auto options = ReadAzureOptions(
      {{"client_id", "id"}, {"client_secret", "CANARY"}, {"tenant_id", "t"}}, Variables({}));
  AzureEndpoint endpoint;
  const auto credentials = MakeAzureCredentials(*options, endpoint, transport, {});
  HttpRequest request;
  EXPECT_THAT(
      (*credentials)->Authorize(request, {}),
      StatusIs(StatusCode::kPermissionDenied,
               AllOf(HasSubstr("AADSTS7000215: Invalid; check"), Not(HasSubstr("CANARY")))));
}

TEST(AzureCredentials, ATokenThatAzureRefusesIsFetchedAgain) {
  const Made made = Make({{"client_id", "i"}, {"client_secret", "s"}, {"tenant_id", "t"}});
  HttpRequest request;
  ASSERT_THAT((*made.credentials)->Authorize(request, {}), IsOk());
  EXPECT_TRUE((*made.credentials)->Refused(request, {401, {}, ""}));
  EXPECT_FALSE((*made.credentials)->Refused(request, {403, {}, ""})) << "a right that is missing";
  ASSERT_THAT((*made.credentials)->Authorize(request, {}), IsOk());
  EXPECT_EQ(made.transport->asked.size(), 2u);
}

TEST(AzureCredentials, AClockThatIsWrongTakesAzuresOnce) {
  const Made made = Make({{"account_key", "a2V5"}});
  HttpRequest request;
  const HttpResponse late{403, {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}, ""};
  EXPECT_TRUE((*made.credentials)->Refused(request, late));
  ASSERT_THAT((*made.credentials)->Authorize(request, {}), IsOk());
  EXPECT_THAT(std::string(request.headers.Get("x-ms-date")), HasSubstr("Nov 1994 08:"));
  EXPECT_FALSE((*made.credentials)->Refused(request, late)) << "so the key is wrong";
}

struct EndpointCase {
  std::string uri;
  Settings options;
  std::string url, account;
};

TEST(AzureEndpoint, FromUriAndOptions) {
  for (const EndpointCase& want : {
           EndpointCase{"abfss://c@acc.dfs.core.windows.net/t",
                        {},
                        "https://acc.blob.core.windows.net/",
                        "acc"},
           EndpointCase{
               "az://c/t", {{"account_name", "acc"}}, "https://acc.blob.core.windows.net/", "acc"},
           EndpointCase{"az://c/t",
                        {{"account_name", "onelake"}, {"use_fabric_endpoint", "true"}},
                        "https://onelake.blob.fabric.microsoft.com/",
                        "onelake"},
           EndpointCase{"az://c/t",
                        {{"use_emulator", "1"}},
                        "http://127.0.0.1:10000/devstoreaccount1/",
                        "devstoreaccount1"},
           EndpointCase{"az://c/t", {{"endpoint", "http://h:5/acc"}}, "http://h:5/acc/", "acc"},
           EndpointCase{"az://c/t",
                        {{"endpoint", "https://acc.dfs.core.windows.net"}},
                        "https://acc.blob.core.windows.net/",
                        "acc"},
       }) {
    const auto location = ParseAzureUri(want.uri);
    const auto options = ReadAzureOptions(want.options, Variables({}));
    const auto endpoint = FindAzureEndpoint(*location, *options);
    ASSERT_THAT(endpoint, IsOk()) << want.url;
    EXPECT_EQ(endpoint->url.ToString(), want.url);
    EXPECT_EQ(endpoint->account, want.account);
  }
  const auto options = ReadAzureOptions({}, Variables({}));
  EXPECT_THAT(FindAzureEndpoint(*ParseAzureUri("az://c/t"), *options),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("azure_storage_account_name")));
}

}  // namespace
}  // namespace deltaic
