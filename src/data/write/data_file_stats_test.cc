#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "data/write/data_file_writer.h"
#include "data/write/data_write_test_support.h"
#include "protocol/file_stats.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::BatchFor;
using ::deltaic::testing::Field;
using ::deltaic::testing::IsOk;
using ::deltaic::testing::Target;
using ::deltaic::testing::Type;
using ::deltaic::testing::WriteBatches;

std::string StatsOf(const DataFileTarget& target,
                    const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                    int64_t rows_per_group = 0) {
  DataFileOptions options;
  options.max_rows_per_group = rows_per_group;
  options.num_threads = 1;  // one file
  auto result = WriteBatches(MakeMemoryStore(), target, options, batches);
  EXPECT_THAT(result, IsOk());
  return result.ok() && result->adds.size() == 1 ? result->adds[0].stats.value_or("none") : "";
}

struct StatsCase {
  std::string name;
  DataTypePtr type;
  std::string json;
  std::string stats;  ///< after numRecords
};

class DataFileStats : public ::testing::TestWithParam<StatsCase> {};

TEST_P(DataFileStats, AreExact) {
  const StatsCase& c = GetParam();
  const DataFileTarget target = Target({Field("c", c.type)});
  const auto batch = BatchFor(target, {c.json});
  const std::string expected = Concat("{\"numRecords\":", batch->num_rows(), ",", c.stats, "}");
  EXPECT_EQ(StatsOf(target, {batch}), expected);
  // The same, in one row a row group.
  EXPECT_EQ(StatsOf(target, {batch}, 1), expected);
}

std::string Emoji(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "😀";
  return text;
}

std::string Repeat(std::string_view part, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += part;
  return text;
}

std::string Text(const std::string& value) { return Concat("[\"", value, "\"]"); }

std::string Bounds(const std::string& min, const std::string& max, int nulls = 0) {
  return Concat(R"("minValues":{"c":)", min, R"(},"maxValues":{"c":)", max,
                R"(},"nullCount":{"c":)", nulls, "}");
}

