#include "ops/delete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using testing::AppendRows;
using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::KeyedRow;
using testing::KeyedRows;
using testing::LiveFiles;
using ::testing::Not;
using testing::OneThread;
using testing::ReadRows;
using ::testing::SizeIs;
using testing::Sql;
using testing::StatusIs;

const KeyedRows kRows = {
    {1, "a", 10, "x"}, {2, "a", 20, "y"}, {3, "b", 30, "z"}, {{}, "b", {}, {}}};
const StringMap kVectors = {{"delta.enableDeletionVectors", "true"}};

class DeleteTest : public ::testing::Test {
 protected:
  Result<RowChangeResult> Delete(const std::string& predicate) {
    return DeleteRows(
        table_, nullptr,
        {.predicate = predicate.empty() ? nullptr : Sql(predicate), .files = OneThread()});
  }
  CommitInfo NewestInfo() {
    const std::string name = CommitFileName((*table_->Load())->version());
    return std::get<CommitInfo>(ParseActions(*table_->log()->Read(name), name)->front());
  }
  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(DeleteTest, RewritesTheFileWithoutMatchingRows) {
  AppendRows(table_, kRows);
  const auto result = Delete("qty >= 20");
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->version, Version{1});
  EXPECT_EQ(result->changed.num_taken_rows, 2);
  EXPECT_EQ(result->changed.num_copied_rows, 2);
  EXPECT_EQ(result->changed.num_added_files, 1);
  EXPECT_EQ(result->changed.num_removed_files, 1);
  EXPECT_THAT(ReadRows(result->snapshot), ElementsAre(kRows[3], kRows[0]));
  const CommitInfo info = NewestInfo();
  EXPECT_EQ(info.operation, "DELETE");
  EXPECT_EQ(info.is_blind_append, false);
  EXPECT_THAT(info.json,
              AllOf(HasSubstr(R"("operationParameters":{"predicate":"[\"qty >= 20\"]"})"),
                    HasSubstr(R"("numDeletedRows":"2")"), HasSubstr(R"("numCopiedRows":"2")")));
}

TEST_F(DeleteTest, RowsOfWhichThePredicateIsNullStay) {
  AppendRows(table_, kRows);
  ASSERT_THAT(Delete("NOT (qty > 100)"), IsOk());
  EXPECT_THAT(ReadRows(*table_->Load()), ElementsAre(kRows[3]));
}

TEST_F(DeleteTest, MarksRowsWhereTheTableWritesVectors) {
  AppendRows(table_, kRows, kVectors);
  const Add before = LiveFiles(*table_->Load()).at(0);
  const auto result = Delete("id = 2");
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->changed.num_vectors_added, 1);
  EXPECT_EQ(result->changed.num_copied_rows, 0);
  EXPECT_EQ(result->changed.num_removed_files, 0);
  const Add after = LiveFiles(result->snapshot).at(0);
  EXPECT_EQ(after.path, before.path);
  ASSERT_TRUE(after.deletion_vector.has_value());
  EXPECT_EQ(after.deletion_vector->cardinality, 1);
  EXPECT_THAT(after.stats.value_or(""),
              AllOf(HasSubstr(R"("numRecords":4)"), HasSubstr(R"("tightBounds":false)"),
                    HasSubstr(R"("minValues":{"id":1)")));
  EXPECT_THAT(ReadRows(result->snapshot), ElementsAre(kRows[3], kRows[0], kRows[2]));
}

TEST_F(DeleteTest, VectorsOfOneFileAreMergedAndNeverShrink) {
  AppendRows(table_, kRows, kVectors);
  ASSERT_THAT(Delete("id = 2"), IsOk());
  const auto second = Delete("id IN (2, 3)");
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->changed.num_taken_rows, 1);
  EXPECT_EQ(second->changed.num_vectors_added, 1);
  EXPECT_EQ(second->changed.num_vectors_removed, 1);
  EXPECT_EQ(second->changed.num_vectors_updated, 1);
  EXPECT_EQ(LiveFiles(second->snapshot).at(0).deletion_vector->cardinality, 2);
  EXPECT_THAT(ReadRows(second->snapshot), ElementsAre(kRows[3], kRows[0]));
}

TEST_F(DeleteTest, TheLastRowTakesTheFileWithIt) {
  AppendRows(table_, kRows, kVectors);
  ASSERT_THAT(Delete("id IS NOT NULL"), IsOk());
  const auto last = Delete("id IS NULL");
  ASSERT_THAT(last, IsOk());
  EXPECT_EQ(last->changed.num_removed_files, 1);
  EXPECT_EQ(last->changed.num_vectors_removed, 1);
  EXPECT_EQ(last->changed.num_vectors_added, 0);
  EXPECT_THAT(LiveFiles(last->snapshot), IsEmpty());
}

