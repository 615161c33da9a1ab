#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"
#include "ingest/avro/avro_program.h"
#include "ingest/avro/avro_schema.h"

namespace deltaic::ingest {
namespace {

using ::testing::HasSubstr;

// Fingerprints of the specification's own test data.
TEST(AvroSchema, Fingerprints) {
  EXPECT_EQ(CanonicalAvroSchema(**ParseAvroSchema(R"({"type": "int"})")), R"("int")");
  EXPECT_EQ(AvroFingerprint(R"("null")"), 7195948357588979594ULL);
  EXPECT_EQ(AvroFingerprint(R"("boolean")"), static_cast<uint64_t>(-6970731678124411036LL));
  EXPECT_EQ(AvroFingerprint(R"("long")"), static_cast<uint64_t>(-3434872931120570953LL));
}

TEST(AvroSchema, TypesThatContainThemselvesAreRefusedByName) {
  const auto direct = ParseAvroSchema(
      R"({"type":"record","name":"a.Node","fields":[{"name":"next","type":["null","Node"]}]})");
  EXPECT_THAT(direct.status().message(), HasSubstr("a.Node contains itself"));
}

TEST(AvroSchema, TypesOfTypesOfTypesAreNotATreeWithoutEnd) {
  std::string text = R"({"type":"fixed","name":"F0","size":1})";
  for (int i = 1; i < 40; ++i) {
    text = Concat(R"({"type":"record","name":"F)", i, R"(","fields":[{"name":"a","type":)", text,
                  R"(},{"name":"b","type":"F)", i - 1, R"("}]})");
  }
  EXPECT_THAT(ParseAvroSchema(text).status().message(), HasSubstr("more than 20000 types"));
}

TEST(AvroProgram, BadRowsLeaveNothingOfThemselves) {
  const auto schema = ParseAvroSchema(
      R"({"type":"record","name":"R","fields":[{"name":"l","type":{"type":"array","items":"long"}},)"
      R"({"name":"n","type":"long"}]})");
  ASSERT_TRUE(schema.ok());
  const auto number = DataType::Primitive(TypeId::kInteger);
  auto rows = *RowBuffer::Make(DataType::Struct(
      {{.name = "n", .type = number}, {.name = "l", .type = DataType::Array(number, true)}}));
  const auto program = AvroProgram::Compile(*schema, nullptr, &rows, Evolution::kIgnore);
  ASSERT_TRUE(program.ok());
  const auto run = [&](std::string_view bytes) {
    const Status status = (*program)->Run(bytes);
    if (status.ok()) rows.EndRow();
    return status;
  };
  using std::string_view_literals::operator""sv;
  EXPECT_TRUE(run("\x02\x08\x00\x0a"sv).ok());                           // [4], 5
  EXPECT_FALSE(run("\x04\x08\x0a"sv).ok());                              // ends in the list
  EXPECT_FALSE(run("\x02\x08\x00\xfe\xff\xff\xff\xff\x01"sv).ok());      // n is too large
  EXPECT_FALSE(run("\xfe\xff\xff\xff\xff\xff\xff\xff\x7f\x00"sv).ok());  // a list of 2^62
  EXPECT_FALSE(run("\x00\x0a\x0a"sv).ok());                              // bytes after it
  EXPECT_TRUE(run("\x01\x02\x0c\x00\x0e"sv).ok());                       // a block with its size
  const auto batch = *rows.Take();
  ASSERT_EQ(batch->num_rows(), 2);
  ASSERT_TRUE(batch->ValidateFull().ok());
  EXPECT_EQ(static_cast<const arrow::Int32Array&>(*batch->column(0)).Value(1), 7);
  EXPECT_EQ(static_cast<const arrow::ListArray&>(*batch->column(1)).values()->length(), 2);
}

TEST(AvroDecimal, BytesOfAnyLength) {
  using std::string_view_literals::operator""sv;
  Int128 out = 0;
  EXPECT_TRUE(AvroDecimal(""sv, out) && out == 0);
  EXPECT_TRUE(AvroDecimal("\xff"sv, out) && out == -1);
  EXPECT_TRUE(AvroDecimal("\x00\xff"sv, out) && out == 255);
  std::string negative(31, '\xff');
  negative.back() = '\x80';
  EXPECT_TRUE(AvroDecimal(negative, out) && out == -128);
  std::string too_large(17, '\0');
  too_large.front() = '\x01';
  EXPECT_FALSE(AvroDecimal(too_large, out));
  std::string unsigned_bits(20, '\xff');
  unsigned_bits.replace(0, 4, 4, '\0');
  EXPECT_FALSE(AvroDecimal(unsigned_bits, out));
}

}  // namespace
}  // namespace deltaic::ingest
