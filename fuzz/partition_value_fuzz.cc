// Partition values: the text of a parsed value parses to the same value, for every type. The first
// byte chooses the type.

#include <algorithm>
#include <array>

#include "fuzz.h"
#include "protocol/partition_value.h"

using namespace deltaic;

namespace {

const std::array<DataTypePtr, 18>& Types() {
  static const std::array<DataTypePtr, 18> types = {
      DataType::Primitive(TypeId::kString),
      DataType::Primitive(TypeId::kLong),
      DataType::Primitive(TypeId::kInteger),
      DataType::Primitive(TypeId::kShort),
      DataType::Primitive(TypeId::kByte),
      DataType::Primitive(TypeId::kFloat),
      DataType::Primitive(TypeId::kDouble),
      DataType::Primitive(TypeId::kBoolean),
      DataType::Primitive(TypeId::kBinary),
      DataType::Primitive(TypeId::kDate),
      DataType::Primitive(TypeId::kTimestamp),
      DataType::Primitive(TypeId::kTimestampNtz),
      DataType::Decimal(38, 0),
      DataType::Decimal(38, 38),
      DataType::Decimal(10, 2),
      DataType::Decimal(1, 1),
      DataType::Primitive(TypeId::kVariant),
      DataType::Primitive(TypeId::kVoid),
  };
  return types;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const DataType& type = *Types()[data[0] % Types().size()];
  const std::string text(fuzz::AsText(data + 1, size - 1));

  const auto value = ParsePartitionValue(text, type);
  if (value.ok()) {
    const auto formatted = FormatPartitionValue(*value, type);
    const auto again = ParsePartitionValue(formatted, type);
    FUZZ_CHECK_OK(again);
    FUZZ_CHECK(fuzz::SameValue(*again, *value));
    FUZZ_CHECK(FormatPartitionValue(*again, type) == formatted);
  } else {
    FUZZ_CHECK(value.status().code() == StatusCode::kCorruption);
  }

  // A folder's name holds no separator but those between columns.
  const std::string folder = PartitionDirectory({{text, text}, {text, std::nullopt}});
  FUZZ_CHECK(std::count(folder.begin(), folder.end(), '/') == 1);
  FUZZ_CHECK(std::count(folder.begin(), folder.end(), '=') == 2);
  return 0;
}
