#include "ingest/upsert/upsert_writer.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ingest/commit/positions.h"
#include "ops/alter/alter.h"
#include "ops/optimize/optimize.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"

namespace deltaic::ingest {
namespace {

using testing::AppendRows;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::KeyedRow;
using testing::KeyedRows;
using testing::OneThread;
using testing::ReaderOf;
using testing::ReadRows;
using testing::StatusIs;

std::shared_ptr<arrow::RecordBatch> Puts(const KeyedRows& rows) {
  const auto batch = *ReaderOf(rows)->Next();
  arrow::Int8Builder put;
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_TRUE(put.Append(1).ok());
  return *batch->AddColumn(batch->num_columns(), std::string(kPutColumn), *put.Finish());
}

/// A table of two small files, and a writer that knows it as it is now.
class UpsertWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    AppendRows(table_, {{1, "a", 1, "one"}}, {{"delta.enableDeletionVectors", "true"}});
    const SnapshotPtr snapshot = AppendRows(table_, {{2, "a", 2, "two"}});
    writer_ = std::make_unique<UpsertWriter>(
        table_, snapshot, TableWriterOptions{.files = OneThread(), .query_id = "app"},
        ChangeOptions{.mode = ChangeMode::kUpsert, .key_columns = {"id"}});
  }

  void Compact() {
    OptimizeOptions options;
    options.files = OneThread();
    const auto done = OptimizeTable(table_, nullptr, options);
    ASSERT_THAT(done, IsOk());
    ASSERT_TRUE(done->version.has_value());
  }

  Result<WriterCommit> Upsert(int64_t offset, const KeyedRows& rows) {
    EXPECT_THAT(writer_->Write(Puts(rows), {}), IsOk());
    return writer_->Commit(MakePositions({{0, offset}}, "app", 1));
  }

  const std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
  std::unique_ptr<UpsertWriter> writer_;
};

TEST_F(UpsertWriterTest, RowsThatMeetACompactionAreMergedIntoWhatItLeft) {
  Compact();
  const auto committed = Upsert(7, {{2, "b", 20, "deux"}, {3, "c", 3, "three"}});
  ASSERT_THAT(committed, IsOk());
  EXPECT_EQ(committed->num_retries, 1);
  EXPECT_EQ(ReadRows(writer_->snapshot()),
            (KeyedRows{{1, "a", 1, "one"}, {2, "b", 20, "deux"}, {3, "c", 3, "three"}}));
  const auto positions = LoadPositions(*writer_->snapshot(), "app");
  ASSERT_THAT(positions, IsOk());
  EXPECT_EQ(positions->at(0), 7);
}

TEST_F(UpsertWriterTest, ACompactionThatIsExpectedCostsNoSecondMerge) {
  Compact();
  writer_->ExpectNewVersion();
  const auto committed = Upsert(7, {{2, "b", 20, "deux"}});
  ASSERT_THAT(committed, IsOk());
  EXPECT_EQ(committed->num_retries, 0);
  EXPECT_EQ(ReadRows(writer_->snapshot()), (KeyedRows{{1, "a", 1, "one"}, {2, "b", 20, "deux"}}));
}

TEST_F(UpsertWriterTest, APositionThatAnotherMovedIsAConflictWhateverElseHappened) {
  for (const bool expects : {false, true}) {
    UpsertWriter other(table_, *table_->Load(), TableWriterOptions{.files = OneThread()},
                       ChangeOptions{.mode = ChangeMode::kUpsert, .key_columns = {"id"}});
    ASSERT_THAT(other.Write(Puts({{9, "z", 9, "nine"}}), {}), IsOk());
    ASSERT_THAT(other.Commit(MakePositions({{0, expects ? 6 : 5}}, "app", 1)), IsOk());
    Compact();
    if (expects) writer_->ExpectNewVersion();
    EXPECT_THAT(Upsert(7, {{2, "b", 20, "deux"}}),
                StatusIs(StatusCode::kConflict, HasSubstr("app-0")));
    ASSERT_THAT(writer_->Reload(), IsOk());
    AppendRows(table_, {{expects ? 11 : 10, "y", 1, "more"}});  // for the next compaction
  }
}

TEST_F(UpsertWriterTest, ATableThatAnotherChangedIsAConflict) {
  Compact();
  ASSERT_THAT(
      AlterTable(table_, {.change = SetProperties{.properties = {{"delta.appendOnly", "false"}}}}),
      IsOk());
  EXPECT_THAT(Upsert(7, {{2, "b", 20, "deux"}}), StatusIs(StatusCode::kConflict));
  writer_->ExpectNewVersion();
  EXPECT_THAT(Upsert(7, {{2, "b", 20, "deux"}}),
              StatusIs(StatusCode::kConflict, HasSubstr("changed")));
}

TEST_F(UpsertWriterTest, ARowThatBreaksARuleCostsItselfAlone) {
  ASSERT_THAT(AlterTable(table_, {.change = AddConstraint{.name = "small", .sql = "qty < 100"}}),
              IsOk());
  ASSERT_THAT(writer_->Reload(), IsOk());
  ASSERT_TRUE(writer_->checks_rows());
  std::vector<int64_t> bad;
  const auto tell = [&](int64_t row, const Status& why) {
    EXPECT_THAT(why, StatusIs(StatusCode::kConstraintViolated, HasSubstr("small")));
    bad.push_back(row);
    return Status();
  };
  const KeyedRows rows{{1, "a", 500, "bad"},
                       {2, "b", 20, "deux"},
                       {3, "c", 3, "three"},
                       {3, "c", 700, "bad"},
                       {4, "d", 900, "bad"}};
  ASSERT_THAT(writer_->Write(Puts(rows), tell), IsOk());
  EXPECT_THAT(bad, ::testing::ElementsAre(0, 3, 4));
  ASSERT_THAT(writer_->Commit(MakePositions({{0, 7}}, "app", 1)), IsOk());
  EXPECT_EQ(ReadRows(writer_->snapshot()),
            (KeyedRows{{1, "a", 1, "one"}, {2, "b", 20, "deux"}, {3, "c", 3, "three"}}));
}

TEST_F(UpsertWriterTest, DeletionsAreNotTriedByTheRules) {
  ASSERT_THAT(AlterTable(table_, {.change = AddConstraint{.name = "small", .sql = "qty < 100"}}),
              IsOk());
  ASSERT_THAT(writer_->Reload(), IsOk());
  const auto rows = Puts({{1, "a", 500, "gone"}, {2, "b", 20, "deux"}});
  arrow::Int8Builder put;
  ASSERT_TRUE(put.AppendValues({0, 1}).ok());
  const auto changes =
      *rows->SetColumn(rows->num_columns() - 1, rows->schema()->fields().back(), *put.Finish());
  const auto tell = [](int64_t, const Status& why) { return why; };
  ASSERT_THAT(writer_->Write(changes, tell), IsOk());
  ASSERT_THAT(writer_->Commit(MakePositions({{0, 7}}, "app", 1)), IsOk());
  EXPECT_EQ(ReadRows(writer_->snapshot()), (KeyedRows{{2, "b", 20, "deux"}}));
}

}  // namespace
}  // namespace deltaic::ingest
