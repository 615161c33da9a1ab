#include "ops/optimize/curve_sort.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

struct CurveCase {
  int columns, bits;
};

class HilbertTest : public ::testing::TestWithParam<CurveCase> {};

TEST_P(HilbertTest, VisitsEveryCellOnceGoingFromNeighborToNeighbor) {
  const auto [columns, bits] = GetParam();
  std::map<uint64_t, std::vector<uint32_t>> cells;
  const uint64_t count = uint64_t{1} << (columns * bits);
  for (uint64_t i = 0; i < count; ++i) {
    std::vector<uint32_t> cell;
    for (int c = 0; c < columns; ++c) {
      cell.push_back(static_cast<uint32_t>(i >> (c * bits)) & ((1U << bits) - 1));
    }
    std::vector<uint32_t> ranks = cell;
    cells[HilbertPlace(ranks, bits)] = cell;
  }
  ASSERT_EQ(cells.size(), count);
  EXPECT_EQ(cells.rbegin()->first, count - 1);
  for (uint64_t i = 1; i < count; ++i) {
    int64_t distance = 0;
    for (size_t c = 0; c < cells[i].size(); ++c) {
      distance +=
          std::abs(static_cast<int64_t>(cells[i][c]) - static_cast<int64_t>(cells[i - 1][c]));
    }
    ASSERT_EQ(distance, 1) << "at " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Curves, HilbertTest,
                         ::testing::Values(CurveCase{2, 1}, CurveCase{2, 5}, CurveCase{3, 3},
                                           CurveCase{4, 2}));

TEST(ZOrderPlace, BitsTakeTurns) {
  std::vector<uint32_t> ranks = {0b11, 0b00};
  EXPECT_EQ(ZOrderPlace(ranks, 2), 0b1010U);
  ranks = {0b01, 0b10};
  EXPECT_EQ(ZOrderPlace(ranks, 2), 0b0110U);
}

/// Ranks of `values` by a sample of them all.
std::vector<uint32_t> RanksOf(const std::shared_ptr<arrow::Array>& values) {
  const auto keys = RankKeys::Of(values);
  EXPECT_THAT(keys, IsOk());
  RankColumn column;
  for (int64_t i = 0; i < keys->length(); ++i) column.Sample(*keys, i);
  column.Seal(12);
  std::vector<uint32_t> ranks;
  for (int64_t i = 0; i < keys->length(); ++i) ranks.push_back(column.RankOf(*keys, i));
  return ranks;
}

template <typename Builder, typename T>
std::shared_ptr<arrow::Array> ArrayOf(const std::vector<std::optional<T>>& values) {
  Builder builder;
  for (const auto& value : values) {
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  }
  return *builder.Finish();
}

void ExpectAscending(const std::vector<uint32_t>& ranks) {
  for (size_t i = 1; i < ranks.size(); ++i) EXPECT_LT(ranks[i - 1], ranks[i]) << "at " << i;
}

TEST(RankColumn, RisesWithValuesNullsFirst) {
  ExpectAscending(RanksOf(
      ArrayOf<arrow::Int64Builder, int64_t>({std::nullopt, INT64_MIN, -1, 0, 1, INT64_MAX})));
  ExpectAscending(RanksOf(ArrayOf<arrow::DoubleBuilder, double>(
      {std::nullopt, -INFINITY, -1.5, 0.0, 1e-300, 2.0, INFINITY, NAN})));
  ExpectAscending(RanksOf(ArrayOf<arrow::StringBuilder, std::string>(
      {std::nullopt, "", "a", "a b", "b", "größe", "日本"})));
  ExpectAscending(RanksOf(ArrayOf<arrow::BooleanBuilder, bool>({std::nullopt, false, true})));
  arrow::Decimal128Builder decimals(arrow::decimal128(10, 2));
  EXPECT_TRUE(decimals.AppendNull().ok());
  for (const int value : {-5, 0, 7}) {
    EXPECT_TRUE(decimals.Append(arrow::Decimal128(value)).ok());
  }
  ExpectAscending(RanksOf(*decimals.Finish()));
}

TEST(RankColumn, ZerosAreOneValue) {
  const auto ranks = RanksOf(ArrayOf<arrow::DoubleBuilder, double>({-0.0, 0.0, 1.0}));
  EXPECT_EQ(ranks[0], ranks[1]);
}

TEST(RankColumn, RefusesWhatHasNoOrder) {
  EXPECT_THAT(RankKeys::Of(*arrow::MakeArrayOfNull(arrow::list(arrow::int32()), 2)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("list")));
}

/// Batches as a scan.
class BatchesScan : public Scan {
 public:
  explicit BatchesScan(std::vector<std::shared_ptr<arrow::RecordBatch>> batches)
      : batches_(std::move(batches)), schema_(batches_.front()->schema()) {}
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
    if (next_ == batches_.size()) return std::shared_ptr<arrow::RecordBatch>();
    return batches_[next_++];
  }
  ScanMetrics metrics() const override { return {}; }

 private:
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  std::shared_ptr<arrow::Schema> schema_;
  size_t next_ = 0;
};

