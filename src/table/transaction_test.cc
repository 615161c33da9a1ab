#include "table/transaction.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "data/actions/file_actions.h"
#include "protocol/actions_json.h"
#include "protocol/last_checkpoint.h"
#include "protocol/log_file_name.h"
#include "storage/fault_store.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "table/checkpoint.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Not;
using testing::StatusIs;
using ::testing::UnorderedElementsAre;

constexpr const char* kSchema =
    R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}}]})";

Metadata SomeMetadata(StringMap configuration = {}) {
  return Metadata{
      .id = "some-table", .schema_string = kSchema, .configuration = std::move(configuration)};
}
Add AddOf(std::string path) { return Add{.path = std::move(path), .size = 10}; }
Remove RemoveOf(std::string path, bool data_change = true) {
  return Remove{.path = std::move(path), .deletion_timestamp = 1, .data_change = data_change};
}

/// Sets one fault for the next calls of a kind that it fits, but for the first `after`.
struct FaultScript {
  StoreCall call = StoreCall::kPutIfAbsent;
  Fault fault;
  int times = 0;
  std::string path_part;
  int after = 0;

  FaultPlan Plan() {
    return [this](StoreCall asked, std::string_view path) {
      const bool fits = asked == call && path.find(path_part) != std::string_view::npos;
      if (!fits || after-- > 0) return Fault{};
      return times-- > 0 ? fault : Fault{};
    };
  }
};

class TransactionTest : public ::testing::Test {
 protected:
  SnapshotPtr Create(StringMap configuration = {}, Protocol protocol = {}) {
    return Commit(nullptr, {std::move(protocol), SomeMetadata(std::move(configuration))},
                  {.operation = "CREATE TABLE"})
        ->snapshot;
  }

  Result<CommitResult> Commit(const SnapshotPtr& read, std::vector<Action> actions,
                              const CommitSpec& spec = {}, bool blind_append = true) {
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, read));
    transaction.reads().blind_append = blind_append;
    for (Action& action : actions) DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(action)));
    return std::move(transaction).Commit(spec);
  }

  CommitInfo InfoOf(int64_t version) {
    for (const Action& action : ActionsOf(version)) {
      if (const auto* info = std::get_if<CommitInfo>(&action)) return *info;
    }
    return {};
  }

  std::vector<Action> ActionsOf(int64_t version) {
    const std::string name = CommitFileName(Version{version});
    return *ParseActions(*table_->log()->Read(name), name);
  }

  static std::vector<std::string> Files(const SnapshotPtr& snapshot) {
    std::vector<std::string> paths;
    auto stream = *snapshot->ListFiles(FileListOptions());
    while (auto batch = *stream->Next()) {
      for (int64_t i = 0; i < batch->num_rows(); ++i) paths.push_back(AddFromBatch(*batch, i).path);
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  std::vector<std::string> LogNames() {
    std::vector<std::string> names;
    const auto files = *table_->log()->ListFrom("");
    for (const ObjectMeta& file : files) names.push_back(file.path);
    return names;
  }

  FaultScript faults_;
  std::shared_ptr<Table> table_ = Table::Of(MakeFaultStore(MakeMemoryStore(), faults_.Plan()));
};

TEST_F(TransactionTest, FirstCommitMakesTheTable) {
  const SnapshotPtr made = Create({{"delta.appendOnly", "true"}});
  EXPECT_EQ(made->version(), Version{0});
  EXPECT_TRUE(made->properties().append_only);
  const SnapshotPtr loaded = *table_->Load();
  EXPECT_EQ(loaded->metadata(), made->metadata());
  EXPECT_EQ(loaded->protocol(), made->protocol());
}

TEST_F(TransactionTest, CommitInfoComesFirstAndSaysWhoDidWhat) {
  const SnapshotPtr created = Create();
  CommitSpec spec{.operation = "WRITE",
                  .parameters = {{"mode", "\"Append\""}},
                  .metrics = {{"numFiles", "1"}},
                  .custom = {{"userName", "\"me\""}, {"operationMetrics", "\"stolen\""}}};
  ASSERT_THAT(Commit(created, {AddOf("a")}, spec), IsOk());
  const std::vector<Action> actions = ActionsOf(1);
  const auto* info = std::get_if<CommitInfo>(&actions.front());
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->operation, "WRITE");
  EXPECT_EQ(info->read_version, 0);
  EXPECT_EQ(info->is_blind_append, true);
  EXPECT_EQ(info->isolation_level, "Serializable");
  EXPECT_EQ(info->engine_info, "Deltaic/0.1.0");
  EXPECT_EQ(info->txn_id->size(), 36u);
  EXPECT_GT(*info->timestamp, 1'600'000'000'000);
  EXPECT_THAT(info->json, AllOf(HasSubstr(R"("operationParameters":{"mode":"Append"})"),
                                HasSubstr(R"("operationMetrics":{"numFiles":"1"})"),
                                HasSubstr(R"("userName":"me")")));
}

