#include "catalog/catalog_uri.h"

#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using ::testing::HasSubstr;

TEST(CatalogUri, NamesOfUnityCatalog) {
  const auto name = ParseUnityUri("UC://main.sales.orders%2Eold/");
  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(name->catalog, "main");
  EXPECT_EQ(name->schema, "sales");
  EXPECT_EQ(name->table, "orders.old");
  for (const std::string_view uri : {"uc://", "uc://a.b", "uc://a.b.c.d", "uc://a..c", "uc://a.b.",
                                     "uc://a.b.c/d", "uc://a.b.%0a", "uc://a.b.c%2Fd"}) {
    EXPECT_THAT(ParseUnityUri(uri), StatusIs(StatusCode::kInvalidArgument, HasSubstr("uc://")))
        << uri;
  }
}

TEST(CatalogUri, NamesOfGlue) {
  const auto name = ParseGlueUri("glue://123456789012@db.t");
  ASSERT_THAT(name, IsOk());
  EXPECT_EQ(name->catalog_id, "123456789012");
  EXPECT_EQ(name->database, "db");
  EXPECT_EQ(name->table, "t");
  EXPECT_THAT(ParseGlueUri("glue://db.t"), IsOk());
  for (const std::string_view uri : {"glue://", "glue://t", "glue://a.b.c", "glue://key@db.t"}) {
    EXPECT_THAT(ParseGlueUri(uri), StatusIs(StatusCode::kInvalidArgument, HasSubstr("glue://")))
        << uri;
  }
}

TEST(CatalogUri, OtherUrisAreNoTablesOfCatalogs) {
  for (const std::string_view uri : {"", "/tmp/uc://a.b.c", "s3://uc/t", "ucx://a.b.c"}) {
    EXPECT_FALSE(IsUnityUri(uri) || IsGlueUri(uri)) << uri;
  }
}

}  // namespace
}  // namespace deltaic::testing