TEST_F(DeleteTest, ManyFilesShareOneVectorFile) {
  for (int64_t i = 0; i < 5; ++i) AppendRows(table_, {{i, "a", 1, {}}, {i, "b", 2, {}}}, kVectors);
  const size_t before = DataObjects(*table_->store()).size();
  const auto result = Delete("qty = 2");
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->changed.num_vectors_added, 5);
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(before + 1));
  EXPECT_THAT(ReadRows(result->snapshot), SizeIs(5));
}

TEST_F(DeleteTest, WrongStatisticsNeverTakeRowsThatDoNotMatch) {
  AppendRows(table_, kRows, kVectors);
  // As if the file had two rows.
  const SnapshotPtr base = *table_->Load();
  Transaction transaction = *Transaction::Start(table_, base);
  Add add = LiveFiles(base).at(0);
  add.stats = R"({"numRecords":2})";
  ASSERT_THAT(transaction.Stage(add), IsOk());
  ASSERT_THAT(std::move(transaction).Commit({}), IsOk());
  ASSERT_THAT(Delete("id <= 2"), IsOk());
  EXPECT_THAT(ReadRows(*table_->Load()), ElementsAre(kRows[3], kRows[2]));
}

TEST_F(DeleteTest, AllRowsGoWithoutReadingAny) {
  AppendRows(table_, kRows);
  AppendRows(table_, kRows);
  for (const std::string& path : DataObjects(*table_->store()))
    ASSERT_THAT(table_->store()->Delete(path), IsOk());
  const auto result = Delete("");
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->changed.num_taken_rows, 8);
  EXPECT_EQ(result->changed.num_removed_files, 2);
  EXPECT_THAT(LiveFiles(result->snapshot), IsEmpty());
  EXPECT_THAT(NewestInfo().json, HasSubstr(R"("predicate":"[]")"));
}

TEST_F(DeleteTest, PartitionsGoAsWholeFiles) {
  KeyedRows rows = kRows;
  rows.push_back({5, std::nullopt, 50, "n"});
  AppendRows(table_, rows, kVectors, {"part"});
  const auto result = Delete("upper(part) = 'A'");
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->changed.num_removed_files, 1);
  EXPECT_EQ(result->changed.num_vectors_added, 0);
  EXPECT_EQ(result->changed.num_taken_rows, 2);
  EXPECT_THAT(ReadRows(result->snapshot), SizeIs(3));
}

TEST_F(DeleteTest, NothingIsCommittedWhereNothingMatches) {
  AppendRows(table_, kRows, {}, {"part"});
  for (const char* predicate : {"id = 99", "part = 'c'", "id = 2 AND qty = 10"}) {
    const auto result = Delete(predicate);
    ASSERT_THAT(result, IsOk());
    EXPECT_FALSE(result->version.has_value()) << predicate;
    EXPECT_EQ(result->changed.num_taken_rows, 0);
    EXPECT_EQ((*table_->Load())->version(), Version{0});
  }
}

TEST_F(DeleteTest, ChangeDataIsWrittenOnlyWhereFilesAreRewritten) {
  for (const bool vectors : {false, true}) {
    table_ = Table::Of(MakeMemoryStore());
    StringMap properties = {{"delta.enableChangeDataFeed", "true"}};
    if (vectors) properties.insert(kVectors.begin(), kVectors.end());
    AppendRows(table_, kRows, properties);
    const auto result = Delete("id = 2");
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->changed.num_change_files, vectors ? 0 : 1);
    EXPECT_THAT(testing::ReadChanges(*table_, result->snapshot),
                ElementsAre(std::pair<std::string, KeyedRow>("delete", kRows[1])));
  }
}

TEST_F(DeleteTest, BadInputChangesNothing) {
  AppendRows(table_, kRows, {{"delta.appendOnly", "true"}});
  EXPECT_THAT(Delete("id = 1"), StatusIs(StatusCode::kInvalidArgument, HasSubstr("append-only")));
  EXPECT_THAT(Delete(""), StatusIs(StatusCode::kInvalidArgument, HasSubstr("append-only")));
  EXPECT_THAT(Delete("nope = 1"), StatusIs(StatusCode::kInvalidArgument, HasSubstr("nope")));
  EXPECT_THAT(Delete("name"), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Delete("qty / 0 = 1"), Not(IsOk()));
  EXPECT_EQ((*table_->Load())->version(), Version{0});
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(1));
}

TEST_F(DeleteTest, RowsAddedMeanwhileThatMatchConflict) {
  const SnapshotPtr base = AppendRows(table_, kRows);
  AppendRows(table_, {{9, "a", 20, "new"}});
  const auto result =
      DeleteRows(table_, base, {.predicate = Sql("qty = 20"), .files = OneThread()});
  EXPECT_THAT(result, StatusIs(StatusCode::kConflict));
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(2));
}

}  // namespace
}  // namespace deltaic
