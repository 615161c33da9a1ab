#include "data/parquet/narrow_footer.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace deltaic {
namespace {

constexpr int kWideColumns = 60;

std::span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// Columns of numbers, and at the end a struct with a list, and texts that only the note of Arrow's
/// writer knows to be large.
std::shared_ptr<arrow::Table> WideTable() {
  arrow::Int64Builder numbers;
  for (int64_t i = 0; i < 9; ++i) EXPECT_TRUE(numbers.Append(i).ok());
  const auto array = *numbers.Finish();
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (int i = 0; i < kWideColumns; ++i) {
    fields.push_back(arrow::field("c" + std::to_string(i), arrow::int64()));
    columns.push_back(array);
  }
  auto values = std::make_shared<arrow::Int32Builder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), values);
  arrow::LargeStringBuilder texts;
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(lists.Append().ok() && values->Append(i).ok());
    EXPECT_TRUE(texts.Append("text " + std::to_string(i)).ok());
  }
  const auto nested = *arrow::StructArray::Make({array, *lists.Finish()},
                                                std::vector<std::string>{"number", "list"});
  fields.push_back(arrow::field("nested", nested->type()));
  columns.push_back(nested);
  fields.push_back(arrow::field("text", arrow::large_utf8()));
  columns.push_back(*texts.Finish());
  return arrow::Table::Make(
      arrow::schema(fields, arrow::key_value_metadata({"comment"}, {"of all columns"})), columns);
}

/// Three row groups, with the Arrow writer's note.
std::shared_ptr<arrow::Buffer> FileOf(const arrow::Table& table) {
  const auto out = *arrow::io::BufferOutputStream::Create();
  const auto notes = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  EXPECT_TRUE(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), out, 3,
                                         parquet::default_writer_properties(), notes)
                  .ok());
  return *out->Finish();
}

std::string FooterOf(const arrow::Buffer& file) {
  uint32_t length = 0;
  std::memcpy(&length, file.data() + file.size() - 8, sizeof(length));
  return std::string(std::string_view(file).substr(file.size() - 8 - length, length));
}

std::shared_ptr<parquet::FileMetaData> Parse(const std::string& footer) {
  return parquet::FileMetaData::Make(footer.data(), static_cast<int64_t>(footer.size()));
}

std::shared_ptr<arrow::Table> Read(const std::shared_ptr<arrow::Buffer>& file,
                                   const std::shared_ptr<parquet::FileMetaData>& footer) {
  parquet::arrow::FileReaderBuilder builder;
  EXPECT_TRUE(builder
                  .Open(std::make_shared<arrow::io::BufferReader>(file),
                        parquet::default_reader_properties(), footer)
                  .ok());
  auto table = (*builder.Build())->ReadTable();
  EXPECT_TRUE(table.ok()) << table.status();
  return *table;
}

WantsColumn Named(std::vector<std::string> names) {
  return [names = std::move(names)](std::string_view name, std::optional<int32_t>) {
    return std::ranges::find(names, name) != names.end();
  };
}

TEST(NarrowFooter, ReadsTheSameOfTheColumnsThatStay) {
  const auto table = WideTable();
  const auto file = FileOf(*table);
  const std::string whole = FooterOf(*file);
  const auto narrow = NarrowFooter(BytesOf(whole), Named({"c7", "nested", "text"}));
  ASSERT_TRUE(narrow);
  EXPECT_LT(narrow->size() * 5, whole.size());
  const auto footer = Parse(*narrow);
  EXPECT_EQ(footer->num_columns(), 4) << "the struct has two leaves";
  EXPECT_EQ(footer->num_row_groups(), 3);
  EXPECT_EQ(footer->num_rows(), 9);
  EXPECT_EQ(footer->created_by(), Parse(whole)->created_by());
  const auto read = Read(file, footer);
  const auto wanted = *table->SelectColumns({7, kWideColumns, kWideColumns + 1});
  EXPECT_TRUE(read->Equals(*wanted)) << read->ToString();
  EXPECT_EQ(read->field(2)->type()->id(), arrow::Type::LARGE_STRING);
  EXPECT_EQ(*read->schema()->metadata()->Get("comment"), "of all columns");
  // Statistics, too.
  EXPECT_EQ(footer->RowGroup(2)->ColumnChunk(0)->statistics()->EncodeMax(),
            Parse(whole)->RowGroup(2)->ColumnChunk(7)->statistics()->EncodeMax());
}

TEST(NarrowFooter, KeepsOneColumnWhereNoneIsWanted) {
  const auto narrow = NarrowFooter(BytesOf(FooterOf(*FileOf(*WideTable()))), Named({"other"}));
  ASSERT_TRUE(narrow);
  EXPECT_EQ(Parse(*narrow)->num_columns(), 1);
  EXPECT_EQ(Parse(*narrow)->num_rows(), 9);
}

TEST(NarrowFooter, LeavesAFooterOfWhichMostIsWanted) {
  const std::string footer = FooterOf(*FileOf(*WideTable()));
  int asked = 0;
  EXPECT_FALSE(NarrowFooter(
      BytesOf(footer), [&](std::string_view, std::optional<int32_t>) { return ++asked > 15; }));
  EXPECT_EQ(asked, kWideColumns + 2);
}

TEST(NarrowFooter, TellsFieldIds) {
  arrow::FieldVector fields;
  const auto table = WideTable();
  for (int i = 0; i < table->num_columns(); ++i) {
    fields.push_back(table->field(i)->WithMetadata(
        arrow::key_value_metadata({"PARQUET:field_id"}, {std::to_string(1000 + i)})));
  }
  const auto file = FileOf(*arrow::Table::Make(arrow::schema(fields), table->columns()));
  const auto narrow =
      NarrowFooter(BytesOf(FooterOf(*file)),
                   [](std::string_view, std::optional<int32_t> id) { return id == 1005; });
  ASSERT_TRUE(narrow);
  EXPECT_EQ(Parse(*narrow)->schema()->Column(0)->name(), "c5");
}

/// Whatever the bytes, it ends, and reads nothing beyond them; what Arrow then thinks of the result
/// is Arrow's.
TEST(NarrowFooter, TakesDamagedFooters) {
  const std::string footer = FooterOf(*FileOf(*WideTable()));
  const auto wants = Named({"c7", "text"});
  for (size_t size = 0; size < footer.size(); size += 7) {
    const std::string cut = footer.substr(0, size);
    EXPECT_FALSE(NarrowFooter(BytesOf(cut), wants)) << size;
  }
  for (size_t at = 0; at < footer.size(); at += 5) {
    std::string damaged = footer;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
    const auto narrow = NarrowFooter(BytesOf(damaged), wants);
    if (narrow) {
      EXPECT_LE(narrow->size(), 2 * footer.size());
    }
  }
}

}  // namespace
}  // namespace deltaic
