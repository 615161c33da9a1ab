#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/log_sink.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "table/checkpoint.h"
#include "table/table.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::deltaic::testing::IsOkAndHolds;
using ::deltaic::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kProtocol[] = R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
constexpr char kMetadata[] =
    R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"p\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}},{\"name\":\"x\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["p"],"configuration":{},"createdTime":1}})";
constexpr int64_t kDay = 24 * 3600 * 1000;

/// Long, so that a checkpoint's column of them has several pages.
std::string Path(int64_t i) {
  return Concat("p=", i % 7, "/part-", i, "-", std::string(90, 'x'), ".parquet");
}
std::string AddLine(int64_t i) {
  return Concat(R"({"add":{"path":")", Path(i), R"(","partitionValues":{"p":")", i % 7,
                R"("},"size":10,"modificationTime":1,"dataChange":true,"stats":"{\"numRecords\":)",
                i, "}\"}}\n");
}
std::string RemoveLine(int64_t i) {
  return Concat(R"({"remove":{"path":")", Path(i), R"(","deletionTimestamp":)", 100 * kDay,
                ",\"dataChange\":true}}\n");
}
std::string AddLines(int64_t begin, int64_t end) {
  std::string out;
  for (int64_t i = begin; i < end; ++i) out += AddLine(i);
  return out;
}
std::string RemoveLines(int64_t begin, int64_t end) {
  std::string out;
  for (int64_t i = begin; i < end; ++i) out += RemoveLine(i);
  return out;
}
const std::string kState = Concat(kProtocol, "\n", kMetadata, "\n");

/// A Parquet checkpoint of the state and these file actions.
std::string CheckpointOf(const std::string& lines) {
  const auto store = MakeMemoryStore();
  EXPECT_THAT(store->Put("_delta_log/" + CommitFileName(Version{0}), kState + lines), IsOk());
  const auto snapshot = Table::Of(store)->Load();
  EXPECT_THAT(snapshot, IsOk());
  EXPECT_THAT(WriteCheckpoint(**snapshot), IsOk());
  return *store->Read("_delta_log/" + ClassicCheckpointFileName(Version{0}), 1 << 30);
}

/// Overwrites the column chunk `column` of all row groups with nonsense, from this part of it on.
std::string Damage(std::string checkpoint, const std::string& column, double from) {
  const auto source =
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(checkpoint));
  const auto metadata = parquet::ReadMetaData(source);
  for (int group = 0; group < metadata->num_row_groups(); ++group) {
    for (int leaf = 0; leaf < metadata->num_columns(); ++leaf) {
      const auto chunk = metadata->RowGroup(group)->ColumnChunk(leaf);
      if (chunk->path_in_schema()->ToDotString() != column) continue;
      const int64_t begin = chunk->has_dictionary_page() ? chunk->dictionary_page_offset()
                                                         : chunk->data_page_offset();
      const int64_t skipped = static_cast<int64_t>(chunk->total_compressed_size() * from);
      std::fill_n(checkpoint.begin() + begin + skipped, chunk->total_compressed_size() - skipped,
                  '\xff');
    }
  }
  return checkpoint;
}

std::vector<std::string> Sorted(std::vector<std::string> paths) {
  std::ranges::sort(paths);
  return paths;
}
std::vector<std::string> PathsOf(int64_t begin, int64_t end) {
  std::vector<std::string> out;
  for (int64_t i = begin; i < end; ++i) out.push_back(Path(i));
  return Sorted(std::move(out));
}

/// What a stream gave until its end or its error.
struct Listed {
  std::vector<std::string> paths;  ///< sorted
  Status status;
  FileListMetrics metrics;
};

Listed Drain(const Result<std::unique_ptr<FileStream>>& stream) {
  Listed out;
  if (!stream.ok()) {
    out.status = stream.status();
    return out;
  }
  while (true) {
    const auto batch = (*stream)->Next();
    out.status = batch.status();
    if (!batch.ok() || *batch == nullptr) break;
    const auto column = (*batch)->GetColumnByName("path");
    const auto& paths = static_cast<const arrow::StringArray&>(*column);
    for (int64_t i = 0; i < paths.length(); ++i) out.paths.push_back(paths.GetString(i));
  }
  out.metrics = (*stream)->metrics();
  std::ranges::sort(out.paths);
  return out;
}

