#include "data/write/row_group_copy.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/page_index.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <random>
#include <set>

#include "data/values/compute_kernels.h"
#include "storage/memory_store.h"
#include "support/arrays.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::ArrayOf;
using testing::IsOk;

constexpr int64_t kRows = 5000;
constexpr int64_t kRowsPerGroup = 2000;

/// How a file is written.
struct Form {
  std::string name;
  bool dictionary = true;
  parquet::ParquetDataPageVersion pages = parquet::ParquetDataPageVersion::V1;
  arrow::Compression::type codec = arrow::Compression::SNAPPY;
  parquet::Encoding::type encoding = parquet::Encoding::PLAIN;
};

/// Columns of every kind of storage: each with and without nulls, repeated, of few and many values.
std::shared_ptr<arrow::Table> Rows() {
  std::mt19937_64 random(7);
  const auto numbers = [&](auto builder, int64_t range, int null_percent) {
    for (int64_t i = 0; i < kRows; ++i) {
      const bool is_null = static_cast<int>(random() % 100) < null_percent;
      const auto value = static_cast<int64_t>(random() % static_cast<uint64_t>(range)) - range / 2;
      EXPECT_TRUE((is_null ? builder.AppendNull()
                           : builder.Append(static_cast<decltype(builder.GetValue(0))>(value)))
                      .ok());
    }
    return *builder.Finish();
  };
  const auto texts = [&](int64_t range, int null_percent) {
    arrow::StringBuilder builder;
    for (int64_t i = 0; i < kRows; ++i) {
      const bool is_null = static_cast<int>(random() % 100) < null_percent;
      const uint64_t value = random() % static_cast<uint64_t>(range);
      EXPECT_TRUE((is_null ? builder.AppendNull()
                           : builder.Append(std::string(value % 40, 'x') + std::to_string(value)))
                      .ok());
    }
    return *builder.Finish();
  };
  arrow::Int64Builder ids;
  arrow::BooleanBuilder flags;
  arrow::FixedSizeBinaryBuilder blobs(arrow::fixed_size_binary(7));
  auto list_values = std::make_shared<arrow::Int32Builder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), list_values);
  for (int64_t i = 0; i < kRows; ++i) {
    EXPECT_TRUE(ids.Append(i).ok());
    EXPECT_TRUE((random() % 5 == 0 ? flags.AppendNull() : flags.Append(random() % 2 == 0)).ok());
    EXPECT_TRUE(blobs.Append("blob" + std::to_string(100 + random() % 900)).ok());
    const uint64_t size = random() % 5;
    if (size == 4) {
      EXPECT_TRUE(lists.AppendNull().ok());
      continue;
    }
    EXPECT_TRUE(lists.Append().ok());
    for (uint64_t j = 0; j < size; ++j) {
      EXPECT_TRUE((random() % 4 == 0 ? list_values->AppendNull()
                                     : list_values->Append(static_cast<int32_t>(random() % 50)))
                      .ok());
    }
  }
  const auto inner = numbers(arrow::Int32Builder(), 9, 30);
  const auto in_struct =
      *arrow::StructArray::Make(arrow::ArrayVector{inner}, std::vector<std::string>{"a"});
  const std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>> columns = {
      {"id", *ids.Finish()},
      {"few", numbers(arrow::Int32Builder(), 7, 0)},
      {"few_nulls", numbers(arrow::Int64Builder(), 5, 40)},
      {"many", numbers(arrow::Int64Builder(), int64_t{1} << 40, 20)},
      {"float", numbers(arrow::FloatBuilder(), 1000, 10)},
      {"double", numbers(arrow::DoubleBuilder(), 1000000, 0)},
      {"text", texts(1 << 30, 10)},
      {"few_texts", texts(12, 10)},
      {"none", *arrow::MakeArrayOfNull(arrow::int32(), kRows)},
      {"flag", *flags.Finish()},
      {"blob", *blobs.Finish()},
      {"list", *lists.Finish()},
      {"struct", in_struct},
  };
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type(), array->null_count() > 0));
    arrays.push_back(array);
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

