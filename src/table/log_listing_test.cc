#include "table/log_listing.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/log_sink.h"
#include "data/actions/file_actions.h"
#include "protocol/last_checkpoint.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "table/checkpoint.h"
#include "table/table.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kState[] =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})"
    "\n"
    R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":[],"configuration":{}}})"
    "\n";

std::string AddLine(const std::string& path) {
  return Concat(R"({"add":{"path":")", path,
                R"(","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}})",
                "\n");
}
std::string RemoveLine(const std::string& path) {
  return Concat(R"({"remove":{"path":")", path, R"(","deletionTimestamp":1,"dataChange":true}})",
                "\n");
}

/// A log whose listings miss some files that are there.
class HidingLog : public LogStore {
 public:
  explicit HidingLog(std::shared_ptr<LogStore> log) : log_(std::move(log)) {}
  void Hide(std::set<std::string> names) { hidden_ = std::move(names); }

  Result<std::vector<ObjectMeta>> ListFrom(std::string_view start_name) const override {
    DELTAIC_ASSIGN_OR_RETURN(auto files, log_->ListFrom(start_name));
    std::erase_if(files, [&](const ObjectMeta& file) { return hidden_.contains(file.path); });
    return files;
  }
  Result<ObjectMeta> Stat(std::string_view name) const override {
    ++stats_;
    return log_->Stat(name);
  }
  Result<std::string> Read(std::string_view name) const override { return log_->Read(name); }
  Result<std::shared_ptr<arrow::io::RandomAccessFile>> Open(
      std::string_view name, std::optional<int64_t> size) const override {
    return log_->Open(name, size);
  }
  Result<PutOutcome> PutIfAbsent(std::string_view name, std::string_view bytes) override {
    return log_->PutIfAbsent(name, bytes);
  }
  Status Put(std::string_view name, std::string_view bytes) override {
    return log_->Put(name, bytes);
  }
  Status PutHint(std::string_view name, std::string_view bytes) override {
    return log_->PutHint(name, bytes);
  }
  Result<std::unique_ptr<ObjectWriter>> Create(std::string_view name) override {
    return log_->Create(name);
  }
  Status Delete(std::string_view name) override { return log_->Delete(name); }
  int stats() const { return stats_; }

 private:
  const std::shared_ptr<LogStore> log_;
  std::set<std::string> hidden_;
  mutable int stats_ = 0;
};

/// A table of five versions, each with one file more.
class ListingTest : public ::testing::Test {
 protected:
  ListingTest() {
    for (int64_t version = 0; version < 5; ++version) Commit(version);
  }

  void Commit(int64_t version) {
    const std::string text = (version == 0 ? kState : "") + AddLine(Concat("f", version));
    ASSERT_THAT(log_->Put(CommitFileName(Version{version}), text), IsOk());
  }
  void Drop(int64_t version) {
    ASSERT_THAT(log_->Delete(CommitFileName(Version{version})), IsOk());
  }
  void Checkpoint(int64_t version) {
    const auto snapshot = table_->Load(Version{version});
    ASSERT_THAT(snapshot, IsOk());
    ASSERT_THAT(WriteCheckpoint(**snapshot), IsOk());
  }

  static std::vector<std::string> Files(const Result<SnapshotPtr>& snapshot) {
    EXPECT_THAT(snapshot, IsOk());
    if (!snapshot.ok()) return {};
    std::vector<std::string> paths;
    auto stream = *(*snapshot)->ListFiles(FileListOptions());
    while (auto batch = *stream->Next()) {
      for (int64_t i = 0; i < batch->num_rows(); ++i) paths.push_back(AddFromBatch(*batch, i).path);
    }
    std::ranges::sort(paths);
    return paths;
  }

  const std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
  const std::shared_ptr<HidingLog> log_ = std::make_shared<HidingLog>(MakeLogStore(store_));
  const std::shared_ptr<Table> table_ = std::make_shared<Table>(store_, log_);
};

TEST_F(ListingTest, EveryCommitThatIsMissedIsFoundByName) {
  for (int mask = 1; mask < (1 << 4); ++mask) {
    std::set<std::string> hidden;
    for (int64_t version = 0; version < 4; ++version) {
      if (mask & (1 << version)) hidden.insert(CommitFileName(Version{version}));
    }
    log_->Hide(std::move(hidden));
    EXPECT_THAT(Files(table_->Load()), ElementsAre("f0", "f1", "f2", "f3", "f4")) << mask;
    const auto history = table_->History(std::nullopt);
    ASSERT_THAT(history, IsOk());
    EXPECT_EQ(history->size(), 5u) << mask;
  }
}

TEST_F(ListingTest, WholeListingsCostNoLookup) {
  Checkpoint(2);
  const int before = log_->stats();
  ASSERT_THAT(table_->Load(), IsOk());
  EXPECT_EQ(log_->stats(), before);
}

TEST_F(ListingTest, CommitRightAfterTheHintedCheckpointIsFound) {
  Checkpoint(2);
  log_->Hide({CommitFileName(Version{2}), CommitFileName(Version{3})});
  EXPECT_THAT(Files(table_->Load()), ElementsAre("f0", "f1", "f2", "f3", "f4"));
}

TEST_F(ListingTest, VersionAskedForIsFoundBeyondTheListing) {
  log_->Hide({CommitFileName(Version{4})});
  EXPECT_THAT(Files(table_->Load(Version{4})), ElementsAre("f0", "f1", "f2", "f3", "f4"));
  EXPECT_THAT(table_->Load(Version{5}), StatusIs(StatusCode::kNotFound));
}

