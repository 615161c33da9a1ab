#include "ops/doctor/examination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ops/delete.h"
#include "ops/optimize/optimize.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"
#include "table/checkpoint.h"

namespace deltaic {
namespace {

using testing::AppendRows;
using ::testing::DoubleNear;
using testing::IsOk;
using testing::OneThread;
using ::testing::Optional;
using ::testing::SizeIs;
using testing::Sql;

class ExaminationTest : public ::testing::Test {
 protected:
  TableHealth Examine(const ExaminationOptions& options = {}) {
    auto health = ExamineTable(table_, *table_->Load(), options);
    EXPECT_THAT(health, IsOk());
    return health.ok() ? *std::move(health) : TableHealth{};
  }
  static const ColumnHealth& Column(const TableHealth& health, std::string_view name) {
    for (const ColumnHealth& column : health.columns) {
      if (column.name == name) return column;
    }
    ADD_FAILURE() << "no column " << name;
    static const ColumnHealth kNone;
    return kNone;
  }
  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(ExaminationTest, CountsFilesRowsAndCommits) {
  AppendRows(table_, {{1, "a", 10, "x"}, {2, "b", 20, "y"}});
  AppendRows(table_, {{3, "c", 30, "z"}});
  const TableHealth health = Examine();
  EXPECT_EQ(health.num_files, 2);
  EXPECT_THAT(health.num_rows, Optional(3));
  EXPECT_EQ(health.num_small_files, 2);
  EXPECT_EQ(health.num_partitions, 1);
  EXPECT_EQ(health.num_files_without_stats, 0);
  EXPECT_EQ(health.log.commits_since_checkpoint, 2);
  ASSERT_THAT(health.log.commits, SizeIs(2));
  EXPECT_EQ(health.log.commits[0].version, Version{0});
  EXPECT_EQ(health.log.commits[1].operation, "WRITE");
  int64_t in_classes = 0;
  for (const SizeClass& size : health.sizes) in_classes += size.num_files;
  EXPECT_EQ(in_classes, 2);
  ASSERT_TRUE(health.compaction.has_value());
  EXPECT_EQ(health.compaction->num_files, 2);
  EXPECT_EQ(health.compaction->num_groups, 1);
}

TEST_F(ExaminationTest, TellsFilesThatLieApartFromThoseThatOverlap) {
  for (int64_t i = 0; i < 10; ++i)
    AppendRows(table_, {{10 * i, "a", 0, {}}, {10 * i + 9, "a", 9, {}}});
  const TableHealth health = Examine();
  EXPECT_THAT(Column(health, "id").share_read, Optional(DoubleNear(0.1, 1e-9)));
  EXPECT_THAT(Column(health, "qty").share_read, Optional(DoubleNear(1, 1e-9)));
  EXPECT_THAT(Column(health, "id").ranges, SizeIs(10));
  EXPECT_EQ(Column(health, "id").share_with_stats, 1);
}

TEST_F(ExaminationTest, FindsDeletedRowsAndWhatIsKept) {
  AppendRows(table_, {{1, "a", 10, "x"}, {2, "b", 20, "y"}},
             {{"delta.enableDeletionVectors", "true"}});
  ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql("id = 1"), .files = OneThread()}),
              IsOk());
  const TableHealth health = Examine();
  EXPECT_EQ(health.num_deleted_rows, 1);
  EXPECT_EQ(health.num_files_with_deleted_rows, 1);
  EXPECT_THAT(health.num_rows, Optional(1));
  EXPECT_TRUE(health.deletion_vectors_enabled);
}

TEST_F(ExaminationTest, ACompactionLeavesFilesForOlderVersions) {
  for (int64_t i = 0; i < 4; ++i) AppendRows(table_, {{i, "a", 0, {}}});
  OptimizeOptions optimize;
  optimize.files = OneThread();
  ASSERT_THAT(OptimizeTable(table_, nullptr, optimize), IsOk());
  const TableHealth health = Examine();
  ASSERT_TRUE(health.reclaimable.has_value());
  EXPECT_EQ(health.reclaimable->num_files, 0);
  EXPECT_EQ(health.reclaimable->num_kept_files, 4);
  EXPECT_GT(health.reclaimable->num_kept_bytes, 0);
  EXPECT_FALSE(Examine({.list_folder = false}).reclaimable.has_value());
}

TEST_F(ExaminationTest, KnowsTheCheckpoint) {
  for (int64_t i = 0; i < 3; ++i) AppendRows(table_, {{i, "a", 0, {}}});
  ASSERT_THAT(WriteCheckpoint(**table_->Load()), IsOk());
  AppendRows(table_, {{3, "a", 0, {}}});
  const TableHealth health = Examine();
  EXPECT_EQ(health.log.checkpoint_version, Version{2});
  EXPECT_EQ(health.log.commits_since_checkpoint, 1);
  EXPECT_EQ(health.log.first_version, Version{0});
}

TEST_F(ExaminationTest, NamesOnlySoManyCommits) {
  for (int64_t i = 0; i < 5; ++i) AppendRows(table_, {{i, "a", 0, {}}});
  EXPECT_THAT(Examine({.num_commits = 2}).log.commits, SizeIs(2));
}

}  // namespace
}  // namespace deltaic
