// What keeps a table and its log in order: repair, manifests, log cleanup, log compaction.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "ops/delete.h"
#include "ops/manifest.h"
#include "ops/repair.h"
#include "protocol/log_file_name.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"
#include "table/checkpoint.h"
#include "table/log_cleanup.h"
#include "table/log_compaction.h"

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
const StringMap kVectors = {{"delta.enableDeletionVectors", "true"}};
/// Later than all commits of a test.
constexpr TimestampMs kLater{int64_t{1} << 50};

class UpkeepTest : public ::testing::Test {
 protected:
  SnapshotPtr Load() { return *table_->Load(); }
  Status Delete(const std::string& predicate) {
    return DeleteRows(table_, nullptr, {.predicate = Sql(predicate), .files = OneThread()})
        .status();
  }
  void Commits(int count) {
    for (int64_t i = 0; i < count; ++i) AppendRows(table_, {{i, "a", 1, {}}});
  }
  Result<LogCleanupResult> CleanUp(LogCleanup options) {
    return CleanUpLog(*table_, *Load(), options);
  }
  std::vector<std::string> LogNames() {
    std::vector<std::string> names;
    const auto listed = table_->log()->ListFrom("");
    EXPECT_THAT(listed, IsOk());
    if (!listed.ok()) return names;
    for (const ObjectMeta& object : *listed) {
      if (!object.path.ends_with(".crc")) names.push_back(object.path);
    }
    return names;
  }
  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(UpkeepTest, RepairTakesOutWhatIsGone) {
  AppendRows(table_, {kRows[0]}, kVectors);
  AppendRows(table_, {kRows[1], kRows[2]});
  ASSERT_THAT(RepairTable(table_, {}), IsOk());
  EXPECT_EQ(Load()->version(), Version{1});
  std::string gone;
  for (const Add& add : LiveFiles(Load())) {
    if (add.stats->find(R"("numRecords":1,)") != std::string::npos) gone = add.path;
  }
  ASSERT_THAT(table_->store()->Delete(gone), IsOk());
  const auto looked = RepairTable(table_, {.dry_run = true});
  ASSERT_THAT(looked, IsOk());
  EXPECT_THAT(looked->missing, ElementsAre(gone));
  EXPECT_FALSE(looked->version.has_value());
  const auto repaired = RepairTable(table_, {});
  ASSERT_THAT(repaired, IsOk());
  EXPECT_THAT(repaired->removed, ElementsAre(gone));
  EXPECT_EQ(repaired->num_checked, 2);
  EXPECT_EQ(ReadRows(Load()), (KeyedRows{kRows[1], kRows[2]}));
}

TEST_F(UpkeepTest, RepairFindsAMissingDeletionVector) {
  AppendRows(table_, kRows, kVectors);
  ASSERT_THAT(Delete("id = 1"), IsOk());
  for (const std::string& path : testing::DataObjects(*table_->store())) {
    if (!path.ends_with(".bin")) continue;
    ASSERT_THAT(table_->store()->Delete(path), IsOk());
  }
  const auto repaired = RepairTable(table_, {});
  ASSERT_THAT(repaired, IsOk());
  EXPECT_THAT(repaired->missing, ElementsAre(HasSubstr("deletion_vector")));
  EXPECT_THAT(ReadRows(Load()), IsEmpty());
}

/// A copy of an object with other bytes.
void Damage(ObjectStore& store, const std::string& path,
            const std::function<void(std::string&)>& change) {
  std::string bytes = *store.Read(path, int64_t{1} << 30);
  change(bytes);
  ASSERT_THAT(store.Put(path, bytes), IsOk());
}

TEST_F(UpkeepTest, RepairFindsTruncatedFiles) {
  AppendRows(table_, {kRows[0]});
  const std::string path = LiveFiles(Load()).front().path;
  AppendRows(table_, {kRows[1], kRows[2]});
  Damage(*table_->store(), path, [](std::string& bytes) { bytes.resize(bytes.size() / 2); });
  const auto repaired = RepairTable(table_, {});
  ASSERT_THAT(repaired, IsOk());
  EXPECT_THAT(repaired->removed, ElementsAre(path));
  EXPECT_THAT(repaired->missing, ElementsAre(path));
  EXPECT_THAT(repaired->reasons, ElementsAre(HasSubstr(path)));
  EXPECT_EQ(ReadRows(Load()), (KeyedRows{kRows[1], kRows[2]}));
}

TEST_F(UpkeepTest, ADeepRepairFindsDamagedBytes) {
  AppendRows(table_, kRows);
  const std::string path = LiveFiles(Load()).front().path;
  Damage(*table_->store(), path, [](std::string& bytes) {
    std::fill(bytes.begin() + 4, bytes.begin() + static_cast<ptrdiff_t>(bytes.size() / 3), '\xff');
  });
  ASSERT_THAT(RepairTable(table_, {}), IsOk());
  EXPECT_EQ(Load()->version(), Version{0});
  const auto looked = RepairTable(table_, {.dry_run = true, .deep = true});
  ASSERT_THAT(looked, IsOk());
  EXPECT_THAT(looked->missing, ElementsAre(path));
  ASSERT_THAT(RepairTable(table_, {.deep = true}), IsOk());
  EXPECT_THAT(ReadRows(Load()), IsEmpty());
}

TEST_F(UpkeepTest, RepairFindsDamagedDeletionVectors) {
  AppendRows(table_, kRows, kVectors);
  ASSERT_THAT(Delete("id = 1"), IsOk());
  std::string vector;
  for (const std::string& path : testing::DataObjects(*table_->store())) {
    if (path.ends_with(".bin")) vector = path;
  }
  Damage(*table_->store(), vector, [](std::string& bytes) { bytes.back() ^= 1; });
  const auto looked = RepairTable(table_, {.dry_run = true, .deep = true});
  ASSERT_THAT(looked, IsOk());
  EXPECT_THAT(looked->missing, ElementsAre(vector));
  EXPECT_THAT(looked->reasons, ElementsAre(HasSubstr("CRC")));
  Damage(*table_->store(), vector, [](std::string& bytes) { bytes.resize(bytes.size() - 3); });
  const auto short_one = RepairTable(table_, {.dry_run = true});
  ASSERT_THAT(short_one, IsOk());
  EXPECT_THAT(short_one->missing, ElementsAre(vector));
}

TEST_F(UpkeepTest, ADeepRepairLeavesWholeFilesAlone) {
  for (const testing::TableKind& kind : testing::TableKinds()) {
    table_ = Table::Of(MakeMemoryStore());
    AppendRows(table_, kRows, kind.properties, kind.partition_by);
    ASSERT_THAT(Delete("id = 1"), IsOk()) << kind.name;
    const auto looked = RepairTable(table_, {.deep = true});
    ASSERT_THAT(looked, IsOk()) << kind.name;
    EXPECT_THAT(looked->removed, IsEmpty()) << kind.name;
  }
}

TEST_F(UpkeepTest, ManifestsNameTheFilesOfEachPartition) {
  AppendRows(table_, {{1, "a b", 1, {}}, {2, "ü", 1, {}}, {3, {}, 1, {}}}, {}, {"part"});
  const auto result = GenerateManifest(*Load(), CancellationToken::None());
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->num_manifests, 3);
  const auto read = [&](const char* partition) {
    return table_->store()->Read(Concat("_symlink_format_manifest/", partition, "/manifest"), 4096);
  };
  EXPECT_THAT(*read("part=a b"), HasSubstr("part=a b/"));
  EXPECT_THAT(read("part=__HIVE_DEFAULT_PARTITION__"), IsOk());
  ASSERT_THAT(Delete("part = 'a b'"), IsOk());
  const auto again = GenerateManifest(*Load(), CancellationToken::None());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->num_stale, 1);
  EXPECT_THAT(read("part=a b"), StatusIs(StatusCode::kNotFound));
}

