#include "ops/vacuum/vacuum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <set>

#include "base/percent_encoding.h"
#include "ops/delete.h"
#include "ops/optimize/optimize.h"
#include "ops/update.h"
#include "ops/vacuum/hidden_path.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "storage/clock.h"
#include "storage/fault_store.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"
#include "table/checkpoint.h"

namespace deltaic {
namespace {

using testing::AppendRows;
using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::Eq;
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

const StringMap kVectors = {{"delta.enableDeletionVectors", "true"}};
constexpr int64_t kHourMs = 3600 * 1000;

TEST(HiddenPath, NamesThatBeginWithUnderscoreOrDot) {
  const std::vector<std::string> partitions = {"_day", "part"};
  EXPECT_TRUE(IsHiddenPath("_delta_log/00000000000000000000.json", partitions));
  EXPECT_TRUE(IsHiddenPath("_SUCCESS", partitions));
  EXPECT_TRUE(IsHiddenPath("a/.hidden/x.parquet", partitions));
  EXPECT_TRUE(IsHiddenPath("_daylight=1/x.parquet", partitions));
  EXPECT_FALSE(IsHiddenPath("_change_data/cdc-1.parquet", partitions));
  EXPECT_TRUE(IsHiddenPath("metadata/v1.metadata.json", partitions));
  EXPECT_TRUE(IsHiddenPath("metadata/snap-1.avro", partitions));
  EXPECT_FALSE(IsHiddenPath("metadata/x.parquet", partitions));
  EXPECT_FALSE(IsHiddenPath("a/metadata/x.avro", partitions));
  EXPECT_FALSE(IsHiddenPath("_delta_index/x", partitions));
  EXPECT_FALSE(IsHiddenPath("_day=2024/x.parquet", partitions));
  EXPECT_FALSE(IsHiddenPath("part=a/x_1.parquet", partitions));
}

class VacuumTest : public ::testing::Test {
 protected:
  /// All that is not needed now.
  Result<VacuumResult> VacuumAll(VacuumOptions options = {}) {
    options.retention_ms = 0;
    options.enforce_retention = false;
    options.dry_run = false;
    WaitAMoment();
    return VacuumTable(table_, nullptr, options);
  }
  /// Until times of files are past.
  static void WaitAMoment() {
    const int64_t now = NowMs();
    while (NowMs() < now + 3) {
    }
  }
  void Delete(const std::string& predicate) {
    ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql(predicate), .files = OneThread()}),
                IsOk());
  }
  CommitInfo InfoOf(Version version) {
    const std::string name = CommitFileName(version);
    return std::get<CommitInfo>(ParseActions(*table_->log()->Read(name), name)->front());
  }
  int64_t last_vacuum_ = 0;  ///< older versions may have lost files
  const KeyedRows rows_ = {{1, "a", 1, "x"}, {2, "a", 2, "y"}, {3, "b", 3, "z"}};
  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(VacuumTest, DeletesWhatNoVersionNeeds) {
  AppendRows(table_, rows_);
  const std::string old = LiveFiles(*table_->Load()).at(0).path;
  Delete("id = 2");
  ASSERT_THAT(table_->store()->Put("stray.parquet", "x"), IsOk());
  const auto result = VacuumAll();
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->paths, ::testing::UnorderedElementsAre(PercentDecode(old), "stray.parquet"));
  EXPECT_EQ(result->num_deleted, 2);
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(1));
  EXPECT_THAT(ReadRows(*table_->Load()), ElementsAre(rows_[0], rows_[2]));
  EXPECT_EQ(result->version, Version{3});
  EXPECT_EQ(InfoOf(Version{2}).operation, "VACUUM START");
  EXPECT_THAT(InfoOf(Version{2}).json, HasSubstr(R"("specifiedRetentionMillis":"0")"));
  EXPECT_THAT(InfoOf(Version{2}).json, HasSubstr(R"("retentionCheckEnabled":"false")"));
  EXPECT_THAT(InfoOf(Version{2}).json, HasSubstr(R"("numFilesToDelete":"2")"));
  EXPECT_EQ(InfoOf(Version{3}).operation, "VACUUM END");
  EXPECT_THAT(InfoOf(Version{3}).json, HasSubstr(R"("status":"COMPLETED")"));
}

TEST_F(VacuumTest, ADryRunDeletesAndCommitsNothing) {
  AppendRows(table_, rows_);
  Delete("id = 2");
  const auto objects = DataObjects(*table_->store());
  WaitAMoment();
  const auto result = VacuumTable(table_, nullptr, {.retention_ms = 0, .enforce_retention = false});
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->paths, SizeIs(1));
  EXPECT_EQ(result->num_deleted, 0);
  EXPECT_EQ(DataObjects(*table_->store()), objects);
  EXPECT_EQ((*table_->Load())->version(), Version{1});
}

