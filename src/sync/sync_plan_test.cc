#include "sync/sync_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"
#include "sync/postgres_steps.h"

namespace deltaic {
namespace {

using testing::AppendRows;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Not;
using testing::StatusIs;

class SyncPlanTest : public ::testing::Test {
 protected:
  SyncPlanTest() {
    AppendRows(table_, {{1, "a", 1, "x"}});
    AppendRows(table_, {{2, "a", 1, "x"}});
    options_.into = "scores";
    options_.key = {"id"};
    options_.has_unique_key = true;
    options_.target_types = {{"id", "bigint"}, {"qty", "integer"}, {"mine", "text"}};
  }

  Result<SyncPlan> Plan() {
    DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr newest, table_->Load());
    return PlanSync(*table_, newest, options_);
  }
  /// As if the target had come to `version` by these options.
  void Synced(int64_t version) {
    const auto plan = Plan();
    ASSERT_THAT(plan, IsOk());
    options_.cursor = {plan->table_id, Version{version}, plan->spec};
  }

  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
  SyncOptions options_;
};

TEST_F(SyncPlanTest, FirstASnapshotThenChangesThenNothing) {
  auto plan = Plan();
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->action, SyncAction::kSnapshot);
  EXPECT_THAT(plan->checks, Not(IsEmpty()));
  EXPECT_THAT(plan->copy, HasSubstr("(\"id\", \"qty\") FROM STDIN WITH (FORMAT binary)"));
  Synced(0);
  plan = Plan();
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->action, SyncAction::kIncremental);
  EXPECT_EQ(plan->source, DiffSource::kFiles);
  EXPECT_THAT(plan->copy, HasSubstr("\"_change_type\""));
  Synced(1);
  plan = Plan();
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->action, SyncAction::kNothing);
}

TEST_F(SyncPlanTest, WithRejectsPostgresReadsWhatOnlyItKnows) {
  options_.rejects = "rejects.jsonl";
  auto plan = Plan();
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->checks, IsEmpty());
  EXPECT_THAT(plan->copy, HasSubstr("COPY pg_temp.deltaic_sync_stage"));
  EXPECT_EQ(plan->format, CopyFormat::kPostgresBinary);
  options_.target_types["name"] = "character varying(3)";
  plan = Plan();
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->copy, HasSubstr("COPY pg_temp.deltaic_sync_raw"));
  EXPECT_EQ(plan->format, CopyFormat::kPostgresText);
  ASSERT_EQ(plan->apply.size(), 3);
  EXPECT_EQ(plan->apply[1].counts, "told");
  EXPECT_EQ(plan->apply[2].counts, "rejected");
}

TEST_F(SyncPlanTest, AfterKeysThatWereThereTwiceAllRowsAreComparedOnce) {
  Synced(0);
  options_.cursor.spec += kRepeatedKeysMark;
  auto plan = Plan();
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->action, SyncAction::kSnapshot);
  EXPECT_THAT(plan->reasons, ::testing::Contains(HasSubstr("there twice")));
  options_.cursor.version = Version{1};
  EXPECT_EQ(Plan()->action, SyncAction::kNothing);
}

TEST_F(SyncPlanTest, OtherColumnsConditionOrModeNeedASnapshot) {
  Synced(1);
  const SyncOptions same = options_;
  options_.scan.predicate = testing::Sql("qty > 1");
  EXPECT_EQ(Plan()->action, SyncAction::kSnapshot);
  options_ = same;
  options_.mode = SyncMode::kUpsert;
  EXPECT_EQ(Plan()->action, SyncAction::kSnapshot);
  options_ = same;
  options_.target_types["name"] = "text";
  EXPECT_EQ(Plan()->action, SyncAction::kSnapshot);
}

TEST_F(SyncPlanTest, CursorsThatDoNotFit) {
  Synced(1);
  options_.cursor.version = Version{7};
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("only 1")));
  options_.cursor.version = Version{1};
  options_.cursor.table_id = "other";
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("another table")));
  options_.resync = true;
  EXPECT_EQ(Plan()->action, SyncAction::kSnapshot);
}

