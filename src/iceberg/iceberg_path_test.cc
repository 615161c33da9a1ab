#include "iceberg/iceberg_path.h"

#include <gtest/gtest.h>

namespace deltaic {
namespace {

TEST(PathBelow, TheSamePlaceByEachOfItsNames) {
  for (const char* folder : {"/w/t", "file:/w/t", "file:///w/t/"}) {
    for (const char* file : {"/w/t/data/a%20b.parquet", "file:/w/t/data/a%20b.parquet",
                             "file:///w/t/data/a%20b.parquet"}) {
      EXPECT_EQ(PathBelow(folder, file), "data/a%20b.parquet");
    }
  }
  EXPECT_EQ(PathBelow("s3://b/t", "s3a://b/t/x"), "x");
  EXPECT_EQ(PathBelow("s3n://b/t/", "s3://b/t/x=a:b/y"), "x=a:b/y");
}

TEST(PathBelow, NothingElse) {
  EXPECT_EQ(PathBelow("/w/t", "/w/table/x"), std::nullopt);
  EXPECT_EQ(PathBelow("/w/t", "/w/t"), std::nullopt);
  EXPECT_EQ(PathBelow("/w/t", "/w/t/"), std::nullopt);
  EXPECT_EQ(PathBelow("/w/t", "s3://w/t/x"), std::nullopt);
  EXPECT_EQ(PathBelow("s3://b/t", "gs://b/t/x"), std::nullopt);
  EXPECT_EQ(PathBelow("", ""), std::nullopt);
}

}  // namespace
}  // namespace deltaic
