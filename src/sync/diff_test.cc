#include "sync/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "ops/delete.h"
#include "ops/optimize/optimize.h"
#include "ops/update.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"
#include "sync/net_rows.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using testing::AppendRows;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::KeyedRow;
using testing::KeyedRows;
using testing::OneThread;
using testing::ReaderOf;
using testing::ReadRows;
using testing::Sql;
using testing::StatusIs;

using Change = std::pair<std::string, KeyedRow>;
using Changes = std::set<Change>;

DiffOptions Between(int64_t from, int64_t to, DiffSource source = DiffSource::kFiles) {
  DiffOptions options;
  options.from = Version{from};
  options.to = Version{to};
  options.key = {"id"};
  options.source = source;
  options.scan.num_threads = 1;
  return options;
}

Result<Changes> ReadDiff(const std::shared_ptr<Table>& table, const DiffOptions& options) {
  DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr newest, table->Load());
  DELTAIC_ASSIGN_OR_RETURN(const DiffPlan plan, PlanDiff(*table, newest, options, true));
  DELTAIC_ASSIGN_OR_RETURN(const auto scan, OpenDiff(*table, plan, options));
  Changes changes;
  for (;;) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan->Next());
    if (batch == nullptr) return changes;
    const auto& kinds =
        static_cast<const arrow::StringArray&>(*batch->GetColumnByName("_change_type"));
    for (int64_t row = 0; row < batch->num_rows(); ++row)
      EXPECT_TRUE(changes.emplace(kinds.GetString(row), testing::RowAt(*batch, row)).second);
  }
}

std::shared_ptr<Table> NewTable() { return Table::Of(MakeMemoryStore()); }

void Overwrite(const std::shared_ptr<Table>& table, const KeyedRows& rows) {
  const auto written = WriteTable(table, nullptr, ReaderOf(rows),
                                  {.mode = SaveMode::kOverwrite, .files = OneThread()});
  ASSERT_THAT(written, IsOk());
}

void Delete(const std::shared_ptr<Table>& table, const std::string& where) {
  ASSERT_THAT(DeleteRows(table, nullptr, {.predicate = Sql(where), .files = OneThread()}), IsOk());
}

void Update(const std::shared_ptr<Table>& table, const std::string& column,
            const std::string& value, const std::string& where) {
  UpdateOptions options{.predicate = Sql(where), .files = OneThread()};
  options.assignments = {{{column}, Sql(value)}};
  ASSERT_THAT(UpdateRows(table, nullptr, options), IsOk());
}

TEST(Diff, ReadsNoFileThatBothVersionsHave) {
  const auto table = NewTable();
  AppendRows(table, {{1, "a", 1, "x"}, {2, "a", 1, "x"}});
  AppendRows(table, {{3, "a", 1, "x"}});
  Update(table, "qty", "7", "id = 3");
  const auto newest = table->Load();
  ASSERT_THAT(newest, IsOk());
  const auto options = Between(1, 2);
  const auto plan = PlanDiff(*table, *newest, options, false);
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->files.num_unchanged, 1);
  const auto scan = OpenDiff(*table, *plan, options);
  ASSERT_THAT(scan, IsOk());
  int64_t rows = 0;
  for (auto batch = (*scan)->Next(); batch.ok() && *batch != nullptr; batch = (*scan)->Next())
    rows += (*batch)->num_rows();
  EXPECT_EQ(rows, 1);
  EXPECT_EQ((*scan)->metrics().rows_read, 2);
}

TEST(Diff, OverwriteWithTheSameRowsIsNothing) {
  const auto table = NewTable();
  AppendRows(table, {{1, "a", 1, "x"}, {2, std::nullopt, std::nullopt, "y"}});
  Overwrite(table, {{2, std::nullopt, std::nullopt, "y"}, {1, "a", 1, "x"}});
  const auto changes = ReadDiff(table, Between(0, 1));
  ASSERT_THAT(changes, IsOk());
  EXPECT_THAT(*changes, IsEmpty());
  Overwrite(table, {{2, std::nullopt, 5, "y"}, {3, "a", 1, "x"}});
  EXPECT_THAT(ReadDiff(table, Between(0, 2)),
              testing::IsOkAndHolds(Changes{{"delete", {1, "a", 1, "x"}},
                                            {"insert", {3, "a", 1, "x"}},
                                            {"update", {2, std::nullopt, 5, "y"}}}));
}

TEST(Diff, KeysMaySwap) {
  const auto table = NewTable();
  AppendRows(table, {{1, "a", 1, "x"}, {2, "b", 2, "y"}}, {{"delta.enableChangeDataFeed", "true"}});
  Update(table, "id", "3 - id", "true");
  for (const DiffSource source : {DiffSource::kFiles, DiffSource::kFeed}) {
    EXPECT_THAT(
        ReadDiff(table, Between(0, 1, source)),
        testing::IsOkAndHolds(Changes{{"update", {1, "b", 2, "y"}}, {"update", {2, "a", 1, "x"}}}));
  }
}

