#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "data/actions/file_actions.h"
#include "data/deletion_vector/deletion_vector.h"
#include "data/deletion_vector/deletion_vector_file.h"
#include "data/deletion_vector/deletion_vector_writer.h"
#include "protocol/actions_json.h"
#include "protocol/commit_info_json.h"
#include "protocol/log_file_name.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "table/checkpoint.h"
#include "table/transaction.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

constexpr const char* kSchema =
    R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]})";
constexpr int64_t kRows = 10;

Add AddOf(std::string path) {
  return {.path = std::move(path), .size = 10, .stats = Concat("{\"numRecords\":", kRows, "}")};
}

/// Commits that come behind others, over one table in memory.
class RebasedCommitTest : public ::testing::Test {
 protected:
  SnapshotPtr Create(std::vector<std::string> features, StringMap configuration = {}) {
    Protocol protocol{.min_reader_version = 3,
                      .min_writer_version = 7,
                      .reader_features = std::vector<std::string>(),
                      .writer_features = std::move(features)};
    for (const std::string& name : *protocol.writer_features) {
      if (name == "deletionVectors") protocol.reader_features->push_back(name);
    }
    Metadata metadata{
        .id = "t", .schema_string = kSchema, .configuration = std::move(configuration)};
    return Commit(nullptr, {protocol, metadata})->snapshot;
  }

  Result<CommitResult> Commit(const SnapshotPtr& read, std::vector<Action> actions,
                              TransactionReads reads = {.blind_append = true},
                              const CommitSpec& spec = {}) {
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, read));
    reads.isolation = transaction.reads().isolation;
    transaction.reads() = std::move(reads);
    for (Action& action : actions) DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(action)));
    return std::move(transaction).Commit(spec);
  }

  /// Takes `rows` out of the only file of `read`, by a deletion vector, as DELETE does.
  Result<CommitResult> Delete(const SnapshotPtr& read, const std::vector<int64_t>& rows,
                              TransactionReads reads = {}) {
    const Add before = OnlyFile(read);
    DeletionVector vector;
    if (before.deletion_vector) {
      DELTAIC_ASSIGN_OR_RETURN(vector, LoadDeletionVector(*store_, *before.deletion_vector, kRows));
    }
    for (const int64_t row : rows) vector.Add(row);
    DeletionVectorWriter writer(*store_);
    Add after = before;
    DELTAIC_ASSIGN_OR_RETURN(after.deletion_vector, writer.Write(vector));
    DELTAIC_RETURN_IF_ERROR(writer.Finish());
    after.data_change = true;
    reads.read_files.insert(before.path);
    const Remove remove{.path = before.path,
                        .deletion_timestamp = 1,
                        .size = before.size,
                        .deletion_vector = before.deletion_vector,
                        .base_row_id = before.base_row_id};
    return Commit(read, {remove, after}, std::move(reads), {.operation = "DELETE"});
  }

  static std::vector<Add> FilesOf(const SnapshotPtr& snapshot) {
    std::vector<Add> files;
    auto stream = *snapshot->ListFiles(FileListOptions());
    while (auto batch = *stream->Next()) {
      for (int64_t i = 0; i < batch->num_rows(); ++i) files.push_back(AddFromBatch(*batch, i));
    }
    std::ranges::sort(files, {}, &Add::path);
    return files;
  }
  static Add OnlyFile(const SnapshotPtr& snapshot) {
    const std::vector<Add> files = FilesOf(snapshot);
    EXPECT_EQ(files.size(), 1u);
    return files.at(0);
  }

  std::vector<int64_t> DeletedRows(const Add& file) {
    std::vector<int64_t> rows;
    if (!file.deletion_vector) return rows;
    const auto vector = LoadDeletionVector(*store_, *file.deletion_vector, kRows);
    EXPECT_THAT(vector, IsOk());
    for (int64_t row = 0; row < kRows; ++row) {
      if (vector->Contains(row)) rows.push_back(row);
    }
    return rows;
  }

  CommitInfo InfoOf(int64_t version) {
    const std::string name = CommitFileName(Version{version});
    return std::get<CommitInfo>(ParseActions(*table_->log()->Read(name), name)->front());
  }

  size_t NumVectorFiles() {
    return std::ranges::count_if(*store_->ListFrom("", ""), [](const ObjectMeta& file) {
      return file.path.starts_with("deletion_vector");
    });
  }

  const std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
  const std::shared_ptr<Table> table_ = Table::Of(store_);
};