TEST_F(ListingTest, CheckpointThatAloneHasTheOldestVersionsIsFoundByTheHint) {
  Checkpoint(2);
  Drop(0);
  Drop(1);
  log_->Hide({ClassicCheckpointFileName(Version{2})});
  EXPECT_THAT(Files(table_->Load()), ElementsAre("f0", "f1", "f2", "f3", "f4"));
}

TEST_F(ListingTest, PartOfACheckpointIsFound) {
  Checkpoint(2);
  const std::string bytes = *log_->Read(ClassicCheckpointFileName(Version{2}));
  // The second part repeats nothing that matters: the same actions once more.
  const std::string first = MultiPartCheckpointFileName(Version{2}, 1, 2);
  const std::string second = MultiPartCheckpointFileName(Version{2}, 2, 2);
  EXPECT_TRUE(ParseLogFileName(second).has_value());
  ASSERT_THAT(log_->Put(first, bytes), IsOk());
  ASSERT_THAT(log_->Put(second, bytes), IsOk());
  ASSERT_THAT(log_->Delete(ClassicCheckpointFileName(Version{2})), IsOk());
  ASSERT_THAT(log_->Delete(kLastCheckpointFileName), IsOk());
  Drop(0);
  Drop(1);
  log_->Hide({second});
  const auto snapshot = table_->Load();
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ((*snapshot)->segment().checkpoint.size(), 2u);
}

TEST_F(ListingTest, RefreshSeesWhatComesAfterAMissedCommit) {
  const SnapshotPtr base = *table_->Load(Version{1});
  log_->Hide({CommitFileName(Version{2}), CommitFileName(Version{3})});
  const auto refreshed = table_->Refresh(base);
  EXPECT_THAT(Files(refreshed), ElementsAre("f0", "f1", "f2", "f3", "f4"));
}

TEST_F(ListingTest, CommitThatIsGoneIsStillCalledMissing) {
  Drop(2);
  EXPECT_THAT(table_->Load(), StatusIs(StatusCode::kCorruption, HasSubstr("commit 2 is missing")));
}

TEST_F(ListingTest, RefreshOfADeletedTableSaysSo) {
  const SnapshotPtr base = *table_->Load();
  for (int64_t version = 0; version < 5; ++version) Drop(version);
  EXPECT_THAT(table_->Refresh(base), StatusIs(StatusCode::kNotFound, HasSubstr("no Delta table")));
  for (int64_t version = 0; version < 2; ++version) Commit(version);
  const auto anew = table_->Refresh(base);
  ASSERT_THAT(anew, IsOk());
  EXPECT_EQ((*anew)->version(), Version{1});
}

/// Two things said of one, by their lines.
struct UnreconciledCase {
  std::string name;
  std::vector<std::string> lines;
};

class UnreconciledTest : public ListingTest,
                         public ::testing::WithParamInterface<UnreconciledCase> {
 protected:
  void SetUp() override {
    SetLogSink([this](LogLevel level, std::string_view text) {
      if (level == LogLevel::kWarning) warnings_.emplace_back(text);
    });
    std::string text;
    for (const std::string& line : GetParam().lines) text += line;
    name_ = Concat(VersionPrefix(Version{1}), ".", VersionPrefix(Version{3}), ".compacted.json");
    ASSERT_THAT(log_->Put(name_, text), IsOk());
  }
  void TearDown() override { SetLogSink(nullptr); }

  std::string name_;
  std::vector<std::string> warnings_;
};

TEST_P(UnreconciledTest, CommitsAreReadInsteadWithAWarning) {
  EXPECT_THAT(Files(table_->Load()), ElementsAre("f0", "f1", "f2", "f3", "f4"));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr(name_)));
}

TEST_P(UnreconciledTest, AlsoWhereAChecksumTellsOfTheTable) {
  const std::string crc =
      Concat(R"({"tableSizeBytes":5,"numFiles":5,"numMetadata":1,"numProtocol":1,)",
             R"("protocol":{"minReaderVersion":1,"minWriterVersion":2},"metadata":{"id":"t",)",
             R"("format":{"provider":"parquet","options":{}},"schemaString":)",
             R"("{\"type\":\"struct\",\"fields\":[]}","partitionColumns":[],"configuration":{}}})");
  ASSERT_THAT(log_->Put(VersionChecksumFileName(Version{4}), crc), IsOk());
  const auto snapshot = table_->Load();
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_THAT(Files(snapshot), ElementsAre("f0", "f1", "f2", "f3", "f4"));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr(name_)));
}

TEST_P(UnreconciledTest, WithoutTheCommitsItIsNotBelieved) {
  Drop(2);
  EXPECT_THAT(table_->Load(), StatusIs(StatusCode::kCorruption, HasSubstr("is not reconciled")));
}

const std::string kTxn = "{\"txn\":{\"appId\":\"a\",\"version\":1}}\n";
const std::string kDomain =
    "{\"domainMetadata\":{\"domain\":\"d\",\"configuration\":\"\",\"removed\":false}}\n";

INSTANTIATE_TEST_SUITE_P(
    All, UnreconciledTest,
    ::testing::Values(UnreconciledCase{"AddAndRemove", {AddLine("f1"), RemoveLine("f1")}},
                      UnreconciledCase{"RemoveAndAdd", {RemoveLine("f1"), AddLine("f1")}},
                      UnreconciledCase{"AddTwice", {AddLine("f1"), AddLine("f1")}},
                      UnreconciledCase{"State", {kState, kState}},
                      UnreconciledCase{"Txn", {kTxn, AddLine("f1"), kTxn}},
                      UnreconciledCase{"Domain", {kDomain, kDomain}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace deltaic
