#include "ops/optimize/auto_compaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ops/alter/alter.h"
#include "ops/auto_optimize.h"
#include "ops/optimize/optimize.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "storage/fault_store.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using testing::AppendRows;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::KeyedRows;
using testing::LiveFiles;
using testing::OneThread;
using testing::ReadRows;
using ::testing::SizeIs;

const StringMap kOn = {{"delta.autoOptimize.autoCompact", "true"}};
constexpr int64_t kMany = 50;

TEST(AutoOptimize, TheNarrowerPropertyCounts) {
  EXPECT_FALSE(CompactsAutomatically({}));
  EXPECT_TRUE(CompactsAutomatically({{"delta.autoOptimize.autoCompact", "auto"}}));
  EXPECT_TRUE(CompactsAutomatically({{"delta.autoOptimize", "true"}}));
  EXPECT_FALSE(CompactsAutomatically(
      {{"delta.autoOptimize", "true"}, {"delta.autoOptimize.autoCompact", "false"}}));
  EXPECT_FALSE(OptimizesWrites({{"delta.autoOptimize.autoCompact", "true"}}));
  EXPECT_TRUE(OptimizesWrites({{"delta.autoOptimize.optimizeWrite", "True"}}));
}

class AutoCompactionTest : public ::testing::Test {
 protected:
  void Append(int64_t count, const StringMap& properties, std::vector<std::string> partition = {},
              const std::string& part = "a") {
    for (int64_t i = 0; i < count; ++i) {
      rows_.push_back({static_cast<int64_t>(rows_.size()), part, 1, "x"});
      AppendRows(table_, {rows_.back()}, properties, partition);
    }
    std::ranges::sort(rows_);
  }
  /// What follows the newest commit.
  SnapshotPtr After(AutoCompactionOptions options = {},
                    const std::shared_ptr<Table>& table = nullptr) {
    options.num_threads = 1;
    const SnapshotPtr newest = *table_->Load();
    return CompactAfterCommit(table ? table : table_, newest, newest->version(), options);
  }
  KeyedRows rows_;
  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(AutoCompactionTest, JoinsFiftyFilesAndNoFewer) {
  Append(kMany - 1, kOn);
  EXPECT_EQ(After()->version(), Version{kMany - 2});
  Append(1, kOn);
  const SnapshotPtr after = After();
  EXPECT_EQ(after->version(), Version{kMany});
  EXPECT_THAT(LiveFiles(after), SizeIs(1));
  EXPECT_EQ(ReadRows(after), rows_);
  const std::string name = CommitFileName(after->version());
  const auto actions = ParseActions(*table_->log()->Read(name), name);
  const auto& info = std::get<CommitInfo>(actions->front());
  EXPECT_EQ(info.operation, "OPTIMIZE");
  EXPECT_THAT(info.json, HasSubstr(R"("auto":"true")"));
}

TEST_F(AutoCompactionTest, TheCallerOutweighsTheTable) {
  Append(kMany, kOn);
  EXPECT_EQ(After({.wanted = false})->version(), Version{kMany - 1});
  table_ = Table::Of(MakeMemoryStore());
  rows_.clear();
  Append(kMany, {});
  EXPECT_EQ(After()->version(), Version{kMany - 1});
  EXPECT_EQ(After({.wanted = true})->version(), Version{kMany});
}

TEST_F(AutoCompactionTest, OnlyPartitionsOfTheCommitAreJoined) {
  Append(kMany, kOn, {"part"}, "a");
  Append(1, kOn, {"part"}, "b");
  EXPECT_EQ(After()->version(), Version{kMany});
  Append(1, kOn, {"part"}, "a");
  const SnapshotPtr after = After();
  EXPECT_THAT(LiveFiles(after), SizeIs(2));
  EXPECT_EQ(ReadRows(after), rows_);
}

TEST_F(AutoCompactionTest, ACommitWithoutNewFilesIsFollowedByNothing) {
  Append(kMany, {});
  ASSERT_THAT(AlterTable(table_, {.change = SetProperties{kOn}}), IsOk());
  EXPECT_EQ(After()->version(), Version{kMany});
  EXPECT_EQ(CompactAfterCommit(table_, *table_->Load(), std::nullopt, {})->version(),
            Version{kMany});
}

TEST_F(AutoCompactionTest, FilesOfAClusteredTableAreJoinedNotSorted) {
  Append(2, {});
  ASSERT_THAT(AlterTable(table_, {.change = ClusterBy{{"id"}}}), IsOk());
  ASSERT_THAT(OptimizeTable(table_, nullptr, {.files = OneThread()}), IsOk());
  Append(kMany, {});
  const SnapshotPtr after = After({.wanted = true});
  const std::vector<Add> files = LiveFiles(after);
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_NE(files[0].clustering_provider.has_value(), files[1].clustering_provider.has_value());
  EXPECT_EQ(ReadRows(after), rows_);
}

TEST_F(AutoCompactionTest, AFailureIsLoggedAndTheCommitStands) {
  Append(kMany, kOn);
  const auto faulty =
      Table::Of(MakeFaultStore(table_->store(), [](StoreCall call, std::string_view) -> Fault {
        if (call != StoreCall::kPutIfAbsent) return {};
        return {.kind = Fault::Kind::kFailBefore, .status = Status::Io("injected")};
      }));
  EXPECT_EQ(After({}, faulty)->version(), Version{kMany - 1});
  EXPECT_EQ(ReadRows(*table_->Load()), rows_);
  EXPECT_THAT(testing::DataObjects(*table_->store()), SizeIs(kMany));
}

}  // namespace
}  // namespace deltaic