TEST_F(RebasedCommitTest, DeletesOfOtherRowsOfOneFileAreMerged) {
  const SnapshotPtr read = Commit(Create({"deletionVectors"}), {AddOf("a")})->snapshot;
  ASSERT_THAT(Delete(read, {1, 2}), IsOk());
  ASSERT_THAT(Delete(read, {5}), IsOk());
  const auto third = Delete(read, {9, 0});
  ASSERT_THAT(third, IsOk());
  EXPECT_EQ(third->version, Version{4});
  for (const SnapshotPtr& snapshot : {third->snapshot, *table_->Load()}) {
    EXPECT_THAT(DeletedRows(OnlyFile(snapshot)), ElementsAre(0, 1, 2, 5, 9));
  }
  EXPECT_EQ(OnlyFile(third->snapshot).deletion_vector->cardinality, 5);
}

TEST_F(RebasedCommitTest, DeletesOfOneRowConflictAndLeaveNoFile) {
  const SnapshotPtr read = Commit(Create({"deletionVectors"}), {AddOf("a")})->snapshot;
  ASSERT_THAT(Delete(read, {1, 2}), IsOk());
  ASSERT_THAT(Delete(read, {5}), IsOk());
  const size_t before = NumVectorFiles();
  EXPECT_THAT(Delete(read, {7, 5}),
              StatusIs(StatusCode::kConflict,
                       AllOf(HasSubstr("this DELETE"), HasSubstr("version 3 (DELETE)"),
                             HasSubstr("removed rows of a"))));
  // Its own vector is the caller's; the one merged with version 2 is gone.
  EXPECT_EQ(NumVectorFiles(), before + 1);
  EXPECT_THAT(DeletedRows(OnlyFile(*table_->Load())), ElementsAre(1, 2, 5));
}

TEST_F(RebasedCommitTest, DeletesOverAVectorThatWasThereAreMerged) {
  SnapshotPtr read = Commit(Create({"deletionVectors"}), {AddOf("a")})->snapshot;
  read = Delete(read, {3})->snapshot;
  ASSERT_THAT(Delete(read, {1}), IsOk());
  const auto second = Delete(read, {2});
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(DeletedRows(OnlyFile(second->snapshot)), ElementsAre(1, 2, 3));
}

TEST_F(RebasedCommitTest, FileOfWhichNoRowIsLeftIsRemoved) {
  const SnapshotPtr read = Commit(Create({"deletionVectors"}), {AddOf("a")})->snapshot;
  ASSERT_THAT(Delete(read, {0, 1, 2, 3, 4}), IsOk());
  const auto second = Delete(read, {5, 6, 7, 8, 9});
  ASSERT_THAT(second, IsOk());
  EXPECT_TRUE(FilesOf(second->snapshot).empty());
  EXPECT_TRUE(FilesOf(*table_->Load()).empty());
}

TEST_F(RebasedCommitTest, WhoUsedRowsThatStayConflicts) {
  const SnapshotPtr read = Commit(Create({"deletionVectors"}), {AddOf("a")})->snapshot;
  ASSERT_THAT(Delete(read, {1}), IsOk());
  EXPECT_THAT(Delete(read, {5}, {.only_removed_rows_used = false}),
              StatusIs(StatusCode::kConflict, HasSubstr("removed a")));
}

