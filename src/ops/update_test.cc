#include "ops/update.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "ops/alter/alter.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using testing::AppendRows;
using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::KeyedRow;
using testing::KeyedRows;
using testing::LiveFiles;
using testing::OneThread;
using ::testing::Pair;
using testing::ReadRows;
using ::testing::SizeIs;
using testing::Sql;
using testing::StatusIs;

const KeyedRows kRows = {{1, "a", 10, "x"}, {2, "a", 20, "y"}, {3, "b", 30, "z"}};
const StringMap kVectors = {{"delta.enableDeletionVectors", "true"}};

using Values = std::vector<std::pair<std::string, std::string>>;

class UpdateTest : public ::testing::Test {
 protected:
  Result<RowChangeResult> Update(const Values& values, const std::string& predicate) {
    UpdateOptions options{.predicate = predicate.empty() ? nullptr : Sql(predicate),
                          .files = OneThread()};
    for (const auto& [column, value] : values)
      options.assignments.push_back({Sql(column)->path(), Sql(value)});
    return UpdateRows(table_, nullptr, options);
  }
  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(UpdateTest, AssignsColumnsOfMatchingRows) {
  for (const bool vectors : {false, true}) {
    table_ = Table::Of(MakeMemoryStore());
    AppendRows(table_, kRows, vectors ? kVectors : StringMap());
    // Values see the row as it was.
    const auto result = Update({{"QTY", "qty + id"}, {"name", "concat(name, part)"}}, "id >= 2");
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->changed.num_taken_rows, 2);
    EXPECT_EQ(result->changed.num_copied_rows, vectors ? 0 : 1);
    EXPECT_EQ(result->changed.num_vectors_added, vectors ? 1 : 0);
    EXPECT_THAT(ReadRows(result->snapshot),
                ElementsAre(kRows[0], KeyedRow{2, "a", 22, "ya"}, KeyedRow{3, "b", 33, "zb"}));
  }
}

TEST_F(UpdateTest, AllRowsWithoutAPredicateAndNulls) {
  AppendRows(table_, kRows, kVectors);
  const auto result = Update({{"name", "NULL"}, {"qty", "7"}}, "");
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->changed.num_removed_files, 1);
  EXPECT_THAT(
      ReadRows(result->snapshot),
      ElementsAre(KeyedRow{1, "a", 7, {}}, KeyedRow{2, "a", 7, {}}, KeyedRow{3, "b", 7, {}}));
}

TEST_F(UpdateTest, RowsMoveBetweenPartitions) {
  AppendRows(table_, kRows, kVectors, {"part"});
  const auto result = Update({{"part", "'c d/%'"}}, "id <> 1");
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(ReadRows(result->snapshot),
              ElementsAre(kRows[0], KeyedRow{2, "c d/%", 20, "y"}, KeyedRow{3, "c d/%", 30, "z"}));
}

TEST_F(UpdateTest, TheChangeFeedGetsBothImages) {
  for (const bool vectors : {false, true}) {
    table_ = Table::Of(MakeMemoryStore());
    StringMap properties = {{"delta.enableChangeDataFeed", "true"}};
    if (vectors) properties.insert(kVectors.begin(), kVectors.end());
    AppendRows(table_, kRows, properties);
    const auto result = Update({{"qty", "0"}}, "id = 2");
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->changed.num_change_files, 1);
    EXPECT_THAT(testing::ReadChanges(*table_, result->snapshot),
                ElementsAre(Pair("update_postimage", KeyedRow{2, "a", 0, "y"}),
                            Pair("update_preimage", kRows[1])));
  }
}

