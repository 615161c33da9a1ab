#include "ops/merge/source_parts.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "ops/merge/merge.h"
#include "storage/memory_store.h"
#include "support/keyed_rows.h"
#include "support/status_matchers.h"
#include "support/test_rows.h"

namespace deltaic {
namespace {

using ::testing::AllOf;
using testing::AppendRows;
using testing::DataObjects;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::KeyedRow;
using testing::KeyedRows;
using testing::OneThread;
using testing::ReaderOf;
using testing::ReadRows;
using testing::Sql;
using testing::StatusIs;

/// Much less than the rows of a source here take.
constexpr int64_t kLittleMemory = 16 * 1024;
constexpr int64_t kTargetRows = 3000;

MergeClause Clause(MergeWhen when, MergeAction action, const std::string& condition = "",
                   const std::string& qty = "") {
  MergeClause clause{.when = when, .action = action};
  if (!condition.empty()) clause.condition = Sql(condition);
  clause.all_columns = qty.empty() && action != MergeAction::kDelete;
  if (!qty.empty()) clause.assignments.push_back({{"qty"}, Sql(qty)});
  return clause;
}

std::vector<MergeClause> AllClauses() {
  return {Clause(MergeWhen::kMatched, MergeAction::kDelete, "s.qty % 7 = 0"),
          Clause(MergeWhen::kMatched, MergeAction::kUpdate, "s.qty % 2 = 0", "t.qty + s.qty"),
          Clause(MergeWhen::kMatched, MergeAction::kUpdate, "t.qty > 10"),
          Clause(MergeWhen::kNotMatched, MergeAction::kInsert, "s.qty <> 5"),
          Clause(MergeWhen::kNotMatchedBySource, MergeAction::kDelete, "t.qty % 3 = 0"),
          Clause(MergeWhen::kNotMatchedBySource, MergeAction::kUpdate, "t.qty % 3 = 1", "-1")};
}

std::vector<MergeClause> InsertOnly() {
  return {Clause(MergeWhen::kNotMatched, MergeAction::kInsert)};
}

std::vector<MergeClause> Upsert() {
  return {Clause(MergeWhen::kMatched, MergeAction::kUpdate),
          Clause(MergeWhen::kNotMatched, MergeAction::kInsert)};
}

/// Some of their keys are those of the table's rows, some are null.
KeyedRows SourceRows(int64_t count, bool unique) {
  std::mt19937 random(17);
  KeyedRows rows;
  for (int64_t i = 0; i < count; ++i) {
    const auto qty = static_cast<int32_t>(random() % 100);
    const int64_t id = unique ? i * 2 : static_cast<int64_t>(random() % (2 * kTargetRows));
    rows.push_back({id, i % 3 == 0 ? "a" : "b", qty, Concat("s", i)});
    if (i % 50 == 0) rows.back().id.reset();
  }
  std::shuffle(rows.begin(), rows.end(), random);
  return rows;
}

struct MergeCase {
  const char* name;
  std::vector<MergeClause> clauses;
  std::string on = "t.id = s.id";
  bool unique = true;
  StringMap properties = {};
};

class LargeSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              Concat("deltaic-parts-", ::testing::UnitTest::GetInstance()->random_seed(), "-",
                     static_cast<int64_t>(getpid()));
    std::filesystem::create_directories(folder_);
    setenv("TMPDIR", folder_.c_str(), 1);
  }
  void TearDown() override {
    // Nothing is left on any path.
    EXPECT_TRUE(std::filesystem::is_empty(folder_));
    unsetenv("TMPDIR");
    std::filesystem::remove_all(folder_);
  }

  static std::shared_ptr<Table> NewTable(const StringMap& properties) {
    auto table = Table::Of(MakeMemoryStore());
    for (int64_t begin = 0; begin < kTargetRows; begin += kTargetRows / 3) {
      KeyedRows rows;
      for (int64_t i = begin; i < begin + kTargetRows / 3; ++i)
        rows.push_back({i, i % 3 == 0 ? "a" : "b", static_cast<int32_t>(i % 20), Concat("t", i)});
      rows.push_back({{}, "a", static_cast<int32_t>(begin % 20), "null"});
      AppendRows(table, rows, properties);
    }
    return table;
  }

  static Result<MergeResult> Merge(const std::shared_ptr<Table>& table, const KeyedRows& source,
                                   const MergeCase& merge, MergeOptions options) {
    options.on = Sql(merge.on);
    options.target_alias = "t";
    options.source_alias = "s";
    options.clauses = merge.clauses;
    options.files = OneThread();
    // In small batches, as a stream comes.
    KeyedRows some;
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    for (const KeyedRow& row : source) {
      some.push_back(row);
      if (some.size() < 500 && &row != &source.back()) continue;
      batches.push_back(*ReaderOf(std::exchange(some, {}))->Next());
    }
    const auto reader = *arrow::RecordBatchReader::Make(batches, testing::KeyedSchema());
    return MergeRows(table, nullptr, *reader, options);
  }

  std::filesystem::path folder_;
};

