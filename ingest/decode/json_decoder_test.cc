#include "ingest/decode/json_decoder.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace deltaic::ingest {
namespace {

using ::testing::HasSubstr;

std::string Padded(std::string text) {
  text.append(JsonDecoder::kPadding, '\0');
  return text;
}

/// Columns id (long), t (string), s (struct of a), l (array of long).
RowBuffer MakeRows() {
  const auto number = DataType::Primitive(TypeId::kLong);
  return *RowBuffer::Make(
      DataType::Struct({{.name = "id", .type = number},
                        {.name = "t", .type = DataType::Primitive(TypeId::kString)},
                        {.name = "s", .type = DataType::Struct({{.name = "a", .type = number}})},
                        {.name = "l", .type = DataType::Array(number, true)}}));
}

Status Decode(JsonDecoder& decoder, RowBuffer& rows, const std::string& text) {
  const std::string padded = Padded(text);
  const Status status = decoder.Decode(std::string_view(padded).substr(0, text.size()));
  if (status.ok()) rows.EndRow();
  return status;
}

TEST(JsonDecoder, NamesThatBeginAlikeAreToldApart) {
  const std::string longest(70, 'n');
  const std::vector<std::string> names = {"",          "i",         "id",    "identity",
                                          "identity1", "identity2", longest, longest + "x"};
  std::vector<StructField> fields;
  for (const std::string& name : names) {
    fields.push_back({.name = name, .type = DataType::Primitive(TypeId::kLong)});
  }
  RowBuffer rows = *RowBuffer::Make(DataType::Struct(std::move(fields)));
  JsonDecoder decoder(&rows, Evolution::kStrict);
  // In every order, so that what stood at a place the last time is often another name.
  const size_t count = names.size();
  for (size_t shift = 0; shift < count; ++shift) {
    std::string text = "{";
    for (size_t i = 0; i < count; ++i) {
      const size_t column = (i + shift) % count;
      text += Concat(i == 0 ? "\"" : ",\"", names[column], "\":", column);
    }
    ASSERT_TRUE(Decode(decoder, rows, text + "}").ok());
  }
  const auto batch = *rows.Take();
  for (size_t column = 0; column < count; ++column) {
    const auto& values =
        static_cast<const arrow::Int64Array&>(*batch->column(static_cast<int>(column)));
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      EXPECT_EQ(values.Value(row), static_cast<int64_t>(column)) << names[column];
    }
  }
}

TEST(JsonDecoder, DatesMayEndInTheLetterOfUtc) {
  RowBuffer rows = *RowBuffer::Make(
      DataType::Struct({{.name = "d", .type = DataType::Primitive(TypeId::kDate)}}));
  JsonDecoder decoder(&rows, Evolution::kIgnore);
  for (const char* text : {R"({"d":"1970-01-03"})", R"({"d":"1970-01-03Z"})"}) {
    EXPECT_TRUE(Decode(decoder, rows, text).ok()) << text;
  }
  for (const char* text : {R"({"d":"Z"})", R"({"d":"1970-01-03ZZ"})"}) {
    EXPECT_FALSE(Decode(decoder, rows, text).ok()) << text;
  }
  const auto batch = *rows.Take();
  ASSERT_EQ(batch->num_rows(), 2);
  for (int64_t row = 0; row < 2; ++row) {
    EXPECT_EQ(static_cast<const arrow::Date32Array&>(*batch->column(0)).Value(row), 2);
  }
}

TEST(JsonDecoder, BadRowsLeaveNothingOfThemselves) {
  RowBuffer rows = MakeRows();
  JsonDecoder decoder(&rows, Evolution::kIgnore);
  EXPECT_TRUE(Decode(decoder, rows, R"({"id":1,"t":"x","s":{"a":1},"l":[1,2]})").ok());
  const char* bad[] = {R"({"id":2,"t":"y","s":{"a":1},"l":[1,"z"]})",
                       R"({"id":2,"t":"y","s":{"a":"z"},"l":[1]})",
                       R"({"l":[1,2,3],"s":{"a":5},"t":"y","id":"z"})",
                       R"({"id":2,"l":[1,2)",
                       R"({"id":2} {})",
                       "[]",
                       "",
                       "{",
                       "\"",
                       "{\"id\""};
  for (const char* text : bad) EXPECT_FALSE(Decode(decoder, rows, text).ok()) << text;
  EXPECT_TRUE(Decode(decoder, rows, R"({"l":[7],"id":3})").ok());
  const auto batch = *rows.Take();
  ASSERT_EQ(batch->num_rows(), 2);
  ASSERT_TRUE(batch->ValidateFull().ok());
  const auto& ids = static_cast<const arrow::Int64Array&>(*batch->column(0));
  EXPECT_EQ(ids.Value(1), 3);
  EXPECT_TRUE(batch->column(1)->IsNull(1));
  EXPECT_TRUE(batch->column(2)->IsNull(1));
  const auto& lists = static_cast<const arrow::ListArray&>(*batch->column(3));
  EXPECT_EQ(lists.value_length(0), 2);
  EXPECT_EQ(lists.value_length(1), 1);
  EXPECT_EQ(lists.values()->length(), 3);
}

