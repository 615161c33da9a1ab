#include "iceberg/iceberg_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "protocol/nested_ids.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;

Result<SchemaPtr> Parse(std::string_view fields) {
  DELTAIC_ASSIGN_OR_RETURN(const Json json, ParseJson(Concat(R"({"fields":[)", fields, "]}")));
  return DeltaSchemaOf(json);
}

TEST(DeltaSchemaOf, EveryType) {
  std::string fields;
  int id = 0;
  for (const char* type : {"boolean", "int", "long", "float", "double", "date", "timestamp",
                           "timestamptz", "string", "binary", "fixed[3]", "decimal(9, 2)"}) {
    fields += Concat(id == 0 ? "" : ",", R"({"id":)", id + 1, R"(,"name":"c)", id, R"(","type":")",
                     type, R"("})");
    ++id;
  }
  const auto schema = Parse(fields);
  ASSERT_TRUE(schema.ok()) << schema.status().message();
  EXPECT_EQ((*schema)->ToString(),
            "struct<c0:boolean,c1:integer,c2:long,c3:float,c4:double,c5:date,c6:timestamp_ntz,"
            "c7:timestamp,c8:string,c9:binary,c10:binary,c11:decimal(9,2)>");
  EXPECT_EQ((*schema)->fields()[11].column_mapping_id(), 12);
}

TEST(DeltaSchemaOf, WhatIsInsideKeepsItsIds) {
  const auto schema = Parse(
      R"({"id":1,"name":"m","required":true,"doc":"a \"map\"","type":{"type":"map",
          "key-id":2,"key":"string","value-id":3,"value-required":true,"value":
            {"type":"list","element-id":4,"element-required":true,"element":{"type":"struct",
              "fields":[{"id":5,"name":"x","required":true,"type":{"type":"list","element-id":6,
                "element":"int"}}]}}}})");
  ASSERT_TRUE(schema.ok()) << schema.status().message();
  const StructField& map = (*schema)->fields()[0];
  EXPECT_FALSE(map.nullable);
  EXPECT_EQ(map.MetadataText("comment"), "a \"map\"");
  EXPECT_EQ(NestedIdsOf(map), (NestedIds{{"m.key", 2}, {"m.value", 3}, {"m.value.element", 4}}));
  EXPECT_FALSE(map.type->contains_null());
  const StructField& member = map.type->value()->element()->fields()[0];
  EXPECT_TRUE(member.nullable) << "members inside of arrays and maps have no such rule";
  EXPECT_EQ(NestedIdsOf(member), (NestedIds{{"x.element", 6}}));
  EXPECT_EQ(member.physical_name(), "x");
}

TEST(DeltaSchemaOf, WhatDeltaLacksIsNamed) {
  for (const char* type : {"time", "uuid", "timestamp_ns", "timestamptz_ns", "variant", "unknown",
                           "geometry(srid:4326)", "decimal(39,0)", "decimal(x,1)"}) {
    const auto schema = Parse(Concat(
        R"({"id":1,"name":"s","type":{"type":"struct","fields":[{"id":2,"name":"odd","type":")",
        type, R"("}]}})"));
    EXPECT_EQ(schema.status().code(), StatusCode::kUnsupported) << type;
    EXPECT_THAT(schema.status().message(), HasSubstr(Concat("s.odd is of Iceberg's type ", type)));
  }
  EXPECT_THAT(Parse(R"({"id":1,"name":"a","type":"int","initial-default":5})").status().message(),
              HasSubstr("column a has a default value (initial-default)"));
}

TEST(DeltaSchemaOf, DamagedOnesAreCorrupt) {
  for (const char* fields :
       {R"({"name":"a","type":"int"})", R"({"id":-1,"name":"a","type":"int"})",
        R"({"id":4294967296,"name":"a","type":"int"})", R"({"id":1,"type":"int"})",
        R"({"id":1,"name":"a"})", R"({"id":1,"name":"a","type":{"type":"list"}})", "5",
        R"({"id":1,"name":"a","type":"int"},{"id":1,"name":"b","type":"int"})"}) {
    EXPECT_EQ(Parse(fields).status().code(), StatusCode::kCorruption) << fields;
  }
  std::string deep = "\"int\"";
  for (int i = 2; i < 200; ++i) {
    deep = Concat(R"({"type":"list","element-id":)", i, R"(,"element":)", deep, "}");
  }
  EXPECT_FALSE(Parse(Concat(R"({"id":1,"name":"a","type":)", deep, "}")).ok());
}

}  // namespace
}  // namespace deltaic
