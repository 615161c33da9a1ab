// Random predicates over random rows: a plain row by row model beside EvaluatePredicate, MayMatch
// and AlwaysMatches.

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "data/eval/random_predicates.h"
#include "data/eval/row_filter.h"
#include "data/eval/row_model.h"
#include "data/values/value_arrays.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "expr/skipping.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::Columns;
using testing::IsOk;
using testing::PredicateMaker;
using testing::Random;
using testing::RowModel;
using testing::Rows;
using testing::TestColumn;
using testing::TestSchema;

Rows MakeRows(Random& random, size_t count) {
  Rows rows;
  for (const TestColumn& column : Columns()) {
    std::vector<Value> values;
    const bool constant = random.OneIn(4);
    for (size_t i = 0; i < count; ++i) {
      values.push_back(random.OneIn(5) ? Value() : random.Pick(column.pool));
      if (constant) values.back() = values.front();
    }
    rows.push_back(std::move(values));
  }
  return rows;
}

std::shared_ptr<arrow::RecordBatch> MakeBatch(Random& random, const Rows& rows, size_t count) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  arrow::FieldVector members;
  arrow::ArrayVector member_arrays;
  for (size_t c = 0; c < rows.size(); ++c) {
    const TestColumn& column = Columns()[c];
    std::shared_ptr<arrow::Array> array = *ArrayFromValues(rows[c], *column.type);
    if (random.OneIn(2)) array = arrow::compute::DictionaryEncode(array)->make_array();
    const bool nested = column.path.size() > 1;
    (nested ? members : fields).push_back(arrow::field(column.path.back(), array->type()));
    (nested ? member_arrays : arrays).push_back(array);
  }
  arrays.push_back(*arrow::StructArray::Make(member_arrays, members));
  fields.push_back(arrow::field("point", arrays.back()->type()));
  return arrow::RecordBatch::Make(arrow::schema(fields), static_cast<int64_t>(count), arrays);
}

/// A range that holds for the values, at random as tight as can be or looser.
ColumnRange MakeRange(Random& random, const std::vector<Value>& values) {
  ColumnRange range{{}, {}, false, false, false};
  for (const Value& value : values) {
    if (IsNull(value)) {
      range.may_have_nulls = true;
      continue;
    }
    range.may_have_values = true;
    const auto* real = std::get_if<double>(&value);
    if (real != nullptr && std::isnan(*real)) {
      range.may_have_nan = true;
      continue;
    }
    if (IsNull(range.min) || value < range.min) range.min = value;
    if (IsNull(range.max) || range.max < value) range.max = value;
  }
  if (random.OneIn(5)) range.min = {};
  if (random.OneIn(5)) range.max = {};
  if (random.OneIn(4)) range.may_have_nulls = true;
  if (random.OneIn(4)) range.may_have_values = true;
  if (random.OneIn(4)) range.may_have_nan = true;
  if (auto* text = std::get_if<std::string>(&range.min); text != nullptr && random.OneIn(3)) {
    text->resize(text->size() / 2);
  }
  if (auto* text = std::get_if<std::string>(&range.max); text != nullptr && random.OneIn(3)) {
    *text = text->substr(0, 1) + "\xF4\x8F\xBF\xBF";
  }
  return range;
}

struct Expected {
  std::vector<Value> outcomes;  ///< a row each
  bool failed = false;          ///< a cast of some row does not succeed
};

Expected RunModel(const Expr& bound, const Rows& rows, size_t count) {
  Expected expected;
  for (size_t r = 0; r < count; ++r) {
    std::map<std::vector<std::string>, Value> row;
    for (size_t c = 0; c < rows.size(); ++c) row[Columns()[c].path] = rows[c][r];
    RowModel model(row);
    expected.outcomes.push_back(model.Evaluate(bound));
    expected.failed = expected.failed || model.failed();
  }
  return expected;
}

/// How often the run met what.
struct Tally {
  int bound = 0;
  int skipped = 0;
  int always = 0;
  int failed = 0;
};

void ExpectParsesBack(const Expr& expr) {
  const Result<ExprPtr> again = ParsePredicate(expr.ToSql());
  ASSERT_THAT(again, IsOk());
  ASSERT_TRUE((*again)->Equals(expr)) << (*again)->ToSql();
}

void ExpectRowsAgree(const Expr& bound, const arrow::RecordBatch& batch, const Expected& expected) {
  const auto outcome = EvaluatePredicate(bound, batch);
  if (expected.failed) {
    ASSERT_EQ(outcome.status().code(), StatusCode::kInvalidArgument);
    return;
  }
  ASSERT_THAT(outcome, IsOk());
  ASSERT_EQ((*outcome)->length(), batch.num_rows());
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    ASSERT_EQ(ValueAt(**outcome, row), expected.outcomes[static_cast<size_t>(row)])
        << "row " << row;
  }
}

void ExpectSkippingIsSound(const Expr& bound, const RangeLookup& ranges, const Expected& expected,
                           Tally& tally) {
  const auto matches = std::count(expected.outcomes.begin(), expected.outcomes.end(), Value(true));
  const bool may = MayMatch(bound, ranges);
  const bool always = AlwaysMatches(bound, ranges);
  ASSERT_TRUE(may || matches == 0);
  ASSERT_TRUE(!always || matches == static_cast<ptrdiff_t>(expected.outcomes.size()));
  tally.skipped += may ? 0 : 1;
  tally.always += always ? 1 : 0;
}

TEST(PredicateProperty, EvaluationAndSkippingAgreeWithTheModel) {
  const SchemaPtr schema = TestSchema();
  Random random(20240601);
  PredicateMaker maker(random);
  Tally tally;
  for (int round = 0; round < 300 && !HasFatalFailure(); ++round) {
    const size_t count = random.Below(6) + 1;
    const Rows rows = MakeRows(random, count);
    const auto batch = MakeBatch(random, rows, count);
    std::map<std::vector<std::string>, ColumnRange> ranges;
    for (size_t c = 0; c < rows.size(); ++c) {
      ranges[Columns()[c].path] = MakeRange(random, rows[c]);
    }
    const RangeLookup lookup = [&](const std::vector<std::string>& path) {
      return ranges.at(path);
    };

    for (int i = 0; i < 20 && !HasFatalFailure(); ++i) {
      const std::string sql = maker.Condition(2);
      const Result<ExprPtr> parsed = ParsePredicate(sql);
      ASSERT_THAT(parsed, IsOk()) << sql;
      const Result<ExprPtr> bound = BindPredicate(*parsed, *schema);
      if (!bound.ok()) {
        ASSERT_EQ(bound.status().code(), StatusCode::kInvalidArgument) << sql;
        continue;
      }
      SCOPED_TRACE(Concat(sql, "\nbound: ", (*bound)->ToSql(), "\n", batch->ToString()));
      ExpectParsesBack(**parsed);
      ExpectParsesBack(**bound);
      const Expected expected = RunModel(**bound, rows, count);
      ExpectRowsAgree(**bound, *batch, expected);
      ++tally.bound;
      tally.failed += expected.failed ? 1 : 0;
      if (!expected.failed) ExpectSkippingIsSound(**bound, lookup, expected, tally);
    }
  }
  // The run must have met each kind of outcome often, or it shows nothing.
  EXPECT_GT(tally.bound, 2000);
  EXPECT_GT(tally.skipped, 200);
  EXPECT_GT(tally.always, 100);
  EXPECT_GT(tally.failed, 20);
}

}  // namespace
}  // namespace deltaic
