#include "ops/merge/merge.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ops/delete.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using testing::AppendRows;
using testing::DataObjects;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::KeyedRow;
using testing::KeyedRows;
using testing::OneThread;
using ::testing::Pair;
using testing::ReaderOf;
using testing::ReadRows;
using ::testing::SizeIs;
using testing::Sql;
using testing::StatusIs;

const KeyedRows kRows = {{1, "a", 10, "x"}, {2, "a", 20, "y"}, {3, "b", 30, "z"}};
const StringMap kVectors = {{"delta.enableDeletionVectors", "true"}};
using Values = std::vector<std::pair<std::string, std::string>>;

MergeClause Clause(MergeWhen when, MergeAction action, const std::string& condition = "",
                   const Values& values = {}) {
  MergeClause clause{.when = when, .action = action};
  if (!condition.empty()) clause.condition = Sql(condition);
  clause.all_columns = values.empty() && action != MergeAction::kDelete;
  for (const auto& [column, value] : values)
    clause.assignments.push_back({Sql(column)->path(), Sql(value)});
  return clause;
}
MergeClause UpdateAll(const std::string& condition = "") {
  return Clause(MergeWhen::kMatched, MergeAction::kUpdate, condition);
}
MergeClause DeleteMatched(const std::string& condition = "") {
  return Clause(MergeWhen::kMatched, MergeAction::kDelete, condition);
}
MergeClause InsertAll(const std::string& condition = "") {
  return Clause(MergeWhen::kNotMatched, MergeAction::kInsert, condition);
}

class MergeTest : public ::testing::Test {
 protected:
  Result<MergeResult> Merge(const KeyedRows& source, std::vector<MergeClause> clauses,
                            const std::string& on = "t.id = s.id") {
    return MergeReader(ReaderOf(source), std::move(clauses), on);
  }
  Result<MergeResult> MergeReader(const std::shared_ptr<arrow::RecordBatchReader>& source,
                                  std::vector<MergeClause> clauses, const std::string& on,
                                  bool merge_schema = false) {
    return MergeRows(table_, nullptr, *source,
                     {.on = Sql(on),
                      .target_alias = "t",
                      .source_alias = "s",
                      .clauses = std::move(clauses),
                      .merge_schema = merge_schema,
                      .files = OneThread()});
  }
  void Restart(const StringMap& properties = {}, std::vector<std::string> partition = {}) {
    table_ = Table::Of(MakeMemoryStore());
    AppendRows(table_, kRows, properties, std::move(partition));
  }
  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
};

TEST_F(MergeTest, UpsertUpdatesWhatMatchesAndInsertsTheRest) {
  for (const auto& kind : testing::TableKinds()) {
    SCOPED_TRACE(kind.name);
    Restart(kind.properties, kind.partition_by);
    const auto result = Merge({{2, "a", 21, "new"}, {4, "c", 40, "w"}}, {UpdateAll(), InsertAll()});
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->rows.num_source_rows, 2);
    EXPECT_EQ(result->rows.num_inserted, 1);
    EXPECT_EQ(result->rows.num_updated(), 1);
    EXPECT_EQ(result->rows.num_deleted(), 0);
    EXPECT_THAT(
        ReadRows(result->change.snapshot),
        ElementsAre(kRows[0], KeyedRow{2, "a", 21, "new"}, kRows[2], KeyedRow{4, "c", 40, "w"}));
  }
}

TEST_F(MergeTest, ClausesOfAKindAreTriedInOrder) {
  Restart();
  const auto result = Merge(
      {{1, "a", 1, "s"}, {2, "a", 2, "s"}, {3, "b", 3, "s"}, {4, "c", 4, "s"}, {5, "c", 5, "s"}},
      {DeleteMatched("t.qty = 10"),
       Clause(MergeWhen::kMatched, MergeAction::kUpdate, "s.qty >= 3",
              {{"t.qty", "t.qty + s.qty"}, {"name", "concat(t.name, s.name)"}}),
       Clause(MergeWhen::kNotMatched, MergeAction::kInsert, "qty = 5",
              {{"id", "s.id * 10"}, {"name", "'five'"}})});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->rows.num_matched_deleted, 1);
  EXPECT_EQ(result->rows.num_matched_updated, 1);
  EXPECT_EQ(result->rows.num_inserted, 1);
  EXPECT_THAT(ReadRows(result->change.snapshot),
              ElementsAre(kRows[1], KeyedRow{3, "b", 33, "zs"}, KeyedRow{50, {}, {}, "five"}));
}

