#include "scan/dictionary_columns.h"

#include <deque>

#include "data/read/data_file_testing.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::ParquetOptions;
using testing::StatusIs;
using testing::Type;
using testing::WriteParquet;

class QueuedFiles : public FileSource {
 public:
  explicit QueuedFiles(std::deque<DataFile> files) : files_(std::move(files)) {}
  Result<std::optional<ScanFile>> Next() override {
    if (files_.empty()) return std::optional<ScanFile>();
    std::optional<ScanFile> file = ScanFile{std::move(files_.front())};
    files_.pop_front();
    return file;
  }
  bool may_have_more() const override { return !files_.empty(); }
  FileListMetrics metrics() const override { return {}; }

 private:
  std::deque<DataFile> files_;
};

class DictionaryColumnsTest : public ::testing::Test {
 protected:
  /// `num_rows` rows of "few" and "id" (int64), and of "many" and "half", whose values all differ,
  /// those of "half" from the second half of the row groups on.
  DataFile Write(const std::string& path, int64_t num_rows, const ParquetOptions& options = {}) {
    arrow::StringBuilder few;
    arrow::StringBuilder many;
    arrow::StringBuilder half;
    arrow::Int64Builder id;
    for (int64_t i = 0; i < num_rows; ++i) {
      const std::string number = std::to_string(i);
      EXPECT_TRUE(few.Append("few" + std::to_string(i % 5)).ok());
      EXPECT_TRUE(many.Append(number).ok());
      EXPECT_TRUE(half.Append(i < num_rows / 2 ? "half" : number).ok());
      EXPECT_TRUE(id.Append(i % 5).ok());
    }
    const auto schema =
        arrow::schema({arrow::field("few", arrow::utf8()), arrow::field("many", arrow::utf8()),
                       arrow::field("half", arrow::utf8()), arrow::field("id", arrow::int64())});
    WriteParquet(
        *store_, path,
        *arrow::Table::Make(schema, {*few.Finish(), *many.Finish(), *half.Finish(), *id.Finish()}),
        options);
    return {path, num_rows, {{"part", "x"}}};
  }

  static ParquetOptions HalfFilePerGroup(int64_t num_rows) {
    ParquetOptions options;
    options.rows_per_group = num_rows / 2;
    return options;
  }

  Result<std::vector<std::string>> Choose(std::deque<DataFile> files) {
    const DataTypePtr text = Type(TypeId::kString);
    auto spec = std::make_shared<DataReadSpec>();
    spec->table_schema = DataType::Struct({{"many", text},
                                           {"part", text},
                                           {"few", text},
                                           {"half", text},
                                           {"id", Type(TypeId::kLong)},
                                           {"gone", text},
                                           {"nested", DataType::Struct({{"few", text}})}});
    spec->partition_columns = {"part"};
    spec->columns = columns_;
    source_ = std::make_unique<QueuedFiles>(std::move(files));
    return ChooseDictionaryColumns(*store_, *spec, &source_);
  }

  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
  std::vector<std::string> columns_ = {"many", "part", "few", "half", "id", "gone", "nested"};
  std::unique_ptr<FileSource> source_;
};

TEST_F(DictionaryColumnsTest, StringsOfFewValuesInEachRowGroupAndPartitionColumnsAreChosen) {
  EXPECT_THAT(Choose({Write("f", 2000, HalfFilePerGroup(2000))}),
              IsOkAndHolds(ElementsAre("few", "part")));
}

TEST_F(DictionaryColumnsTest, OnlyColumnsOfTheOutputAreChosen) {
  columns_ = {"many", "id"};
  EXPECT_THAT(Choose({Write("f", 2000)}), IsOkAndHolds(IsEmpty()));
}

TEST_F(DictionaryColumnsTest, WhatTheFileDoesNotKeepAsDictionaryIsNotChosen) {
  ParquetOptions plain;
  plain.properties = parquet::WriterProperties::Builder().disable_dictionary()->build();
  EXPECT_THAT(Choose({Write("f", 2000, plain)}), IsOkAndHolds(ElementsAre("part")));
}

TEST_F(DictionaryColumnsTest, DictionariesThatWereGivenUpAreNotChosen) {
  ParquetOptions options;
  // So small that later pages fall back to plain: what is left looks like few values.
  options.properties = parquet::WriterProperties::Builder()
                           .dictionary_pagesize_limit(64)
                           ->data_pagesize(512)
                           ->write_batch_size(16)
                           ->build();
  columns_ = {"many"};
  EXPECT_THAT(Choose({Write("f", 2000, options)}), IsOkAndHolds(IsEmpty()));
}

TEST_F(DictionaryColumnsTest, OfAHandfulOfRowsNoneIsRepeatedEnough) {
  EXPECT_THAT(Choose({Write("f", 10)}), IsOkAndHolds(ElementsAre("part")));
}

TEST_F(DictionaryColumnsTest, TheLargestOfTheFirstFilesDecidesAndAllAreStillRead) {
  EXPECT_THAT(Choose({Write("a", 10), Write("b", 2000), Write("c", 20)}),
              IsOkAndHolds(ElementsAre("few", "part")));
  std::vector<std::string> paths;
  while (source_->may_have_more()) {
    const auto file = source_->Next();
    ASSERT_THAT(file, IsOk());
    ASSERT_TRUE(file->has_value());
    paths.push_back((*file)->file.path);
  }
  EXPECT_THAT(paths, ElementsAre("a", "b", "c"));
}

TEST_F(DictionaryColumnsTest, WithoutFilesOnlyPartitionColumnsAreChosen) {
  EXPECT_THAT(Choose({}), IsOkAndHolds(ElementsAre("part")));
  EXPECT_FALSE(source_->may_have_more());
}

TEST_F(DictionaryColumnsTest, AMissingFileIsAnErrorThatNamesIt) {
  EXPECT_THAT(Choose({{"none", 1, {{"part", "x"}}}}),
              StatusIs(StatusCode::kNotFound, ::testing::HasSubstr("none")));
}

}  // namespace
}  // namespace deltaic
