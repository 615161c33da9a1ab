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

const char kNested[] = "id bigint, s struct<x: int, y: string>, l array<struct<z: int>>";

TEST(AddFields, AtTheEndFirstAfterAndInside) {
  const SchemaPtr table = Columns(kNested);
  const auto fields = Columns("n int, m date")->fields();
  EXPECT_EQ(
      Text(AddFields(table, {}, fields, {}, false)),
      Columns("id bigint, s struct<x: int, y: string>, l array<struct<z: int>>, n int, m date")
          ->ToString());
  EXPECT_EQ(
      Text(AddFields(table, {}, fields, ColumnPosition{.first = true}, false)),
      Columns("n int, m date, id bigint, s struct<x: int, y: string>, l array<struct<z: int>>")
          ->ToString());
  EXPECT_EQ(Text(AddFields(table, {"S"}, fields, ColumnPosition{.after = "X"}, false)),
            Columns("id bigint, s struct<x: int, n: int, m: date, y: string>, "
                    "l array<struct<z: int>>")
                ->ToString());
  EXPECT_EQ(Text(AddFields(table, {"l", "element"}, Columns("n int")->fields(), {}, false)),
            Columns("id bigint, s struct<x: int, y: string>, l array<struct<z: int, n: int>>")
                ->ToString());
}

TEST(AddFields, MembersOfAStructThatIsThere) {
  const auto more =
      AddFields(Columns(kNested), {}, Columns("s struct<x: int, w: int>")->fields(), {}, false);
  EXPECT_EQ(Text(more),
            Columns("id bigint, s struct<x: int, y: string, w: int>, l array<struct<z: int>>")
                ->ToString());
}

struct Refused {
  const char* name;
  std::vector<std::string> parent;
  const char* columns;
  std::optional<ColumnPosition> position;
  const char* says;
};

class RefusedColumns : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedColumns, SaysWhy) {
  const auto result = AddFields(Columns(kNested), GetParam().parent,
                                Columns(GetParam().columns)->fields(), GetParam().position, false);
  EXPECT_THAT(result, StatusIs(StatusCode::kInvalidArgument, HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedColumns,
    ::testing::Values(Refused{"There", {}, "ID bigint", {}, "is there already"},
                      Refused{"NotNull", {}, "n int NOT NULL", {}, "NOT NULL"},
                      Refused{"NoParent", {"t"}, "n int", {}, "no column t"},
                      Refused{"NoStruct", {"id"}, "n int", {}, "no members"},
                      Refused{"NoNeighbour", {}, "n int", ColumnPosition{.after = "q"}, "q"},
                      Refused{"OtherMember", {}, "s struct<x: string>", {}, "x is there already"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(DropField, AnywhereButTheLast) {
  ColumnPath path = {"S", "Y"};
  EXPECT_EQ(Text(DropField(Columns(kNested), path)),
            Columns("id bigint, s struct<x: int>, l array<struct<z: int>>")->ToString());
  EXPECT_EQ(path.back(), "y");
  path = {"l", "element", "z"};
  EXPECT_THAT(DropField(Columns(kNested), path),
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
  StructField field = Columns("m map<int, array<smallint>>")->fields()[0];
  ASSERT_THAT(WidenField(field, Columns("m map<bigint, array<int>>")->fields()[0].type), IsOk());
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