TEST(Diff, WhereTakesRowsInAndOut) {
  const auto table = NewTable();
  AppendRows(table, {{1, "a", 1, "x"}, {2, "a", 9, "x"}});
  Update(table, "qty", "10 - qty", "true");
  auto options = Between(0, 1);
  options.scan.predicate = Sql("qty > 5");
  EXPECT_THAT(
      ReadDiff(table, options),
      testing::IsOkAndHolds(Changes{{"insert", {1, "a", 9, "x"}}, {"delete", {2, "a", 9, "x"}}}));
}

TEST(Diff, RefusesNullAndDuplicateKeysByName) {
  const auto table = NewTable();
  AppendRows(table, {{1, "a", 1, "x"}}, {{"delta.enableChangeDataFeed", "true"}});
  AppendRows(table, {{std::nullopt, "a", 1, "x"}});
  for (const DiffSource source : {DiffSource::kFiles, DiffSource::kFeed}) {
    EXPECT_THAT(ReadDiff(table, Between(0, 1, source)),
                StatusIs(StatusCode::kConstraintViolated, HasSubstr("key column id is null")));
  }
  Delete(table, "id IS NULL");
  AppendRows(table, {{7, "a", 1, "x"}, {7, "b", 1, "x"}});
  for (const DiffSource source : {DiffSource::kFiles, DiffSource::kFeed}) {
    EXPECT_THAT(
        ReadDiff(table, Between(0, 3, source)),
        StatusIs(StatusCode::kConstraintViolated, HasSubstr("the key id = 7 is there twice")));
  }
  // What was wrong between the two versions does no harm.
  Delete(table, "id = 7 AND part = 'b'");
  EXPECT_THAT(ReadDiff(table, Between(0, 4)),
              testing::IsOkAndHolds(Changes{{"insert", {7, "a", 1, "x"}}}));
}

TEST(Diff, GivesAllRowsOfARepeatedKeyWhereTheyAreTaken) {
  const auto table = NewTable();
  AppendRows(table, {{1, "a", 1, "x"}, {7, "o", 1, "x"}, {8, "o", 1, "x"}, {8, "p", 1, "x"}});
  Overwrite(table, {{1, "a", 2, "x"}, {7, "a", 1, "x"}, {7, "b", 1, "x"}});
  auto options = Between(0, 1);
  options.repeated_keys = true;
  const auto changes = ReadDiff(table, options);
  ASSERT_THAT(changes, IsOk());
  EXPECT_EQ(changes->size(), 4);
  for (const Change& change : Changes{{"update", {1, "a", 2, "x"}},
                                      {"update", {7, "a", 1, "x"}},
                                      {"update", {7, "b", 1, "x"}}}) {
    EXPECT_TRUE(changes->contains(change)) << change.second.id.value_or(0);
  }
  EXPECT_TRUE(changes->contains({"delete", {8, "o", 1, "x"}}) ||
              changes->contains({"delete", {8, "p", 1, "x"}}));
}

TEST(Diff, RefusesWrongCalls) {
  const auto table = NewTable();
  AppendRows(table, {{1, "a", 1, "x"}});
  AppendRows(table, {{2, "a", 1, "x"}});
  EXPECT_THAT(ReadDiff(table, Between(1, 0)), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadDiff(table, Between(0, 9)), StatusIs(StatusCode::kNotFound));
  auto options = Between(0, 1);
  options.key = {};
  EXPECT_THAT(ReadDiff(table, options), StatusIs(StatusCode::kInvalidArgument));
  options.key = {"nope"};
  EXPECT_THAT(ReadDiff(table, options), StatusIs(StatusCode::kInvalidArgument));
  options.key = {"id"};
  options.scan.columns = {{"qty"}};
  EXPECT_THAT(ReadDiff(table, options),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("not among the columns")));
}

TEST(Diff, VacuumedFilesAreMissedBeforeRowsAreRead) {
  const auto table = NewTable();
  const auto first = AppendRows(table, {{1, "a", 1, "x"}});
  Overwrite(table, {{1, "a", 2, "x"}});
  ASSERT_THAT(table->store()->Delete(testing::LiveFiles(first).front().path), IsOk());
  EXPECT_THAT(ReadDiff(table, Between(0, 1)),
              StatusIs(StatusCode::kNotFound, HasSubstr("vacuumed")));
}

