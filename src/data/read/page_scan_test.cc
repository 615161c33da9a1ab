// Reading parts of row groups, by page index and by what the predicate lets through, beside reading
// everything and filtering.

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/z85.h"
#include "data/deletion_vector/deletion_vector.h"
#include "data/eval/random_predicates.h"
#include "data/eval/row_filter.h"
#include "data/parquet/parquet_input.h"
#include "data/read/data_file_testing.h"
#include "data/values/value_arrays.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "storage/local_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::Columns;
using testing::IsOk;
using testing::ParquetOptions;
using testing::PredicateMaker;
using testing::Random;
using testing::ReadFile;
using testing::SpecOf;
using testing::TestColumn;
using testing::TestSchema;
using testing::Type;
using testing::WriteParquet;

constexpr const char* kPath = "p.parquet";

/// The columns of TestSchema, a number that counts up, and nested ones.
SchemaPtr TableSchema() {
  std::vector<StructField> fields(TestSchema()->fields());
  fields.push_back({"n", Type(TypeId::kLong), false, {}});
  fields.push_back({"list", DataType::Array(Type(TypeId::kLong), true), true, {}});
  return DataType::Struct(std::move(fields));
}

/// Values in runs, so that pages differ in what they hold.
std::vector<Value> ValuesInRuns(Random& random, const TestColumn& column, size_t count) {
  const size_t longest = random.OneIn(3) ? 1 : random.Below(400) + 1;
  std::vector<Value> values;
  while (values.size() < count) {
    const Value value = random.OneIn(5) ? Value() : random.Pick(column.pool);
    for (size_t i = random.Below(longest) + 1; i > 0 && values.size() < count; --i)
      values.push_back(value);
  }
  return values;
}

std::shared_ptr<arrow::Array> Lists(Random& random, size_t count) {
  auto items = std::make_shared<arrow::Int64Builder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), items);
  for (size_t i = 0; i < count; ++i) {
    if (random.OneIn(6)) {
      EXPECT_TRUE(lists.AppendNull().ok());
      continue;
    }
    EXPECT_TRUE(lists.Append().ok());
    for (size_t j = random.Below(4); j > 0; --j)
      EXPECT_TRUE(items->Append(static_cast<int64_t>(i)).ok());
  }
  return *lists.Finish();
}

