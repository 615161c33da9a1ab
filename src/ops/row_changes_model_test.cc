#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

#include "ops/delete.h"
#include "ops/merge/merge.h"
#include "ops/update.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

/// Random DELETE, UPDATE and MERGE on tables of every kind, beside the same on rows in memory.
namespace deltaic {
namespace {

using testing::IsOk;
using testing::KeyedRow;
using testing::KeyedRows;
using testing::OneThread;
using testing::ReaderOf;
using testing::ReadRows;
using testing::Sql;

/// A condition as SQL, and of a row in memory: null counts as false.
struct Condition {
  std::string sql;
  std::function<bool(const KeyedRow&)> test;
};

class ModelTest : public ::testing::TestWithParam<testing::TableKind> {
 protected:
  int64_t Below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }

  KeyedRow RandomRow(int64_t id) {
    static const std::vector<std::optional<std::string>> kParts = {"a", "b", "c d/%", std::nullopt};
    KeyedRow row{.id = id, .part = kParts[static_cast<size_t>(Below(4))]};
    if (Below(5) > 0) row.qty = static_cast<int32_t>(Below(100));
    if (Below(5) > 0) row.name = std::string(static_cast<size_t>(Below(4)), 'n');
    return row;
  }

  Condition RandomCondition() {
    const int64_t k = Below(60);
    switch (Below(6)) {
      case 0:
        return {Concat("id < ", k), [k](const KeyedRow& row) { return row.id < k; }};
      case 1:
        return {"part = 'a'", [](const KeyedRow& row) { return row.part == "a"; }};
      case 2:
        return {"part IS NULL OR qty IS NULL",
                [](const KeyedRow& row) { return !row.part || !row.qty; }};
      case 3:
        return {Concat("qty >= ", k),
                [k](const KeyedRow& row) { return row.qty && *row.qty >= k; }};
      case 4:
        return {Concat("id % 3 = ", k % 3),
                [k](const KeyedRow& row) { return row.id && *row.id % 3 == k % 3; }};
      default:
        return {Concat("id IN (", k, ", ", k + 1, ") AND part <> 'b'"), [k](const KeyedRow& row) {
                  return row.part && row.part != "b" && (row.id == k || row.id == k + 1);
                }};
    }
  }

  void Append() {
    KeyedRows rows;
    for (int64_t i = Below(20) + 1; i > 0; --i) rows.push_back(RandomRow(next_id_++ % 60));
    model_.insert(model_.end(), rows.begin(), rows.end());
    Apply(testing::AppendRows(table_, rows, GetParam().properties, GetParam().partition_by));
  }

  void Delete() {
    const Condition condition = RandomCondition();
    SCOPED_TRACE(Concat("DELETE WHERE ", condition.sql));
    const auto result =
        DeleteRows(table_, nullptr, {.predicate = Sql(condition.sql), .files = OneThread()});
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->changed.num_taken_rows,
              static_cast<int64_t>(std::erase_if(model_, condition.test)));
    Apply(result->snapshot);
  }

  void Update() {
    const Condition condition = RandomCondition();
    SCOPED_TRACE(Concat("UPDATE WHERE ", condition.sql));
    const bool moves = Below(2) == 0;
    UpdateOptions options{.predicate = Sql(condition.sql), .files = OneThread()};
    options.assignments = {{{"qty"}, Sql("qty + 1")}};
    if (moves) options.assignments.push_back({{"part"}, Sql("coalesce(name, 'none')")});
    const auto result = UpdateRows(table_, nullptr, options);
    ASSERT_THAT(result, IsOk());
    for (KeyedRow& row : model_) {
      if (!condition.test(row)) continue;
      if (row.qty) ++*row.qty;
      // An empty text is null as a partition value.
      if (moves) row.part = row.name.value_or("none");
      if (moves && row.part == "" && !GetParam().partition_by.empty()) row.part.reset();
    }
    Apply(result->snapshot);
  }

