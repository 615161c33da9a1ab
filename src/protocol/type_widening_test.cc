#include "protocol/type_widening.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

DataTypePtr P(TypeId id) { return DataType::Primitive(id); }
DataTypePtr D(int precision, int scale) { return DataType::Decimal(precision, scale); }

TEST(CanWidenType, TakesWhatTheProtocolLists) {
  const std::pair<DataTypePtr, DataTypePtr> allowed[] = {
      {P(TypeId::kByte), P(TypeId::kShort)},
      {P(TypeId::kByte), P(TypeId::kLong)},
      {P(TypeId::kInteger), P(TypeId::kLong)},
      {P(TypeId::kFloat), P(TypeId::kDouble)},
      {P(TypeId::kInteger), P(TypeId::kDouble)},
      {P(TypeId::kDate), P(TypeId::kTimestampNtz)},
      {D(5, 2), D(5, 2)},
      {D(5, 2), D(7, 4)},
      {D(5, 2), D(7, 3)},
      {P(TypeId::kShort), D(10, 0)},
      {P(TypeId::kInteger), D(12, 2)},
      {P(TypeId::kLong), D(20, 0)},
      {P(TypeId::kString), P(TypeId::kString)},
      {P(TypeId::kVoid), P(TypeId::kBinary)},
  };
  for (const auto& [from, to] : allowed) {
    EXPECT_TRUE(CanWidenType(*from, *to)) << from->ToString() << " to " << to->ToString();
  }
}

TEST(CanWidenType, RefusesTheRest) {
  const std::pair<DataTypePtr, DataTypePtr> refused[] = {
      {P(TypeId::kLong), P(TypeId::kInteger)},
      {P(TypeId::kLong), P(TypeId::kDouble)},
      {P(TypeId::kInteger), P(TypeId::kFloat)},
      {P(TypeId::kDouble), P(TypeId::kFloat)},
      {P(TypeId::kDate), P(TypeId::kTimestamp)},
      {P(TypeId::kTimestampNtz), P(TypeId::kTimestamp)},
      {P(TypeId::kInteger), P(TypeId::kString)},
      {D(5, 2), D(6, 4)},
      {D(5, 2), D(5, 1)},
      {P(TypeId::kInteger), D(10, 1)},
      {P(TypeId::kLong), D(19, 0)},
      {P(TypeId::kFloat), D(38, 10)},
      {DataType::Array(P(TypeId::kByte), true), DataType::Array(P(TypeId::kLong), true)},
  };
  for (const auto& [from, to] : refused) {
    EXPECT_FALSE(CanWidenType(*from, *to)) << from->ToString() << " to " << to->ToString();
  }
}

TEST(WidensOnMerge, StaysWithinAFamily) {
  const std::pair<DataTypePtr, DataTypePtr> taken[] = {
      {P(TypeId::kByte), P(TypeId::kLong)},         {P(TypeId::kInteger), P(TypeId::kLong)},
      {P(TypeId::kFloat), P(TypeId::kDouble)},      {D(5, 2), D(7, 4)},
      {P(TypeId::kDate), P(TypeId::kTimestampNtz)},
  };
  for (const auto& [from, to] : taken) {
    EXPECT_TRUE(WidensOnMerge(*from, *to)) << from->ToString() << " to " << to->ToString();
    EXPECT_FALSE(WidensOnMerge(*to, *from)) << to->ToString() << " to " << from->ToString();
  }
  const std::pair<DataTypePtr, DataTypePtr> left[] = {
      {P(TypeId::kInteger), P(TypeId::kDouble)},
      {P(TypeId::kInteger), D(10, 0)},
      {P(TypeId::kLong), D(20, 0)},
      {P(TypeId::kLong), P(TypeId::kLong)},
      {P(TypeId::kVoid), P(TypeId::kLong)},
      {P(TypeId::kString), P(TypeId::kString)},
      {P(TypeId::kDate), P(TypeId::kTimestamp)},
      {D(5, 2), D(6, 4)},
  };
  for (const auto& [from, to] : left) {
    EXPECT_FALSE(WidensOnMerge(*from, *to)) << from->ToString() << " to " << to->ToString();
  }
}

TEST(RecordTypeChange, AddsToWhatIsThere) {
  StructField field{"c", P(TypeId::kLong), true, {}};
  RecordTypeChange(field, *P(TypeId::kShort), *P(TypeId::kInteger), "");
  RecordTypeChange(field, *D(5, 2), *D(7, 2), "value.element");
  EXPECT_EQ(
      field.metadata["delta.typeChanges"],
      R"j([{"toType":"integer","fromType":"short"},)j"
      R"j({"toType":"decimal(7,2)","fromType":"decimal(5,2)","fieldPath":"value.element"}])j");
  field.metadata["delta.typeChanges"] = "[ ]";
  RecordTypeChange(field, *P(TypeId::kShort), *P(TypeId::kInteger), "");
  EXPECT_EQ(field.metadata["delta.typeChanges"], R"([ {"toType":"integer","fromType":"short"}])");
}

TEST(TypeChangesOf, ReadsWhatWasRecorded) {
  StructField field{"c", P(TypeId::kLong), true, {}};
  ASSERT_THAT(TypeChangesOf(field), testing::IsOk());
  EXPECT_TRUE(TypeChangesOf(field)->empty());
  RecordTypeChange(field, *P(TypeId::kShort), *P(TypeId::kInteger), "");
  RecordTypeChange(field, *D(5, 2), *D(7, 2), "value.element");
  const auto changes = TypeChangesOf(field);
  ASSERT_THAT(changes, testing::IsOk());
  ASSERT_EQ(changes->size(), 2u);
  EXPECT_EQ((*changes)[0].from, "short");
  EXPECT_EQ((*changes)[1].to, "decimal(7,2)");
  field.metadata["delta.typeChanges"] = "[{";
  EXPECT_THAT(TypeChangesOf(field), testing::StatusIs(StatusCode::kCorruption));
}

TEST(IcebergWidens, KnowsFewerChanges) {
  for (const auto& [from, to] : {std::pair("byte", "long"),
                                 {"short", "integer"},
                                 {"float", "double"},
                                 {"decimal(5,2)", "decimal(7,2)"}}) {
    EXPECT_TRUE(IcebergWidens({from, to})) << from << " to " << to;
  }
  for (const auto& [from, to] : {std::pair("integer", "double"),
                                 {"date", "timestamp_ntz"},
                                 {"integer", "decimal(10,0)"},
                                 {"decimal(5,2)", "decimal(8,4)"},
                                 {"long", "integer"},
                                 {"decimal(5", "decimal(6"},
                                 {"decimal(7,2)", "decimal(5,2)"}}) {
    EXPECT_FALSE(IcebergWidens({from, to})) << from << " to " << to;
  }
}

}  // namespace
}  // namespace deltaic