TEST_F(UpkeepTest, NoManifestWhereRowsWouldComeBack) {
  AppendRows(table_, kRows, kVectors);
  ASSERT_THAT(Delete("id = 1"), IsOk());
  EXPECT_THAT(GenerateManifest(*Load(), CancellationToken::None()),
              StatusIs(StatusCode::kUnsupported, HasSubstr("deletion vectors")));
}

TEST_F(UpkeepTest, CleanupKeepsTheBaseAndAllAfterIt) {
  AppendRows(table_, kRows,
             {{"delta.checkpointInterval", "4"}, {"delta.enableExpiredLogCleanup", "false"}});
  Commits(9);
  const KeyedRows rows = ReadRows(Load());
  const size_t before = LogNames().size();
  const auto looked = CleanUp({.cutoff = kLater, .dry_run = true});
  ASSERT_THAT(looked, IsOk());
  EXPECT_EQ(LogNames().size(), before);
  const auto cleaned = CleanUp({.cutoff = kLater});
  ASSERT_THAT(cleaned, IsOk());
  EXPECT_EQ(cleaned->files, looked->files);
  EXPECT_EQ(cleaned->first_version, Version{8});
  EXPECT_THAT(LogNames(),
              ElementsAre(ClassicCheckpointFileName(Version{8}), CommitFileName(Version{8}),
                          CommitFileName(Version{9}), "_last_checkpoint"));
  EXPECT_EQ(ReadRows(Load()), rows);
  EXPECT_THAT(table_->Load(Version{8}), IsOk());
  EXPECT_THAT(table_->Load(Version{7}), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(CleanUp({.cutoff = kLater})->files, IsEmpty());
  AppendRows(table_, kRows);
}

TEST_F(UpkeepTest, CleanupKeepsWhatTheRetentionNeeds) {
  AppendRows(table_, kRows, {{"delta.checkpointInterval", "4"}});
  Commits(9);
  EXPECT_THAT(CleanUp({})->files, IsEmpty());
  EXPECT_THAT(CleanUp({.cutoff = TimestampMs{0}})->files, IsEmpty());
  EXPECT_THAT(table_->Load(Version{0}), IsOk());
}

TEST_F(UpkeepTest, WithoutACheckpointNothingGoes) {
  AppendRows(table_, kRows);
  Commits(5);
  EXPECT_THAT(CleanUp({.cutoff = kLater})->files, IsEmpty());
  EXPECT_THAT(table_->Load(Version{0}), IsOk());
}

TEST_F(UpkeepTest, ADamagedBaseStopsTheCleanup) {
  AppendRows(table_, kRows, {{"delta.checkpointInterval", "4"}});
  Commits(9);
  const std::string base = ClassicCheckpointFileName(Version{8});
  ASSERT_THAT(table_->log()->Put(base, "not parquet"), IsOk());
  EXPECT_THAT(CleanUp({.cutoff = kLater}), StatusIs(StatusCode::kCorruption));
  EXPECT_THAT(table_->Load(Version{0}), IsOk());
}

TEST_F(UpkeepTest, ProtectedCheckpointsGoTogetherOrNotAtAll) {
  AppendRows(table_, kRows,
             {{"delta.checkpointInterval", "4"},
              {"delta.feature.checkpointProtection", "supported"},
              {"delta.requireCheckpointProtectionBeforeVersion", "3"}});
  Commits(2);
  ASSERT_THAT(WriteCheckpointFile(**table_->Load(Version{2})),
              StatusIs(StatusCode::kInvalidArgument));
  Commits(4);
  const auto cleaned = CleanUp({.cutoff = kLater});
  ASSERT_THAT(cleaned, IsOk());
  EXPECT_EQ(cleaned->first_version, Version{4});
}

TEST_F(UpkeepTest, CompactedCommitsGiveTheSameVersions) {
  AppendRows(table_, kRows, kVectors);
  ASSERT_THAT(Delete("id = 1"), IsOk());
  Commits(3);
  ASSERT_THAT(Delete("id = 2 AND part = 'b'"), IsOk());
  const KeyedRows rows = ReadRows(Load());
  const auto compacted = CompactLog(*table_, Version{1}, Version{5}, CancellationToken::None());
  ASSERT_THAT(compacted, IsOk());
  EXPECT_FALSE(compacted->was_there);
  EXPECT_TRUE(CompactLog(*table_, Version{1}, Version{5}, CancellationToken::None())->was_there);
  const SnapshotPtr loaded = Load();
  EXPECT_THAT(loaded->segment().commits, SizeIs(2));
  EXPECT_EQ(ReadRows(loaded), rows);
  EXPECT_EQ(LiveFiles(*table_->Load(Version{3})).size(), 3u);
  EXPECT_THAT(CompactLog(*table_, Version{3}, Version{3}, CancellationToken::None()),
              StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(CompactLog(*table_, Version{3}, Version{9}, CancellationToken::None()),
              StatusIs(StatusCode::kNotFound, HasSubstr("version 6")));
}

TEST(AutomaticCutoff, IsAMidnight) {
  TableProperties properties;
  properties.log_retention_ms = 1000;
  constexpr int64_t kDayMs = 24 * 3600 * 1000;
  EXPECT_EQ(AutomaticCutoff(properties, 10 * kDayMs + 5000).value, 10 * kDayMs);
  EXPECT_EQ(AutomaticCutoff(properties, 10 * kDayMs + 500).value, 9 * kDayMs);
}

}  // namespace
}  // namespace deltaic