/// What the writer owns, for who wants to share it.
std::shared_ptr<arrow::io::OutputStream> Stream(ObjectWriter& writer) {
  return {std::shared_ptr<void>(), writer.stream()};
}

class RowGroupCopyTest : public ::testing::TestWithParam<Form> {
 protected:
  void Write(const arrow::Table& rows) {
    ASSERT_THAT(EnsureComputeKernels(), IsOk());
    const Form& form = GetParam();
    parquet::WriterProperties::Builder builder;
    builder.compression(form.codec)
        ->data_page_version(form.pages)
        ->max_row_group_length(kRowsPerGroup)
        ->data_pagesize(2000)
        ->write_batch_size(64)
        ->enable_write_page_index();
    if (!form.dictionary) builder.disable_dictionary();
    if (form.encoding != parquet::Encoding::PLAIN) {
      for (const char* name : {"id", "many", "float", "double"})
        builder.encoding(name, form.encoding);
    }
    auto out = *store_->Create("old.parquet");
    ASSERT_TRUE(parquet::arrow::WriteTable(rows, arrow::default_memory_pool(), Stream(*out),
                                           kRowsPerGroup, builder.build())
                    .ok());
    ASSERT_THAT(out->Close(), IsOk());
  }

  Result<std::optional<CopiedFile>> Copy(const std::string& from, const std::string& to,
                                         const std::set<int64_t>& dropped) {
    DELTAIC_ASSIGN_OR_RETURN(const ParquetInput input, OpenParquet(*store_, from, std::nullopt));
    return CopyWithoutRows(
        *store_, to, input,
        [&](int64_t begin, int64_t end) {
          return std::vector<int64_t>(dropped.lower_bound(begin), dropped.lower_bound(end));
        },
        CancellationToken::None());
  }

  std::unique_ptr<parquet::ParquetFileReader> Open(const std::string& path) {
    return parquet::ParquetFileReader::Open(*store_->Open(path, std::nullopt));
  }
  std::shared_ptr<arrow::Table> Read(const std::string& path) {
    auto reader = *parquet::arrow::FileReader::Make(arrow::default_memory_pool(), Open(path));
    return *(*reader->ReadTable())->CombineChunks();
  }

  static std::shared_ptr<arrow::Table> Without(const std::shared_ptr<arrow::Table>& rows,
                                               const std::set<int64_t>& dropped) {
    arrow::BooleanBuilder keep;
    for (int64_t i = 0; i < rows->num_rows(); ++i)
      EXPECT_TRUE(keep.Append(!dropped.contains(i)).ok());
    const auto kept = arrow::compute::Filter(rows, *keep.Finish());
    return *kept->table()->CombineChunks();
  }