std::shared_ptr<arrow::Table> MakeTable(Random& random, size_t count) {
  arrow::FieldVector fields, members;
  arrow::ArrayVector arrays, member_arrays;
  for (const TestColumn& column : Columns()) {
    const bool nested = column.path.size() > 1;
    const auto array = *ArrayFromValues(ValuesInRuns(random, column, count), *column.type);
    (nested ? members : fields).push_back(arrow::field(column.path.back(), array->type()));
    (nested ? member_arrays : arrays).push_back(array);
  }
  arrays.push_back(*arrow::StructArray::Make(member_arrays, members));
  fields.push_back(arrow::field("point", arrays.back()->type()));
  arrow::Int64Builder numbers;
  for (size_t i = 0; i < count; ++i) EXPECT_TRUE(numbers.Append(static_cast<int64_t>(i)).ok());
  arrays.push_back(*numbers.Finish());
  fields.push_back(arrow::field("n", arrow::int64(), false));
  arrays.push_back(Lists(random, count));
  fields.push_back(arrow::field("list", arrays.back()->type()));
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

ParquetOptions RandomOptions(Random& random, size_t count) {
  parquet::WriterProperties::Builder builder;
  builder.write_batch_size(static_cast<int64_t>(random.Below(200)) + 1);
  builder.data_pagesize(static_cast<int64_t>(random.Below(2000)) + 1);
  builder.data_page_version(random.OneIn(2) ? parquet::ParquetDataPageVersion::V1
                                            : parquet::ParquetDataPageVersion::V2);
  builder.compression(random.OneIn(2) ? parquet::Compression::SNAPPY
                                      : parquet::Compression::UNCOMPRESSED);
  if (random.OneIn(2)) builder.disable_dictionary();
  if (random.OneIn(4)) {
    builder.disable_write_page_index();
  } else {
    builder.enable_write_page_index();
  }
  ParquetOptions options;
  options.properties = builder.build();
  options.rows_per_group = static_cast<int64_t>(random.OneIn(2) ? count : random.Below(count) + 1);
  return options;
}

ExprPtr RandomPredicate(Random& random, size_t count) {
  PredicateMaker maker(random);
  for (;;) {
    std::string sql = maker.Condition(1);
    if (!random.OneIn(3)) {
      const size_t begin = random.Below(count);
      const std::string rows = Concat("n BETWEEN ", begin, " AND ", begin + random.Below(300));
      sql = random.OneIn(2) ? rows : Concat(rows, random.OneIn(3) ? " OR " : " AND ", sql);
    }
    const auto parsed = ParsePredicate(sql);
    if (!parsed.ok()) continue;
    auto bound = BindPredicate(*parsed, *TableSchema());
    if (bound.ok()) return *bound;
  }
}

std::shared_ptr<arrow::RecordBatch> AsBatch(const arrow::Table& table) {
  return table.CombineChunksToBatch().ValueOrDie();
}

DeletionVectorDescriptor Inline(const DeletionVector& deleted) {
  std::string bytes = deleted.Serialize();
  const auto size = static_cast<int32_t>(bytes.size());
  bytes.resize((bytes.size() + 3) / 4 * 4, '\0');
  return {"i", Z85Encode(std::as_bytes(std::span(bytes))), std::nullopt, size,
          deleted.cardinality()};
}

DeletionVector RandomDeletions(Random& random, size_t count) {
  DeletionVector deleted;
  for (size_t i = random.Below(20) + 1; i > 0; --i) {
    const size_t begin = random.Below(count);
    const size_t length = std::min(random.OneIn(2) ? 1 : random.Below(500) + 1, count - begin);
    deleted.AddRange(static_cast<int64_t>(begin), static_cast<int64_t>(begin + length));
  }
  return deleted;
}

/// The rows of `table` that the predicate keeps and that are not deleted; nullopt where a row makes
/// the predicate fail.
std::optional<std::shared_ptr<arrow::RecordBatch>> Expected(const arrow::Table& table,
                                                            const Expr& predicate,
                                                            const DeletionVector& deleted) {
  const auto batch = AsBatch(table);
  const auto outcome = EvaluatePredicate(predicate, *batch);
  if (!outcome.ok()) return std::nullopt;
  arrow::BooleanBuilder keep;
  for (int64_t i = 0; i < batch->num_rows(); ++i) {
    const bool kept = (*outcome)->IsValid(i) && (*outcome)->Value(i) && !deleted.Contains(i);
    EXPECT_TRUE(keep.Append(kept).ok());
  }
  return arrow::compute::Filter(batch, *keep.Finish())->record_batch();
}

std::shared_ptr<arrow::RecordBatch> Select(const arrow::RecordBatch& batch,
                                           const std::vector<std::string>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const std::string& name : columns) {
    fields.push_back(batch.schema()->GetFieldByName(name));
    arrays.push_back(batch.GetColumnByName(name));
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), batch.num_rows(), arrays);
}

void ExpectSameRows(const arrow::RecordBatch& actual, const arrow::RecordBatch& expected) {
  ASSERT_EQ(actual.num_rows(), expected.num_rows());
  const auto options = arrow::EqualOptions::Defaults().nans_equal(true);
  for (int i = 0; i < expected.num_columns(); ++i) {
    ASSERT_TRUE(actual.column(i)->Equals(expected.column(i), options))
        << expected.schema()->field(i)->name();
  }
}

