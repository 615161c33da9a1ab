// Checkpoints with sidecars, and version checksums: what a commit leaves in the log beside itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "ops/delete.h"
#include "ops/update.h"
#include "protocol/last_checkpoint.h"
#include "protocol/log_file_name.h"
#include "protocol/version_checksum.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"
#include "table/checkpoint.h"
#include "table/log_cleanup.h"
#include "table/snapshot_impl.h"

namespace deltaic {
namespace {

using testing::AppendRows;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::KeyedRows;
using testing::LiveFiles;
using testing::OneThread;
using testing::ReadRows;
using ::testing::SizeIs;
using testing::Sql;
using testing::StatusIs;

const KeyedRows kRows = {{1, "a", 10, "x"}, {2, "b", 20, "y"}, {3, "c", 30, "z"}};

class LogFilesTest : public ::testing::Test {
 protected:
  SnapshotPtr Load() { return *table_->Load(); }
  void Commits(int64_t count) {
    for (int64_t i = 0; i < count; ++i) AppendRows(table_, {{100 + i, "a", 1, {}}});
  }
  void Delete(const std::string& predicate) {
    ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql(predicate), .files = OneThread()}),
                IsOk());
  }
  std::vector<std::string> Sidecars() {
    std::vector<std::string> names;
    const auto listed = table_->store()->ListFrom("_delta_log/_sidecars", "");
    EXPECT_THAT(listed, IsOk());
    if (!listed.ok()) return names;
    for (const ObjectMeta& file : *listed) names.push_back(file.path);
    return names;
  }
  /// The kinds of the checkpoints in the log, sorted by name.
  std::vector<LogFileKind> Checkpoints() {
    std::vector<LogFileKind> kinds;
    const auto listed = table_->log()->ListFrom("");
    EXPECT_THAT(listed, IsOk());
    if (!listed.ok()) return kinds;
    for (const ObjectMeta& file : *listed) {
      const auto name = ParseLogFileName(file.path);
      if (name && name->is_checkpoint()) kinds.push_back(name->kind);
    }
    return kinds;
  }
  LastCheckpoint Hint() {
    return *ParseLastCheckpoint(*table_->log()->Read(kLastCheckpointFileName));
  }
  /// Only what a checkpoint of `version` gives is left of the log up to there.
  void DropCommits(int64_t version) {
    for (int64_t i = 0; i <= version; ++i) {
      ASSERT_THAT(table_->log()->Delete(CommitFileName(Version{i})), IsOk());
      ASSERT_THAT(table_->log()->Delete(VersionChecksumFileName(Version{i})), IsOk());
    }
  }
  std::optional<VersionChecksum> Checksum(int64_t version) {
    const std::string name = VersionChecksumFileName(Version{version});
    const auto text = table_->log()->Read(name);
    if (!text.ok()) return std::nullopt;
    auto checksum = ParseVersionChecksum(*text, name);
    EXPECT_THAT(checksum, IsOk());
    return checksum.ok() ? std::optional(*checksum) : std::nullopt;
  }

  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(LogFilesTest, CheckpointsWithSidecarsGiveTheTable) {
  AppendRows(table_, kRows,
             {{"delta.checkpointPolicy", "v2"}, {"delta.enableDeletionVectors", "true"}});
  Commits(5);
  Delete("id = 1");
  const KeyedRows rows = ReadRows(Load());
  ASSERT_THAT(WriteCheckpoint(*Load(), {.actions_per_sidecar = 3}), IsOk());
  // Six live files, and the tombstone of one.
  EXPECT_GE(Sidecars().size(), 2u);
  DropCommits(6);
  const SnapshotPtr loaded = Load();
  EXPECT_EQ(loaded->version(), Version{6});
  EXPECT_EQ(ReadRows(loaded), rows);
  const auto tombstones = *loaded->ListTombstones(TimestampMs{0});
  EXPECT_NE(*tombstones->Next(), nullptr);
  Commits(1);
  EXPECT_EQ(ReadRows(Load()).size(), rows.size() + 1);
}