  /// What the footer and the page index say is true of what is there.
  void CheckIndexes(const std::string& path, const arrow::Table& rows) {
    auto reader = Open(path);
    auto index_reader = reader->GetPageIndexReader();
    int64_t first_row = 0;
    for (int group = 0; group < reader->metadata()->num_row_groups(); ++group) {
      const auto metadata = reader->metadata()->RowGroup(group);
      auto group_index = index_reader == nullptr ? nullptr : index_reader->RowGroup(group);
      const auto ids = rows.GetColumnByName("id")->Slice(first_row, metadata->num_rows());
      const auto extremes = arrow::compute::MinMax(ids)->scalar_as<arrow::StructScalar>();
      const auto statistics = metadata->ColumnChunk(0)->statistics();
      ASSERT_TRUE(statistics != nullptr && statistics->HasMinMax());
      const auto& typed = static_cast<const parquet::Int64Statistics&>(*statistics);
      EXPECT_EQ(typed.min(), static_cast<const arrow::Int64Scalar&>(*extremes.value[0]).value);
      EXPECT_EQ(typed.max(), static_cast<const arrow::Int64Scalar&>(*extremes.value[1]).value);
      for (int column = 0; column < metadata->num_columns(); ++column) {
        SCOPED_TRACE(metadata->schema()->Column(column)->name());
        const auto chunk = metadata->ColumnChunk(column);
        const bool is_repeated = metadata->schema()->Column(column)->max_repetition_level() > 0;
        if (is_repeated) continue;
        const auto name = chunk->path_in_schema()->ToDotVector().front();
        const auto values = rows.GetColumnByName(name)->Slice(first_row, metadata->num_rows());
        if (name != "struct") {
          EXPECT_EQ(chunk->statistics()->null_count(), values->null_count());
        }
        if (group_index == nullptr) continue;
        const auto pages = group_index->GetOffsetIndex(column);
        ASSERT_NE(pages, nullptr);
        EXPECT_EQ(pages->page_locations().front().first_row_index, 0);
        EXPECT_GE(pages->page_locations().front().offset, chunk->data_page_offset());
        const auto bounds = group_index->GetColumnIndex(column);
        ASSERT_NE(bounds, nullptr);
        ASSERT_EQ(bounds->null_pages().size(), pages->page_locations().size());
        int64_t nulls = 0;
        for (const int64_t count : bounds->null_counts()) nulls += count;
        if (name != "struct") {
          EXPECT_EQ(nulls, values->null_count());
        }
      }
      first_row += metadata->num_rows();
    }
    EXPECT_EQ(first_row, rows.num_rows());
  }

  const std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
};

TEST_P(RowGroupCopyTest, RowsThatAreLeftAreTheSame) {
  const auto rows = Rows();
  Write(*rows);
  const auto every = [](int64_t begin, int64_t end, int64_t step) {
    std::set<int64_t> out;
    for (int64_t i = begin; i < end; i += step) out.insert(i);
    return out;
  };
  const std::vector<std::pair<std::string, std::set<int64_t>>> cases = {
      {"None", {}},
      {"First", {0}},
      {"Last", {kRows - 1}},
      {"Spread", every(3, kRows, 500)},
      {"Odd", every(1, kRows, 2)},
      {"NearlyAll", every(0, kRows - 1, 1)},
      {"OneGroup", every(kRowsPerGroup, 2 * kRowsPerGroup, 1)},
      {"RangeOverGroups", every(1900, 2300, 1)},
  };
  for (const auto& [name, dropped] : cases) {
    SCOPED_TRACE(name);
    const auto copied = Copy("old.parquet", "new.parquet", dropped);
    ASSERT_THAT(copied, IsOk());
    ASSERT_TRUE(copied->has_value());
    const auto expected = Without(rows, dropped);
    EXPECT_EQ((*copied)->num_rows, expected->num_rows());
    const auto read = Read("new.parquet");
    ASSERT_TRUE(read->ValidateFull().ok());
    EXPECT_TRUE(read->Equals(*expected));
    CheckIndexes("new.parquet", *expected);

    const auto again = Copy("new.parquet", "again.parquet", {0, 1});
    ASSERT_THAT(again, IsOk());
    if (expected->num_rows() <= 2) continue;
    ASSERT_TRUE(again->has_value());
    EXPECT_TRUE(Read("again.parquet")->Equals(*Without(expected, {0, 1})));
  }
}

TEST_P(RowGroupCopyTest, NoRowLeftLeavesNoFile) {
  Write(*Rows());
  std::set<int64_t> all;
  for (int64_t i = 0; i < kRows; ++i) all.insert(i);
  const auto copied = Copy("old.parquet", "new.parquet", all);
  ASSERT_THAT(copied, IsOk());
  EXPECT_FALSE(copied->has_value());
  EXPECT_FALSE(store_->Stat("new.parquet").ok());
}

