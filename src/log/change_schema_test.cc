#include "log/change_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deltaic {
namespace {

using ::testing::HasSubstr;

DataTypePtr P(TypeId id) { return DataType::Primitive(id); }

StructField Field(std::string name, DataTypePtr type, bool nullable = true) {
  return StructField{.name = std::move(name), .type = std::move(type), .nullable = nullable};
}

StructField Mapped(std::string name, const std::string& physical_name) {
  StructField field = Field(std::move(name), P(TypeId::kLong));
  field.metadata[std::string(kPhysicalNameKey)] = '"' + physical_name + '"';
  return field;
}

struct Case {
  const char* name;
  std::vector<StructField> from, to;
  const char* problem = nullptr;  ///< nullptr: readable
  bool mapped = false;
};

class FindUnreadableChangeTest : public ::testing::TestWithParam<Case> {};

TEST_P(FindUnreadableChangeTest, SaysWhatIsWrong) {
  const Case& test = GetParam();
  const auto problem = FindUnreadableChange({DataType::Struct(test.from), test.mapped},
                                            {DataType::Struct(test.to), test.mapped});
  if (test.problem == nullptr) {
    EXPECT_EQ(problem, std::nullopt);
  } else {
    ASSERT_TRUE(problem.has_value());
    EXPECT_THAT(*problem, HasSubstr(test.problem));
  }
}

const DataTypePtr kLong = P(TypeId::kLong);
const DataTypePtr kInt = P(TypeId::kInteger);

INSTANTIATE_TEST_SUITE_P(
    , FindUnreadableChangeTest,
    ::testing::Values(Case{"Same", {Field("a", kLong)}, {Field("a", kLong)}},
                      Case{"Added", {Field("a", kLong)}, {Field("a", kLong), Field("b", kInt)}},
                      Case{"Reordered",
                           {Field("a", kLong), Field("b", kInt)},
                           {Field("b", kInt), Field("a", kLong)}},
                      Case{"Widened", {Field("a", kInt)}, {Field("a", kLong)}},
                      Case{"TakesNullsNow", {Field("a", kInt, false)}, {Field("a", kInt)}},
                      Case{"VoidBecameStruct",
                           {Field("a", P(TypeId::kVoid))},
                           {Field("a", DataType::Struct({Field("x", kInt)}))}},
                      Case{"Dropped",
                           {Field("a", kLong), Field("b", kInt)},
                           {Field("b", kInt)},
                           "column a was dropped"},
                      Case{"Narrowed",
                           {Field("a", kLong)},
                           {Field("a", kInt)},
                           "column a was long and is integer"},
                      Case{"NoNullsNow",
                           {Field("a", kInt)},
                           {Field("a", kInt, false)},
                           "column a may have had nulls"},
                      Case{"AddedWithoutNulls",
                           {Field("a", kInt)},
                           {Field("a", kInt), Field("b", kInt, false)},
                           "column b, which takes no nulls"},
                      Case{"NestedAdded",
                           {Field("s", DataType::Struct({Field("x", kInt)}))},
                           {Field("s", DataType::Struct({Field("x", kLong), Field("y", kInt)}))}},
                      Case{"NestedDropped",
                           {Field("s", DataType::Struct({Field("x", kInt), Field("y", kInt)}))},
                           {Field("s", DataType::Struct({Field("x", kInt)}))},
                           "column s.y was dropped"},
                      Case{"StructBecameLong",
                           {Field("s", DataType::Struct({Field("x", kInt)}))},
                           {Field("s", kLong)},
                           "column s was struct<x:integer> and is long"},
                      Case{"ElementNarrowed",
                           {Field("l", DataType::Array(kLong, true))},
                           {Field("l", DataType::Array(kInt, true))},
                           "column l.element was long"},
                      Case{"ElementWithoutNullsNow",
                           {Field("l", DataType::Array(kLong, true))},
                           {Field("l", DataType::Array(kLong, false))},
                           "column l.element may have had nulls"},
                      Case{"MapValueWidened",
                           {Field("m", DataType::Map(kInt, kInt, true))},
                           {Field("m", DataType::Map(kInt, kLong, true))}},
                      Case{"MapKeyChanged",
                           {Field("m", DataType::Map(kLong, kInt, true))},
                           {Field("m", DataType::Map(P(TypeId::kString), kInt, true))},
                           "column m.key was long"},
                      Case{"MappedSame", {Mapped("a", "p1")}, {Mapped("a", "p1")}, nullptr, true},
                      Case{"MappedRenamed",
                           {Mapped("a", "p1")},
                           {Mapped("b", "p1")},
                           "column a was renamed to b",
                           true},
                      Case{"MappedDroppedAndAddedAgain",
                           {Mapped("a", "p1")},
                           {Mapped("a", "p2")},
                           "column a was dropped",
                           true}),
    [](const ::testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(FindUnreadableChange, SwitchingMappingOnKeepsFilesReadable) {
  const SchemaPtr plain = DataType::Struct({Field("a", kLong)});
  EXPECT_EQ(FindUnreadableChange({plain, false}, {DataType::Struct({Mapped("a", "a")}), true}),
            std::nullopt);
  EXPECT_NE(FindUnreadableChange({DataType::Struct({Mapped("a", "p1")}), true}, {plain, false}),
            std::nullopt);
}

}  // namespace
}  // namespace deltaic
