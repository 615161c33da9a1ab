#include "protocol/type_widening.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace deltaic