TEST_F(VacuumTest, WithinTheRetentionEverythingStays) {
  AppendRows(table_, rows_);
  Delete("id = 2");
  ASSERT_THAT(table_->store()->Put("stray.parquet", "x"), IsOk());
  const auto result = VacuumTable(table_, nullptr, {.dry_run = false});
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->paths, IsEmpty());
  EXPECT_EQ(result->version, std::nullopt);
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(3));
}

TEST_F(VacuumTest, RefusesAShortRetention) {
  AppendRows(table_, rows_, {{"delta.deletedFileRetentionDuration", "interval 2 hours"}});
  EXPECT_THAT(VacuumTable(table_, nullptr, {.retention_ms = kHourMs}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("2 hours")));
  EXPECT_THAT(VacuumTable(table_, nullptr, {.retention_ms = -1, .enforce_retention = false}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("negative")));
  EXPECT_THAT(VacuumTable(table_, nullptr, {.retention_ms = 2 * kHourMs}), IsOk());
}

TEST_F(VacuumTest, KeepsVectorsInUseAndDeletesOthers) {
  AppendRows(table_, rows_, kVectors);
  Delete("id = 1");
  Delete("id = 2");
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(3));
  const auto result = VacuumAll();
  ASSERT_THAT(result, IsOk());
  ASSERT_THAT(result->paths, SizeIs(1));
  EXPECT_THAT(result->paths[0], HasSubstr("deletion_vector_"));
  EXPECT_THAT(ReadRows(*table_->Load()), ElementsAre(rows_[2]));
}

TEST_F(VacuumTest, DeletesOldChangeData) {
  AppendRows(table_, rows_, {{"delta.enableChangeDataFeed", "true"}});
  ASSERT_THAT(
      UpdateRows(
          table_, nullptr,
          {.assignments = {{{"qty"}, Sql("9")}}, .predicate = Sql("id = 1"), .files = OneThread()}),
      IsOk());
  const auto result = VacuumAll();
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->paths, SizeIs(2));  // the file as it was, and the change data
  std::set<std::string> live;
  for (const Add& add : LiveFiles(*table_->Load())) live.insert(add.path);
  EXPECT_THAT(DataObjects(*table_->store()), Eq(live));
  EXPECT_THAT(live, Not(IsEmpty()));
}

TEST_F(VacuumTest, LeavesHiddenNamesAlone) {
  AppendRows(table_, rows_);
  for (const char* path : {"_marker", "_temporary/0/x.parquet", ".part.crc"}) {
    ASSERT_THAT(table_->store()->Put(path, "x"), IsOk());
  }
  const auto result = VacuumAll();
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->paths, IsEmpty());
}

TEST_F(VacuumTest, KeepsTheFilesOfNamedVersions) {
  AppendRows(table_, rows_);
  Delete("id = 1");
  Delete("id = 2");
  const auto result = VacuumAll({.keep_versions = {Version{1}}});
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->paths, SizeIs(1));
  EXPECT_THAT(ReadRows(*table_->Load(Version{1})), ElementsAre(rows_[1], rows_[2]));
}

TEST_F(VacuumTest, ALiteOneAsksTheLogAlone) {
  AppendRows(table_, rows_, kVectors);
  Delete("id = 1");
  Delete("id = 2");
  ASSERT_THAT(table_->store()->Put("stray.parquet", "x"), IsOk());
  const auto result = VacuumAll({.full = false});
  ASSERT_THAT(result, IsOk());
  ASSERT_THAT(result->paths, SizeIs(1));
  EXPECT_THAT(result->paths[0], HasSubstr("deletion_vector_"));
  EXPECT_THAT(*table_->log()->Read("_last_vacuum_info"),
              R"({"latestCommitVersionOutsideOfRetentionWindow":2})");
  // The next one goes on from there.
  Delete("id = 3");
  const auto next = VacuumAll({.full = false});
  ASSERT_THAT(next, IsOk());
  EXPECT_TRUE(next->is_complete);
  EXPECT_THAT(next->paths, SizeIs(2));
  EXPECT_EQ(DataObjects(*table_->store()), std::set<std::string>{"stray.parquet"});
}