TEST_F(RebasedCommitTest, RemovalOfAFileThatLostRowsConflicts) {
  const SnapshotPtr read = Commit(Create({"deletionVectors"}), {AddOf("a")})->snapshot;
  ASSERT_THAT(Delete(read, {1}), IsOk());
  EXPECT_THAT(Commit(read, {Remove{.path = "a", .deletion_timestamp = 1}, AddOf("b")},
                     {.read_files = {"a"}}, {.operation = "UPDATE"}),
              StatusIs(StatusCode::kConflict, HasSubstr("removed a")));
}

TEST_F(RebasedCommitTest, RowIdsAreGivenAnewAfterTheWinners) {
  const SnapshotPtr read = Create({"rowTracking", "domainMetadata"});
  ASSERT_THAT(Commit(read, {AddOf("a"), AddOf("b")}), IsOk());
  const auto second = Commit(read, {AddOf("c")});
  ASSERT_THAT(second, IsOk());
  std::vector<int64_t> ids, versions;
  for (const Add& file : FilesOf(*table_->Load())) {
    ids.push_back(file.base_row_id.value_or(-1));
    versions.push_back(file.default_row_commit_version.value_or(-1));
  }
  EXPECT_THAT(ids, ElementsAre(0, kRows, 2 * kRows));
  EXPECT_THAT(versions, ElementsAre(1, 1, 2));
  const auto domains = second->snapshot->Domains();
  ASSERT_THAT(domains, IsOk());
  ASSERT_EQ(domains->size(), 1u);
  EXPECT_EQ(domains->front().configuration, Concat("{\"rowIdHighWaterMark\":", 3 * kRows - 1, "}"));
}

TEST_F(RebasedCommitTest, RowIdsGoOnAfterACheckpoint) {
  SnapshotPtr snapshot = Commit(Create({"rowTracking", "domainMetadata"}), {AddOf("a")})->snapshot;
  ASSERT_THAT(WriteCheckpoint(*snapshot), IsOk());
  snapshot = Commit(*table_->Load(), {AddOf("b")})->snapshot;
  EXPECT_EQ(FilesOf(snapshot).back().base_row_id, kRows);
}

TEST_F(RebasedCommitTest, TrackedRowsGetColumnsForTheirIdsAndATag) {
  const SnapshotPtr read =
      Create({"rowTracking", "domainMetadata"}, {{"delta.enableRowTracking", "true"}});
  const StringMap& properties = read->metadata().configuration;
  EXPECT_THAT(properties.at("delta.rowTracking.materializedRowIdColumnName"),
              ::testing::StartsWith("_row-id-col-"));
  EXPECT_THAT(properties.at("delta.rowTracking.materializedRowCommitVersionColumnName"),
              ::testing::StartsWith("_row-commit-version-col-"));
  ASSERT_THAT(Commit(read, {AddOf("a")}), IsOk());
  EXPECT_EQ(CommitTags(InfoOf(1)), (StringMap{{"delta.rowTracking.preserved", "true"}}));
}

TEST_F(RebasedCommitTest, TrackingOfRowsThatHaveNoIdsIsRefused) {
  const SnapshotPtr read = Commit(Create({"appendOnly"}), {AddOf("a")})->snapshot;
  Metadata metadata = read->metadata();
  metadata.configuration["delta.enableRowTracking"] = "true";
  Protocol protocol = read->protocol();
  protocol.writer_features = {"appendOnly", "rowTracking", "domainMetadata"};
  EXPECT_THAT(Commit(read, {protocol, metadata}),
              StatusIs(StatusCode::kUnsupported, HasSubstr("delta.enableRowTracking")));
}