TEST(Diff, WithoutTheFilesOfTheFeedThoseOfTheTableServe) {
  const auto table = NewTable();
  AppendRows(table, {{1, "a", 1, "x"}, {2, "a", 1, "x"}}, {{"delta.enableChangeDataFeed", "true"}});
  Update(table, "qty", "5", "id = 1");
  for (const std::string& path : testing::DataObjects(*table->store())) {
    if (!path.starts_with("_change_data/")) continue;
    ASSERT_THAT(table->store()->Delete(path), IsOk());
  }
  EXPECT_THAT(ReadDiff(table, Between(0, 1, DiffSource::kFeed)),
              StatusIs(StatusCode::kNotFound, HasSubstr("change data feed")));
  EXPECT_THAT(ReadDiff(table, Between(0, 1, DiffSource::kAuto)),
              testing::IsOkAndHolds(Changes{{"update", {1, "a", 5, "x"}}}));
  EXPECT_THAT(ReadDiff(table, Between(1, 1, DiffSource::kFeed)), testing::IsOkAndHolds(Changes{}));
}

/// Random histories of tables of every kind: what a diff says is what two reads say, from files and
/// from the feed, in memory and through temporary files.
class DiffModelTest : public ::testing::TestWithParam<testing::TableKind> {
 protected:
  int64_t Below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }

  KeyedRow RandomRow(int64_t id) {
    static const std::vector<std::optional<std::string>> kParts = {"a", "b", std::nullopt};
    KeyedRow row{.id = id, .part = kParts[static_cast<size_t>(Below(3))]};
    if (Below(5) > 0) row.qty = static_cast<int32_t>(Below(4));
    if (Below(5) > 0) row.name = std::string(static_cast<size_t>(Below(3)), 'n');
    return row;
  }

  void Change() {
    const auto before = table_->Load();
    ASSERT_THAT(before, IsOk());
    std::map<int64_t, KeyedRow> rows;
    for (const KeyedRow& row : ReadRows(*before)) rows[*row.id] = row;
    switch (Below(6)) {
      case 0: {
        KeyedRows added;
        for (int64_t id = 0; id < 40; ++id) {
          if (!rows.contains(id) && Below(3) == 0) added.push_back(RandomRow(id));
        }
        if (!added.empty()) AppendRows(table_, added);
        return;
      }
      case 1:
        return Delete(table_, Concat("id % 5 = ", Below(5)));
      case 2:
        return Update(table_, "qty", "qty + 1", Concat("id % 4 = ", Below(4)));
      case 3:
        return Update(table_, "id", "39 - id", "true");
      case 4: {
        KeyedRows all;
        for (const auto& [id, row] : rows) {
          if (Below(8) > 0) all.push_back(Below(8) > 0 ? row : RandomRow(id));
        }
        return Overwrite(table_, all);
      }
      default: {
        OptimizeOptions options;
        ASSERT_THAT(OptimizeTable(table_, nullptr, options), IsOk());
      }
    }
  }

  Changes Expected(int64_t from, int64_t to) {
    std::map<int64_t, KeyedRow> before;
    for (const KeyedRow& row : ReadRows(*table_->Load(Version{from}))) before[*row.id] = row;
    Changes changes;
    for (const KeyedRow& row : ReadRows(*table_->Load(Version{to}))) {
      const auto old = before.find(*row.id);
      if (old == before.end()) {
        changes.emplace("insert", row);
        continue;
      }
      if (old->second != row) changes.emplace("update", row);
      before.erase(old);
    }
    for (const auto& [id, row] : before) changes.emplace("delete", row);
    return changes;
  }

  std::shared_ptr<Table> table_ = NewTable();
  std::mt19937_64 random_;
};

TEST_P(DiffModelTest, SaysWhatTwoReadsSay) {
  constexpr int kTables = 2, kSteps = 14, kDiffs = 12;
  for (int seed = 0; seed < kTables && !HasFailure(); ++seed) {
    SCOPED_TRACE(Concat("seed ", seed));
    random_.seed(static_cast<uint64_t>(seed));
    table_ = NewTable();
    AppendRows(table_, {RandomRow(1), RandomRow(2), RandomRow(38)}, GetParam().properties,
               GetParam().partition_by);
    for (int step = 0; step < kSteps && !HasFatalFailure(); ++step) Change();
    const auto newest = table_->Load();
    ASSERT_THAT(newest, IsOk());
    const bool has_feed = GetParam().properties.contains("delta.enableChangeDataFeed");
    for (int i = 0; i < kDiffs; ++i) {
      const int64_t from = Below((*newest)->version().value + 1);
      const int64_t to = from + Below((*newest)->version().value - from + 1);
      SCOPED_TRACE(Concat("from ", from, " to ", to));
      const Changes expected = Expected(from, to);
      auto options = Between(from, to);
      options.scan.batch_rows = 1 + Below(30);
      EXPECT_THAT(ReadDiff(table_, options), testing::IsOkAndHolds(expected));
      options.scan.max_memory_bytes = 1;  // everything is spilled
      EXPECT_THAT(ReadDiff(table_, options), testing::IsOkAndHolds(expected));
      if (!has_feed) continue;
      options.source = i % 2 == 0 ? DiffSource::kFeed : DiffSource::kAuto;
      EXPECT_THAT(ReadDiff(table_, options), testing::IsOkAndHolds(expected));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, DiffModelTest, ::testing::ValuesIn(testing::TableKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace deltaic