TEST_F(VacuumTest, ALiteOneSaysWhatItCannotKnow) {
  AppendRows(table_, rows_);
  Delete("id = 1");
  Delete("id = 2");
  ASSERT_THAT(WriteCheckpoint(**table_->Load()), IsOk());
  ASSERT_THAT(table_->log()->Delete(CommitFileName(Version{0})), IsOk());
  ASSERT_THAT(table_->log()->Delete(CommitFileName(Version{1})), IsOk());
  const auto result = VacuumAll({.full = false});
  ASSERT_THAT(result, IsOk());
  EXPECT_FALSE(result->is_complete);
  EXPECT_THAT(table_->log()->Read("_last_vacuum_info"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(VacuumAll()->paths, SizeIs(1));
}

TEST_F(VacuumTest, AFileThatCameBackMeanwhileStays) {
  AppendRows(table_, rows_);
  const Add old = LiveFiles(*table_->Load()).at(0);
  Delete("id = 1");
  WaitAMoment();
  auto armed = std::make_shared<std::atomic<bool>>(true);
  const auto raced = Table::Of(
      MakeFaultStore(table_->store(), [&, armed](StoreCall call, std::string_view path) -> Fault {
        if (call == StoreCall::kList && path.empty() && armed->exchange(false)) {
          Transaction back = *Transaction::Start(table_, *table_->Load());
          EXPECT_THAT(back.Stage(old), IsOk());
          EXPECT_THAT(std::move(back).Commit({}), IsOk());
        }
        return {};
      }));
  const auto result = VacuumTable(
      raced, nullptr, {.retention_ms = 0, .enforce_retention = false, .dry_run = false});
  ASSERT_THAT(result, IsOk());
  EXPECT_FALSE(armed->load());
  EXPECT_THAT(result->paths, IsEmpty());
  EXPECT_THAT(ReadRows(*table_->Load()), SizeIs(5));
}

TEST_F(VacuumTest, AFailedDeleteIsToldInTheLog) {
  AppendRows(table_, rows_);
  Delete("id = 1");
  WaitAMoment();
  const auto faulty =
      Table::Of(MakeFaultStore(table_->store(), [](StoreCall call, std::string_view) -> Fault {
        if (call != StoreCall::kDelete) return {};
        return {.kind = Fault::Kind::kFailBefore, .status = Status::Io("injected")};
      }));
  EXPECT_THAT(VacuumTable(faulty, nullptr,
                          {.retention_ms = 0, .enforce_retention = false, .dry_run = false}),
              StatusIs(StatusCode::kIo));
  EXPECT_EQ(InfoOf(Version{3}).operation, "VACUUM END");
  EXPECT_THAT(InfoOf(Version{3}).json, HasSubstr(R"("status":"FAILED")"));
}

/// Random writes, deletes, compactions and vacuums of all kinds: no live version loses a row, and
/// versions that are to be kept stay readable.
TEST_F(VacuumTest, NothingThatIsNeededGoes) {
  std::minstd_rand random(7);
  int64_t next = 0;
  for (int step = 0; step < 60; ++step) {
    SCOPED_TRACE(step);
    const SnapshotPtr before = step == 0 ? nullptr : *table_->Load();
    const KeyedRows expected = before == nullptr ? KeyedRows() : ReadRows(before);
    switch (step < 3 ? 0 : random() % 6) {
      case 0:
      case 1: {
        KeyedRows rows;
        for (int i = 0; i < 4; ++i, ++next) {
          rows.push_back({next, next % 2 == 0 ? "a b" : "c/%", static_cast<int32_t>(next), "n"});
        }
        StringMap properties = kVectors;
        properties["delta.enableChangeDataFeed"] = "true";
        properties["delta.checkpointInterval"] = "5";
        AppendRows(table_, rows, properties, {"part"});
        break;
      }
      case 2:
        Delete(Concat("id % 7 = ", step % 7));
        break;
      case 3: {
        const auto optimized = OptimizeTable(table_, nullptr, {.files = OneThread()});
        ASSERT_THAT(optimized, IsOk());
        ASSERT_EQ(ReadRows(*table_->Load()), expected);
        break;
      }
      default: {
        const Version kept{
            static_cast<int64_t>(random() % static_cast<unsigned>(before->version().value + 1))};
        const bool can_keep = step % 2 == 0 && last_vacuum_ <= kept.value;
        VacuumOptions options{.full = random() % 2 == 0};
        if (can_keep) options.keep_versions = {kept};
        const auto expected_kept = can_keep ? ReadRows(*table_->Load(kept)) : KeyedRows();
        ASSERT_THAT(VacuumAll(options), IsOk());
        last_vacuum_ = before->version().value;
        ASSERT_EQ(ReadRows(*table_->Load()), expected);
        if (can_keep) {
          ASSERT_EQ(ReadRows(*table_->Load(kept)), expected_kept);
        }
        if (options.full && !can_keep) {
          std::set<std::string> needed;
          for (const Add& add : LiveFiles(*table_->Load())) needed.insert(PercentDecode(add.path));
          for (const std::string& path : DataObjects(*table_->store())) {
            EXPECT_TRUE(needed.contains(path) || path.find("deletion_vector_") != path.npos)
                << path << " stays for nothing";
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace deltaic
