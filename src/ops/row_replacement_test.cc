#include "ops/row_replacement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/actions_json.h"
#include "protocol/commit_info_json.h"
#include "protocol/log_file_name.h"
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
using testing::OneThread;
using ::testing::Pair;
using testing::ReadChanges;
using testing::ReaderOf;
using testing::ReadRows;
using testing::Sql;
using testing::StatusIs;

const KeyedRows kRows = {
    {1, "a", 10, "x"}, {2, "a", 20, "y"}, {3, "b", 30, "z"}, {4, "b", {}, "n"}};

class RowReplacementTest : public ::testing::Test {
 protected:
  Result<WriteResult> Replace(const std::string& predicate, const KeyedRows& rows) {
    return WriteTable(
        table_, nullptr, ReaderOf(rows),
        {.mode = SaveMode::kOverwrite, .replace_where = Sql(predicate), .files = OneThread()});
  }
  std::shared_ptr<Table> table_;
};

TEST_F(RowReplacementTest, RowsThatMatchGoAndOthersOfTheirFilesStay) {
  for (const auto& kind : testing::TableKinds()) {
    SCOPED_TRACE(kind.name);
    table_ = Table::Of(MakeMemoryStore());
    AppendRows(table_, kRows, kind.properties, kind.partition_by);
    const auto result = Replace("qty >= 20", {{7, "c", 70, "new"}});
    ASSERT_THAT(result, IsOk());
    // A row of which the predicate is null stays.
    EXPECT_THAT(ReadRows(result->snapshot),
                ElementsAre(kRows[0], kRows[3], KeyedRow{7, "c", 70, "new"}));
    EXPECT_EQ(result->num_added_rows, 1);
    if (kind.properties.contains("delta.enableChangeDataFeed")) {
      EXPECT_THAT(ReadChanges(*table_, result->snapshot),
                  ElementsAre(Pair("delete", kRows[1]), Pair("delete", kRows[2]),
                              Pair("insert", KeyedRow{7, "c", 70, "new"})));
    }
    const std::string name = CommitFileName(*result->version);
    const auto info = std::get<CommitInfo>(ParseActions(*table_->log()->Read(name), name)->front());
    EXPECT_EQ(info.operation, "WRITE");
    EXPECT_EQ(CommitMetrics(info)["numDeletedRows"], "2");
  }
}

TEST_F(RowReplacementTest, NothingThatMatchesMakesItAnAppend) {
  table_ = Table::Of(MakeMemoryStore());
  AppendRows(table_, kRows, {{"delta.enableChangeDataFeed", "true"}});
  const auto result = Replace("qty > 500", {{7, "c", 700, "new"}});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_removed_files, 0);
  EXPECT_THAT(ReadChanges(*table_, result->snapshot),
              ElementsAre(Pair("insert", KeyedRow{7, "c", 700, "new"})));
}

TEST_F(RowReplacementTest, NewRowsMustMakeThePredicateTrue) {
  table_ = Table::Of(MakeMemoryStore());
  const SnapshotPtr before = AppendRows(table_, kRows);
  const auto objects = DataObjects(*table_->store());
  for (const KeyedRow& bad : {KeyedRow{7, "c", 10, "less"}, KeyedRow{7, "c", {}, "null"}}) {
    EXPECT_THAT(Replace("qty >= 20", {{6, "c", 60, "good"}, bad}),
                StatusIs(StatusCode::kConstraintViolated, HasSubstr("replace_where")));
  }
  EXPECT_EQ((*table_->Load())->version(), before->version());
  EXPECT_EQ(DataObjects(*table_->store()), objects);
}

TEST_F(RowReplacementTest, RowsThatCameMeanwhileConflict) {
  table_ = Table::Of(MakeMemoryStore());
  const SnapshotPtr read = AppendRows(table_, kRows);
  AppendRows(table_, {{9, "a", 90, "late"}});
  EXPECT_THAT(
      WriteTable(
          table_, read, ReaderOf({{7, "c", 70, "new"}}),
          {.mode = SaveMode::kOverwrite, .replace_where = Sql("qty >= 20"), .files = OneThread()}),
      StatusIs(StatusCode::kConflict));
}

TEST_F(RowReplacementTest, PartitionsArePickedByAnyExpressionOverThem) {
  table_ = Table::Of(MakeMemoryStore());
  AppendRows(table_, kRows, {}, {"part"});
  const auto result = Replace("upper(part) LIKE 'B%'", {{7, "bb", 70, "new"}});
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(ReadRows(result->snapshot),
              ElementsAre(kRows[0], kRows[1], KeyedRow{7, "bb", 70, "new"}));
}

}  // namespace
}  // namespace deltaic