/// Gathers warnings while it lives.
class Warnings {
 public:
  Warnings() {
    SetLogSink([this](LogLevel level, std::string_view message) {
      const std::lock_guard lock(mutex_);
      if (level >= LogLevel::kWarning) messages_.emplace_back(message);
    });
  }
  ~Warnings() { SetLogSink(nullptr); }
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  std::mutex mutex_;
  std::vector<std::string> messages_;
};

/// A log of four versions, of which the first two stand in a checkpoint, too: files 0 to 22000, of
/// which version 2 removes 0 to 10 and version 3 adds 22000 to 22010.
class DamagedLogTest : public ::testing::TestWithParam<const char*> {
 protected:
  static constexpr int64_t kOld = 22000, kNew = 22010, kRemoved = 10;

  void SetUp() override {
    if (std::string_view(GetParam()) == "memory") {
      store = MakeMemoryStore();
    } else {
      folder = std::filesystem::temp_directory_path() / Concat("deltaic_damaged_log_", ::getpid());
      std::filesystem::remove_all(folder);
      auto local = MakeLocalStore(folder.string());
      ASSERT_THAT(local, IsOk());
      store = *std::move(local);
    }
    table = Table::Of(store);
    Put(CommitFileName(Version{0}), kState + AddLines(0, kOld / 2));
    Put(CommitFileName(Version{1}),
        AddLines(kOld / 2, kOld) + RemoveLines(-20, 0) + R"({"txn":{"appId":"a","version":7}})");
    Put(CommitFileName(Version{2}), RemoveLines(0, kRemoved));
    Put(CommitFileName(Version{3}), AddLines(kOld, kNew));
  }
  void TearDown() override {
    if (!folder.empty()) std::filesystem::remove_all(folder);
  }

  void Put(const std::string& name, const std::string& text) {
    ASSERT_THAT(store->Put("_delta_log/" + name, text), IsOk());
  }
  void Drop(const std::string& name) { ASSERT_THAT(store->Delete("_delta_log/" + name), IsOk()); }

  /// The lines of versions 0 and 1 as one checkpoint.
  static const std::string& Checkpoint() {
    static const std::string checkpoint = CheckpointOf(AddLines(0, kOld) + RemoveLines(-20, 0) +
                                                       R"({"txn":{"appId":"a","version":7}})");
    return checkpoint;
  }
  /// Version 0 as one.
  static const std::string& FirstCheckpoint() {
    static const std::string checkpoint = CheckpointOf(AddLines(0, kOld / 2));
    return checkpoint;
  }
  /// The newest snapshot, which rests on a checkpoint of version 1.
  SnapshotPtr LoadOnCheckpoint() {
    const auto snapshot = table->Load();
    EXPECT_THAT(snapshot, IsOk());
    EXPECT_EQ((*snapshot)->segment().checkpoint_version, Version{1});
    EXPECT_EQ((*snapshot)->version(), Version{3});
    return *snapshot;
  }
  static FileListOptions PathOnly() {
    FileListOptions options;
    options.columns = FileColumns::PathOnly();
    return options;
  }

  /// Each of the newest version's files once, whatever is damaged.
  void ExpectAllFiles(const SnapshotPtr& snapshot, const std::string& damaged) {
    const Warnings warnings;
    const Listed files = Drain(snapshot->ListFiles({}));
    ASSERT_THAT(files.status, IsOk());
    EXPECT_EQ(files.paths, PathsOf(kRemoved, kNew));
    EXPECT_EQ(files.metrics.files_total, kNew - kRemoved);
    EXPECT_EQ(files.metrics.files_selected, kNew - kRemoved);
    EXPECT_THAT(warnings.messages(),
                ElementsAre(AllOf(HasSubstr(damaged), HasSubstr("version 3 of "),
                                  HasSubstr(" is read from the commits alone instead"))));

    const Listed tombstones = Drain(snapshot->ListTombstones(TimestampMs{100 * kDay}));
    ASSERT_THAT(tombstones.status, IsOk());
    std::vector<std::string> removed = PathsOf(-20, kRemoved);
    EXPECT_EQ(tombstones.paths, removed);
    EXPECT_EQ(warnings.messages().size(), 1u);
  }