TEST(JsonDecoder, SaysWhichColumnAndWhatCame) {
  RowBuffer rows = MakeRows();
  JsonDecoder decoder(&rows, Evolution::kStrict);
  const Status wrong = Decode(decoder, rows, R"({"s":{"a":true}})");
  EXPECT_EQ(wrong.code(), StatusCode::kSchemaMismatch);
  EXPECT_THAT(wrong.message(), HasSubstr("column s.a: expected long, got true"));
  EXPECT_THAT(Decode(decoder, rows, R"({"other":1})").message(), HasSubstr("no column other"));
}

TEST(JsonDecoder, FieldsInAnyOrderAndTwice) {
  RowBuffer rows = MakeRows();
  JsonDecoder decoder(&rows, Evolution::kIgnore);
  EXPECT_TRUE(Decode(decoder, rows, R"({"id":1,"t":"a"})").ok());
  EXPECT_TRUE(Decode(decoder, rows, R"({"t":"b","id":2})").ok());
  EXPECT_TRUE(Decode(decoder, rows, R"({"new":[{"x":1}],"t":"c","t":"d","ID":3})").ok());
  EXPECT_TRUE(Decode(decoder, rows, R"({"l":[1,2],"l":[9]})").ok());
  const auto batch = *rows.Take();
  ASSERT_TRUE(batch->ValidateFull().ok());
  const auto& ids = static_cast<const arrow::Int64Array&>(*batch->column(0));
  const auto& texts = static_cast<const arrow::StringArray&>(*batch->column(1));
  EXPECT_EQ(ids.Value(1), 2);
  EXPECT_EQ(ids.Value(2), 3);
  EXPECT_EQ(texts.GetView(1), "b");
  EXPECT_EQ(texts.GetView(2), "d");
  EXPECT_EQ(static_cast<const arrow::ListArray&>(*batch->column(3)).value_length(3), 1);
}

TEST(JsonDecoder, MergeAddsColumnsWithNullBefore) {
  RowBuffer rows = MakeRows();
  JsonDecoder decoder(&rows, Evolution::kMerge);
  EXPECT_TRUE(Decode(decoder, rows, R"({"id":1,"new":null})").ok());
  EXPECT_EQ(rows.num_columns(), 4U);
  EXPECT_TRUE(Decode(decoder, rows, R"({"id":2,"new":{"x":[true]},"more":1.5})").ok());
  const auto batch = *rows.Take();
  ASSERT_TRUE(batch->ValidateFull().ok());
  ASSERT_EQ(batch->num_columns(), 6);
  EXPECT_TRUE(batch->column(4)->IsNull(0));
  EXPECT_FALSE(batch->column(4)->IsNull(1));
  EXPECT_EQ(static_cast<const arrow::DoubleArray&>(*batch->column(5)).Value(1), 1.5);
}

TEST(JsonDecoder, RescueKeepsWhatHasNoPlace) {
  RowBuffer rows = MakeRows();
  ASSERT_TRUE(
      rows.Add({.name = std::string(kRescuedColumn), .type = DataType::Primitive(TypeId::kString)})
          .ok());
  JsonDecoder decoder(&rows, Evolution::kRescue);
  EXPECT_TRUE(Decode(decoder, rows, R"({"id":"x","t":"kept","new":1})").ok());
  EXPECT_TRUE(Decode(decoder, rows, R"({"id":5})").ok());
  const auto batch = *rows.Take();
  EXPECT_TRUE(batch->column(0)->IsNull(0));
  const auto& kept = static_cast<const arrow::StringArray&>(*batch->column(4));
  EXPECT_EQ(kept.GetView(0), R"({"id":"x","new":1})");
  EXPECT_TRUE(kept.IsNull(1));
}

}  // namespace
}  // namespace deltaic::ingest