TEST_F(MergeTest, RowsThatTheSourceLacksAreUpdatedOrDeleted) {
  Restart(kVectors);
  const auto result = Merge(
      {{2, "a", 0, {}}},
      {Clause(MergeWhen::kNotMatchedBySource, MergeAction::kDelete, "qty < 15"),
       Clause(MergeWhen::kNotMatchedBySource, MergeAction::kUpdate, "", {{"qty", "qty + 1"}})});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->rows.num_not_matched_by_source_deleted, 1);
  EXPECT_EQ(result->rows.num_not_matched_by_source_updated, 1);
  EXPECT_THAT(ReadRows(result->change.snapshot), ElementsAre(kRows[1], KeyedRow{3, "b", 31, "z"}));
}

TEST_F(MergeTest, NullKeysMatchNothing) {
  table_ = Table::Of(MakeMemoryStore());
  AppendRows(table_, {{{}, "a", 1, "t"}, {1, "a", 2, "t"}});
  const auto result = Merge({{{}, "a", 3, "s"}, {1, "a", 4, "s"}}, {UpdateAll(), InsertAll()});
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(
      ReadRows(result->change.snapshot),
      ElementsAre(KeyedRow{{}, "a", 1, "t"}, KeyedRow{{}, "a", 3, "s"}, KeyedRow{1, "a", 4, "s"}));
}

TEST_F(MergeTest, ConditionsBesidesEqualitiesCount) {
  const std::vector<std::pair<std::string, std::vector<int64_t>>> cases = {
      {"t.id = s.id AND t.qty < s.qty", {2}},
      {"t.id = s.id AND t.part = 'b'", {3}},
      {"t.id = s.id AND s.name = 'p'", {1, 3}},
      {"t.id + 1 = s.id AND t.name <> s.name", {1, 2}},
      {"t.id <=> s.id AND t.part <=> s.part", {1, 2, 3}},
      {"t.id < s.id AND s.id = 3", {1, 2}},
      {"t.id = s.id AND t.part = s.part AND t.qty > s.qty", {1, 3}},
      {"false", {}}};
  for (const auto& [on, deleted] : cases) {
    SCOPED_TRACE(on);
    Restart();
    const auto result =
        Merge({{1, "a", 5, "p"}, {2, "a", 25, "q"}, {3, "b", 5, "p"}}, {DeleteMatched()}, on);
    ASSERT_THAT(result, IsOk());
    KeyedRows left;
    for (const KeyedRow& row : kRows) {
      if (std::find(deleted.begin(), deleted.end(), *row.id) == deleted.end()) left.push_back(row);
    }
    EXPECT_EQ(ReadRows(result->change.snapshot), left);
  }
}

TEST_F(MergeTest, SeveralMatchesOfOneRowAreRefused) {
  Restart();
  const KeyedRows twice = {{2, "a", 1, "p"}, {2, "a", 2, "q"}};
  EXPECT_THAT(Merge(twice, {UpdateAll()}),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("rows 0 and 1 of the source"), HasSubstr("t.id = s.id"))));
  // As Spark, by ON alone.
  EXPECT_THAT(Merge(twice, {UpdateAll("s.qty = 1")}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Merge(twice, {DeleteMatched("s.qty > 0")}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_EQ((*table_->Load())->version(), Version{0});
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(1));
  // Where every match does the same, or nothing, there is nothing to choose.
  EXPECT_THAT(Merge(twice, {InsertAll()}), IsOk());
  const auto deleted = Merge(twice, {DeleteMatched()});
  ASSERT_THAT(deleted, IsOk());
  EXPECT_EQ(deleted->rows.num_deleted(), 1);
  // Rows of the source that match nothing are all inserted.
  ASSERT_THAT(Merge(twice, {UpdateAll(), InsertAll()}), IsOk());
  EXPECT_THAT(ReadRows(*table_->Load()),
              ElementsAre(kRows[0], KeyedRow{2, "a", 1, "p"}, KeyedRow{2, "a", 2, "q"}, kRows[2]));
}

TEST_F(MergeTest, OnlyFilesThatCanMatchAreRead) {
  table_ = Table::Of(MakeMemoryStore());
  for (int64_t i = 0; i < 5; ++i)
    AppendRows(table_, {{i * 10, "a", 1, "t"}, {i * 10 + 5, "a", 2, "t"}}, kVectors);
  const auto result = Merge({{25, "a", 9, "s"}, {45, "a", 9, "s"}}, {UpdateAll(), InsertAll()});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->rows.num_files_scanned, 2);
  EXPECT_EQ(result->rows.num_files_skipped, 3);
  EXPECT_EQ(result->change.changed.num_vectors_added, 2);
  EXPECT_EQ(result->rows.num_updated(), 2);
}

