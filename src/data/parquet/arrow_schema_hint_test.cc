#include "data/parquet/arrow_schema_hint.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <memory>
#include <string>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;

/// A file of one binary column, whose field says it is of an extension type, if one is named.
std::shared_ptr<arrow::Buffer> FileOf(const std::string& extension) {
  auto metadata = arrow::key_value_metadata({"comment"}, {"sixteen bytes"});
  if (!extension.empty()) metadata->Append("ARROW:extension:name", extension);
  arrow::BinaryBuilder builder;
  EXPECT_TRUE(builder.Append("0123456789abcdef").ok());
  const auto schema = arrow::schema({arrow::field("id", arrow::binary(), true, metadata)});
  const auto table = arrow::Table::Make(schema, {*builder.Finish()});
  const auto out = *arrow::io::BufferOutputStream::Create();
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 1024,
                                         parquet::default_writer_properties(), arrow_properties)
                  .ok());
  return *out->Finish();
}

std::shared_ptr<parquet::FileMetaData> FooterOf(const std::shared_ptr<arrow::Buffer>& file) {
  return parquet::ParquetFileReader::Open(std::make_shared<arrow::io::BufferReader>(file))
      ->metadata();
}

arrow::Result<std::shared_ptr<arrow::Table>> Read(
    const std::shared_ptr<arrow::Buffer>& file,
    const std::shared_ptr<parquet::FileMetaData>& footer) {
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(std::make_shared<arrow::io::BufferReader>(file),
                                   parquet::default_reader_properties(), footer));
  ARROW_ASSIGN_OR_RAISE(auto reader, builder.Build());
  return reader->ReadTable();
}

TEST(ArrowSchemaHint, LeavesAFooterWithoutExtensionTypes) {
  const auto footer = FooterOf(FileOf(""));
  const auto kept = WithoutExtensionTypes(footer);
  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ(*kept, footer);
}

TEST(ArrowSchemaHint, ReadsAStorageThatTheExtensionTypeDoesNotTake) {
  const auto file = FileOf("arrow.uuid");
  const auto footer = FooterOf(file);
  ASSERT_FALSE(Read(file, footer).ok()) << "Arrow reads it as it is: the hint may stay";
  const auto stripped = WithoutExtensionTypes(footer);
  ASSERT_THAT(stripped, IsOk());
  const auto table = Read(file, *stripped);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ((*table)->field(0)->type()->id(), arrow::Type::BINARY);
  EXPECT_EQ((*table)->num_rows(), 1);
  EXPECT_EQ((*stripped)->num_row_groups(), footer->num_row_groups());
}

}  // namespace
}  // namespace deltaic