  std::filesystem::path folder;
  std::shared_ptr<ObjectStore> store;
  std::shared_ptr<Table> table;
};

INSTANTIATE_TEST_SUITE_P(Stores, DamagedLogTest, ::testing::Values("memory", "local"));

const std::string kClassic = ClassicCheckpointFileName(Version{1});

TEST_P(DamagedLogTest, PagesFoundDamagedAfterFilesWereGiven) {
  for (const char* column :
       {"add.path", "add.stats", "add.size", "add.partitionValues.key_value.key"}) {
    SCOPED_TRACE(column);
    Put(kClassic, Damage(Checkpoint(), column, 0.97));
    ExpectAllFiles(LoadOnCheckpoint(), kClassic);
  }
}

TEST_P(DamagedLogTest, WholeColumnChunkDamaged) {
  for (const char* column : {"add.path", "add.stats"}) {
    SCOPED_TRACE(column);
    Put(kClassic, Damage(Checkpoint(), column, 0));
    ExpectAllFiles(LoadOnCheckpoint(), kClassic);
  }
}

TEST_P(DamagedLogTest, DamagedColumnThatIsNotReadIsNoMatter) {
  Put(kClassic, Damage(Checkpoint(), "add.stats", 0));
  const SnapshotPtr snapshot = LoadOnCheckpoint();
  const Warnings warnings;
  const Listed files = Drain(snapshot->ListFiles(PathOnly()));
  ASSERT_THAT(files.status, IsOk());
  EXPECT_EQ(files.paths, PathsOf(kRemoved, kNew));
  EXPECT_THAT(warnings.messages(), IsEmpty());
}

TEST_P(DamagedLogTest, OlderCheckpointComesBeforeTheCommitsAlone) {
  Put(ClassicCheckpointFileName(Version{0}), FirstCheckpoint());
  Drop(CommitFileName(Version{0}));
  Put(kClassic, Damage(Checkpoint(), "add.path", 0.97));
  const SnapshotPtr snapshot = LoadOnCheckpoint();
  const Warnings warnings;
  const Listed files = Drain(snapshot->ListFiles({}));
  ASSERT_THAT(files.status, IsOk());
  EXPECT_EQ(files.paths, PathsOf(kRemoved, kNew));
  EXPECT_THAT(warnings.messages(),
              ElementsAre(HasSubstr("read from checkpoint 0 and the commits")));
}

TEST_P(DamagedLogTest, OneDamagedCheckpointAfterTheOther) {
  Put(ClassicCheckpointFileName(Version{0}), Damage(FirstCheckpoint(), "add.path", 0));
  Put(kClassic, Damage(Checkpoint(), "add.path", 0.97));
  const SnapshotPtr snapshot = LoadOnCheckpoint();
  const Warnings warnings;
  const Listed files = Drain(snapshot->ListFiles({}));
  ASSERT_THAT(files.status, IsOk());
  EXPECT_EQ(files.paths, PathsOf(kRemoved, kNew));
  EXPECT_THAT(warnings.messages(),
              ElementsAre(HasSubstr(kClassic), HasSubstr(ClassicCheckpointFileName(Version{0}))));
}

TEST_P(DamagedLogTest, WithoutAnotherWayTheErrorNamesTheFileAndNoFileComesTwice) {
  Put(kClassic, Damage(Checkpoint(), "add.path", 0.97));
  const SnapshotPtr snapshot = LoadOnCheckpoint();
  Drop(CommitFileName(Version{0}));
  const Listed files = Drain(snapshot->ListFiles({}));
  EXPECT_THAT(files.status,
              StatusIs(StatusCode::kCorruption,
                       AllOf(HasSubstr(kClassic + " is damaged"), HasSubstr("version 3 of "),
                             HasSubstr("restore " + CommitFileName(Version{0})))));
  EXPECT_EQ(std::set<std::string>(files.paths.begin(), files.paths.end()).size(),
            files.paths.size());
  EXPECT_GT(files.paths.size(), 16000u);
  EXPECT_LT(files.paths.size(), static_cast<size_t>(kOld));
}