TEST_F(MergeTest, TheChangeFeedTellsEveryRow) {
  for (const bool vectors : {false, true}) {
    StringMap properties = {{"delta.enableChangeDataFeed", "true"}};
    if (vectors) properties.insert(kVectors.begin(), kVectors.end());
    Restart(properties);
    const auto result = Merge({{1, "a", 11, "s"}, {2, "a", 0, "s"}, {4, "c", 40, "w"}},
                              {DeleteMatched("s.qty = 0"), UpdateAll(), InsertAll()});
    ASSERT_THAT(result, IsOk());
    EXPECT_THAT(testing::ReadChanges(*table_, result->change.snapshot),
                ElementsAre(Pair("delete", kRows[1]), Pair("insert", KeyedRow{4, "c", 40, "w"}),
                            Pair("update_postimage", KeyedRow{1, "a", 11, "s"}),
                            Pair("update_preimage", kRows[0])));
    // What only inserts is told by its files.
    const auto inserted = Merge({{7, "d", 70, "v"}}, {InsertAll()});
    ASSERT_THAT(inserted, IsOk());
    EXPECT_EQ(inserted->change.changed.num_change_files, 0);
    EXPECT_THAT(testing::ReadChanges(*table_, inserted->change.snapshot),
                ElementsAre(Pair("insert", KeyedRow{7, "d", 70, "v"})));
  }
}

std::shared_ptr<arrow::RecordBatchReader> WithExtraColumn() {
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("extra", arrow::utf8())});
  arrow::Int64Builder id;
  arrow::StringBuilder extra;
  EXPECT_TRUE(id.AppendValues({2, 9}).ok() && extra.AppendValues({"p", "q"}).ok());
  const auto batch = arrow::RecordBatch::Make(schema, 2, {*id.Finish(), *extra.Finish()});
  return *arrow::RecordBatchReader::Make({batch}, schema);
}

TEST_F(MergeTest, TheSchemaGrowsByAssignedColumnsWhereAsked) {
  for (const bool vectors : {false, true}) {
    Restart(vectors ? kVectors : StringMap());
    // Columns of the table that * does not find.
    EXPECT_THAT(MergeReader(WithExtraColumn(), {UpdateAll()}, "t.id = s.id"),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("no column part")));
    const auto result =
        MergeReader(WithExtraColumn(), {UpdateAll(), InsertAll()}, "t.id = s.id", true);
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->change.snapshot->schema()->ToString(),
              "struct<id:long,part:string,qty:integer,name:string,extra:string>");
    EXPECT_THAT(ReadRows(result->change.snapshot),
                ElementsAre(kRows[0], kRows[1], kRows[2], KeyedRow{9, {}, {}, {}}));
  }
}

/// Its one column beyond the table's says how the table should compute it.
std::shared_ptr<arrow::RecordBatchReader> WithColumnSaying(const std::string& key,
                                                           const std::string& value) {
  const auto rows = WithExtraColumn()->ToRecordBatches().ValueOrDie().front();
  const int last = rows->num_columns() - 1;
  const auto schema = rows->schema()
                          ->SetField(last, rows->schema()->field(last)->WithMetadata(
                                               arrow::key_value_metadata({key}, {value})))
                          .ValueOrDie();
  return arrow::RecordBatchReader::Make({rows->ReplaceSchema(schema).ValueOrDie()}, schema)
      .ValueOrDie();
}