TEST_F(UpdateTest, MembersOfStructsAreAssignedAlone) {
  const auto inner =
      arrow::struct_({arrow::field("a", arrow::int32()), arrow::field("b", arrow::utf8())});
  const auto schema = arrow::schema({arrow::field("id", arrow::int64()), arrow::field("s", inner)});
  arrow::Int32Builder a;
  arrow::StringBuilder b;
  ASSERT_TRUE(a.AppendValues({1, 2}).ok() && b.AppendValues({"x", "y"}).ok());
  arrow::Int64Builder id;
  ASSERT_TRUE(id.AppendValues({1, 2}).ok());
  // The second struct is null.
  const auto structs =
      std::make_shared<arrow::StructArray>(inner, 2, arrow::ArrayVector{*a.Finish(), *b.Finish()},
                                           arrow::Buffer::FromVector<uint8_t>({1}));
  const auto batch = arrow::RecordBatch::Make(schema, 2, {*id.Finish(), structs});
  ASSERT_THAT(WriteTable(table_, nullptr, *arrow::RecordBatchReader::Make({batch}, schema),
                         {.files = OneThread()}),
              IsOk());
  ASSERT_THAT(Update({{"s.a", "id + 10"}}, ""), IsOk());
  auto scan = Scan::Make(*table_->Load(), {.num_threads = 1});
  const auto rows = *(*scan)->Next();
  const auto after = std::static_pointer_cast<arrow::StructArray>(rows->GetColumnByName("s"));
  EXPECT_EQ(after->null_count(), 0);
  EXPECT_EQ(after->field(0)->ToString(), "[\n  11,\n  12\n]");
  EXPECT_EQ(after->field(1)->ToString(), "[\n  \"x\",\n  null\n]");
}

/// What a table's only file stores of a column, compressed, by row group.
std::vector<std::string> ChunksOf(const SnapshotPtr& snapshot, int column) {
  const auto files = LiveFiles(snapshot);
  EXPECT_THAT(files, SizeIs(1));
  const auto file = *snapshot->store()->Open(files.at(0).path, std::nullopt);
  const auto metadata = parquet::ParquetFileReader::Open(file)->metadata();
  std::vector<std::string> chunks;
  for (int i = 0; i < metadata->num_row_groups(); ++i) {
    const auto chunk = metadata->RowGroup(i)->ColumnChunk(column);
    const int64_t begin =
        chunk->has_dictionary_page() ? chunk->dictionary_page_offset() : chunk->data_page_offset();
    chunks.push_back((*file->ReadAt(begin, chunk->total_compressed_size()))->ToString());
  }
  return chunks;
}

/// Thirty rows in three row groups.
SnapshotPtr WriteThreeGroups(const std::shared_ptr<Table>& table, KeyedRows& rows) {
  for (int64_t i = 0; i < 30; ++i) {
    rows.push_back({i, i % 3 == 0 ? std::optional<std::string>() : "p", static_cast<int32_t>(i),
                    Concat("name ", i)});
  }
  DataFileOptions files = OneThread();
  files.max_rows_per_group = 10;
  EXPECT_THAT(WriteTable(table, nullptr, testing::ReaderOf(rows), {.files = files}), IsOk());
  return *table->Load();
}

TEST_F(UpdateTest, OnlyChunksOfAssignedColumnsAreWrittenAnew) {
  KeyedRows rows;
  const SnapshotPtr before = WriteThreeGroups(table_, rows);
  const auto result = Update({{"qty", "qty * 100"}}, "id IN (12, 13)");
  ASSERT_THAT(result, IsOk());
  rows[12].qty = 1200;
  rows[13].qty = 1300;
  EXPECT_THAT(ReadRows(result->snapshot), rows);
  EXPECT_EQ(result->changed.num_taken_rows, 2);
  EXPECT_EQ(result->changed.num_copied_rows, 28);
  for (const int column : {0, 1, 3}) {
    EXPECT_EQ(ChunksOf(result->snapshot, column), ChunksOf(before, column)) << column;
  }
  const auto old_chunks = ChunksOf(before, 2), new_chunks = ChunksOf(result->snapshot, 2);
  EXPECT_EQ(new_chunks[0], old_chunks[0]);
  EXPECT_NE(new_chunks[1], old_chunks[1]);
  EXPECT_EQ(new_chunks[2], old_chunks[2]);
  const std::string stats = *LiveFiles(result->snapshot)[0].stats;
  EXPECT_THAT(stats, HasSubstr(R"("maxValues":{"id":29,"part":"p","qty":1300,"name":"name 9"})"));
  EXPECT_THAT(stats, HasSubstr(R"("nullCount":{"id":0,"part":10,"qty":0,"name":0})"));
}

