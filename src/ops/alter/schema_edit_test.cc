#include "ops/alter/schema_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "expr/parser.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

SchemaPtr Columns(const std::string& sql) {
  auto schema = ParseColumnList(sql);
  EXPECT_THAT(schema, IsOk());
  return *schema;
}

std::string Text(const Result<SchemaPtr>& schema) {
  return schema.ok() ? (*schema)->ToString() : schema.status().ToString();
}

/// id bigint, s struct<x: int, y: string>, l array<struct<z: int>>
SchemaPtr Nested() {
  std::vector<StructField> fields = Columns("id bigint")->fields();
  fields.push_back({.name = "s", .type = Columns("x int, y string")});
  fields.push_back({.name = "l", .type = DataType::Array(Columns("z int"), true)});
  return DataType::Struct(std::move(fields));
}

StructField Struct(const std::string& name, const std::string& members) {
  return {.name = name, .type = Columns(members)};
}

TEST(AddFields, AtTheEndFirstAfterAndInside) {
  const SchemaPtr table = Nested();
  const auto fields = Columns("n int, m date")->fields();
  const std::string s = "s:struct<x:integer,y:string>", l = "l:array<struct<z:integer>>";
  EXPECT_EQ(Text(AddFields(table, {}, fields, {}, false)),
            "struct<id:long," + s + "," + l + ",n:integer,m:date>");
  EXPECT_EQ(Text(AddFields(table, {}, fields, ColumnPosition{.first = true}, false)),
            "struct<n:integer,m:date,id:long," + s + "," + l + ">");
  EXPECT_EQ(Text(AddFields(table, {"S"}, fields, ColumnPosition{.after = "X"}, false)),
            "struct<id:long,s:struct<x:integer,n:integer,m:date,y:string>," + l + ">");
  EXPECT_EQ(Text(AddFields(table, {"l", "element"}, Columns("n int")->fields(), {}, false)),
            "struct<id:long," + s + ",l:array<struct<z:integer,n:integer>>>");
}

TEST(AddFields, MembersOfAStructThatIsThere) {
  EXPECT_EQ(Text(AddFields(Nested(), {}, {Struct("s", "x int, w int")}, {}, false)),
            "struct<id:long,s:struct<x:integer,y:string,w:integer>,l:array<struct<z:integer>>>");
}

struct Refused {
  const char* name;
  std::vector<std::string> parent;
  StructField column;
  std::optional<ColumnPosition> position;
  const char* says;
};

void PrintTo(const Refused& refused, std::ostream* os) { *os << refused.name; }

class RefusedColumns : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedColumns, SaysWhy) {
  const auto result =
      AddFields(Nested(), GetParam().parent, {GetParam().column}, GetParam().position, false);
  EXPECT_THAT(result, StatusIs(StatusCode::kInvalidArgument, HasSubstr(GetParam().says)));
}

StructField One(const std::string& sql) { return Columns(sql)->fields()[0]; }

INSTANTIATE_TEST_SUITE_P(
    All, RefusedColumns,
    ::testing::Values(Refused{"There", {}, One("ID bigint"), {}, "is there already"},
                      Refused{"NotNull", {}, One("n int NOT NULL"), {}, "NOT NULL"},
                      Refused{"NoParent", {"t"}, One("n int"), {}, "no column t"},
                      Refused{"NoStruct", {"id"}, One("n int"), {}, "no members"},
                      Refused{"NoNeighbour", {}, One("n int"), ColumnPosition{.after = "q"}, "q"},
                      Refused{
                          "OtherMember", {}, Struct("s", "x string"), {}, "x is there already"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(DropField, AnywhereButTheLast) {
  ColumnPath path = {"S", "Y"};
  EXPECT_EQ(Text(DropField(Nested(), path)),
            "struct<id:long,s:struct<x:integer>,l:array<struct<z:integer>>>");
  EXPECT_EQ(path.back(), "y");
  path = {"l", "element", "z"};
  EXPECT_THAT(DropField(Nested(), path),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("the last of its struct")));
}

TEST(MoveField, AmongItsNeighbours) {
  EXPECT_EQ(Text(MoveField(Columns("a int, b int, c int"), {"c"}, {.first = true})),
            Columns("c int, a int, b int")->ToString());
  EXPECT_EQ(Text(MoveField(Columns("a int, b int, c int"), {"a"}, {.after = "b"})),
            Columns("b int, a int, c int")->ToString());
  EXPECT_THAT(MoveField(Columns("a int, b int"), {"a"}, {.after = "a"}),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST(WidenField, InsideOfTypesToo) {
  const auto map = [](TypeId key, TypeId element) {
    return DataType::Map(DataType::Primitive(key),
                         DataType::Array(DataType::Primitive(element), true), true);
  };
  StructField field{.name = "m", .type = map(TypeId::kInteger, TypeId::kShort)};
  ASSERT_THAT(WidenField(field, map(TypeId::kLong, TypeId::kInteger)), IsOk());
  EXPECT_EQ(field.type->ToString(), "map<long,array<integer>>");
  EXPECT_EQ(field.metadata.at("delta.typeChanges"),
            R"([{"toType":"long","fromType":"integer","fieldPath":"key"},)"
            R"({"toType":"integer","fromType":"short","fieldPath":"value.element"}])");
  EXPECT_THAT(WidenField(field, DataType::Primitive(TypeId::kString)),
              StatusIs(StatusCode::kInvalidArgument));
}

TEST(FormatColumnPath, QuotesWhatNeedsIt) {
  EXPECT_EQ(FormatColumnPath({"a", "b c", "d`e"}), "a.`b c`.`d``e`");
}

}  // namespace
}  // namespace deltaic