INSTANTIATE_TEST_SUITE_P(
    All, DataFileStats,
    ::testing::Values(
        StatsCase{"Long", Type(TypeId::kLong),
                  "[5, null, -9223372036854775808, 9223372036854775807]",
                  Bounds("-9223372036854775808", "9223372036854775807", 1)},
        StatsCase{"Byte", Type(TypeId::kByte), "[-128, 127]", Bounds("-128", "127")},
        StatsCase{"Date", Type(TypeId::kDate), "[18262, null, -1]",
                  Bounds(R"("1969-12-31")", R"("2020-01-01")", 1)},
        StatsCase{"TimestampCutsMicroseconds", Type(TypeId::kTimestamp), "[1001, -1]",
                  Bounds(R"("1969-12-31T23:59:59.999Z")", R"("1970-01-01T00:00:00.001Z")")},
        StatsCase{"TimestampNtz", Type(TypeId::kTimestampNtz), "[1001]",
                  Bounds(R"("1970-01-01T00:00:00.001")", R"("1970-01-01T00:00:00.001")")},
        StatsCase{"SmallDecimal", DataType::Decimal(9, 2), R"(["-1.50", "2.25"])",
                  Bounds("-1.50", "2.25")},
        StatsCase{"LargeDecimal", DataType::Decimal(38, 0),
                  R"(["-99999999999999999999999999999999999999", "2"])",
                  Bounds("-99999999999999999999999999999999999999", "2")},
        StatsCase{"Double", Type(TypeId::kDouble), "[1.5, null, -2.5]", Bounds("-2.5", "1.5", 1)},
        StatsCase{"ZerosOfBothSigns", Type(TypeId::kDouble), "[0.0]", Bounds("-0.0", "0.0")},
        StatsCase{"NegativeZero", Type(TypeId::kFloat), "[-0.0]", Bounds("-0.0", "0.0")},
        StatsCase{"NanHasNoMaximum", Type(TypeId::kDouble), "[1.5, NaN, 2.5]",
                  R"("minValues":{"c":1.5},"nullCount":{"c":0})"},
        StatsCase{"OnlyNan", Type(TypeId::kFloat), "[NaN, null]", R"("nullCount":{"c":1})"},
        StatsCase{"OnlyNull", Type(TypeId::kLong), "[null, null]", R"("nullCount":{"c":2})"},
        StatsCase{"Boolean", Type(TypeId::kBoolean), "[true, null]", R"("nullCount":{"c":1})"},
        StatsCase{"Binary", Type(TypeId::kBinary), R"(["a", null])", R"("nullCount":{"c":1})"},
        StatsCase{"Array", DataType::Array(Type(TypeId::kLong), true), "[[null, null], null, []]",
                  R"("nullCount":{"c":1})"},
        StatsCase{"ArrayOfStructs",
                  DataType::Array(DataType::Struct({Field("a", Type(TypeId::kLong)),
                                                    Field("b", Type(TypeId::kLong))}),
                                  true),
                  R"([[{"a": 1, "b": null}], null])", R"("nullCount":{"c":1})"},
        StatsCase{"Map", DataType::Map(Type(TypeId::kString), Type(TypeId::kLong), true),
                  R"([[["a", null]], null, null])", R"("nullCount":{"c":2})"},
        StatsCase{"String", Type(TypeId::kString), R"(["b", "", null, "abc"])",
                  Bounds(R"("")", R"("b")", 1)},
        StatsCase{"StringsWithASharedPrefix", Type(TypeId::kString),
                  R"(["12345678b", "12345678", "12345678a", "1234567"])",
                  Bounds(R"("1234567")", R"("12345678b")")},
        StatsCase{"StringOf32", Type(TypeId::kString), Text(Repeat("a", 32)),
                  Bounds(Concat('"', Repeat("a", 32), '"'), Concat('"', Repeat("a", 32), '"'))},
        StatsCase{"StringOf33", Type(TypeId::kString), Text(Repeat("a", 33)),
                  Bounds(Concat('"', Repeat("a", 32), '"'), Concat('"', Repeat("a", 31), "b\""))},
        StatsCase{"LongString", Type(TypeId::kString), Text(Repeat("x", 100'000)),
                  Bounds(Concat('"', Repeat("x", 32), '"'), Concat('"', Repeat("x", 31), "y\""))},
        // Parquet's statistics tell only one of the bounds.
        StatsCase{"LongStringIsTheLeast", Type(TypeId::kString),
                  Concat("[\"b\", null, \"", Repeat("a", 5000), "\", \"c\"]"),
                  Bounds(Concat('"', Repeat("a", 32), '"'), R"("c")", 1)},
        StatsCase{"LongStringIsTheGreatest", Type(TypeId::kString),
                  Concat("[\"b\", \"", Repeat("x", 5000), "\", \"c\"]"),
                  Bounds(R"("b")", Concat('"', Repeat("x", 31), "y\""))},
        StatsCase{"EmojiAtTheEdge", Type(TypeId::kString), Text(Emoji(33)),
                  Bounds(Concat('"', Emoji(32), '"'), Concat('"', Emoji(31), "😁\""))},
        StatsCase{"ManyEmoji", Type(TypeId::kString), Text(Emoji(500)),
                  Bounds(Concat('"', Emoji(32), '"'), Concat('"', Emoji(31), "😁\""))},
        StatsCase{"LastCodePointCannotBeRaised", Type(TypeId::kString),
                  Text(Concat(Repeat("a", 31), "\U0010FFFF", "z")),
                  Bounds(Concat('"', Repeat("a", 31), "\U0010FFFF", '"'),
                         Concat('"', Repeat("a", 30), "b\""))},
        StatsCase{"NothingIsAboveTheLastCodePoints", Type(TypeId::kString),
                  Text(Repeat("\U0010FFFF", 33)),
                  Concat(R"("minValues":{"c":")", Repeat("\U0010FFFF", 32),
                         R"("},"nullCount":{"c":0})")}),
    [](const auto& info) { return info.param.name; });

TEST(DataFileStatsOfStructs, CountNullParentsAndJudgeNoValueBelowThem) {
  const auto inner = DataType::Struct(
      {Field("x", Type(TypeId::kDouble), false), Field("t", Type(TypeId::kString))});
  const DataFileTarget target = Target({Field("s", DataType::Struct({Field("i", inner)}))});
  const auto batch = BatchFor(
      target, {R"([{"i": {"x": 2, "t": "a"}}, {"i": null}, null, {"i": {"x": 3, "t": null}}])"});
  EXPECT_EQ(StatsOf(target, {*ConformBatch(batch, batch->schema())}),
            R"({"numRecords":4,"minValues":{"s":{"i":{"x":2.0,"t":"a"}}},)"
            R"("maxValues":{"s":{"i":{"x":3.0,"t":"a"}}},"nullCount":{"s":{"i":{"x":2,"t":3}}}})");
}

TEST(DataFileStatsOfStrings, BytesThatAreNoTextGiveNoBounds) {
  const auto schema = arrow::schema({arrow::field("c", arrow::utf8())});
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.Append("\xFF\xFE").ok());
  ASSERT_TRUE(builder.Append("b").ok());
  const auto batch = arrow::RecordBatch::Make(schema, 2, {*builder.Finish()});
  EXPECT_EQ(StatsOf(Target({Field("c", Type(TypeId::kString))}), {batch}),
            R"({"numRecords":2,"minValues":{"c":"b"},"nullCount":{"c":0}})");
}

/// Forty columns c0 .. c39, the first an array and the second a struct of two.
DataFileTarget Wide() {
  const auto type = Type(TypeId::kLong);
  std::vector<StructField> fields = {
      Field("c0", DataType::Array(DataType::Struct({Field("a", type), Field("b", type)}), true)),
      Field("c1", DataType::Struct({Field("a", type), Field("b", type)}))};
  for (int i = 2; i < 40; ++i) fields.push_back(Field(Concat("c", i), type));
  return Target(std::move(fields), {"c2"});
}

std::string WideStats(const DataFileTarget& target) {
  std::vector<std::string> columns(40, "[1]");
  columns[0] = R"([[{"a": 1, "b": 1}]])";
  columns[1] = R"([{"a": 1, "b": 1}])";
  return StatsOf(target, {BatchFor(target, columns)});
}

bool HasStats(const std::string& stats, int column) {
  return stats.find(Concat("\"c", column, "\":")) != std::string::npos;
}

TEST(DataFileStatsOfWideTables, FirstThirtyTwoLeafColumnsByDefault) {
  const std::string stats = WideStats(Wide());
  // c0 is one, c1 two, c2 partitions and counts not: 29 are left for c3 and on.
  for (int i = 0; i < 40; ++i) EXPECT_EQ(HasStats(stats, i), i != 2 && i <= 31) << i << stats;
}

TEST(DataFileStatsOfWideTables, AsManyLeafColumnsAsThePropertySays) {
  DataFileTarget target = Wide();
  target.properties.data_skipping_num_indexed_cols = 2;
  EXPECT_EQ(WideStats(target),
            R"({"numRecords":1,"minValues":{"c1":{"a":1}},"maxValues":{"c1":{"a":1}},)"
            R"("nullCount":{"c0":0,"c1":{"a":0}}})");
  target.properties.data_skipping_num_indexed_cols = 0;
  EXPECT_EQ(WideStats(target), R"({"numRecords":1})");
  target.properties.data_skipping_num_indexed_cols = -1;
  EXPECT_TRUE(HasStats(WideStats(target), 39));
}

TEST(DataFileStatsOfWideTables, NamedColumnsAndAllBelowThem) {
  DataFileTarget target = Wide();
  target.properties.data_skipping_num_indexed_cols = 1;
  target.properties.data_skipping_stats_columns = {"c1", "`c39`", "c0"};
  EXPECT_EQ(WideStats(target), R"({"numRecords":1,"minValues":{"c1":{"a":1,"b":1},"c39":1},)"
                               R"("maxValues":{"c1":{"a":1,"b":1},"c39":1},)"
                               R"("nullCount":{"c0":0,"c1":{"a":0,"b":0},"c39":0}})");
}

/// Least and greatest by plain comparison.
template <typename T>
struct Model {
  std::optional<T> min;
  std::optional<T> max;
  int64_t nulls = 0;

  void Add(const T& value) {
    if (!min || value < *min) min = value;
    if (!max || value > *max) max = value;
  }
  ColumnStats ToStats(std::string name) const {
    ColumnStats stats;
    stats.path = {std::move(name)};
    if (min) stats.min = *min;
    if (max) stats.max = *max;
    stats.null_count = nulls;
    return stats;
  }
};

TEST(DataFileStatsOfRandomRows, EqualTheModel) {
  const DataFileTarget target =
      Target({Field("l", Type(TypeId::kLong)), Field("d", Type(TypeId::kDouble)),
              Field("t", Type(TypeId::kString))});
  const auto schema = *ToArrowSchema(*target.schema);
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    Model<int64_t> longs;
    Model<double> doubles;
    Model<std::string> texts;
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    FileStats expected;
    expected.num_records = 0;
    for (int b = 0; b < 3; ++b) {
      arrow::Int64Builder l;
      arrow::DoubleBuilder d;
      arrow::StringBuilder t;
      const auto rows = static_cast<int64_t>(random() % 200);
      auto skip = [&](auto& builder, auto& model) {
        if (random() % 4 != 0) return false;
        EXPECT_TRUE(builder.AppendNull().ok());
        ++model.nulls;
        return true;
      };
      for (int64_t i = 0; i < rows; ++i) {
        if (!skip(l, longs)) {
          const auto value = static_cast<int64_t>(random());
          longs.Add(value);
          EXPECT_TRUE(l.Append(value).ok());
        }
        if (!skip(d, doubles)) {
          const double value = static_cast<double>(static_cast<int64_t>(random())) / 3;
          doubles.Add(value);
          EXPECT_TRUE(d.Append(value).ok());
        }
        if (!skip(t, texts)) {
          std::string value(random() % 12, 'a');
          for (char& c : value) c = static_cast<char>('a' + random() % 3);
          texts.Add(value);
          EXPECT_TRUE(t.Append(value).ok());
        }
      }
      *expected.num_records += rows;
      batches.push_back(
          arrow::RecordBatch::Make(schema, rows, {*l.Finish(), *d.Finish(), *t.Finish()}));
    }
    if (*expected.num_records == 0) continue;
    expected.columns = {longs.ToStats("l"), doubles.ToStats("d"), texts.ToStats("t")};
    EXPECT_EQ(StatsOf(target, batches, 37), FormatFileStats(expected, *target.schema));
  }
}

}  // namespace
}  // namespace deltaic
