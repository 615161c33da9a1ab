#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <optional>

#include "data/deletion_vector/deletion_vector_file.h"
#include "data/values/type_mapping.h"
#include "expr/parser.h"
#include "ops/alter/alter.h"
#include "ops/create.h"
#include "ops/delete.h"
#include "ops/merge/merge.h"
#include "ops/restore.h"
#include "ops/update.h"
#include "ops/write.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "storage/fault_store.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"
#include "table/checkpoint.h"

namespace deltaic {
namespace {

using testing::DataObjects;
using testing::IsOk;
using testing::LiveFiles;
using testing::ReadIds;
using testing::Rows;

/// Counts the calls to a store, and lets one of them fail.
class OneFault {
 public:
  FaultPlan Plan() {
    return [this](StoreCall call, std::string_view) {
      const std::lock_guard lock(mutex_);
      if (!armed_) return Fault{};
      const int index = static_cast<int>(calls_.size());
      calls_.push_back(call);
      return index == target_ ? FaultFor(call) : Fault{};
    };
  }

  /// From now on counts; the `target`th call (from 0) fails.
  void Arm(int target, Fault::Kind kind) {
    const std::lock_guard lock(mutex_);
    armed_ = true;
    target_ = target;
    kind_ = kind;
    calls_.clear();
  }
  void Disarm() {
    const std::lock_guard lock(mutex_);
    armed_ = false;
  }
  std::vector<StoreCall> calls() const { return calls_; }

 private:
  Fault FaultFor(StoreCall call) const {
    const bool lost_reply = call == StoreCall::kPutIfAbsent && kind_ == Fault::Kind::kFailAfter;
    return {kind_, lost_reply ? Status::CommitUnknown("injected") : Status::Io("injected")};
  }

