#include "data/write/row_group_merge.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/page_index.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <random>

#include "data/values/compute_kernels.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;

/// How files are written.
struct Form {
  std::string name;
  bool dictionary = true;
  parquet::ParquetDataPageVersion pages = parquet::ParquetDataPageVersion::V1;
  arrow::Compression::type codec = arrow::Compression::SNAPPY;
  int64_t page_bytes = 2000;
};

class Random {
 public:
  explicit Random(uint64_t seed) : random_(seed) {}
  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool Percent(int share) { return static_cast<int>(Below(100)) < share; }

 private:
  std::mt19937_64 random_;
};

template <typename Builder>
void AppendNumber(Builder& builder, Random& random, uint64_t range, int null_percent) {
  if (random.Percent(null_percent)) {
    ASSERT_TRUE(builder.AppendNull().ok());
  } else {
    using T = decltype(builder.GetValue(0));
    const auto number = static_cast<int64_t>(random.Below(range)) - static_cast<int64_t>(range / 2);
    ASSERT_TRUE(builder.Append(static_cast<T>(number)).ok());
  }
}

template <typename Builder>
std::shared_ptr<arrow::Array> Numbers(Builder builder, Random& random, int64_t rows, uint64_t range,
                                      int null_percent) {
  for (int64_t i = 0; i < rows; ++i) AppendNumber(builder, random, range, null_percent);
  return *builder.Finish();
}

std::shared_ptr<arrow::Array> Texts(Random& random, int64_t rows, uint64_t range,
                                    int null_percent) {
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < rows; ++i) {
    const uint64_t value = random.Below(range);
    EXPECT_TRUE((random.Percent(null_percent)
                     ? builder.AppendNull()
                     : builder.Append(std::string(value % 30, 'x') + std::to_string(value)))
                    .ok());
  }
  return *builder.Finish();
}