INSTANTIATE_TEST_SUITE_P(
    Forms, RowGroupCopyTest,
    ::testing::Values(Form{"Plain", false}, Form{"Dictionary"},
                      Form{"V2", true, parquet::ParquetDataPageVersion::V2},
                      Form{"V2Plain", false, parquet::ParquetDataPageVersion::V2,
                           arrow::Compression::ZSTD},
                      Form{"Uncompressed", true, parquet::ParquetDataPageVersion::V1,
                           arrow::Compression::UNCOMPRESSED},
                      Form{"Streams", false, parquet::ParquetDataPageVersion::V1,
                           arrow::Compression::ZSTD, parquet::Encoding::BYTE_STREAM_SPLIT}),
    [](const auto& info) { return info.param.name; });

/// Values that depend on those before them are left to who decodes them.
/// A file of one column, "few" or another, with one row group.
Result<ParquetInput> WriteColumn(ObjectStore& store, const std::string& path,
                                 const std::string& name,
                                 const std::shared_ptr<arrow::Array>& values) {
  const auto rows =
      arrow::Table::Make(arrow::schema({arrow::field(name, values->type(), false)}), {values});
  auto out = *store.Create(path);
  EXPECT_TRUE(parquet::arrow::WriteTable(*rows, arrow::default_memory_pool(), Stream(*out),
                                         values->length())
                  .ok());
  EXPECT_THAT(out->Close(), IsOk());
  return OpenParquet(store, path, std::nullopt);
}

TEST_P(RowGroupCopyTest, ChunksAreReplacedInOneRowGroupAlone) {
  const auto rows = Rows();
  Write(*rows);
  arrow::Int32Builder values;
  for (int i = 0; i < kRowsPerGroup - 1; ++i) ASSERT_TRUE(values.Append(1000 + i).ok());
  const auto input = *OpenParquet(*store_, "old.parquet", std::nullopt);
  const auto column = *WriteColumn(*store_, "few.parquet", "few", *values.Finish());
  const bool decodes = GetParam().encoding == parquet::Encoding::DELTA_BINARY_PACKED;
  const std::set<int64_t> dropped = {kRowsPerGroup};  // the first row of the second row group
  const CopySource source{
      .from = input,
      .dropped =
          [&](int64_t begin, int64_t end) {
            return std::vector<int64_t>(dropped.lower_bound(begin), dropped.lower_bound(end));
          },
      .replaced = [&](int group) -> Result<std::optional<ReplacedChunks>> {
        if (group != 1) return std::optional<ReplacedChunks>();
        return std::optional(ReplacedChunks{.from = column, .leaves = {{1, 0}}});
      }};
  const auto copied = JoinFiles(*store_, "new.parquet", {&source, 1}, CancellationToken::None());
  ASSERT_THAT(copied, IsOk());
  ASSERT_EQ(copied->has_value(), !decodes);
  if (decodes) return;
  EXPECT_TRUE((*copied)->leaves[1].is_replaced);
  EXPECT_FALSE((*copied)->leaves[0].is_replaced);
  auto kept = Without(rows, dropped);
  const auto read = Read("new.parquet");
  ASSERT_EQ(read->num_rows(), kept->num_rows());
  const auto few =
      std::static_pointer_cast<arrow::Int32Array>(read->GetColumnByName("few")->chunk(0));
  const auto old =
      std::static_pointer_cast<arrow::Int32Array>(kept->GetColumnByName("few")->chunk(0));
  for (int64_t i = 0; i < few->length(); ++i) {
    const bool is_new = i >= kRowsPerGroup && i < 2 * kRowsPerGroup - 1;
    ASSERT_EQ(few->Value(i), is_new ? 1000 + i - kRowsPerGroup : old->Value(i)) << i;
  }
  EXPECT_TRUE((*read->RemoveColumn(1))->Equals(**kept->RemoveColumn(1)));
  const auto statistics =
      Open("new.parquet")->metadata()->RowGroup(1)->ColumnChunk(1)->statistics();
  EXPECT_EQ(static_cast<const parquet::Int32Statistics&>(*statistics).min(), 1000);
}