  std::mutex mutex_;
  bool armed_ = false;
  int target_ = -1;
  Fault::Kind kind_ = Fault::Kind::kNone;
  std::vector<StoreCall> calls_;
};

/// A change to a table, from one known state to another.
struct Scenario {
  std::string name;
  std::function<void(const std::shared_ptr<Table>&)> prepare;
  std::function<Status(const std::shared_ptr<Table>&)> change;
  std::optional<std::vector<int64_t>> before;  ///< ids; nullopt: no table
  std::vector<int64_t> after;
};

WriteOptions Options(SaveMode mode, StringMap properties = {}) {
  WriteOptions options{.mode = mode, .properties = std::move(properties)};
  options.files.num_threads = 1;
  return options;
}

Status Write(const std::shared_ptr<Table>& table, std::vector<int64_t> ids, SaveMode mode,
             StringMap properties = {}) {
  return WriteTable(table, nullptr, Rows(ids), Options(mode, std::move(properties))).status();
}

void Prepare(const std::shared_ptr<Table>& table, StringMap properties = {}) {
  ASSERT_THAT(Write(table, {1, 2}, SaveMode::kAppend, std::move(properties)), IsOk());
  ASSERT_THAT(Write(table, {3}, SaveMode::kAppend), IsOk());
}

DataFileOptions OneThread() { return Options(SaveMode::kAppend).files; }

Status Delete(const std::shared_ptr<Table>& table) {
  return DeleteRows(table, nullptr, {.predicate = *ParsePredicate("id >= 2"), .files = OneThread()})
      .status();
}

Status Update(const std::shared_ptr<Table>& table) {
  return UpdateRows(table, nullptr,
                    {.assignments = {{{"id"}, *ParsePredicate("id + 10")}},
                     .predicate = *ParsePredicate("id = 2"),
                     .files = OneThread()})
      .status();
}

/// Deletes 1, replaces 3 and inserts 7.
Status Merge(const std::shared_ptr<Table>& table) {
  const std::vector<MergeClause> clauses = {
      {.action = MergeAction::kDelete, .condition = *ParsePredicate("source.id = 1")},
      {.assignments = {{{"id"}, *ParsePredicate("source.id + 10")}}},
      {.when = MergeWhen::kNotMatched, .action = MergeAction::kInsert, .all_columns = true}};
  return MergeRows(table, nullptr, *Rows({1, 3, 7}),
                   {.on = *ParsePredicate("target.id = source.id"),
                    .clauses = clauses,
                    .files = OneThread()})
      .status();
}

std::vector<Scenario> Scenarios() {
  const auto with_vectors = [](const std::shared_ptr<Table>& table) {
    Prepare(table, {{"delta.enableDeletionVectors", "true"}});
  };
  const auto with_feed = [](const std::shared_ptr<Table>& table) {
    Prepare(table, {{"delta.enableChangeDataFeed", "true"}});
  };
  const auto nothing = [](const std::shared_ptr<Table>&) {};
  const auto two_commits = [](const std::shared_ptr<Table>& table) { Prepare(table); };
  return {
      {"Create",
       nothing,
       [](const std::shared_ptr<Table>& table) {
         return CreateTable(table, {.schema = *FromArrowSchema(*testing::RowSchema())}).status();
       },
       std::nullopt,
       {}},
      {"CreateByWriting",
       nothing,
       [](const auto& table) { return Write(table, {1}, SaveMode::kError); },
       std::nullopt,
       {1}},
      {"Append",
       two_commits,
       [](const auto& table) { return Write(table, {4}, SaveMode::kAppend); },
       {{1, 2, 3}},
       {1, 2, 3, 4}},
      {"AppendWithCheckpoint",
       [](const auto& table) { Prepare(table, {{"delta.checkpointInterval", "2"}}); },
       [](const auto& table) { return Write(table, {4}, SaveMode::kAppend); },
       {{1, 2, 3}},
       {1, 2, 3, 4}},
      {"AppendAfterLosingARace",
       two_commits,
       [](const auto& table) {
         DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr old, table->Load(Version{0}));
         return WriteTable(table, old, Rows({4}), Options(SaveMode::kAppend)).status();
       },
       {{1, 2, 3}},
       {1, 2, 3, 4}},
      {"Overwrite",
       two_commits,
       [](const auto& table) { return Write(table, {9}, SaveMode::kOverwrite); },
       {{1, 2, 3}},
       {9}},
      {"DeleteByRewriting", with_feed, Delete, {{1, 2, 3}}, {1}},
      {"DeleteByVectors", with_vectors, Delete, {{1, 2, 3}}, {1}},
      {"UpdateByRewriting", with_feed, Update, {{1, 2, 3}}, {1, 3, 12}},
      {"UpdateByVectors", with_vectors, Update, {{1, 2, 3}}, {1, 3, 12}},
      {"MergeByRewriting", with_feed, Merge, {{1, 2, 3}}, {2, 7, 13}},
      {"MergeByVectors", with_vectors, Merge, {{1, 2, 3}}, {2, 7, 13}},
      {"Restore",
       [with_vectors](const std::shared_ptr<Table>& table) {
         with_vectors(table);
         ASSERT_THAT(Delete(table), IsOk());
       },
       [](const auto& table) { return RestoreTable(table, {.version = Version{1}}).status(); },
       {{1}},
       {1, 2, 3}},
      {"AddConstraint",
       two_commits,
       [](const auto& table) {
         return AlterTable(table, {.change = AddConstraint{"few", "id < 1000"}, .num_threads = 1})
             .status();
       },
       {{1, 2, 3}},
       {1, 2, 3}},
      {"Checkpoint",
       two_commits,
       [](const auto& table) {
         DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr snapshot, table->Load());
         return WriteCheckpoint(*snapshot);
       },
       {{1, 2, 3}},
       {1, 2, 3}},
  };
}

/// What a table shows: its ids, or nothing where there is no table.
std::optional<std::vector<int64_t>> StateOf(const std::shared_ptr<Table>& table) {
  const Result<SnapshotPtr> snapshot = table->Load();
  if (snapshot.status().code() == StatusCode::kNotFound) return std::nullopt;
  EXPECT_THAT(snapshot, IsOk());
  return snapshot.ok() ? std::optional(ReadIds(*snapshot)) : std::nullopt;
}

/// Files of data, change data and deletion vectors that no version of the table names.
std::set<std::string> Orphans(const std::shared_ptr<Table>& table) {
  std::set<std::string> orphans = DataObjects(*table->store());
  const Result<SnapshotPtr> newest = table->Load();
  if (!newest.ok()) return orphans;
  for (int64_t version = 0; version <= (*newest)->version().value; ++version) {
    for (const Add& add : LiveFiles(*table->Load(Version{version}))) {
      orphans.erase(add.path);
      if (add.deletion_vector)
        orphans.erase(DeletionVectorPlace(*table->store(), *add.deletion_vector)->path);
    }
    const std::string name = CommitFileName(Version{version});
    const std::vector<Action> actions = *ParseActions(*table->log()->Read(name), name);
    for (const Action& action : actions) {
      if (const auto* change = std::get_if<Cdc>(&action)) orphans.erase(change->path);
    }
  }
  return orphans;
}