TEST_F(LogFilesTest, CheckpointsWithSidecarsAreNamedByUuids) {
  AppendRows(table_, kRows, {{"delta.checkpointPolicy", "v2"}});
  Commits(3);
  const KeyedRows rows = ReadRows(Load());
  const LogFileKind json = LogFileKind::kUuidCheckpointJson;
  const LogFileKind parquet = LogFileKind::kUuidCheckpointParquet;
  ASSERT_THAT(WriteCheckpoint(*Load()), IsOk());
  EXPECT_THAT(Checkpoints(), ElementsAre(json));
  const LastCheckpoint hint = Hint();
  ASSERT_TRUE(hint.v2_checkpoint.has_value());
  EXPECT_EQ(table_->log()->Stat(hint.v2_checkpoint->path)->size_bytes,
            hint.v2_checkpoint->size_in_bytes);
  // Another of the same version replaces none.
  ASSERT_THAT(WriteCheckpoint(*Load(), {.most_json_actions = 3}), IsOk());
  EXPECT_THAT(Checkpoints(), ::testing::UnorderedElementsAre(json, parquet));
  ASSERT_THAT(table_->log()->Delete(hint.v2_checkpoint->path), IsOk());
  DropCommits(3);
  EXPECT_EQ(ReadRows(Load()), rows) << "from Parquet alone";
  Commits(1);
  ASSERT_THAT(WriteCheckpoint(*Load(), {.classic_name = true}), IsOk());
  EXPECT_THAT(Checkpoints(), ElementsAre(parquet, LogFileKind::kClassicCheckpoint));
  EXPECT_FALSE(Hint().v2_checkpoint.has_value());
  EXPECT_THAT(ReadRows(Load()), SizeIs(rows.size() + 1));
}

TEST_F(LogFilesTest, ACommitWritesThemAndGoesOnFromThem) {
  AppendRows(table_, kRows, {{"delta.checkpointPolicy", "v2"}, {"delta.checkpointInterval", "2"}});
  Commits(4);
  EXPECT_THAT(Sidecars(), SizeIs(2));
  const SnapshotPtr snapshot = Load();
  EXPECT_EQ(snapshot->segment().checkpoint_version, Version{4});
  EXPECT_THAT(LiveFiles(snapshot), SizeIs(5));
}

TEST_F(LogFilesTest, AnEmptyTableNeedsNoSidecar) {
  AppendRows(table_, kRows,
             {{"delta.checkpointPolicy", "v2"},
              {"delta.deletedFileRetentionDuration", "interval 0 days"}});
  Delete("true");
  ASSERT_THAT(WriteCheckpoint(*Load()), IsOk());
  DropCommits(1);
  EXPECT_THAT(ReadRows(Load()), IsEmpty());
}

TEST_F(LogFilesTest, TheClassicPolicyWritesOneFile) {
  AppendRows(table_, kRows,
             {{"delta.checkpointPolicy", "classic"}, {"delta.feature.v2Checkpoint", "supported"}});
  ASSERT_THAT(WriteCheckpoint(*Load()), IsOk());
  EXPECT_THAT(Sidecars(), IsEmpty());
}

TEST_F(LogFilesTest, AFailureLeavesNoSidecar) {
  AppendRows(table_, kRows, {{"delta.checkpointPolicy", "v2"}});
  const CancellationToken cancel;
  CheckpointRun run{.cancel = cancel, .progress = [&](int64_t) { cancel.Cancel(); }};
  Commits(3);
  run.actions_per_sidecar = 1;
  EXPECT_THAT(WriteCheckpoint(*Load(), run), StatusIs(StatusCode::kCancelled));
  EXPECT_THAT(Sidecars(), IsEmpty());
}