TEST_F(TransactionTest, SnapshotAfterCommitEqualsLoadedOne) {
  SnapshotPtr snapshot = Create();
  for (int i = 0; i < 25; ++i) {
    std::vector<Action> actions = {AddOf(Concat("f", i)), Txn{"app", i, {}}};
    if (i >= 5) actions.push_back(RemoveOf(Concat("f", i - 5)));
    snapshot = Commit(snapshot, actions)->snapshot;
    const SnapshotPtr loaded = *table_->Load();
    ASSERT_EQ(snapshot->version(), loaded->version());
    ASSERT_EQ(Files(snapshot), Files(loaded));
    ASSERT_EQ(snapshot->TransactionOf("app")->value().version, i);
  }
  EXPECT_THAT(Files(snapshot), ElementsAre("f20", "f21", "f22", "f23", "f24"));
}

TEST_F(TransactionTest, LostRaceThatCommutesIsRetried) {
  const SnapshotPtr created = Create();
  ASSERT_THAT(Commit(created, {AddOf("a")}), IsOk());
  ASSERT_THAT(Commit(created, {AddOf("b")}), IsOk());
  const auto third = Commit(created, {AddOf("c")});
  ASSERT_THAT(third, IsOk());
  EXPECT_EQ(third->version, Version{3});
  EXPECT_EQ(third->num_retries, 1);
  EXPECT_EQ(third->snapshot->version(), Version{3});
  EXPECT_THAT(Files(third->snapshot), ElementsAre("a", "b", "c"));
}

TEST_F(TransactionTest, LostRaceThatConflictsNamesTheWinner) {
  const SnapshotPtr created = Create();
  ASSERT_THAT(Commit(created, {AddOf("a")}), IsOk());
  ASSERT_THAT(Commit(created, {SomeMetadata({{"x", "y"}})}, {.operation = "SET TBLPROPERTIES"}),
              IsOk());
  EXPECT_THAT(
      Commit(created, {AddOf("c")}),
      StatusIs(StatusCode::kConflict,
               AllOf(HasSubstr("done on version 0"), HasSubstr("version 2 (SET TBLPROPERTIES)"),
                     HasSubstr("metadata"), HasSubstr("run it again"))));
  EXPECT_EQ((*table_->Load())->version(), Version{2});
}

TEST_F(TransactionTest, GivesUpAfterTheAllowedRetries) {
  const SnapshotPtr created = Create();
  ASSERT_THAT(Commit(created, {AddOf("a")}), IsOk());
  EXPECT_THAT(Commit(created, {AddOf("b")}, {.max_retries = 0}),
              StatusIs(StatusCode::kConflict, HasSubstr("gave up")));
}