TEST_F(MergeTest, TheSchemaDoesNotGrowByColumnsThatRowsHaveNoValueFor) {
  Restart();
  for (const auto& [key, value] :
       Values{{"delta.generationExpression", "name"}, {"delta.identity.start", "1"}}) {
    EXPECT_THAT(
        MergeReader(WithColumnSaying(key, value), {UpdateAll(), InsertAll()}, "t.id = s.id",
                    /*merge_schema=*/true),
        StatusIs(StatusCode::kSchemaMismatch, AllOf(HasSubstr("column extra"), HasSubstr(key))));
    // A clause that does not assign the column adds none.
    EXPECT_THAT(
        MergeReader(WithColumnSaying(key, value), {DeleteMatched("t.id > 99")}, "t.id = s.id",
                    /*merge_schema=*/true),
        IsOk());
  }
  const auto unchanged = table_->Load();
  ASSERT_THAT(unchanged, IsOk());
  EXPECT_EQ((*unchanged)->version(), Version{0});
  EXPECT_THAT(ReadRows(*unchanged), ElementsAre(kRows[0], kRows[1], kRows[2]));
}

TEST_F(MergeTest, ManyKeysInTwoRangesPassOverTheFilesBetween) {
  for (const auto& kind : {StringMap(), kVectors}) {
    Restart(kind);
    AppendRows(table_, {{50'000, "m", 1, "middle"}});
    AppendRows(table_, {{90'000, "h", 1, "high"}});
    KeyedRows source;
    for (int64_t id = 1; id <= 2500; ++id) {
      source.push_back({id, "s", 5, "low"});
      source.push_back({id + 89'000, "s", 6, "new"});
    }
    const auto result = Merge(source, {UpdateAll(), InsertAll()});
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->rows.num_updated(), 4);
    EXPECT_EQ(result->rows.num_inserted, 4996);
    EXPECT_EQ(result->rows.num_files_skipped, 1);
    const auto kept = ReadRows(result->change.snapshot);
    EXPECT_EQ(kept.size(), 5001);
    EXPECT_TRUE(std::ranges::find(kept, KeyedRow{50'000, "m", 1, "middle"}) != kept.end());
  }
}

TEST_F(MergeTest, CommitsSayWhatWasDone) {
  Restart();
  ASSERT_THAT(Merge({{2, "a", 21, "n"}}, {UpdateAll("s.qty > 1"), InsertAll()}), IsOk());
  const std::string name = CommitFileName(Version{1});
  const auto info = std::get<CommitInfo>(ParseActions(*table_->log()->Read(name), name)->front());
  EXPECT_EQ(info.operation, "MERGE");
  EXPECT_THAT(
      info.json,
      AllOf(
          HasSubstr(R"("predicate":"[\"t.id = s.id\"]")"),
          HasSubstr(
              R"("matchedPredicates":"[{\"predicate\":\"s.qty > 1\",\"actionType\":\"update\"}]")"),
          HasSubstr(R"("notMatchedPredicates":"[{\"actionType\":\"insert\"}]")"),
          HasSubstr(R"("numTargetRowsUpdated":"1")"), HasSubstr(R"("numTargetRowsCopied":"2")")));
}

TEST_F(MergeTest, NothingIsCommittedWhereNothingChanges) {
  Restart();
  const auto result = Merge({{9, "a", 1, "s"}}, {UpdateAll()});
  ASSERT_THAT(result, IsOk());
  EXPECT_FALSE(result->change.version.has_value());
  EXPECT_THAT(Merge({}, {UpdateAll(), InsertAll()}), IsOk());
  EXPECT_EQ((*table_->Load())->version(), Version{0});
}

TEST_F(MergeTest, BadInputChangesNothing) {
  Restart();
  const KeyedRows source = {{2, "a", 21, "n"}};
  const auto is_bad = [](const char* text) {
    return StatusIs(StatusCode::kInvalidArgument, HasSubstr(text));
  };
  EXPECT_THAT(Merge(source, {}), is_bad("WHEN clause"));
  EXPECT_THAT(Merge(source, {UpdateAll()}, "id = s.id"), is_bad("t.id or s.id"));
  EXPECT_THAT(Merge(source, {UpdateAll()}, "t.nope = s.id"), is_bad("nope"));
  EXPECT_THAT(Merge(source, {UpdateAll()}, "nope = s.id"), is_bad("nope"));
  EXPECT_THAT(Merge(source, {UpdateAll(), UpdateAll()}), is_bad("only the last clause"));
  EXPECT_THAT(Merge(source, {Clause(MergeWhen::kMatched, MergeAction::kInsert)}),
              is_bad("not insert"));
  EXPECT_THAT(Merge(source, {Clause(MergeWhen::kNotMatched, MergeAction::kDelete)}),
              is_bad("can only insert"));
  EXPECT_THAT(Merge(source, {InsertAll("t.qty > 1")}), is_bad("no row of the table"));
  EXPECT_THAT(
      Merge(source, {Clause(MergeWhen::kNotMatchedBySource, MergeAction::kDelete, "s.id = 1")}),
      is_bad("no row of the source"));
  EXPECT_THAT(
      Merge(source, {Clause(MergeWhen::kMatched, MergeAction::kUpdate, "", {{"nope", "1"}})}),
      is_bad("nope"));
  EXPECT_THAT(
      Merge(source, {Clause(MergeWhen::kMatched, MergeAction::kUpdate, "", {{"qty", "s.name"}})}),
      StatusIs(StatusCode::kSchemaMismatch, HasSubstr("column qty")));
  EXPECT_THAT(MergeRows(table_, nullptr, *ReaderOf(source),
                        {.on = Sql("t.id = s.id"),
                         .target_alias = "x",
                         .source_alias = "X",
                         .clauses = {UpdateAll()}}),
              is_bad("same alias"));
  EXPECT_EQ((*table_->Load())->version(), Version{0});
  EXPECT_THAT(DataObjects(*table_->store()), SizeIs(1));
}

TEST_F(MergeTest, MatchThatNoClauseTakesIsThereWhenItCommits) {
  struct Race {
    const char* name;
    StringMap properties;
    std::string deleted;  ///< by another commit, between the merge's reading and its commit
    std::vector<MergeClause> clauses;
    bool passes;
  };
  const auto update_small = UpdateAll("t.qty < 15");
  const std::vector<Race> races = {
      {"MatchedButNotTaken", kVectors, "id = 2", {update_small, InsertAll()}, false},
      {"MatchedButNotTakenInAFileLeftAlone",
       kVectors,
       "id = 5",
       {update_small, InsertAll()},
       false},
      {"MatchedByInsertOnly", kVectors, "id = 2", {InsertAll()}, false},
      {"MatchedByInsertOnlyRewritten", {}, "id = 2", {InsertAll()}, false},
      {"NothingToInsert", kVectors, "id = 2", {update_small}, true},
      {"AllMatchesTaken", kVectors, "id = 3", {UpdateAll(), InsertAll()}, true},
      {"InAFileWithoutMatches", kVectors, "id = 8", {update_small, InsertAll()}, true},
  };
  for (const Race& race : races) {
    SCOPED_TRACE(race.name);
    Restart(race.properties);
    AppendRows(table_, {{5, "c", 50, "v"}});
    const SnapshotPtr read = AppendRows(table_, {{8, "d", 80, "u"}, {9, "d", 90, "t"}});
    ASSERT_THAT(DeleteRows(table_, nullptr, {.predicate = Sql(race.deleted), .files = OneThread()}),
                IsOk());
    const auto merged = MergeRows(
        table_, read,
        *ReaderOf({{1, "a", 11, "s"}, {2, "a", 22, "s"}, {4, "c", 44, "s"}, {5, "c", 55, "s"}}),
        {.on = Sql("t.id = s.id"),
         .target_alias = "t",
         .source_alias = "s",
         .clauses = race.clauses,
         .files = OneThread()});
    if (race.passes) {
      EXPECT_THAT(merged, IsOk());
    } else {
      EXPECT_THAT(merged,
                  StatusIs(StatusCode::kConflict, AllOf(HasSubstr("MERGE"), HasSubstr("DELETE"))));
      EXPECT_EQ((*table_->Load())->version(), Version{3});
    }
  }
}

}  // namespace
}  // namespace deltaic