TEST_P(RowGroupCopyTest, ChunksOfAnotherTypeOrNumberOfRowsReplaceNone) {
  Write(*Rows());
  const auto input = *OpenParquet(*store_, "old.parquet", std::nullopt);
  arrow::Int64Builder longs;
  arrow::Int32Builder short_ones;
  for (int i = 0; i < kRowsPerGroup; ++i) ASSERT_TRUE(longs.Append(i).ok());
  ASSERT_TRUE(short_ones.Append(1).ok());
  const auto column = *WriteColumn(*store_, "long.parquet", "few", *longs.Finish());
  const auto too_short = *WriteColumn(*store_, "short.parquet", "few", *short_ones.Finish());
  const auto join = [&](const ParquetInput& from) {
    const CopySource source{
        .from = input,
        .dropped = {},
        .replaced = [&](int) -> Result<std::optional<ReplacedChunks>> {
          return std::optional(ReplacedChunks{.from = from, .leaves = {{1, 0}}});
        }};
    return JoinFiles(*store_, "new.parquet", {&source, 1}, CancellationToken::None());
  };
  const auto copied = join(column);
  ASSERT_THAT(copied, IsOk());
  EXPECT_FALSE(copied->has_value());
  EXPECT_THAT(join(too_short), testing::StatusIs(StatusCode::kInternal));
  EXPECT_THAT(store_->Stat("new.parquet"), testing::StatusIs(StatusCode::kNotFound));
}

TEST_P(RowGroupCopyTest, JoinedFilesHaveTheRowsOfAll) {
  const auto rows = Rows();
  Write(*rows);
  const auto input = *OpenParquet(*store_, "old.parquet", std::nullopt);
  const std::vector<CopySource> sources(3, {.from = input, .dropped = {}, .replaced = {}});
  const auto copied = JoinFiles(*store_, "new.parquet", sources, CancellationToken::None());
  ASSERT_THAT(copied, IsOk());
  ASSERT_TRUE(copied->has_value());
  EXPECT_EQ((*copied)->num_rows, 3 * kRows);
  const auto all = *(*arrow::ConcatenateTables({rows, rows, rows}))->CombineChunks();
  EXPECT_TRUE(Read("new.parquet")->Equals(*all));
  EXPECT_EQ(Open("new.parquet")->metadata()->num_row_groups(),
            3 * input.metadata->num_row_groups());
  CheckIndexes("new.parquet", *all);
}

TEST_P(RowGroupCopyTest, FilesOfOtherColumnsAreNotJoined) {
  Write(*Rows());
  const auto input = *OpenParquet(*store_, "old.parquet", std::nullopt);
  arrow::Int64Builder longs;
  ASSERT_TRUE(longs.Append(1).ok());
  const auto other = *WriteColumn(*store_, "other.parquet", "id", *longs.Finish());
  const std::vector<CopySource> sources = {{.from = input, .dropped = {}, .replaced = {}},
                                           {.from = other, .dropped = {}, .replaced = {}}};
  const auto copied = JoinFiles(*store_, "new.parquet", sources, CancellationToken::None());
  ASSERT_THAT(copied, IsOk());
  EXPECT_FALSE(copied->has_value());
  EXPECT_THAT(store_->Stat("new.parquet"), testing::StatusIs(StatusCode::kNotFound));
}

