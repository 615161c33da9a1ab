#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "avro/avro_schema.h"
#include "base/status.h"
#include "ingest/avro/avro_program.h"

namespace deltaic::ingest {
namespace {

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

}  // namespace
}  // namespace deltaic::ingest