TEST_F(UpdateTest, BoundsThatWentAreForgottenAndNullsCounted) {
  KeyedRows rows;
  WriteThreeGroups(table_, rows);
  const auto result =
      Update({{"qty", "CASE WHEN id = 29 THEN NULL ELSE 3 END"}, {"name", "'a'"}}, "id >= 20");
  ASSERT_THAT(result, IsOk());
  for (size_t i = 20; i < 30; ++i) {
    rows[i].name = "a";
    rows[i].qty = 3;
  }
  rows[29].qty.reset();
  EXPECT_THAT(ReadRows(result->snapshot), rows);
  const std::string stats = *LiveFiles(result->snapshot)[0].stats;
  // Numbers have exact bounds; those of texts may be wider than what is left.
  EXPECT_THAT(stats, HasSubstr(R"("minValues":{"id":0,"part":"p","qty":0,"name":"a"})"));
  EXPECT_THAT(stats, HasSubstr(R"("maxValues":{"id":29,"part":"p","qty":19,"name":"name 9"})"));
  EXPECT_THAT(stats, HasSubstr(R"("nullCount":{"id":0,"part":10,"qty":1,"name":0})"));
}

TEST_F(UpdateTest, RowsThatBreakARuleLeaveNoFile) {
  KeyedRows rows;
  WriteThreeGroups(table_, rows);
  ASSERT_THAT(AlterTable(table_, {.change = AddConstraint{.name = "low", .sql = "qty < 50"}}),
              IsOk());
  const auto before = DataObjects(*table_->store());
  EXPECT_THAT(Update({{"qty", "qty + 45"}}, "id IN (3, 12)"),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("low")));
  EXPECT_EQ(DataObjects(*table_->store()), before);
  const auto result = Update({{"qty", "qty + 45"}}, "id IN (3, 4)");
  ASSERT_THAT(result, IsOk());
  rows[3].qty = 48;
  rows[4].qty = 49;
  EXPECT_THAT(ReadRows(result->snapshot), rows);
}

TEST_F(UpdateTest, SmallFilesAreDecodedAndWrittenTogether) {
  KeyedRows rows = kRows;
  AppendRows(table_, kRows);
  rows.push_back({4, "d", 40, "w"});
  AppendRows(table_, {rows.back()});
  DataFileOptions files = OneThread();
  files.min_copied_file_bytes = 1 << 20;
  const auto result = UpdateRows(
      table_, nullptr,
      {.assignments = {{{"qty"}, Sql("qty + 1")}}, .predicate = Sql("id >= 3"), .files = files});
  ASSERT_THAT(result, IsOk());
  rows[2].qty = 31;
  rows[3].qty = 41;
  EXPECT_THAT(ReadRows(result->snapshot), rows);
  EXPECT_EQ(result->changed.num_copied_rows, 2);
  EXPECT_THAT(LiveFiles(result->snapshot), SizeIs(1));
}

TEST_F(UpdateTest, BadInputChangesNothing) {
  AppendRows(table_, kRows);
  const auto is_bad = [](const char* text) {
    return StatusIs(StatusCode::kInvalidArgument, HasSubstr(text));
  };
  EXPECT_THAT(Update({}, ""), is_bad("no column"));
  EXPECT_THAT(Update({{"nope", "1"}}, ""), is_bad("nope"));
  EXPECT_THAT(Update({{"qty", "nope"}}, ""), is_bad("nope"));
  EXPECT_THAT(Update({{"qty", "1"}, {"QTY", "2"}}, ""), is_bad("twice"));
  EXPECT_THAT(Update({{"qty.x", "1"}}, ""), is_bad("members of structs"));
  EXPECT_THAT(Update({{"qty", "id + 3000000000"}}, ""), is_bad("3000000001"));
  EXPECT_THAT(Update({{"qty", "name"}}, ""),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("column qty of type integer")));
  EXPECT_EQ((*table_->Load())->version(), Version{0});
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(1));
}

}  // namespace
}  // namespace deltaic