/// Columns of every kind of storage, of few and many values, with and without nulls, repeated. Each
/// `seed` has other values, and some columns that are null altogether.
std::shared_ptr<arrow::Table> Rows(uint64_t seed, int64_t rows) {
  Random random(seed);
  arrow::BooleanBuilder flags;
  arrow::FixedSizeBinaryBuilder blobs(arrow::fixed_size_binary(7));
  auto list_values = std::make_shared<arrow::Int32Builder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), list_values);
  for (int64_t i = 0; i < rows; ++i) {
    EXPECT_TRUE((random.Percent(20) ? flags.AppendNull() : flags.Append(random.Percent(50))).ok());
    EXPECT_TRUE(blobs.Append("blob" + std::to_string(100 + random.Below(900))).ok());
    const uint64_t size = random.Below(5);
    EXPECT_TRUE((size == 4 ? lists.AppendNull() : lists.Append()).ok());
    for (uint64_t j = 0; size < 4 && j < size; ++j) AppendNumber(*list_values, random, 40, 25);
  }
  const auto inner = Numbers(arrow::Int32Builder(), random, rows, 9, 30);
  const auto in_struct =
      *arrow::StructArray::Make(arrow::ArrayVector{inner}, std::vector<std::string>{"a"});
  const int sometimes = random.Percent(50) ? 100 : 10;
  const std::vector<std::tuple<std::string, std::shared_ptr<arrow::Array>, bool>> columns = {
      {"id", Numbers(arrow::Int64Builder(), random, rows, uint64_t{1} << 40, 0), false},
      {"few", Numbers(arrow::Int32Builder(), random, rows, 7, 0), false},
      {"one", Numbers(arrow::Int32Builder(), random, rows, 1, 0), false},
      {"few_nulls", Numbers(arrow::Int64Builder(), random, rows, 5, 40), true},
      {"many", Numbers(arrow::Int64Builder(), random, rows, uint64_t{1} << 40, 20), true},
      {"float", Numbers(arrow::FloatBuilder(), random, rows, 1000, 10), true},
      {"double", Numbers(arrow::DoubleBuilder(), random, rows, 1000000, 0), false},
      {"text", Texts(random, rows, 1 << 30, 10), true},
      {"few_texts", Texts(random, rows, 12, 10), true},
      {"sometimes", Texts(random, rows, 12, sometimes), true},
      {"none", *arrow::MakeArrayOfNull(arrow::int32(), rows), true},
      {"flag", *flags.Finish(), true},
      {"blob", *blobs.Finish(), false},
      {"list", *lists.Finish(), true},
      {"struct", in_struct, true},
  };
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, array, nullable] : columns) {
    fields.push_back(arrow::field(name, array->type(), nullable));
    arrays.push_back(array);
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

/// Small pages are joined to ones of 1,000 rows; dictionaries of "text" and "id" become too large.
MergeLimits SmallLimits() {
  return {.max_group_rows = 100'000,
          .max_group_bytes = int64_t{64} << 20,
          .max_group_parts = 100,
          .min_group_rows = 50'000,
          .min_group_bytes = int64_t{8} << 20,
          .pages = {.max_rows = 1000, .max_bytes = 8000, .max_dictionary_bytes = 6000},
          .num_threads = 1};
}

class RowGroupMergeTest : public ::testing::TestWithParam<Form> {
 protected:
  void SetUp() override { ASSERT_THAT(EnsureComputeKernels(), IsOk()); }

  void Write(const std::string& path, const arrow::Table& rows, const Form& form) {
    parquet::WriterProperties::Builder builder;
    builder.compression(form.codec)
        ->data_page_version(form.pages)
        ->data_pagesize(form.page_bytes)
        ->write_batch_size(64)
        ->enable_write_page_index();
    if (!form.dictionary) builder.disable_dictionary();
    auto out = *store_->Create(path);
    const std::shared_ptr<arrow::io::OutputStream> stream(std::shared_ptr<void>(), out->stream());
    ASSERT_TRUE(parquet::arrow::WriteTable(rows, arrow::default_memory_pool(), stream,
                                           std::max<int64_t>(1, rows.num_rows()), builder.build())
                    .ok());
    ASSERT_THAT(out->Close(), IsOk());
  }

  /// Files of so many rows each, written in the form, or in `forms` by turns.
  void WriteFiles(const std::vector<int64_t>& sizes, std::vector<Form> forms = {}) {
    if (forms.empty()) forms.push_back(GetParam());
    std::vector<std::shared_ptr<arrow::Table>> all;
    for (size_t i = 0; i < sizes.size(); ++i) {
      all.push_back(Rows(i + 1, sizes[i]));
      paths_.push_back("part-" + std::to_string(i));
      Write(paths_.back(), *all.back(), forms[i % forms.size()]);
    }
    rows_ = *(*arrow::ConcatenateTables(all))->CombineChunks();
  }

  Result<std::optional<CopiedFile>> Merge(const MergeLimits& limits) {
    return MergeFiles(
        *store_, "new", paths_.size(),
        [&](size_t i) -> Result<std::shared_ptr<const ParquetInput>> {
          DELTAIC_ASSIGN_OR_RETURN(ParquetInput input,
                                   OpenParquet(*store_, paths_[i], std::nullopt));
          return std::make_shared<const ParquetInput>(std::move(input));
        },
        limits, CancellationToken::None());
  }

  std::unique_ptr<parquet::ParquetFileReader> Open(const std::string& path) {
    return parquet::ParquetFileReader::Open(*store_->Open(path, std::nullopt));
  }

  void CheckMerged(const MergeLimits& limits, int num_groups) {
    const auto merged = Merge(limits);
    ASSERT_THAT(merged, IsOk());
    ASSERT_TRUE(merged->has_value());
    EXPECT_EQ((*merged)->num_rows, rows_->num_rows());
    auto reader = *parquet::arrow::FileReader::Make(arrow::default_memory_pool(), Open("new"));
    const auto read = *(*reader->ReadTable())->CombineChunks();
    ASSERT_TRUE(read->ValidateFull().ok());
    ASSERT_EQ(read->num_columns(), rows_->num_columns());
    for (int i = 0; i < read->num_columns(); ++i) {
      EXPECT_TRUE(read->column(i)->Equals(rows_->column(i))) << read->field(i)->name();
    }
    EXPECT_EQ(reader->num_row_groups(), num_groups);
    CheckFooter();
    CheckOrderOfEncodings();
  }

  /// No page of numbers follows one of values, as Spark wants it.
  void CheckOrderOfEncodings() {
    auto reader = Open("new");
    for (int group = 0; group < reader->metadata()->num_row_groups(); ++group) {
      for (int leaf = 0; leaf < reader->metadata()->num_columns(); ++leaf) {
        SCOPED_TRACE(reader->metadata()->schema()->Column(leaf)->name());
        const auto pages = reader->RowGroup(group)->GetColumnPageReader(leaf);
        bool values_came = false;
        while (const auto page = pages->NextPage()) {
          if (page->type() == parquet::PageType::DICTIONARY_PAGE) continue;
          const auto encoding = static_cast<const parquet::DataPage&>(*page).encoding();
          const bool has_numbers = encoding == parquet::Encoding::RLE_DICTIONARY ||
                                   encoding == parquet::Encoding::PLAIN_DICTIONARY;
          EXPECT_FALSE(has_numbers && values_came);
          values_came = values_came || !has_numbers;
        }
      }
    }
  }

  /// What the footer and the page index say is true of the rows that are there.
  void CheckFooter() {
    auto reader = Open("new");
    auto indexes = reader->GetPageIndexReader();
    ASSERT_NE(indexes, nullptr);
    int64_t first_row = 0;
    for (int group = 0; group < reader->metadata()->num_row_groups(); ++group) {
      const auto metadata = reader->metadata()->RowGroup(group);
      auto group_index = indexes->RowGroup(group);
      for (int leaf = 0; leaf < metadata->num_columns(); ++leaf) {
        const auto& column = *metadata->schema()->Column(leaf);
        SCOPED_TRACE(column.name());
        if (column.max_repetition_level() > 0 || column.name() == "a") continue;
        const auto values =
            rows_->GetColumnByName(column.name())->Slice(first_row, metadata->num_rows());
        const auto chunk = metadata->ColumnChunk(leaf);
        ASSERT_NE(chunk->statistics(), nullptr);
        EXPECT_EQ(chunk->statistics()->null_count(), values->null_count());
        CheckBounds(*chunk->statistics(), values);
        const auto pages = group_index->GetOffsetIndex(leaf);
        ASSERT_NE(pages, nullptr);
        const auto bounds = group_index->GetColumnIndex(leaf);
        ASSERT_NE(bounds, nullptr);
        CheckPages(*pages, *bounds, metadata->num_rows(), values);
      }
      first_row += metadata->num_rows();
    }
    EXPECT_EQ(first_row, rows_->num_rows());
  }

  static void CheckBounds(const parquet::Statistics& statistics,
                          const std::shared_ptr<arrow::ChunkedArray>& values) {
    if (values->type()->id() != arrow::Type::INT64 || values->null_count() == values->length()) {
      return;
    }
    const auto extremes = arrow::compute::MinMax(values)->scalar_as<arrow::StructScalar>();
    ASSERT_TRUE(statistics.HasMinMax());
    const auto& typed = static_cast<const parquet::Int64Statistics&>(statistics);
    EXPECT_EQ(typed.min(), static_cast<const arrow::Int64Scalar&>(*extremes.value[0]).value);
    EXPECT_EQ(typed.max(), static_cast<const arrow::Int64Scalar&>(*extremes.value[1]).value);
  }

  static void CheckPages(const parquet::OffsetIndex& pages, const parquet::ColumnIndex& bounds,
                         int64_t num_rows, const std::shared_ptr<arrow::ChunkedArray>& values) {
    const auto& locations = pages.page_locations();
    ASSERT_EQ(bounds.null_pages().size(), locations.size());
    ASSERT_EQ(bounds.null_counts().size(), locations.size());
    for (size_t page = 0; page < locations.size(); ++page) {
      const int64_t begin = locations[page].first_row_index;
      const int64_t end =
          page + 1 < locations.size() ? locations[page + 1].first_row_index : num_rows;
      ASSERT_LT(begin, end);
      const auto part = values->Slice(begin, end - begin);
      EXPECT_EQ(bounds.null_counts()[page], part->null_count());
      EXPECT_EQ(bounds.null_pages()[page], part->null_count() == part->length());
      const auto* typed = dynamic_cast<const parquet::Int64ColumnIndex*>(&bounds);
      if (typed == nullptr || bounds.null_pages()[page]) continue;
      const auto extremes = arrow::compute::MinMax(part)->scalar_as<arrow::StructScalar>();
      EXPECT_EQ(typed->min_values()[page],
                static_cast<const arrow::Int64Scalar&>(*extremes.value[0]).value);
      EXPECT_EQ(typed->max_values()[page],
                static_cast<const arrow::Int64Scalar&>(*extremes.value[1]).value);
    }
  }

  const std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
  std::vector<std::string> paths_;
  std::shared_ptr<arrow::Table> rows_;
};

TEST_P(RowGroupMergeTest, OneRowGroupHasTheRowsOfAll) {
  WriteFiles({700, 1, 1300, 64, 2000, 5});
  CheckMerged(SmallLimits(), 1);
}

TEST_P(RowGroupMergeTest, SeveralThreadsMakeTheSame) {
  WriteFiles({700, 300, 1300, 64});
  MergeLimits limits = SmallLimits();
  limits.num_threads = 3;
  CheckMerged(limits, 1);
}

TEST_P(RowGroupMergeTest, LargeRowGroupsStayAndSmallOnesAreMergedBetweenThem) {
  WriteFiles({900, 30, 40, 1000, 10, 20, 30});
  MergeLimits limits = SmallLimits();
  limits.max_group_rows = 1000;
  limits.min_group_rows = 800;
  // 900 + 30 + 40, 1000, and what is left.
  CheckMerged(limits, 3);
}

TEST_P(RowGroupMergeTest, LargePagesAreCopied) {
  WriteFiles({700, 1300, 400});
  MergeLimits limits = SmallLimits();
  limits.pages.max_rows = 100;
  CheckMerged(limits, 1);
}

TEST_P(RowGroupMergeTest, WhatWasMergedCanBeMergedAgain) {
  WriteFiles({500, 600});
  CheckMerged(SmallLimits(), 1);
  const auto first = rows_;
  const auto more = Rows(77, 300);
  ASSERT_THAT(store_->Open("new", std::nullopt), IsOk());
  auto bytes = *(*store_->Open("new", std::nullopt))->ReadAt(0, 1 << 30);
  auto out = *store_->Create("once");
  ASSERT_TRUE(out->stream()->Write(bytes).ok());
  ASSERT_THAT(out->Close(), IsOk());
  paths_ = {"once", "part-0"};
  rows_ = *(*arrow::ConcatenateTables({first, Rows(1, 500)}))->CombineChunks();
  CheckMerged(SmallLimits(), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, RowGroupMergeTest,
    ::testing::Values(
        Form{"Plain", false}, Form{"Dictionary"},
        Form{"V2", true, parquet::ParquetDataPageVersion::V2},
        Form{"V2Plain", false, parquet::ParquetDataPageVersion::V2, arrow::Compression::ZSTD},
        Form{"Uncompressed", true, parquet::ParquetDataPageVersion::V1,
             arrow::Compression::UNCOMPRESSED},
        Form{"TinyPages", true, parquet::ParquetDataPageVersion::V1, arrow::Compression::ZSTD, 100},
        Form{"LargePages", true, parquet::ParquetDataPageVersion::V1, arrow::Compression::LZ4,
             1 << 20}),
    [](const auto& info) { return info.param.name; });

using OtherFormsTest = RowGroupMergeTest;

TEST_P(OtherFormsTest, FilesOfSeveralFormsAreMerged) {
  WriteFiles({700, 300, 1300, 64}, {Form{"", true}, Form{"", false},
                                    Form{"", true, parquet::ParquetDataPageVersion::V2}});
  CheckMerged(SmallLimits(), 1);
}

TEST_P(OtherFormsTest, FilesOfAnotherCodecMustBeDecoded) {
  WriteFiles({700, 300}, {Form{"", true}, Form{"", true, parquet::ParquetDataPageVersion::V1,
                                               arrow::Compression::ZSTD}});
  const auto merged = Merge(SmallLimits());
  ASSERT_THAT(merged, IsOk());
  EXPECT_FALSE(merged->has_value());
  EXPECT_THAT(store_->Stat("new"), testing::StatusIs(StatusCode::kNotFound));
}

/// Each byte of a file is wrong once: it is refused, or the rows are others, but nothing is read
/// that is not there.
TEST_P(OtherFormsTest, DamagedFilesAreRefusedOrRead) {
  WriteFiles({60, 40});
  const auto bytes = *(*store_->Open("part-0", std::nullopt))->ReadAt(0, 1 << 30);
  paths_[0] = "damaged";
  for (int64_t at = 4; at < bytes->size() - 8; at += 29) {
    std::string damaged = bytes->ToString();
    damaged[static_cast<size_t>(at)] = static_cast<char>(damaged[static_cast<size_t>(at)] ^ 0x55);
    auto out = *store_->Create("damaged");
    ASSERT_TRUE(out->stream()->Write(damaged.data(), bytes->size()).ok());
    ASSERT_THAT(out->Close(), IsOk());
    const auto merged = Merge(SmallLimits());
    if (!merged.ok()) {
      EXPECT_THAT(merged, testing::StatusIs(StatusCode::kCorruption)) << at;
      EXPECT_THAT(store_->Stat("new"), testing::StatusIs(StatusCode::kNotFound));
    } else if (merged->has_value()) {
      EXPECT_TRUE(store_->Delete("new").ok());
    }
    ASSERT_TRUE(store_->Delete("damaged").ok());
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, OtherFormsTest,
                         ::testing::Values(Form{"Dictionary"},
                                           Form{"V2", true, parquet::ParquetDataPageVersion::V2}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace deltaic