constexpr char kUuid[] = "80a083e8-7026-4e79-81be-64bd76c43a11";
const std::string kJsonCheckpoint =
    Concat(VersionPrefix(Version{1}), ".checkpoint.", kUuid, ".json");

std::string SidecarLine(const std::string& name) {
  return Concat(R"({"sidecar":{"path":")", name, R"(","sizeInBytes":1,"modificationTime":1}})",
                "\n");
}

class DamagedSidecarTest : public DamagedLogTest {
 protected:
  void SetUp() override {
    DamagedLogTest::SetUp();
    // A part of the files stands in the checkpoint itself.
    Put(kJsonCheckpoint, Concat(R"({"checkpointMetadata":{"version":1}})", "\n", kState,
                                SidecarLine("s1.parquet"), SidecarLine("s2.parquet"),
                                AddLines(0, 100), R"({"txn":{"appId":"a","version":7}})", "\n"));
    first = CheckpointOf(AddLines(100, kOld / 2));
    second = CheckpointOf(AddLines(kOld / 2, kOld) + RemoveLines(-20, 0));
    Put("_sidecars/s1.parquet", first);
    Put("_sidecars/s2.parquet", second);
  }
  std::string first, second;
};

INSTANTIATE_TEST_SUITE_P(Stores, DamagedSidecarTest, ::testing::Values("memory", "local"));

TEST_P(DamagedSidecarTest, WholeOnesGiveTheFiles) {
  const Warnings warnings;
  const Listed files = Drain(LoadOnCheckpoint()->ListFiles({}));
  ASSERT_THAT(files.status, IsOk());
  EXPECT_EQ(files.paths, PathsOf(kRemoved, kNew));
  EXPECT_THAT(warnings.messages(), IsEmpty());
}

TEST_P(DamagedSidecarTest, Missing) {
  Drop("_sidecars/s2.parquet");
  ExpectAllFiles(LoadOnCheckpoint(), "sidecar _sidecars/s2.parquet of the checkpoint is missing");
}

TEST_P(DamagedSidecarTest, Truncated) {
  Put("_sidecars/s2.parquet", second.substr(0, second.size() / 2));
  ExpectAllFiles(LoadOnCheckpoint(), "_sidecars/s2.parquet is damaged");
}

TEST_P(DamagedSidecarTest, Empty) {
  Put("_sidecars/s1.parquet", "");
  ExpectAllFiles(LoadOnCheckpoint(), "_sidecars/s1.parquet is damaged");
}

TEST_P(DamagedSidecarTest, DamagedPages) {
  Put("_sidecars/s2.parquet", Damage(second, "add.path", 0.97));
  ExpectAllFiles(LoadOnCheckpoint(), "_sidecars/s2.parquet is damaged");
}

TEST_P(DamagedSidecarTest, MissingWithoutTheCommitsIsAnError) {
  Drop("_sidecars/s2.parquet");
  const SnapshotPtr snapshot = LoadOnCheckpoint();
  Drop(CommitFileName(Version{0}));
  EXPECT_THAT(snapshot->ListFiles({}),
              StatusIs(StatusCode::kCorruption,
                       AllOf(HasSubstr("sidecar _sidecars/s2.parquet"), HasSubstr("restore"))));
}

class DamagedPartTest : public DamagedLogTest {
 protected:
  void SetUp() override {
    DamagedLogTest::SetUp();
    first = CheckpointOf(AddLines(0, kOld / 2) + R"({"txn":{"appId":"a","version":7}})");
    second = CheckpointOf(AddLines(kOld / 2, kOld) + RemoveLines(-20, 0));
    Put(Name(1), first);
    Put(Name(2), second);
  }
  static std::string Name(int part) {
    return Concat(VersionPrefix(Version{1}), ".checkpoint.000000000", part, ".0000000002.parquet");
  }
  std::string first, second;
};

