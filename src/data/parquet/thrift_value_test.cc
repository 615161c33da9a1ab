#include "data/parquet/thrift_value.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::StatusIs;

std::span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

ThriftValue Sample() {
  ThriftValue inner;
  inner.Set(20, ThriftValue::Binary("text"));
  ThriftValue list = ThriftValue::List(ThriftValue::Type::kStruct);
  for (int i = 0; i < 20; ++i) list.elements.push_back(inner);
  ThriftValue flags = ThriftValue::List(ThriftValue::Type::kTrue);
  flags.elements = {ThriftValue::Bool(true), ThriftValue::Bool(false)};
  ThriftValue value;
  value.Set(5, ThriftValue::I64(-(int64_t{1} << 62)));
  value.Set(1, ThriftValue::I32(-7));
  value.Set(2, ThriftValue::Bool(true));
  value.Set(3, ThriftValue::Bool(false));
  value.Set(400, std::move(list));
  value.Set(401, std::move(flags));
  value.Set(402, {.type = ThriftValue::Type::kDouble, .number = 0x3ff0000000000000});
  return value;
}

TEST(ThriftValue, WritesWhatItRead) {
  std::string bytes;
  AppendThriftStruct(Sample(), bytes);
  size_t size = 0;
  const std::string more = bytes + "more";
  const auto read = ParseThriftStruct(BytesOf(more), &size);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(size, bytes.size());
  EXPECT_EQ(read->Number(1), -7);
  EXPECT_EQ(read->Number(2), 1);
  EXPECT_EQ(read->Number(3), 0);
  EXPECT_EQ(read->Number(5), -(int64_t{1} << 62));
  EXPECT_EQ(read->Find(400)->elements.size(), 20U);
  EXPECT_EQ(read->Find(400)->elements[19].Find(20)->bytes, "text");
  EXPECT_EQ(read->Find(7), nullptr);
  std::string again;
  AppendThriftStruct(*read, again);
  EXPECT_EQ(again, bytes);
}

TEST(ThriftValue, EveryCutIsNoticed) {
  std::string bytes;
  AppendThriftStruct(Sample(), bytes);
  size_t read = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(ParseThriftStruct(BytesOf(bytes).first(size), &read),
                StatusIs(StatusCode::kCorruption))
        << size;
  }
}

TEST(ThriftValue, NestingAndSizesAreBounded) {
  size_t read = 0;
  const std::string deep(10000, '\x1c');  // struct in struct
  EXPECT_THAT(ParseThriftStruct(BytesOf(deep), &read), StatusIs(StatusCode::kCorruption));
  const std::string long_list("\x19\xf8\xff\xff\xff\xff\x0f", 7);
  EXPECT_THAT(ParseThriftStruct(BytesOf(long_list), &read), StatusIs(StatusCode::kCorruption));
}

}  // namespace
}  // namespace deltaic