TEST_F(TransactionTest, OnlyOneCreatesTheTable) {
  Create();
  EXPECT_THAT(Commit(nullptr, {Protocol{}, SomeMetadata()}), StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(LogNames(), ElementsAre(CommitFileName(Version{0})));
}

struct ReplyCase {
  std::string name;
  Fault::Kind kind;
  StatusCode code;
  int times;
  StatusCode outcome;
  bool committed;
};

class LostReplyTest : public TransactionTest, public ::testing::WithParamInterface<ReplyCase> {};

TEST_P(LostReplyTest, IsClearedUpByReadingBack) {
  const ReplyCase& test = GetParam();
  const SnapshotPtr created = Create();
  faults_.fault = Fault{test.kind, Status(test.code, "injected")};
  faults_.times = test.times;
  const auto result = Commit(created, {AddOf("a")});
  EXPECT_EQ(result.status().code(), test.outcome) << result.status();
  faults_.times = 0;
  const SnapshotPtr loaded = *table_->Load();
  EXPECT_EQ(loaded->version(), Version{test.committed ? 1 : 0});
  EXPECT_EQ(Files(loaded).size(), test.committed ? 1u : 0u);
  if (result.ok()) {
    EXPECT_EQ(result->version, Version{1});
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, LostReplyTest,
    ::testing::Values(ReplyCase{"CommitArrived", Fault::Kind::kFailAfter,
                                StatusCode::kCommitUnknown, 1, StatusCode::kOk, true},
                      ReplyCase{"CommitArrivedAndAnIoErrorIsReported", Fault::Kind::kFailAfter,
                                StatusCode::kIo, 1, StatusCode::kOk, true},
                      ReplyCase{"CommitDidNotArriveAndIsRepeated", Fault::Kind::kFailBefore,
                                StatusCode::kCommitUnknown, 1, StatusCode::kOk, true},
                      ReplyCase{"ThrottledAndRepeated", Fault::Kind::kFailBefore,
                                StatusCode::kUnavailable, 2, StatusCode::kOk, true},
                      ReplyCase{"NeverClear", Fault::Kind::kFailBefore, StatusCode::kCommitUnknown,
                                100, StatusCode::kCommitUnknown, false},
                      ReplyCase{"AlwaysThrottled", Fault::Kind::kFailBefore,
                                StatusCode::kUnavailable, 100, StatusCode::kUnavailable, false},
                      ReplyCase{"Refused", Fault::Kind::kFailBefore, StatusCode::kPermissionDenied,
                                1, StatusCode::kPermissionDenied, false},
                      ReplyCase{"RefusedYetArrived", Fault::Kind::kFailAfter,
                                StatusCode::kPermissionDenied, 1, StatusCode::kOk, true}),
    [](const auto& info) { return info.param.name; });

TEST_F(TransactionTest, UnreadableOutcomeIsUnknown) {
  const SnapshotPtr created = Create();
  ASSERT_THAT(Commit(created, {AddOf("a")}), IsOk());
  faults_.call = StoreCall::kRead;
  faults_.fault = {Fault::Kind::kFailBefore, Status::Io("injected")};
  faults_.times = 100;
  faults_.path_part = "";
  faults_.after = 1;  // that of the version read, to see that it is there
  EXPECT_THAT(Commit(created, {AddOf("b")}),
              StatusIs(StatusCode::kCommitUnknown, HasSubstr("look for txnId")));
}

TEST_F(TransactionTest, WritesACheckpointEachInterval) {
  SnapshotPtr snapshot = Create({{"delta.checkpointInterval", "3"}});
  for (int i = 1; i <= 4; ++i) {
    const auto result = Commit(snapshot, {AddOf(Concat("f", i))});
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->checkpoint.has_value(), i == 3);
    snapshot = result->snapshot;
  }
  EXPECT_EQ(snapshot->segment().checkpoint_version, Version{3});
  EXPECT_THAT(Files(snapshot), ElementsAre("f1", "f2", "f3", "f4"));
  const auto hint = ParseLastCheckpoint(*table_->log()->Read(kLastCheckpointFileName));
  ASSERT_THAT(hint, IsOk());
  EXPECT_EQ(hint->version, Version{3});
  EXPECT_EQ(hint->num_of_add_files, 3);
  EXPECT_EQ(hint->size, 5);
  const SnapshotPtr loaded = *table_->Load();
  EXPECT_EQ(loaded->segment().checkpoint_version, Version{3});
  EXPECT_EQ(Files(loaded), Files(snapshot));
}

TEST_F(TransactionTest, FailedCheckpointDoesNotFailTheCommit) {
  const SnapshotPtr created = Create({{"delta.checkpointInterval", "1"}});
  faults_ = {.call = StoreCall::kCreate,
             .fault = {Fault::Kind::kFailBefore, Status::Io("disk full")},
             .times = 1};
  const auto result = Commit(created, {AddOf("a")});
  ASSERT_THAT(result, IsOk());
  ASSERT_TRUE(result->checkpoint.has_value());
  EXPECT_THAT(*result->checkpoint, StatusIs(StatusCode::kIo));
  EXPECT_THAT(Files(result->snapshot), ElementsAre("a"));
}

TEST_F(TransactionTest, CheckpointHintNeverMovesBack) {
  SnapshotPtr old = Create();
  SnapshotPtr snapshot = Commit(old, {AddOf("a")})->snapshot;
  ASSERT_THAT(WriteCheckpoint(*snapshot), IsOk());
  ASSERT_THAT(WriteCheckpoint(*old), IsOk());
  EXPECT_EQ(ParseLastCheckpoint(*table_->log()->Read(kLastCheckpointFileName))->version,
            Version{1});
}

TEST_F(TransactionTest, CheckpointLeavesExpiredTombstonesAndTransactionsOut) {
  Create({{"delta.setTransactionRetentionDuration", "interval 1 day"}});
  const int64_t now = *InfoOf(0).timestamp;
  Remove fresh = RemoveOf("b");
  fresh.deletion_timestamp = now;
  SnapshotPtr snapshot =
      Commit(*table_->Load(), {AddOf("a"), AddOf("b"), Txn{"old", 1, 5}, Txn{"new", 1, now}})
          ->snapshot;
  snapshot = Commit(snapshot, {RemoveOf("a"), fresh})->snapshot;
  ASSERT_THAT(WriteCheckpoint(*snapshot), IsOk());
  // protocol, metadata, one tombstone, one transaction.
  EXPECT_EQ(ParseLastCheckpoint(*table_->log()->Read(kLastCheckpointFileName))->size, 4);
}

TEST_F(TransactionTest, InCommitTimestampsRise) {
  const Protocol protocol{
      .min_reader_version = 1, .min_writer_version = 7, .writer_features = {{"inCommitTimestamp"}}};
  SnapshotPtr snapshot = Create({{"delta.enableInCommitTimestamps", "true"}}, protocol);
  const SnapshotPtr created = snapshot;
  for (int i = 0; i < 3; ++i) snapshot = Commit(created, {AddOf(Concat("f", i))})->snapshot;
  for (int64_t version = 1; version <= 3; ++version) {
    EXPECT_GT(*InfoOf(version).in_commit_timestamp, *InfoOf(version - 1).in_commit_timestamp);
    EXPECT_THAT(*table_->log()->Read(CommitFileName(Version{version})),
                ::testing::StartsWith(R"({"commitInfo":{"inCommitTimestamp":)"));
  }
  EXPECT_EQ(snapshot->timestamp()->value, *InfoOf(3).in_commit_timestamp);
}

TEST_F(TransactionTest, TurningInCommitTimestampsOnRecordsWhereAndWhen) {
  const SnapshotPtr created = Create();
  Protocol protocol{.min_reader_version = 1,
                    .min_writer_version = 7,
                    .writer_features = {{"appendOnly", "invariants", "inCommitTimestamp"}}};
  const auto result =
      Commit(created, {protocol, SomeMetadata({{"delta.enableInCommitTimestamps", "true"}})});
  ASSERT_THAT(result, IsOk());
  const TableProperties& properties = result->snapshot->properties();
  EXPECT_EQ(properties.in_commit_timestamp_enablement_version, 1);
  EXPECT_EQ(properties.in_commit_timestamp_enablement_timestamp, InfoOf(1).in_commit_timestamp);
  EXPECT_GT(*InfoOf(1).in_commit_timestamp, created->timestamp()->value);
}

TEST_F(TransactionTest, AppendOnlyTablesKeepTheirRows) {
  const SnapshotPtr created = Create({{"delta.appendOnly", "true"}});
  const SnapshotPtr snapshot = Commit(created, {AddOf("a")})->snapshot;
  EXPECT_THAT(Commit(snapshot, {RemoveOf("a")}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("append-only")));
  // Compaction keeps them, too.
  EXPECT_THAT(Commit(snapshot, {RemoveOf("a", /*data_change=*/false)}), IsOk());
}

TEST_F(TransactionTest, CommitBelowACleanedUpLogIsRefused) {
  SnapshotPtr snapshot = Commit(Create(), {AddOf("a")})->snapshot;
  ASSERT_THAT(WriteCheckpoint(*snapshot), IsOk());
  for (int64_t v : {0, 1}) ASSERT_THAT(table_->log()->Delete(CommitFileName(Version{v})), IsOk());
  const SnapshotPtr old = *table_->Load();
  snapshot = Commit(old, {AddOf("b")})->snapshot;
  snapshot = Commit(snapshot, {AddOf("c")})->snapshot;
  ASSERT_THAT(WriteCheckpoint(*snapshot), IsOk());
  ASSERT_THAT(table_->log()->Delete(CommitFileName(Version{2})), IsOk());
  EXPECT_THAT(Commit(old, {AddOf("d")}),
              StatusIs(StatusCode::kConflict, HasSubstr("not in the log any more")));
  EXPECT_THAT(Files(*table_->Load()), ElementsAre("a", "b", "c"));
}

struct RefusedCase {
  std::string name;
  std::vector<Action> actions;
  std::string message;
};

class RefusedActionsTest : public TransactionTest,
                           public ::testing::WithParamInterface<RefusedCase> {};

TEST_P(RefusedActionsTest, BeforeAnythingIsWritten) {
  const SnapshotPtr created = Create();
  EXPECT_THAT(Commit(created, GetParam().actions),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
  EXPECT_EQ(LogNames().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedActionsTest,
    ::testing::Values(
        RefusedCase{"TwoAddsOfAPath", {AddOf("a"), AddOf("a")}, "cannot add a twice"},
        RefusedCase{"TwoRemovesOfAPath", {RemoveOf("a"), RemoveOf("a")}, "cannot remove a twice"},
        RefusedCase{"TwoMetadata", {SomeMetadata(), SomeMetadata()}, "only once"},
        RefusedCase{"TwoProtocols", {Protocol{}, Protocol{}}, "only once"},
        RefusedCase{"TwoTransactionsOfAnApplication", {Txn{"x", 1, {}}, Txn{"x", 2, {}}}, "'x'"},
        RefusedCase{"CommitInfo", {CommitInfo{}}, "commitInfo"},
        RefusedCase{"Sidecar", {Sidecar{}}, "sidecar"},
        RefusedCase{
            "DomainWithoutTheFeature", {DomainMetadata{"d", "{}", false}}, "domainMetadata"},
        RefusedCase{
            "AnotherTableId", {Metadata{.id = "other", .schema_string = kSchema}}, "id of a table"},
        RefusedCase{"NoSchema", {Metadata{.id = "some-table"}}, "schema"}),
    [](const auto& info) { return info.param.name; });

TEST_F(TransactionTest, CreationNeedsMetadataAndProtocol) {
  EXPECT_THAT(Commit(nullptr, {Protocol{}}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Commit(nullptr, {SomeMetadata()}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(LogNames(), IsEmpty());
}

TEST_F(TransactionTest, UnwritableTableIsRefusedByName) {
  Create();
  const std::string commit =
      R"({"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["futureFeature"]}})";
  ASSERT_THAT(table_->log()->PutIfAbsent(CommitFileName(Version{1}), commit + "\n"), IsOk());
  EXPECT_THAT(Transaction::Start(table_, *table_->Load()).status(),
              StatusIs(StatusCode::kUnsupported, HasSubstr("futureFeature")));
}

}  // namespace
}  // namespace deltaic
