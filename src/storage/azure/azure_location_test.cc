#include "storage/azure/azure_location.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using testing::StatusIs;

struct UriCase {
  std::string uri, account, container, folder, suffix, root;
};

TEST(AzureLocation, EveryFormOfUri) {
  const std::string host = "acc.dfs.core.windows.net";
  for (const UriCase& want : {
           UriCase{"abfss://c@" + host + "/a/b%20c", "acc", "c", "a/b c", "core.windows.net",
                   "abfss://c@" + host + "/a/b%20c"},
           UriCase{"abfs://c@acc.blob.core.windows.net/", "acc", "c", "", "core.windows.net",
                   "abfs://c@acc.blob.core.windows.net"},
           UriCase{"ABFSS://c@ACC.dfs.core.windows.net/t/", "acc", "c", "t", "core.windows.net",
                   "ABFSS://c@ACC.dfs.core.windows.net/t"},
           UriCase{"abfss://ws@onelake.dfs.fabric.microsoft.com/lake.Lakehouse/Tables/t", "onelake",
                   "ws", "lake.Lakehouse/Tables/t", "fabric.microsoft.com",
                   "abfss://ws@onelake.dfs.fabric.microsoft.com/lake.Lakehouse/Tables/t"},
           UriCase{"az://c/t", "", "c", "t", "", "az://c/t"},
           UriCase{"abfs://c/t", "", "c", "t", "", "abfs://c/t"},
           UriCase{"adl://c/t/", "", "c", "t", "", "adl://c/t"},
           UriCase{"azure://c", "", "c", "", "", "azure://c"},
           UriCase{"https://acc.blob.core.windows.net/c/t/u", "acc", "c", "t/u", "core.windows.net",
                   "https://acc.blob.core.windows.net/c/t/u"},
           UriCase{"https://acc.dfs.core.chinacloudapi.cn/c", "acc", "c", "",
                   "core.chinacloudapi.cn", "https://acc.dfs.core.chinacloudapi.cn/c"},
       }) {
    EXPECT_TRUE(IsAzureUri(want.uri)) << want.uri;
    const Result<AzureLocation> got = ParseAzureUri(want.uri);
    ASSERT_THAT(got, IsOk()) << want.uri;
    EXPECT_EQ(got->account, want.account) << want.uri;
    EXPECT_EQ(got->container, want.container) << want.uri;
    EXPECT_EQ(got->folder, want.folder) << want.uri;
    EXPECT_EQ(got->host_suffix, want.suffix) << want.uri;
    EXPECT_EQ(got->root_uri, want.root);
  }
}

TEST(AzureLocation, OthersAreNotAzure) {
  for (const char* uri : {"s3://b/t", "https://example.com/c/t", "/tmp/t", "abfsx://c/t",
                          "https://acc.blob.core.windows.net.evil.com/c/t", "http://x/y"}) {
    EXPECT_FALSE(IsAzureUri(uri)) << uri;
  }
}

TEST(AzureLocation, WhatNamesNoTableIsRefused) {
  const auto refused = [](std::string_view why) {
    return StatusIs(StatusCode::kInvalidArgument, HasSubstr(std::string(why)));
  };
  EXPECT_THAT(ParseAzureUri("https://acc.blob.core.windows.net/"), refused("no container"));
  EXPECT_THAT(ParseAzureUri("az://"), refused("no container"));
  EXPECT_THAT(ParseAzureUri("abfss://c@acc.example.com/t"), refused("not Azure's"));
  EXPECT_THAT(ParseAzureUri("abfss://acc.dfs.core.windows.net/t"), refused("no container"));
  EXPECT_THAT(ParseAzureUri("az://c/a/../b"), refused("\"..\""));
  EXPECT_THAT(ParseAzureUri("az://c/a//b"), refused("empty segment"));
  EXPECT_THAT(ParseAzureUri("az://c/%2e%2e/b"), refused("\"..\""));
  EXPECT_THAT(ParseAzureUri("abfss://c@a_b.dfs.core.windows.net/t"), refused("account"));
}

TEST(AzureLocation, SecretsOfTheUriAreNotRepeated) {
  for (const char* uri : {"https://acc.blob.core.windows.net/c/t?sv=2020&sig=CANARY",
                          "abfss://c:CANARY@acc.dfs.core.windows.net/t", "az://c/t#CANARY"}) {
    EXPECT_THAT(ParseAzureUri(uri),
                StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("CANARY"))))
        << uri;
  }
}

}  // namespace
}  // namespace deltaic