using Param = std::tuple<Scenario, Fault::Kind>;
class InjectedFaultTest : public ::testing::TestWithParam<Param> {};

/// Runs the scenario with call `index` failing. \return the calls made.
std::vector<StoreCall> RunWithFault(const Scenario& scenario, Fault::Kind kind, int index) {
  OneFault fault;
  const auto table = Table::Of(MakeFaultStore(MakeMemoryStore(), fault.Plan()));
  scenario.prepare(table);
  fault.Arm(index, kind);
  const Status status = scenario.change(table);
  fault.Disarm();

  const std::vector<StoreCall> calls = fault.calls();
  const bool hit = index >= 0 && index < static_cast<int>(calls.size());
  SCOPED_TRACE(Concat("call ", index,
                      hit ? Concat(" of kind ", static_cast<int>(calls[index])) : "", ": ",
                      status.ToString()));
  const auto state = StateOf(table);
  if (status.ok()) {
    EXPECT_EQ(state, scenario.after);
  } else {
    EXPECT_EQ(state, scenario.before);
    EXPECT_NE(status.code(), StatusCode::kInternal);
  }
  EXPECT_THAT(Orphans(table), ::testing::IsEmpty());
  // Whatever happened, the table still takes rows.
  EXPECT_THAT(Write(table, {100}, SaveMode::kAppend), IsOk());
  return calls;
}

/// Whether a call can fail that way. No half of a put-if-absent: a store that leaves one is not fit
/// for a log.
bool CanHit(Fault::Kind kind, StoreCall call) {
  switch (kind) {
    case Fault::Kind::kHalfWritten:
      return call == StoreCall::kWrite || call == StoreCall::kPut;
    case Fault::Kind::kStaleListing:
      return call == StoreCall::kList;
    default:
      return true;
  }
}

std::string KindName(Fault::Kind kind) {
  switch (kind) {
    case Fault::Kind::kFailBefore:
      return "FailBefore";
    case Fault::Kind::kFailAfter:
      return "FailAfter";
    case Fault::Kind::kHalfWritten:
      return "HalfWritten";
    case Fault::Kind::kStaleListing:
      return "StaleListing";
    case Fault::Kind::kNone:
      break;
  }
  return "None";
}

TEST_P(InjectedFaultTest, LeavesTheTableBeforeOrAfter) {
  const auto& [scenario, kind] = GetParam();
  const std::vector<StoreCall> calls = RunWithFault(scenario, Fault::Kind::kNone, -1);
  ASSERT_FALSE(calls.empty());
  for (int index = 0; index < static_cast<int>(calls.size()); ++index) {
    if (!CanHit(kind, calls[index])) continue;
    // A Parquet file is written in a hundred pieces, all alike.
    const bool one_of_many = index > 0 && calls[index] == calls[index - 1] && index % 16 != 0;
    if (calls[index] == StoreCall::kWrite && one_of_many) continue;
    RunWithFault(scenario, kind, index);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, InjectedFaultTest,
    ::testing::Combine(::testing::ValuesIn(Scenarios()),
                       ::testing::Values(Fault::Kind::kFailBefore, Fault::Kind::kFailAfter,
                                         Fault::Kind::kHalfWritten, Fault::Kind::kStaleListing)),
    [](const auto& info) {
      return std::get<0>(info.param).name + KindName(std::get<1>(info.param));
    });

TEST(InjectedFault, UnknownOutcomeKeepsTheFiles) {
  bool broken = false;
  const FaultPlan plan = [&](StoreCall call, std::string_view path) {
    const bool of_commit = path.ends_with(CommitFileName(Version{2}));
    if (!broken || !of_commit) return Fault{};
    if (call == StoreCall::kPutIfAbsent) {
      return Fault{Fault::Kind::kFailAfter, Status::CommitUnknown("injected")};
    }
    return Fault{Fault::Kind::kFailBefore, Status::Io("injected")};
  };
  const auto table = Table::Of(MakeFaultStore(MakeMemoryStore(), plan));
  Prepare(table);
  broken = true;
  EXPECT_THAT(Write(table, {4}, SaveMode::kAppend), testing::StatusIs(StatusCode::kCommitUnknown));
  broken = false;
  // It was committed after all, and its rows can be read.
  EXPECT_EQ(StateOf(table), (std::vector<int64_t>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace deltaic