TEST_F(LogFilesTest, CleanupKeepsSidecarsThatAreNamedOrYoung) {
  AppendRows(table_, kRows, {{"delta.checkpointPolicy", "v2"}, {"delta.checkpointInterval", "2"}});
  Commits(4);
  ASSERT_THAT(Sidecars(), SizeIs(2));
  const auto cleaned = CleanUpLog(*table_, *Load(), {.cutoff = TimestampMs{int64_t{1} << 50}});
  ASSERT_THAT(cleaned, IsOk());
  EXPECT_EQ(cleaned->first_version, Version{4});
  EXPECT_THAT(Sidecars(), SizeIs(2)) << "the lost one is less than a day old";
  EXPECT_THAT(ReadRows(Load()), SizeIs(7));
  // Readers that know classic names alone find the protocol, and either file gives the table.
  EXPECT_THAT(Checkpoints(), ::testing::UnorderedElementsAre(LogFileKind::kUuidCheckpointJson,
                                                             LogFileKind::kClassicCheckpoint));
  ASSERT_THAT(table_->log()->Delete(Hint().v2_checkpoint->path), IsOk());
  EXPECT_THAT(ReadRows(*Table::Of(table_->store())->Load()), SizeIs(7));
  Commits(4);
  ASSERT_THAT(CleanUpLog(*table_, *Load(), {.cutoff = TimestampMs{int64_t{1} << 50}}), IsOk());
  EXPECT_THAT(Checkpoints(), SizeIs(2)) << "of the new base";
}

TEST_F(LogFilesTest, ChecksumsBeginAtACheckpointAndCountEachCommit) {
  AppendRows(table_, kRows,
             {{"delta.checkpointInterval", "2"}, {"delta.enableDeletionVectors", "true"}});
  Commits(1);
  EXPECT_FALSE(Checksum(0).has_value() || Checksum(1).has_value());
  Commits(1);
  Delete("id = 2");
  ASSERT_THAT(UpdateRows(table_, nullptr,
                         {.assignments = {Assignment{.column = {"id"}, .value = Sql("id + 1000")}},
                          .predicate = Sql("id = 3"),
                          .files = OneThread()}),
              IsOk());
  Delete("part = 'a'");
  for (int64_t version = 2; version <= 5; ++version) {
    const auto checksum = Checksum(version);
    ASSERT_TRUE(checksum.has_value()) << version;
    const SnapshotPtr snapshot = *table_->Load(Version{version});
    int64_t bytes = 0;
    const auto files = LiveFiles(snapshot);
    for (const Add& add : files) bytes += add.size;
    EXPECT_EQ(checksum->num_files, static_cast<int64_t>(files.size())) << version;
    EXPECT_EQ(checksum->table_size_bytes, bytes) << version;
    EXPECT_EQ(checksum->metadata, snapshot->metadata());
    EXPECT_EQ(checksum->protocol, snapshot->protocol());
  }
}

TEST_F(LogFilesTest, ACommitThatWasOvertakenCountsTheWinners) {
  AppendRows(table_, kRows, {{"delta.checkpointInterval", "2"}});
  Commits(2);
  const SnapshotPtr base = Load();
  Commits(1);
  ASSERT_THAT(DeleteRows(table_, base, {.predicate = Sql("id = 3"), .files = OneThread()}), IsOk());
  const auto checksum = Checksum(4);
  ASSERT_TRUE(checksum.has_value());
  EXPECT_EQ(checksum->num_files, static_cast<int64_t>(LiveFiles(Load()).size()));
}

TEST_F(LogFilesTest, AChecksumThatCannotBeReadEndsTheRowUntilTheNextCheckpoint) {
  AppendRows(table_, kRows, {{"delta.checkpointInterval", "4"}});
  Commits(4);
  ASSERT_TRUE(Checksum(4).has_value());
  ASSERT_THAT(table_->log()->Put(VersionChecksumFileName(Version{4}), "{"), IsOk());
  Commits(3);
  EXPECT_FALSE(Checksum(5).has_value() || Checksum(7).has_value());
  Commits(1);
  EXPECT_TRUE(Checksum(8).has_value());
  EXPECT_THAT(ReadRows(Load()), SizeIs(11));
}

}  // namespace
}  // namespace deltaic