TEST_F(SyncPlanTest, AGapIsASnapshotOrAnError) {
  Synced(0);
  const auto first = table_->Load(Version{0});
  ASSERT_THAT(first, IsOk());
  const auto written = WriteTable(table_, nullptr, testing::ReaderOf({{2, "a", 5, "x"}}),
                                  {.mode = SaveMode::kOverwrite, .files = testing::OneThread()});
  ASSERT_THAT(written, IsOk());
  ASSERT_THAT(table_->store()->Delete(testing::LiveFiles(*first).front().path), IsOk());
  const auto plan = Plan();
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->action, SyncAction::kSnapshot);
  EXPECT_THAT(plan->reasons, ElementsAre(HasSubstr("vacuumed")));
  options_.on_gap = GapRule::kError;
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kNotFound, HasSubstr("on_gap=snapshot")));
}

TEST_F(SyncPlanTest, TargetsThatDoNotFit) {
  options_.has_unique_key = false;
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("unique index over id")));
  options_.has_unique_key = true;
  options_.columns = {"id", "name=nope"};
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("no column nope")));
  options_.columns = {"qty"};
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("key id")));
  options_.columns = {};
  options_.target_types = {};
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("no table scores")));
  options_.new_columns = NewColumnRule::kAdd;
  const auto plan = Plan();
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->prepare,
              Contains(HasSubstr("CREATE TABLE \"scores\" (\"id\" bigint, \"part\" text, \"qty\" "
                                 "integer, \"name\" text, PRIMARY KEY (\"id\"))")));
}

TEST_F(SyncPlanTest, SoftDeletesMarkRows) {
  options_.soft_delete = "gone";
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("no column gone")));
  options_.target_types["gone"] = "integer";
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("gone is integer")));
  options_.target_types["gone"] = "timestamp(3) with time zone";
  const auto plan = Plan();
  ASSERT_THAT(plan, IsOk());
  ASSERT_EQ(plan->apply.size(), 3);
  EXPECT_THAT(
      plan->apply[1].sql,
      HasSubstr("UPDATE \"scores\" t SET \"gone\" = now() WHERE NOT (t.\"gone\" IS NOT NULL)"));
  EXPECT_EQ(plan->apply[1].counts, "deleted");
  EXPECT_THAT(plan->apply[2].sql, HasSubstr("\"gone\" = excluded.\"gone\", \"qty\""));
  // Rows that an earlier run deleted are not there to be marked: all are compared.
  options_.soft_delete = "";
  Synced(1);
  options_.soft_delete = "gone";
  EXPECT_EQ(Plan()->action, SyncAction::kSnapshot);
  options_.soft_delete = "qty";
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("the table itself has")));
  options_.soft_delete = "gone";
  options_.mode = SyncMode::kUpsert;
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("mode mirror")));
  options_.mode = SyncMode::kMirror;
  options_.target = SyncTarget::kRedis;
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("Redis")));
}

TEST_F(SyncPlanTest, RedisHasAPatternToClearAndACommandToFinish) {
  options_.target = SyncTarget::kRedis;
  options_.into = "s*";
  const auto plan = Plan();
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->clear, "s\\*:*");
  EXPECT_THAT(plan->finish, ElementsAre(HasSubstr("[\"HSET\",\"deltaic_sync:s*\",\"table_id\"")));
  options_.mode = SyncMode::kAppend;
  EXPECT_THAT(Plan(), StatusIs(StatusCode::kInvalidArgument, HasSubstr("append")));
}

TEST(PostgresSteps, NamesAndTextsAreQuoted) {
  EXPECT_EQ(QuoteIdentifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteLiteral("it's"), "'it''s'");
  EXPECT_EQ(QuoteLiteral("a\\'b"), "E'a\\\\''b'");
  EXPECT_EQ(QuoteTable("public.scores"), "\"public\".\"scores\"");
  EXPECT_EQ(QuoteTable("\"a.b\""), "\"a.b\"");
}

}  // namespace
}  // namespace deltaic