TEST(RowGroupCopy, DeltaEncodedFileWithRowsToDropIsDeclined) {
  const auto store = MakeMemoryStore();
  arrow::Int64Builder ids;
  for (int64_t i = 0; i < kRows; ++i) ASSERT_TRUE(ids.Append(i).ok());
  const auto rows =
      arrow::Table::Make(arrow::schema({arrow::field("id", arrow::int64())}), {*ids.Finish()});
  parquet::WriterProperties::Builder builder;
  builder.disable_dictionary()->encoding(parquet::Encoding::DELTA_BINARY_PACKED);
  auto out = *store->Create("old.parquet");
  ASSERT_TRUE(parquet::arrow::WriteTable(*rows, arrow::default_memory_pool(), Stream(*out), kRows,
                                         builder.build())
                  .ok());
  ASSERT_THAT(out->Close(), IsOk());
  const auto input = OpenParquet(*store, "old.parquet", std::nullopt);
  ASSERT_THAT(input, IsOk());
  const auto copied = CopyWithoutRows(
      *store, "new.parquet", *input, [](int64_t, int64_t) { return std::vector<int64_t>{5}; },
      CancellationToken::None());
  ASSERT_THAT(copied, IsOk());
  EXPECT_FALSE(copied->has_value());
  EXPECT_FALSE(store->Stat("new.parquet").ok());
}

/// Chunks of some MiB, of which a part is in memory at a time; pages of many to a part, and larger.
TEST(RowGroupCopy, ChunksAndPagesLargerThanWhatIsReadAtOnce) {
  constexpr int64_t kMany = 200'000;
  ASSERT_THAT(EnsureComputeKernels(), IsOk());
  const auto store = MakeMemoryStore();
  std::mt19937_64 random(11);
  arrow::Int64Builder numbers;
  arrow::StringBuilder texts;
  arrow::BooleanBuilder keep;
  std::vector<int64_t> dropped;
  for (int64_t i = 0; i < kMany; ++i) {
    const auto number = static_cast<int64_t>(random());
    ASSERT_TRUE((i % 7 == 0 ? numbers.AppendNull() : numbers.Append(number)).ok());
    ASSERT_TRUE(texts.Append(std::to_string(random())).ok());
    // Some pages lose all rows, some one, some none; the last ones again.
    const bool drops = (i > 30'000 && i < 60'000) || (i < 120'000 && i % 9'000 == 5) || i > 199'000;
    if (drops) dropped.push_back(i);
    ASSERT_TRUE(keep.Append(!drops).ok());
  }
  const auto rows = arrow::Table::Make(
      arrow::schema({arrow::field("number", arrow::int64()), arrow::field("text", arrow::utf8())}),
      {*numbers.Finish(), *texts.Finish()});
  const auto kept = arrow::compute::Filter(rows, *keep.Finish())->table();
  for (const int64_t page_bytes : {int64_t{60'000}, int64_t{3} << 20}) {
    parquet::WriterProperties::Builder builder;
    builder.disable_dictionary()
        ->compression(arrow::Compression::SNAPPY)
        ->data_pagesize(page_bytes)
        ->max_rows_per_page(kMany)
        ->enable_write_page_index();
    auto out = *store->Create("old.parquet");
    ASSERT_TRUE(parquet::arrow::WriteTable(*rows, arrow::default_memory_pool(), Stream(*out), kMany,
                                           builder.build())
                    .ok());
    ASSERT_THAT(out->Close(), IsOk());
    const auto input = *OpenParquet(*store, "old.parquet", std::nullopt);
    ASSERT_GT(input.metadata->RowGroup(0)->ColumnChunk(0)->total_compressed_size(), 5 << 18);
    const auto copied = CopyWithoutRows(
        *store, "new.parquet", input, [&](int64_t, int64_t) { return dropped; },
        CancellationToken::None());
    ASSERT_THAT(copied, IsOk());
    ASSERT_TRUE(copied->has_value());
    auto reader = *parquet::arrow::FileReader::Make(
        arrow::default_memory_pool(),
        parquet::ParquetFileReader::Open(*store->Open("new.parquet", std::nullopt)));
    EXPECT_TRUE((*reader->ReadTable())->Equals(*kept)) << "pages of " << page_bytes;
  }
}

}  // namespace
}  // namespace deltaic