TEST(PageScan, RandomScansReturnWhatFilteringEverythingDoes) {
  const std::string folder = ::testing::TempDir() + "deltaic_page_scan";
  std::filesystem::remove_all(folder);
  Random random(20260711);
  int64_t rows = 0, pages = 0, pruned = 0, passed_over = 0;
  for (int round = 0; round < 40 && !::testing::Test::HasFatalFailure(); ++round) {
    const size_t count = random.Below(4000) + 1;
    const auto table = MakeTable(random, count);
    // Files nearby are read as they are needed, those far away are asked for ahead.
    const std::shared_ptr<ObjectStore> store =
        random.OneIn(2) ? MakeMemoryStore() : *MakeLocalStore(Concat(folder, "/", round));
    WriteParquet(*store, kPath, *table, RandomOptions(random, count));
    for (int i = 0; i < 8 && !::testing::Test::HasFatalFailure(); ++i) {
      DataReadSpec spec = SpecOf(TableSchema());
      spec.predicate = RandomPredicate(random, count);
      spec.batch_rows = random.OneIn(2) ? 64 * 1024 : static_cast<int64_t>(random.Below(1000)) + 1;
      std::erase_if(spec.columns, [&](const std::string&) { return random.OneIn(3); });
      if (spec.columns.empty()) spec.columns = {"n"};
      DataFile file{kPath, 0, {}};
      DeletionVector deleted;
      if (random.OneIn(3)) {
        deleted = RandomDeletions(random, count);
        file.deletion_vector = Inline(deleted);
      }
      SCOPED_TRACE(Concat("round ", round, ".", i, ": ", spec.predicate->ToSql()));
      const auto expected = Expected(*table, *spec.predicate, deleted);
      if (!expected) continue;
      DataReadMetrics metrics;
      const auto actual = ReadFile(store, spec, file, &metrics);
      ASSERT_THAT(actual, IsOk());
      ExpectSameRows(*AsBatch(**actual), *Select(**expected, spec.columns));
      rows += metrics.rows_returned;
      pages += metrics.pages_total;
      pruned += metrics.pages_pruned;
      passed_over += metrics.pages_passed_over;
      ASSERT_LE(metrics.pages_pruned + metrics.pages_passed_over, metrics.pages_total);
    }
  }
  std::filesystem::remove_all(folder);
  // The run must have met each of them often, or it shows nothing.
  EXPECT_GT(rows, 10'000);
  EXPECT_GT(pruned, 1000);
  EXPECT_GT(passed_over, 1000);
  EXPECT_GT(pages, pruned + passed_over);
}

class PageIndexTest : public ::testing::Test {
 protected:
  static constexpr int64_t kRows = 4000;
  static constexpr int64_t kRowsPerPage = 100;

  void Write(bool with_index) {
    arrow::Int64Builder ids;
    arrow::StringBuilder texts;
    for (int64_t i = 0; i < kRows; ++i) {
      EXPECT_TRUE(ids.Append(i).ok());
      EXPECT_TRUE(texts.Append("text " + std::to_string(i)).ok());
    }
    const auto table = arrow::Table::Make(
        arrow::schema({arrow::field("id", arrow::int64()), arrow::field("text", arrow::utf8())}),
        {*ids.Finish(), *texts.Finish()});
    parquet::WriterProperties::Builder builder;
    builder.disable_dictionary()->write_batch_size(kRowsPerPage)->data_pagesize(1);
    ParquetOptions options;
    options.properties =
        (with_index ? builder.enable_write_page_index() : builder.disable_write_page_index())
            ->build();
    WriteParquet(*store_, kPath, *table, options);
  }

  static SchemaPtr Schema() {
    return DataType::Struct(
        {{"id", Type(TypeId::kLong), true, {}}, {"text", Type(TypeId::kString), true, {}}});
  }

  Result<std::shared_ptr<arrow::Table>> Read(const std::string& sql, DataReadMetrics* metrics) {
    DataReadSpec spec = SpecOf(Schema());
    spec.predicate = *BindPredicate(*ParsePredicate(sql), *Schema());
    return ReadFile(store_, spec, DataFile{kPath, 0, {}}, metrics);
  }

  const std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
};

TEST_F(PageIndexTest, OnlyPagesWithWantedRowsAreRead) {
  Write(true);
  DataReadMetrics metrics;
  const auto table = Read("id BETWEEN 1250 AND 1349", &metrics);
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ((*table)->num_rows(), 100);
  EXPECT_EQ(metrics.rows_read, 200);
  EXPECT_EQ(metrics.pages_total, 80);
  EXPECT_EQ(metrics.pages_pruned, 38);
  EXPECT_EQ(metrics.pages_passed_over, 38);
  DataReadMetrics all;
  ASSERT_THAT(Read("id >= 0", &all), IsOk());
  EXPECT_LT(metrics.bytes_read, all.bytes_read / 10);
}

TEST_F(PageIndexTest, WithoutAnIndexTheSameRowsAreFound) {
  Write(false);
  DataReadMetrics metrics;
  const auto table = Read("id BETWEEN 1250 AND 1349", &metrics);
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ((*table)->num_rows(), 100);
  EXPECT_EQ(metrics.rows_read, kRows);
  EXPECT_EQ(metrics.pages_total, 0);
}

TEST_F(PageIndexTest, NoPageMayMatchWhereOnlyTheRowGroupsBoundsDo) {
  arrow::Int64Builder ids;
  for (int64_t i = 0; i < kRows; ++i) EXPECT_TRUE(ids.Append(i < kRows / 2 ? 0 : 1000).ok());
  parquet::WriterProperties::Builder builder;
  builder.write_batch_size(kRowsPerPage)->data_pagesize(1)->enable_write_page_index();
  ParquetOptions options;
  options.properties = builder.build();
  const auto table =
      arrow::Table::Make(arrow::schema({arrow::field("id", arrow::int64())}), {*ids.Finish()});
  WriteParquet(*store_, kPath, *table, options);
  DataReadMetrics metrics;
  const auto read = Read("id = 500", &metrics);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ((*read)->num_rows(), 0);
  EXPECT_EQ(metrics.row_groups_skipped, 0);
  EXPECT_EQ(metrics.rows_read, 0);
}

#if ARROW_VERSION_MAJOR >= 26
TEST_F(PageIndexTest, BloomFiltersRuleOutRowGroups) {
  arrow::Int64Builder ids;
  arrow::StringBuilder texts;
  for (int64_t i = 0; i < kRows; ++i) {
    EXPECT_TRUE(ids.Append(i * 10).ok());
    EXPECT_TRUE(texts.Append("text " + std::to_string(i * 10)).ok());
  }
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("text", arrow::utf8())}),
      {*ids.Finish(), *texts.Finish()});
  parquet::WriterProperties::Builder builder;
  parquet::BloomFilterOptions filter;
  filter.ndv = kRows;
  builder.enable_bloom_filter("id", filter)->enable_bloom_filter("text", filter);
  ParquetOptions options;
  options.properties = builder.build();
  WriteParquet(*store_, kPath, *table, options);
  const auto skipped = [&](const std::string& sql, int64_t num_rows) {
    DataReadMetrics metrics;
    const auto read = Read(sql, &metrics);
    EXPECT_THAT(read, IsOk());
    EXPECT_EQ(read.ok() ? (*read)->num_rows() : -1, num_rows) << sql;
    return metrics.row_groups_skipped;
  };
  EXPECT_EQ(skipped("id = 1234", 0), 1);
  EXPECT_EQ(skipped("1234 = id", 0), 1);
  EXPECT_EQ(skipped("id IN (1231, NULL, 1232)", 0), 1);
  EXPECT_EQ(skipped("id > 0 AND text = 'text 1235'", 0), 1);
  EXPECT_EQ(skipped("id = 1230", 1), 0);
  EXPECT_EQ(skipped("id IN (1231, 1240)", 1), 0);
  EXPECT_EQ(skipped("text = 'text 1240'", 1), 0);
  EXPECT_EQ(skipped("id = 1234 OR id = 10", 1), 0);
  EXPECT_EQ(skipped("id <> 1234", kRows), 0);
}
#endif

