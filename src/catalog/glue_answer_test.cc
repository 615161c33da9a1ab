#include "catalog/glue_answer.h"

#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using ::testing::HasSubstr;

TEST(GlueAnswer, PlaceOfATable) {
  EXPECT_THAT(ParseGlueLocation(R"({"Table":{"StorageDescriptor":{"Location":"s3://b/t"}}})"),
              IsOkAndHolds("s3://b/t"));
  // What Spark writes: Hive's place is a lie.
  EXPECT_THAT(ParseGlueLocation(
                  R"({"Table":{"StorageDescriptor":{"Location":"s3://b/t-__PLACEHOLDER__"}}})"),
              IsOkAndHolds("s3://b/t"));
  EXPECT_THAT(ParseGlueLocation(
                  R"({"Table":{"StorageDescriptor":{"Location":"s3://b/db.db/t-__PLACEHOLDER__",)"
                  R"("SerdeInfo":{"Parameters":{"path":"s3://b/else"}}}}})"),
              IsOkAndHolds("s3://b/else"));
}

TEST(GlueAnswer, OtherAnswersAreErrors) {
  for (const std::string_view json : {"", "[]", "{}", R"({"Table":{"StorageDescriptor":{}}})",
                                      R"({"Table":{"StorageDescriptor":{"Location":7}}})"}) {
    EXPECT_THAT(ParseGlueLocation(json), StatusIs(StatusCode::kIo)) << json;
  }
  EXPECT_THAT(ParseGlueLocation(R"({"Table":{"TableType":"VIRTUAL_VIEW"}})"),
              StatusIs(StatusCode::kUnsupported, HasSubstr("view")));
}

TEST(GlueAnswer, ErrorsByTheirType) {
  EXPECT_THAT(
      GlueStatus(400, R"({"__type":"a#EntityNotFoundException","Message":"no"})", "reading"),
      StatusIs(StatusCode::kNotFound, HasSubstr("EntityNotFoundException: no;")));
  EXPECT_THAT(GlueStatus(400, R"({"__type":"AccessDeniedException"})", "reading"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("glue:GetTable")));
  EXPECT_THAT(GlueStatus(400, R"({"__type":"ThrottlingException"})", "reading"),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT(GlueStatus(400, "x", "reading"), StatusIs(StatusCode::kIo));
}

}  // namespace
}  // namespace deltaic::testing