  /// WHEN MATCHED AND s.qty < 20 THEN DELETE; WHEN MATCHED THEN UPDATE qty, name; WHEN NOT MATCHED
  /// AND s.name IS NOT NULL THEN INSERT *; and perhaps what the source lacks.
  void Merge() {
    KeyedRows source;
    std::set<int64_t> ids;
    for (int64_t i = Below(30) + 1; i > 0; --i) ids.insert(Below(90));
    for (const int64_t id : ids) source.push_back(RandomRow(id));
    const bool by_source = Below(3) == 0;
    const Condition lacking = RandomCondition();
    SCOPED_TRACE(Concat("MERGE, of others ", by_source ? lacking.sql : "none"));
    MergeOptions options{
        .on = Sql("t.id = s.id"), .target_alias = "t", .source_alias = "s", .files = OneThread()};
    options.clauses = {
        {.action = MergeAction::kDelete, .condition = Sql("s.qty < 20")},
        {.assignments = {{{"qty"}, Sql("s.qty")}, {{"name"}, Sql("concat(t.name, s.name)")}}},
        {.when = MergeWhen::kNotMatched,
         .action = MergeAction::kInsert,
         .condition = Sql("s.name IS NOT NULL"),
         .all_columns = true}};
    if (by_source) {
      options.clauses.push_back({.when = MergeWhen::kNotMatchedBySource,
                                 .action = MergeAction::kDelete,
                                 .condition = Sql(lacking.sql)});
    }
    const auto result = MergeRows(table_, nullptr, *ReaderOf(source), options);
    ASSERT_THAT(result, IsOk());
    KeyedRows after;
    for (KeyedRow row : model_) {
      const auto match =
          std::ranges::find_if(source, [&](const KeyedRow& other) { return other.id == row.id; });
      if (match == source.end()) {
        if (!by_source || !lacking.test(row)) after.push_back(row);
        continue;
      }
      if (match->qty && *match->qty < 20) continue;
      row.qty = match->qty;
      row.name = row.name && match->name ? std::optional(*row.name + *match->name) : std::nullopt;
      after.push_back(row);
    }
    for (const KeyedRow& row : source) {
      const bool matched =
          std::ranges::any_of(model_, [&](const KeyedRow& other) { return other.id == row.id; });
      if (!matched && row.name) after.push_back(row);
    }
    model_ = std::move(after);
    Apply(result->change.snapshot);
  }

  /// Compares the table with the model, and its change feed with what changed.
  void Apply(const SnapshotPtr& snapshot) {
    ASSERT_NE(snapshot, nullptr);
    std::sort(model_.begin(), model_.end());
    if (!GetParam().properties.contains("delta.enableChangeDataFeed")) return;
    const bool is_new = snapshot->version() != version_;
    version_ = snapshot->version();
    const KeyedRows rows = ReadRows(snapshot);
    if (is_new) {
      std::multiset<KeyedRow> state(rows_before_.begin(), rows_before_.end());
      const auto changes = testing::ReadChanges(*table_, snapshot);
      for (const auto& [kind, row] : changes) {
        if (kind == "insert" || kind == "update_postimage") state.insert(row);
      }
      for (const auto& [kind, row] : changes) {
        if (kind == "insert" || kind == "update_postimage") continue;
        const auto found = state.find(row);
        ASSERT_NE(found, state.end()) << kind << " of a row that was not there";
        state.erase(found);
      }
      EXPECT_EQ(KeyedRows(state.begin(), state.end()), rows);
    }
    rows_before_ = rows;
  }

  std::shared_ptr<Table> table_ = Table::Of(MakeMemoryStore());
  std::mt19937_64 random_;
  int64_t next_id_ = 0;
  KeyedRows model_;
  KeyedRows rows_before_;
  Version version_{-1};
};

TEST_P(ModelTest, TableAndModelAgree) {
  constexpr int kTables = 4;
  constexpr int kSteps = 25;
  for (int seed = 0; seed < kTables; ++seed) {
    SCOPED_TRACE(Concat("seed ", seed));
    random_.seed(static_cast<uint64_t>(seed));
    table_ = Table::Of(MakeMemoryStore());
    model_.clear();
    rows_before_.clear();
    version_ = Version{-1};
    Append();
    for (int step = 0; step < kSteps && !HasFatalFailure(); ++step) {
      SCOPED_TRACE(Concat("step ", step));
      switch (Below(5)) {
        case 0:
          Append();
          break;
        case 1:
          Delete();
          break;
        case 2:
          Update();
          break;
        default:
          Merge();
          break;
      }
      const auto snapshot = table_->Load();
      ASSERT_THAT(snapshot, IsOk());
      ASSERT_EQ(ReadRows(*snapshot), model_);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllKinds, ModelTest, ::testing::ValuesIn(testing::TableKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace deltaic
