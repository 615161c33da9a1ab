#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "ops/delete.h"
#include "ops/merge/merge.h"
#include "ops/update.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::AppendRows;
using testing::IsOk;
using testing::KeyedRows;
using testing::OneThread;
using testing::ReaderOf;
using testing::Sql;

/// Of each row by its key: its id, and the version that made it what it is.
using Tracked = std::map<int64_t, std::pair<int64_t, int64_t>>;

Tracked Read(const SnapshotPtr& snapshot) {
  Tracked out;
  ScanOptions options{.num_threads = 1};
  options.columns = {{"id"}};
  options.metadata_columns = {MetadataColumn::kRowId, MetadataColumn::kRowCommitVersion};
  auto scan = Scan::Make(snapshot, options);
  EXPECT_THAT(scan, IsOk());
  while (scan.ok()) {
    const auto batch = (*scan)->Next();
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok() || *batch == nullptr) break;
    const auto value = [&](int column, int64_t row) {
      return static_cast<const arrow::Int64Array&>(*(*batch)->column(column)).Value(row);
    };
    for (int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      EXPECT_TRUE(out.emplace(value(0, row), std::pair(value(1, row), value(2, row))).second);
    }
  }
  return out;
}

class RowTrackingTest : public ::testing::TestWithParam<bool> {
 protected:
  SnapshotPtr Start() {
    StringMap properties = {{"delta.enableRowTracking", "true"}};
    if (GetParam()) properties["delta.enableDeletionVectors"] = "true";
    AppendRows(table_, {{1, "a", 10, "x"}, {2, "a", 20, "y"}, {3, "b", 30, "z"}}, properties);
    return AppendRows(table_, {{4, "b", 40, "x"}, {5, "c", 50, "y"}});
  }
  const std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_P(RowTrackingTest, RowsKeepTheirIdsWhateverHappensToTheirFiles) {
  const Tracked before = Read(Start());
  ASSERT_EQ(before, (Tracked{{1, {0, 0}}, {2, {1, 0}}, {3, {2, 0}}, {4, {3, 1}}, {5, {4, 1}}}));

  const auto updated = UpdateRows(table_, nullptr,
                                  {.assignments = {{{"qty"}, Sql("qty + 1")}},
                                   .predicate = Sql("id = 2"),
                                   .files = OneThread()});
  ASSERT_THAT(updated, IsOk());
  Tracked expected = before;
  expected[2].second = 2;
  EXPECT_EQ(Read(updated->snapshot), expected);

  const auto deleted =
      DeleteRows(table_, nullptr, {.predicate = Sql("id IN (1, 4)"), .files = OneThread()});
  ASSERT_THAT(deleted, IsOk());
  expected.erase(1);
  expected.erase(4);
  EXPECT_EQ(Read(deleted->snapshot), expected);

  const auto merged = MergeRows(
      table_, nullptr, *ReaderOf({{3, "m", 1, "m"}, {9, "m", 2, "m"}}),
      {.on = Sql("t.id = s.id"),
       .target_alias = "t",
       .source_alias = "s",
       .clauses =
           {{.when = MergeWhen::kMatched, .action = MergeAction::kUpdate, .all_columns = true},
            {.when = MergeWhen::kNotMatched, .action = MergeAction::kInsert, .all_columns = true}},
       .files = OneThread()});
  ASSERT_THAT(merged, IsOk());
  Tracked now = Read(merged->change.snapshot);
  expected[3].second = 4;
  ASSERT_TRUE(now.contains(9));
  // A new row has an id that none ever had.
  EXPECT_GT(now[9].first, 4);
  EXPECT_EQ(now[9].second, 4);
  now.erase(9);
  EXPECT_EQ(now, expected);

  const auto replaced = WriteTable(
      table_, nullptr, ReaderOf({{2, "r", 7, "r"}}),
      {.mode = SaveMode::kOverwrite, .replace_where = Sql("id = 2"), .files = OneThread()});
  ASSERT_THAT(replaced, IsOk());
  now = Read(replaced->snapshot);
  EXPECT_GT(now[2].first, expected[2].first);
  EXPECT_EQ(now[3], expected[3]);
  EXPECT_EQ(now[5], expected[5]);
}

INSTANTIATE_TEST_SUITE_P(Tables, RowTrackingTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Vectors" : "Rewritten"; });

}  // namespace
}  // namespace deltaic