std::vector<std::shared_ptr<arrow::RecordBatch>> RandomBatches(int64_t batches, int64_t rows) {
  std::minstd_rand random(3);
  std::vector<std::shared_ptr<arrow::RecordBatch>> out;
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("x", arrow::int64()),
                     arrow::field("name", arrow::utf8())});
  int64_t id = 0;
  for (int64_t b = 0; b < batches; ++b) {
    std::vector<std::optional<int64_t>> ids, xs;
    std::vector<std::optional<std::string>> names;
    for (int64_t i = 0; i < rows; ++i, ++id) {
      ids.emplace_back(id);
      xs.emplace_back(static_cast<int64_t>(random() % 10000));
      names.emplace_back("a name of some length " + std::to_string(random() % 1000));
    }
    out.push_back(arrow::RecordBatch::Make(
        schema, rows,
        {ArrayOf<arrow::Int64Builder, int64_t>(ids), ArrayOf<arrow::Int64Builder, int64_t>(xs),
         ArrayOf<arrow::StringBuilder, std::string>(names)}));
  }
  return out;
}

struct SortCase {
  const char* name;
  int64_t memory_bytes;
  int64_t data_bytes;
};

class CurveSortTest : public ::testing::TestWithParam<SortCase> {};

TEST_P(CurveSortTest, GivesEveryRowOnceInOrder) {
  const auto batches = RandomBatches(20, 2000);
  CurveSort sort({.columns = {{"x"}}}, GetParam().memory_bytes);
  BatchesScan first(batches);
  ASSERT_THAT(sort.Sample(first, 40000, GetParam().data_bytes), IsOk());
  BatchesScan second(batches);
  std::set<int64_t> ids;
  int64_t inversions = 0;
  int64_t highest = -1;
  ASSERT_THAT(sort.Sort(second,
                        [&](const std::shared_ptr<arrow::RecordBatch>& batch) -> Status {
                          const auto& id = static_cast<const arrow::Int64Array&>(*batch->column(0));
                          const auto& x = static_cast<const arrow::Int64Array&>(*batch->column(1));
                          for (int64_t i = 0; i < id.length(); ++i) {
                            EXPECT_TRUE(ids.insert(id.Value(i)).second);
                            // Within a rank values may stand in any order.
                            if (x.Value(i) + 50 < highest) ++inversions;
                            highest = std::max(highest, x.Value(i));
                          }
                          return Status();
                        }),
              IsOk());
  EXPECT_EQ(ids.size(), 40000U);
  EXPECT_EQ(inversions, 0);
}

INSTANTIATE_TEST_SUITE_P(Memory, CurveSortTest,
                         ::testing::Values(SortCase{"AllInMemory", int64_t{1} << 30, 1 << 20},
                                           SortCase{"OnDisk", 1 << 20, 1 << 20}),
                         [](const auto& info) { return info.param.name; });

TEST(CurveSort, ABucketTooLargeForMemoryLosesNoRow) {
  const auto batches = RandomBatches(20, 2000);
  CurveSort sort({.columns = {{"x"}, {"name"}}}, 256 << 10);
  BatchesScan first(batches);
  ASSERT_THAT(sort.Sample(first, 40000, 1), IsOk());
  BatchesScan second(batches);
  int64_t rows = 0;
  ASSERT_THAT(sort.Sort(second,
                        [&](const std::shared_ptr<arrow::RecordBatch>& batch) -> Status {
                          rows += batch->num_rows();
                          return Status();
                        }),
              IsOk());
  EXPECT_EQ(rows, 40000);
}

TEST(CurveSort, TellsWhenTemporaryFilesWouldBeTooLarge) {
  const auto batches = RandomBatches(20, 2000);
  CurveSort sort({.columns = {{"x"}}, .max_spill_bytes = 100 << 10}, 256 << 10);
  BatchesScan first(batches);
  ASSERT_THAT(sort.Sample(first, 40000, 1 << 20), IsOk());
  BatchesScan second(batches);
  EXPECT_THAT(sort.Sort(second, [](const auto&) { return Status(); }),
              StatusIs(StatusCode::kIo, HasSubstr("temporary files")));
}

}  // namespace
}  // namespace deltaic