TEST_F(PageIndexTest, DamageNeverGivesWrongRows) {
  Write(true);
  const std::string good = *store_->Read(kPath, 1 << 24);
  const auto input = *OpenParquet(*store_, kPath, std::nullopt);
  int refused = 0, ignored = 0;
  for (int leaf = 0; leaf < 2; ++leaf) {
    const auto location = input.metadata->RowGroup(0)->ColumnChunk(leaf)->GetOffsetIndexLocation();
    ASSERT_TRUE(location.has_value());
    for (int64_t at = 0; at < location->length; ++at) {
      std::string damaged = good;
      damaged[static_cast<size_t>(location->offset + at)] ^= static_cast<char>(1 << (at % 8));
      ASSERT_THAT(store_->Put(kPath, damaged), IsOk());
      SCOPED_TRACE(Concat("byte ", at, " of column ", leaf));
      DataReadMetrics metrics;
      const auto table = Read("id BETWEEN 1250 AND 1349", &metrics);
      if (!table.ok()) {
        ASSERT_EQ(table.status().code(), StatusCode::kCorruption) << table.status();
        ++refused;
        continue;
      }
      ++ignored;
      const auto batch = AsBatch(**table);
      ASSERT_EQ(batch->num_rows(), 100);
      const auto& ids = static_cast<const arrow::Int64Array&>(*batch->column(0));
      const auto& texts = static_cast<const arrow::StringArray&>(*batch->column(1));
      for (int64_t i = 0; i < batch->num_rows(); ++i)
        ASSERT_EQ(texts.GetString(i), "text " + std::to_string(ids.Value(i)));
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(ignored, 0);
}

TEST_F(PageIndexTest, DamagedBoundsAreHarmless) {
  Write(true);
  const std::string good = *store_->Read(kPath, 1 << 24);
  const auto input = *OpenParquet(*store_, kPath, std::nullopt);
  const auto location = input.metadata->RowGroup(0)->ColumnChunk(0)->GetColumnIndexLocation();
  ASSERT_TRUE(location.has_value());
  for (int64_t at = 0; at < location->length; ++at) {
    std::string damaged = good;
    damaged[static_cast<size_t>(location->offset + at)] ^= static_cast<char>(0x80 >> (at % 8));
    ASSERT_THAT(store_->Put(kPath, damaged), IsOk());
    DataReadMetrics metrics;
    const auto table = Read("id BETWEEN 1250 AND 1349", &metrics);
    // A wrong bound cannot be told from a right one; what does not parse is left alone.
    ASSERT_THAT(table, IsOk()) << "byte " << at;
    ASSERT_LE((*table)->num_rows(), 100);
  }
}

}  // namespace
}  // namespace deltaic