INSTANTIATE_TEST_SUITE_P(Stores, DamagedPartTest, ::testing::Values("memory", "local"));

TEST_P(DamagedPartTest, DamagedPages) {
  Put(Name(2), Damage(second, "add.path", 0.97));
  ExpectAllFiles(LoadOnCheckpoint(), Name(2));
}

TEST_P(DamagedPartTest, MissingOrTruncatedIsFoundWhenTheTableIsOpened) {
  for (const bool missing : {false, true}) {
    if (missing) {
      Drop(Name(2));
    } else {
      Put(Name(2), second.substr(0, 1000));
    }
    const Warnings warnings;
    const auto snapshot = table->Load();
    ASSERT_THAT(snapshot, IsOk());
    EXPECT_FALSE((*snapshot)->segment().checkpoint_version.has_value());
    EXPECT_EQ(Drain((*snapshot)->ListFiles({})).paths, PathsOf(kRemoved, kNew));
    EXPECT_EQ(warnings.messages().size(), missing ? 0u : 1u);
  }
}

TEST_P(DamagedPartTest, GoneSinceTheTableWasOpened) {
  const SnapshotPtr snapshot = LoadOnCheckpoint();
  Drop(Name(2));
  // What was open stays readable; what was not is looked for elsewhere.
  const Listed files = Drain(snapshot->ListFiles({}));
  ASSERT_THAT(files.status, IsOk());
  EXPECT_EQ(files.paths, PathsOf(kRemoved, kNew));
}

TEST_P(DamagedLogTest, TransactionsAndCheckpointWritingRecover) {
  Put(kClassic, Damage(Damage(Checkpoint(), "txn.appId", 0), "add.path", 0.97));
  const SnapshotPtr snapshot = LoadOnCheckpoint();
  const Warnings warnings;
  const auto txn = snapshot->TransactionOf("a");
  ASSERT_THAT(txn, IsOk());
  EXPECT_EQ((*txn)->version, 7);
  EXPECT_THAT(snapshot->Domains(), IsOkAndHolds(IsEmpty()));
  ASSERT_THAT(WriteCheckpoint(*snapshot), IsOk());
  EXPECT_THAT(warnings.messages(), ElementsAre(HasSubstr(kClassic)));
  const auto repaired = table->Load();
  ASSERT_THAT(repaired, IsOk());
  EXPECT_EQ((*repaired)->segment().checkpoint_version, Version{3});
  EXPECT_EQ(Drain((*repaired)->ListFiles({})).paths, PathsOf(kRemoved, kNew));
  EXPECT_EQ((*(*repaired)->TransactionOf("a"))->version, 7);
}

TEST_P(DamagedLogTest, RefreshKeepsToTheAlternative) {
  Put(kClassic, Damage(Checkpoint(), "add.path", 0.97));
  const SnapshotPtr snapshot = LoadOnCheckpoint();
  ExpectAllFiles(snapshot, kClassic);
  Put(CommitFileName(Version{4}), AddLines(kNew, kNew + 1));
  const Warnings warnings;
  const auto next = table->Refresh(snapshot);
  ASSERT_THAT(next, IsOk());
  EXPECT_FALSE((*next)->segment().checkpoint_version.has_value());
  EXPECT_EQ(Drain((*next)->ListFiles({})).paths, PathsOf(kRemoved, kNew + 1));
  EXPECT_THAT(warnings.messages(), IsEmpty());
}

TEST_P(DamagedLogTest, AnotherMetadataInTheRestOfTheLogIsNoAlternative) {
  Put(kClassic, Damage(Checkpoint(), "add.path", 0.97));
  const SnapshotPtr snapshot = LoadOnCheckpoint();
  std::string other = kState;
  other.replace(other.find(R"("id":"t")"), 8, R"("id":"u")");
  Put(CommitFileName(Version{0}), other + AddLines(0, kOld / 2));
  EXPECT_THAT(Drain(snapshot->ListFiles({})).status,
              StatusIs(StatusCode::kCorruption,
                       AllOf(HasSubstr(kClassic), HasSubstr("another protocol or metaData"))));
}

