#include "iceberg/iceberg_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace deltaic {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Metadata(std::string_view more) {
  return Concat(R"({"location":"s3://b/t","last-column-id":4,)"
                R"("schema":{"type":"struct","fields":[]},)",
                more, "}");
}

TEST(ParseIcebergMetadata, OfVersion1) {
  const auto metadata = ParseIcebergMetadata(
      Metadata(R"("format-version":1,"current-snapshot-id":-1,)"
               R"("partition-spec":[{"source-id":2,"transform":"identity","name":"p"}])"));
  ASSERT_TRUE(metadata.ok()) << metadata.status().message();
  EXPECT_EQ(metadata->last_column_id, 4);
  EXPECT_EQ(metadata->specs.at(0).at(0).field_id, 1000);
  EXPECT_EQ(metadata->manifest_list, std::nullopt);
}

TEST(ParseIcebergMetadata, TheCurrentOneOfEach) {
  const auto metadata = ParseIcebergMetadata(
      R"({"format-version":2,"location":"/t","last-column-id":4,"current-schema-id":1,
          "schemas":[{"schema-id":0},{"schema-id":1,"fields":[]}],"default-spec-id":3,
          "partition-specs":[{"spec-id":0,"fields":[]},{"spec-id":3,"fields":[
            {"source-id":1,"field-id":1004,"transform":"day","name":"d"}]}],
          "current-snapshot-id":72057594037927937,"snapshots":[
            {"snapshot-id":1,"manifest-list":"/t/one"},
            {"snapshot-id":72057594037927937,"manifest-list":"/t/two"}],
          "properties":{"comment":"x","a":1}})");
  ASSERT_TRUE(metadata.ok()) << metadata.status().message();
  EXPECT_NE(metadata->schema.Find("fields"), nullptr);
  EXPECT_EQ(metadata->manifest_list, "/t/two");
  EXPECT_EQ((*metadata->Spec(metadata->default_spec))->at(0).transform, "day");
  EXPECT_EQ(metadata->properties.at("comment"), "x");
}

TEST(ParseIcebergMetadata, WhatIsRefused) {
  const auto message = [](std::string_view more) {
    return ParseIcebergMetadata(Metadata(more)).status().message();
  };
  EXPECT_THAT(message(R"("format-version":4)"), HasSubstr("format version 4"));
  EXPECT_THAT(message(R"("format-version":"2")"), HasSubstr("no format-version"));
  EXPECT_THAT(message(R"("format-version":2)"), HasSubstr("partition spec 0"));
  constexpr std::string_view kSpec = R"("format-version":2,"partition-spec":[],)";
  EXPECT_THAT(message(Concat(kSpec, R"("current-snapshot-id":5)")), HasSubstr("snapshot 5"));
  EXPECT_THAT(message(Concat(kSpec, R"("current-snapshot-id":5,"snapshots":[{"snapshot-id":5}])")),
              HasSubstr("without a manifest list"));
  EXPECT_THAT(
      message(
          Concat(kSpec, R"("current-snapshot-id":5,"snapshots":[{"snapshot-id":5,"key-id":"k"}])")),
      HasSubstr("encrypted"));
  EXPECT_THAT(ParseIcebergMetadata("{").status().message(), HasSubstr("not valid JSON"));
  EXPECT_THAT(ParseIcebergMetadata("[]").status().message(), HasSubstr("format-version"));
}

TEST(NewestIcebergMetadata, ByVersionNotByName) {
  EXPECT_EQ(*NewestIcebergMetadata({"v9.metadata.json", "v10.metadata.json", "snap-1.avro"}, {}),
            "v10.metadata.json");
  EXPECT_EQ(*NewestIcebergMetadata(
                {"00002-b.gz.metadata.json", "00001-a.metadata.json", "other.metadata.json"}, {}),
            "00002-b.gz.metadata.json");
  EXPECT_EQ(*NewestIcebergMetadata({"v1.metadata.json", "v2.metadata.json.gz"}, {}),
            "v2.metadata.json.gz");
}

TEST(NewestIcebergMetadata, TheHintIsTheLeast) {
  EXPECT_EQ(*NewestIcebergMetadata({"v1.metadata.json", "v2.metadata.json"}, "1\n"),
            "v2.metadata.json");
  EXPECT_EQ(*NewestIcebergMetadata({"v1.metadata.json", "00002-a.metadata.json"}, "1"),
            "v1.metadata.json");
  EXPECT_EQ(NewestIcebergMetadata({"v1.metadata.json"}, "2").status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(NewestIcebergMetadata({"v1.metadata.json"}, "x").status().code(),
            StatusCode::kNotFound);
}

TEST(NewestIcebergMetadata, NoGuesses) {
  const auto tie = NewestIcebergMetadata({"00002-b.metadata.json", "00002-a.metadata.json"}, {});
  EXPECT_THAT(tie.status().message(), AllOf(HasSubstr("00002-a"), HasSubstr("00002-b")));
  EXPECT_FALSE(NewestIcebergMetadata({"v3.metadata.json", "00002-a.metadata.json"}, {}).ok());
  EXPECT_EQ(NewestIcebergMetadata({"x.metadata.json", "v1x.metadata.json", "1.metadata.json"}, {})
                .status()
                .code(),
            StatusCode::kNotFound);
}

}  // namespace
}  // namespace deltaic
