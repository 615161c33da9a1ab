#include "storage/s3/s3_error.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::StatusIs;

HttpResponse Answer(int status, std::string code, std::string message = "words.") {
  return {.status = status,
          .headers = {},
          .body = "<Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>"};
}

TEST(S3Failure, SaysWhatWhereAndWhatNow) {
  EXPECT_THAT(S3Failure(Answer(404, "NoSuchBucket"), "listing", "s3://b/t"),
              StatusIs(StatusCode::kNotFound,
                       "listing s3://b/t: the store says NoSuchBucket: words; check the bucket's "
                       "name, and the endpoint and region"));
  EXPECT_THAT(S3Failure({.status = 403}, "reading", "s3://b/t"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("HTTP 403; check the cred")));
}

TEST(S3Failure, CodesByWhatTheCallerDoesNext) {
  const std::pair<HttpResponse, StatusCode> cases[] = {
      {Answer(404, "NoSuchKey"), StatusCode::kNotFound},
      {Answer(403, "InvalidAccessKeyId"), StatusCode::kPermissionDenied},
      {Answer(400, "ExpiredToken"), StatusCode::kPermissionDenied},
      {Answer(301, "PermanentRedirect"), StatusCode::kInvalidArgument},
      {Answer(412, "PreconditionFailed"), StatusCode::kConflict},
      {Answer(503, "SlowDown"), StatusCode::kUnavailable},
      {Answer(200, "InternalError"), StatusCode::kUnavailable},
      {Answer(501, "NotImplemented"), StatusCode::kUnsupported},
      {{.status = 400, .headers = {}, .body = "<garbage"}, StatusCode::kIo}};
  for (const auto& [response, code] : cases)
    EXPECT_THAT(S3Failure(response, "reading", "x"), StatusIs(code)) << response.body;
}

TEST(S3Failure, AWrongSignatureIsNotQuoted) {
  EXPECT_THAT(
      S3Failure(Answer(403, "SignatureDoesNotMatch", "StringToSign hunter2"), "reading", "x"),
      StatusIs(StatusCode::kPermissionDenied,
               AllOf(HasSubstr("aws_secret_access_key"), Not(HasSubstr("hunter2")))));
}

TEST(IsFailedDocument, ErrorOrHalfADocument) {
  EXPECT_TRUE(IsFailedDocument(Answer(200, "SlowDown"), "ListBucketResult"));
  EXPECT_TRUE(IsFailedDocument({.status = 200, .headers = {}, .body = "<ListBucketRes"},
                               "ListBucketResult"));
  EXPECT_FALSE(IsFailedDocument({.status = 200, .headers = {}, .body = "<ListBucketResult/>"},
                                "ListBucketResult"));
}

}  // namespace
}  // namespace deltaic
