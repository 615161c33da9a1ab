#include "catalog/unity_answer.h"

#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(UnityAnswer, TableHasAPlaceAndAnId) {
  const auto table = ParseUnityTable(
      R"({"name":"t","table_type":"EXTERNAL","data_source_format":"DELTA","table_id":"42",)"
      R"("storage_location":"s3://bucket/t"})");
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ(table->id, "42");
  EXPECT_EQ(table->location, "s3://bucket/t");
}

TEST(UnityAnswer, WhatIsNoDeltaTableIsRefusedByName) {
  EXPECT_THAT(ParseUnityTable(R"({"table_type":"VIEW"})"),
              StatusIs(StatusCode::kUnsupported, HasSubstr("VIEW")));
  EXPECT_THAT(ParseUnityTable(R"({"data_source_format":"ICEBERG","storage_location":"s3://b/t"})"),
              StatusIs(StatusCode::kUnsupported, HasSubstr("ICEBERG")));
  for (const std::string_view json : {"", "[]", "<html>", R"({"data_source_format":"DELTA"})"})
    EXPECT_THAT(ParseUnityTable(json), StatusIs(StatusCode::kIo)) << json;
}

TEST(UnityAnswer, CredentialsOfEveryCloudBecomeOptions) {
  const struct {
    std::string_view json;
    std::map<std::string, std::string> options;
  } cases[] = {
      {R"({"aws_temp_credentials":{"access_key_id":"a","secret_access_key":"b","session_token":"c"}})",
       {{"aws_access_key_id", "a"}, {"aws_secret_access_key", "b"}, {"aws_session_token", "c"}}},
      {R"({"r2_temp_credentials":{"access_key_id":"a","secret_access_key":"b","session_token":""}})",
       {{"aws_access_key_id", "a"}, {"aws_secret_access_key", "b"}}},
      {R"({"azure_user_delegation_sas":{"sas_token":"sv=1"}})",
       {{"azure_storage_sas_token", "sv=1"}}},
      {R"({"azure_aad":{"aad_token":"t"}})", {{"azure_storage_token", "t"}}},
      {R"({"gcp_oauth_token":{"oauth_token":"t"}})", {{"google_bearer_token", "t"}}},
  };
  for (const auto& [json, options] : cases) {
    const auto fresh = ParseUnityCredentials(json);
    ASSERT_THAT(fresh, IsOk()) << json;
    EXPECT_EQ(fresh->options, options) << json;
    EXPECT_EQ(fresh->expires, 0);
  }
  EXPECT_EQ(ParseUnityCredentials(
                R"({"gcp_oauth_token":{"oauth_token":"t"},"expiration_time":1700000000999})")
                ->expires,
            1'700'000'000);
}

TEST(UnityAnswer, OtherCredentialsAreRefusedAndNotRepeated) {
  EXPECT_THAT(ParseUnityCredentials(R"({"moon_token":{"token":"hunter2"}})"),
              StatusIs(StatusCode::kUnsupported, Not(HasSubstr("hunter2"))));
  for (const std::string_view json : {"", "null", "{"})
    EXPECT_THAT(ParseUnityCredentials(json), StatusIs(StatusCode::kIo)) << json;
}

TEST(UnityAnswer, ErrorsSayWhatToDoInOneLine) {
  const std::string_view json = R"({"error_code":"TABLE_DOES_NOT_EXIST","message":"no\ntable"})";
  EXPECT_THAT(UnityStatus(404, json, "reading"),
              StatusIs(StatusCode::kNotFound,
                       AllOf(HasSubstr("TABLE_DOES_NOT_EXIST: no table"), Not(HasSubstr("\n")))));
  EXPECT_THAT(UnityStatus(401, "", "reading"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("databricks_token")));
  EXPECT_THAT(UnityStatus(403, "[", "reading"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("EXTERNAL USE SCHEMA")));
  EXPECT_THAT(UnityStatus(503, "", "reading"), StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(UnityStatus(302, "", "reading"), StatusIs(StatusCode::kIo, HasSubstr("redirect")));
}

}  // namespace
}  // namespace deltaic::testing