TEST_F(LargeSourceTest, MergesAsInMemory) {
  const StringMap vectors = {{"delta.enableDeletionVectors", "true"}};
  const std::vector<MergeCase> cases = {
      {"AllClauses", AllClauses()},
      {"AllClausesByVectors", AllClauses(), "t.id = s.id", true, vectors},
      {"WithFeed", AllClauses(), "t.id = s.id", true, {{"delta.enableChangeDataFeed", "true"}}},
      {"InsertOnly", InsertOnly()},
      {"InsertOnlyWithKeysThatRepeat", InsertOnly(), "t.id = s.id", false},
      {"Upsert", Upsert()},
      {"TwoKeys", AllClauses(), "t.id = s.id AND t.part = s.part"},
      {"KeysOfExpressions", AllClauses(), "concat('k', t.id) = concat('k', s.id)"},
      {"SourceFiltered", AllClauses(), "t.id = s.id AND s.qty > 50"},
      {"TargetFiltered", AllClauses(), "t.id = s.id AND t.qty < 10 AND t.qty <= s.qty"},
      {"JustDeletes",
       {Clause(MergeWhen::kMatched, MergeAction::kDelete)},
       "t.id = s.id",
       false,
       vectors},
  };
  for (const MergeCase& merge : cases) {
    SCOPED_TRACE(merge.name);
    const KeyedRows source = SourceRows(4000, merge.unique);
    const auto table = NewTable(merge.properties);
    const auto expected = Merge(table, source, merge, {});
    ASSERT_THAT(expected, IsOk());
    const auto parted = NewTable(merge.properties);
    const auto actual = Merge(parted, source, merge, {.max_source_bytes = kLittleMemory});
    ASSERT_THAT(actual, IsOk());
    EXPECT_EQ(ReadRows(actual->change.snapshot), ReadRows(expected->change.snapshot));
    EXPECT_EQ(actual->change.version, expected->change.version);
    const MergeCounts& a = actual->rows;
    const MergeCounts& e = expected->rows;
    EXPECT_EQ(a.num_source_rows, 4000);
    EXPECT_EQ(a.num_inserted, e.num_inserted);
    EXPECT_EQ(a.num_matched_updated, e.num_matched_updated);
    EXPECT_EQ(a.num_matched_deleted, e.num_matched_deleted);
    EXPECT_EQ(a.num_not_matched_by_source_updated, e.num_not_matched_by_source_updated);
    EXPECT_EQ(a.num_not_matched_by_source_deleted, e.num_not_matched_by_source_deleted);
    EXPECT_EQ(a.num_files_scanned, e.num_files_scanned);
    if (merge.properties.contains("delta.enableChangeDataFeed")) {
      EXPECT_EQ(testing::ReadChanges(*parted, actual->change.snapshot),
                testing::ReadChanges(*table, expected->change.snapshot));
    }
    // It went to disk, or the rest would be told of nothing.
    const auto refused = Merge(NewTable(merge.properties), source, merge,
                               {.max_source_bytes = kLittleMemory, .max_spill_bytes = 1});
    EXPECT_THAT(refused, StatusIs(StatusCode::kIo, HasSubstr("temporary files")));
  }
}

TEST_F(LargeSourceTest, SeveralMatchesOfARowAreRefusedByTheirNumbers) {
  KeyedRows source = SourceRows(4000, true);
  source.push_back({10, "a", 1, "first"});
  source.push_back({10, "a", 2, "second"});
  std::erase_if(source, [](const KeyedRow& row) {
    return row.id == 10 && row.name->starts_with("s") && row.name != "second";
  });
  const auto table = NewTable({});
  const size_t files = DataObjects(*table->store()).size();
  EXPECT_THAT(
      Merge(table, source, {"Upsert", Upsert()}, {.max_source_bytes = kLittleMemory}),
      StatusIs(StatusCode::kInvalidArgument,
               HasSubstr(Concat("rows ", source.size() - 2, " and ", source.size() - 1, " of"))));
  EXPECT_EQ((*table->Load())->version(), Version{2});
  EXPECT_EQ(DataObjects(*table->store()).size(), files);
}

TEST_F(LargeSourceTest, WhatCannotBeSharedOutIsRefused) {
  const KeyedRows source = SourceRows(4000, true);
  const MergeOptions little = {.max_source_bytes = kLittleMemory};
  EXPECT_THAT(
      Merge(NewTable({}), source, {"NoKeys", Upsert(), "t.id < s.id"}, little),
      StatusIs(StatusCode::kInvalidArgument, AllOf(HasSubstr("no equality"), HasSubstr("parts"))));
  KeyedRows one_key;
  for (int32_t i = 0; i < 4000; ++i) one_key.push_back({10'000, "a", i, "same"});
  EXPECT_THAT(Merge(NewTable({}), one_key, {"OneKey", InsertOnly()}, little),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("have one key")));
  // Rows that match nothing need not be told apart.
  for (KeyedRow& row : one_key) row.id.reset();
  const auto inserted = Merge(NewTable({}), one_key, {"NullKeys", InsertOnly()}, little);
  ASSERT_THAT(inserted, IsOk());
  EXPECT_EQ(inserted->rows.num_inserted, 4000);
}

/// Gives the same rows again and again, then an error.
class FailingReader : public arrow::RecordBatchReader {
 public:
  explicit FailingReader(std::shared_ptr<arrow::RecordBatch> rows) : rows_(std::move(rows)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    *out = rows_;
    return ++num_batches_ < 5 ? arrow::Status::OK() : arrow::Status::IOError("the line went dead");
  }

 private:
  const std::shared_ptr<arrow::RecordBatch> rows_;
  int num_batches_ = 0;
};

TEST_F(LargeSourceTest, AnErrorOfTheSourceLeavesNothing) {
  const auto table = NewTable({});
  const size_t files = DataObjects(*table->store()).size();
  FailingReader reader(*ReaderOf(SourceRows(1000, true))->Next());
  EXPECT_THAT(MergeRows(table, nullptr, reader,
                        {.on = Sql("target.id = source.id"),
                         .clauses = Upsert(),
                         .max_source_bytes = kLittleMemory,
                         .files = OneThread()}),
              StatusIs(StatusCode::kIo, HasSubstr("the line went dead")));
  EXPECT_EQ((*table->Load())->version(), Version{2});
  EXPECT_EQ(DataObjects(*table->store()).size(), files);
}

}  // namespace
}  // namespace deltaic