TEST_P(DamagedLogTest, CompactedCommitsFoundDamagedGiveWayToTheCommits) {
  const std::string compacted =
      Concat(VersionPrefix(Version{1}), ".", VersionPrefix(Version{2}), ".compacted.json");
  Put(compacted, "{\"add\":");
  const Warnings warnings;
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(Drain((*snapshot)->ListFiles({})).paths, PathsOf(kRemoved, kNew));
  EXPECT_THAT(warnings.messages(), ElementsAre(HasSubstr(compacted)));
}

TEST_P(DamagedLogTest, ReaderOfAnOldVersionOutlivesACleanedLog) {
  // Opened by a checksum file, so that the commits are not read yet; then another process writes a
  // checkpoint of the same version and drops all before it.
  const std::string metadata(kMetadata);
  Put(VersionChecksumFileName(Version{3}),
      Concat(R"({"tableSizeBytes":1,"numFiles":1,"numMetadata":1,"numProtocol":1,"metadata":)",
             metadata.substr(12, metadata.size() - 13),
             R"(,"protocol":{"minReaderVersion":1,"minWriterVersion":2}})"));
  const auto reader = table->Load();
  ASSERT_THAT(reader, IsOk());
  const auto late = table->Load();
  ASSERT_THAT(WriteCheckpoint(**table->Load()), IsOk());
  for (int64_t version = 0; version < 4; ++version) Drop(CommitFileName(Version{version}));
  EXPECT_EQ(Drain((*reader)->ListFiles({})).paths, PathsOf(kRemoved, kNew));
  EXPECT_EQ((*(*reader)->TransactionOf("a"))->version, 7);

  Put(CommitFileName(Version{4}), AddLines(kNew, kNew + 1));
  ASSERT_THAT(WriteCheckpoint(**table->Load()), IsOk());
  Drop(ClassicCheckpointFileName(Version{3}));
  EXPECT_THAT((*late)->ListFiles({}),
              StatusIs(StatusCode::kNotFound, AllOf(HasSubstr(".json is gone"),
                                                    HasSubstr("the table has versions 4 to 4"))));
}

TEST_P(DamagedLogTest, EachLastCheckpointThatIsWrongIsOnlyAHint) {
  Put(ClassicCheckpointFileName(Version{0}), FirstCheckpoint());
  Put(kClassic, Checkpoint());
  for (
      const std::string hint :
      {R"({"version":1,"size":3})", R"({"version":0,"size":3})", R"({"version":2,"size":3})",
       R"({"version":99,"size":3})", R"({"version":-1,"size":3})",
       R"({"version":9223372036854775807,"size":3})", R"({"version":1e400,"size":3})",
       R"({"version":1,"size":-5,"sizeInBytes":1,"numOfAddFiles":99999999})",
       R"({"version":1,"size":3,"parts":7})", R"({"version":1,"size":3,"parts":-7})",
       R"({"version":1,"size":3,"checksum":"00000000000000000000000000000000"})",
       R"({"version":1,"size":3,"v2Checkpoint":{"path":"../../etc/passwd","sizeInBytes":1,"modificationTime":1}})",
       R"({"version":"1"})", "[]", "null", "\xff\xfe", "{\"version\":1", ""}) {
    SCOPED_TRACE(hint);
    Put("_last_checkpoint", hint);
    LoadOnCheckpoint();
    const auto older = table->Load(Version{0});
    ASSERT_THAT(older, IsOk());
    EXPECT_EQ((*older)->segment().checkpoint_version, Version{0});
  }
}

TEST_P(DamagedLogTest, LastCheckpointOfADeletedCheckpoint) {
  Put("_last_checkpoint", R"({"version":1,"size":3})");
  const auto snapshot = table->Load();
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(Drain((*snapshot)->ListFiles(PathOnly())).paths, PathsOf(kRemoved, kNew));
}

}  // namespace
}  // namespace deltaic