TEST_F(RebasedCommitTest, FileWithoutARowCountIsRefusedWhereRowsAreTracked) {
  const SnapshotPtr read = Create({"rowTracking", "domainMetadata"});
  EXPECT_THAT(Commit(read, {Add{.path = "a"}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("numRecords")));
  EXPECT_EQ((*table_->Load())->version(), Version{0});
}

TEST_F(RebasedCommitTest, CommitsGoOnUnderPropertiesThatTheyNeedNotKnow) {
  const SnapshotPtr read = Create({"deletionVectors", "inCommitTimestamp", "v2Checkpoint"});
  Metadata metadata = read->metadata();
  metadata.configuration = {{"delta.enableDeletionVectors", "true"},
                            {"delta.enableInCommitTimestamps", "true"},
                            {"delta.checkpointPolicy", "v2"}};
  ASSERT_THAT(Commit(read, {metadata}, {}, {.operation = "SET TBLPROPERTIES"}), IsOk());
  ASSERT_THAT(Commit(read, {AddOf("a")}), IsOk());
  EXPECT_GT(InfoOf(2).in_commit_timestamp.value_or(-1), *InfoOf(1).in_commit_timestamp);
  // Enabled by version 1, and said by it alone.
  EXPECT_EQ((*table_->Load())->properties().in_commit_timestamp_enablement_version, 1);
}

TEST_F(RebasedCommitTest, TurningTimestampsOnSaysTheVersionThatItBecame) {
  const SnapshotPtr read = Create({"inCommitTimestamp"});
  ASSERT_THAT(Commit(read, {AddOf("a")}), IsOk());
  Metadata metadata = read->metadata();
  metadata.configuration["delta.enableInCommitTimestamps"] = "true";
  ASSERT_THAT(Commit(read, {metadata}, {}), IsOk());
  const TableProperties properties = (*table_->Load())->properties();
  EXPECT_EQ(properties.in_commit_timestamp_enablement_version, 2);
  EXPECT_EQ(properties.in_commit_timestamp_enablement_timestamp, InfoOf(2).in_commit_timestamp);
}

TEST_F(RebasedCommitTest, CancelledCommitWritesNothing) {
  const SnapshotPtr read = Create({"appendOnly"});
  CommitSpec spec{.cancel = CancellationToken()};
  spec.cancel.Cancel();
  EXPECT_THAT(Commit(read, {AddOf("a")}, {.blind_append = true}, spec),
              StatusIs(StatusCode::kCancelled));
  EXPECT_EQ((*table_->Load())->version(), Version{0});
}

TEST_F(RebasedCommitTest, TimeoutEndsARaceThatIsLost) {
  const SnapshotPtr read = Create({"appendOnly"});
  ASSERT_THAT(Commit(read, {AddOf("a")}), IsOk());
  CommitSpec spec;
  spec.timeout = std::chrono::milliseconds(0);
  EXPECT_THAT(Commit(read, {AddOf("b")}, {.blind_append = true}, spec),
              StatusIs(StatusCode::kConflict, HasSubstr("allow more time")));
}

TEST_F(RebasedCommitTest, OverwriteNamesEachFileOnce) {
  SnapshotPtr snapshot = Create({"appendOnly"});
  std::vector<Action> adds, removes;
  for (int i = 0; i < 500; ++i) {
    adds.push_back(AddOf(Concat("file \"", i, "\" \xC3\xA4")));
    removes.push_back(Remove{.path = Concat("file \"", i, "\" \xC3\xA4"), .deletion_timestamp = 1});
  }
  snapshot = Commit(snapshot, std::move(adds))->snapshot;
  EXPECT_EQ(FilesOf(snapshot).size(), 500u);
  snapshot = Commit(snapshot, std::move(removes), {.read_whole_table = true})->snapshot;
  EXPECT_TRUE(FilesOf(snapshot).empty());
}

/// How a table that a snapshot stands on can be lost.
enum class Loss { kDeleted, kAnewAndShorter, kAnewAndAsLong, kAnewAndLonger };
enum class Loaded { kByItsOwnCommit, kFromTheLog, kFromACheckpoint };

class StaleSnapshotTest : public RebasedCommitTest,
                          public ::testing::WithParamInterface<std::tuple<Loss, Loaded>> {
 protected:
  std::vector<std::string> LogNames() {
    std::vector<std::string> names;
    const auto files = *table_->log()->ListFrom("");
    for (const ObjectMeta& file : files) names.push_back(file.path);
    return names;
  }

  /// A table up to version 3.
  SnapshotPtr Make(const std::string& prefix, int versions) {
    SnapshotPtr snapshot = Create({"appendOnly"});
    for (int i = 1; i < versions; ++i) {
      snapshot = Commit(snapshot, {AddOf(Concat(prefix, i))})->snapshot;
    }
    return snapshot;
  }

  SnapshotPtr Load(Loaded how) {
    const SnapshotPtr own = Make("old", 4);
    if (how == Loaded::kByItsOwnCommit) return own;
    if (how == Loaded::kFromACheckpoint) {
      EXPECT_THAT(WriteCheckpoint(*own), IsOk());
    }
    return *table_->Load();
  }

  void Lose(Loss how) {
    for (const std::string& name : LogNames()) ASSERT_THAT(table_->log()->Delete(name), IsOk());
    if (how == Loss::kAnewAndShorter) Make("new", 2);
    if (how == Loss::kAnewAndAsLong) Make("newer", 4);
    if (how == Loss::kAnewAndLonger) Make("new", 6);
  }
};

TEST_P(StaleSnapshotTest, NothingIsWrittenFromIt) {
  const auto [loss, loaded] = GetParam();
  const SnapshotPtr stale = Load(loaded);
  Lose(loss);
  const std::vector<std::string> before = LogNames();
  const auto refused =
      StatusIs(StatusCode::kConflict,
               AllOf(HasSubstr("version 3"), HasSubstr("is not in the log any more")));
  EXPECT_THAT(Commit(stale, {AddOf("mine")}), refused);
  EXPECT_THAT(
      Commit(stale, {Remove{.path = "old1", .deletion_timestamp = 1}}, {.read_whole_table = true}),
      refused);
  EXPECT_THAT(WriteCheckpoint(*stale), refused);
  EXPECT_EQ(LogNames(), before);
}

INSTANTIATE_TEST_SUITE_P(
    All, StaleSnapshotTest,
    ::testing::Combine(::testing::Values(Loss::kDeleted, Loss::kAnewAndShorter,
                                         Loss::kAnewAndAsLong, Loss::kAnewAndLonger),
                       ::testing::Values(Loaded::kByItsOwnCommit, Loaded::kFromTheLog,
                                         Loaded::kFromACheckpoint)));

TEST_F(RebasedCommitTest, TimeInACommitOfATableWithoutTheFeatureIsNotItsTime) {
  const SnapshotPtr created = Create({"appendOnly"});
  const std::string commit =
      R"({"commitInfo":{"inCommitTimestamp":5,"timestamp":5,"operation":"WRITE"}})"
      "\n";
  ASSERT_THAT(table_->log()->PutIfAbsent(CommitFileName(Version{1}), commit), IsOk());
  const auto history = table_->History(std::nullopt);
  ASSERT_THAT(history, IsOk());
  EXPECT_GT(history->front().timestamp.value, 1'600'000'000'000);
  EXPECT_GT((*table_->Load())->timestamp()->value, 1'600'000'000'000);
  EXPECT_THAT(table_->VersionAt(TimestampMs{6}), StatusIs(StatusCode::kInvalidArgument));
}

TEST_F(RebasedCommitTest, KeysOfTheCommitItselfCannotBeGiven) {
  const SnapshotPtr created = Create({"appendOnly"});
  for (const char* key : {"inCommitTimestamp", "timestamp", "operation", "readVersion", "txnId",
                          "isolationLevel", "isBlindAppend"}) {
    CommitSpec spec;
    spec.custom = {{key, "5"}};
    EXPECT_THAT(Commit(created, {AddOf("a")}, {.blind_append = true}, spec),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(key)));
  }
  EXPECT_EQ((*table_->Load())->version(), Version{0});
}

}  // namespace
}  // namespace deltaic
