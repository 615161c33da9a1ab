#include "data/checkpoint/struct_stats.h"

#include <arrow/api.h>
#include <arrow/io/api.h>
#include <arrow/json/from_string.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/checkpoint/checkpoint_files.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "storage/log_store.h"
#include "storage/memory_store.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::shared_ptr<arrow::Array> FromJson(const std::shared_ptr<arrow::DataType>& type,
                                       const std::string& json) {
  const auto array = arrow::json::ArrayFromJSONString(type, json);
  EXPECT_TRUE(array.ok()) << array.status().ToString();
  return *array;
}

using Fields = arrow::FieldVector;
std::shared_ptr<arrow::Field> Field(const std::string& name,
                                    std::shared_ptr<arrow::DataType> type) {
  return arrow::field(name, std::move(type));
}

std::shared_ptr<arrow::DataType> StatsType(const Fields& columns, const Fields& counts) {
  return arrow::struct_(
      {Field("numRecords", arrow::int64()), Field("minValues", arrow::struct_(columns)),
       Field("maxValues", arrow::struct_(columns)), Field("nullCount", arrow::struct_(counts)),
       Field("tightBounds", arrow::boolean())});
}

/// How a checkpoint is laid out; readers must not care.
struct Layout {
  int64_t page_bytes = 1 << 20;
  int64_t rows_per_group = 1 << 20;
  bool int96 = false;
  bool local = true;
  bool old_spark = false;
  bool broken_text = false;  ///< each '#' of the file becomes a byte that no UTF-8 has
};

/// A checkpoint with adds alone.
class Checkpoint {
 public:
  /// \param adds  rows of a struct of these types; each row gets a `path` by its number.
  Checkpoint(const std::shared_ptr<arrow::DataType>& stats_parsed, const std::string& adds,
             const Layout& layout = {}) {
    Write(FromJson(arrow::struct_({Field("path", arrow::utf8()), Field("stats", arrow::utf8()),
                                   Field("stats_parsed", stats_parsed)}),
                   adds),
          layout);
  }
  Checkpoint(const std::shared_ptr<arrow::Array>& adds, const Layout& layout) {
    Write(adds, layout);
  }

  /// `stats` by path.
  std::map<std::string, std::optional<std::string>> Stats(
      const FileColumns& columns = {}, std::shared_ptr<const FilePruner> pruner = nullptr) {
    std::map<std::string, std::optional<std::string>> out;
    metrics = {};
    for (const RowGroupPart& part : SplitRowGroups(*file_, 1)) {
      auto rows = ReadCheckpointAdds(file_, part, columns, nullptr, pruner);
      EXPECT_THAT(rows, IsOk());
      while (true) {
        auto batch = (*rows)->Next();
        EXPECT_THAT(batch, IsOk());
        if (!batch.ok() || *batch == nullptr) break;
        EXPECT_TRUE((*batch)->ValidateFull().ok());
        for (int64_t i = 0; i < (*batch)->num_rows(); ++i) {
          const Add add = AddFromBatch(**batch, i);
          out[add.path] = add.stats;
        }
      }
      metrics.files_pruned_stats += (*rows)->metrics().files_pruned_stats;
    }
    return out;
  }

  CheckpointFileMetrics metrics;

 private:
  void Write(const std::shared_ptr<arrow::Array>& adds, const Layout& layout) {
    auto table = arrow::Table::Make(arrow::schema({Field("add", adds->type())}), {adds});
    if (layout.old_spark) {
      table = table->ReplaceSchemaMetadata(
          arrow::key_value_metadata({"org.apache.spark.version"}, {"2.4.7"}));
    }
    auto sink = *arrow::io::BufferOutputStream::Create();
    const auto properties = parquet::WriterProperties::Builder()
                                .data_pagesize(layout.page_bytes)
                                ->write_batch_size(64)
                                ->build();
    parquet::ArrowWriterProperties::Builder arrow_properties;
    if (layout.old_spark) arrow_properties.store_schema();
    if (layout.int96) arrow_properties.enable_deprecated_int96_timestamps();
    ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink,
                                           layout.rows_per_group, properties,
                                           arrow_properties.build())
                    .ok());
    const auto log = MakeLogStore(MakeMemoryStore());
    std::string bytes = (*sink->Finish())->ToString();
    if (layout.broken_text) std::ranges::replace(bytes, '#', '\xFF');
    ASSERT_THAT(log->Put("cp", bytes), IsOk());
    const auto file = CheckpointFile::Open(*log, "cp", std::nullopt, layout.local);
    ASSERT_THAT(file, IsOk());
    file_ = *file;
  }

  std::shared_ptr<const CheckpointFile> file_;
};

std::shared_ptr<const FilePruner> Pruner(const SchemaPtr& schema, const std::string& predicate,
                                         bool mapped = false) {
  const auto bound = BindPredicate(*ParsePredicate(predicate), *schema);
  EXPECT_THAT(bound, IsOk());
  return std::make_shared<const FilePruner>(*bound, *schema, std::vector<std::string>(), mapped);
}

SchemaPtr LongX() {
  return DataType::Struct(
      {{"x", DataType::Primitive(TypeId::kLong)}, {"y", DataType::Primitive(TypeId::kString)}});
}
const Fields kLongX = {Field("x", arrow::int64()), Field("y", arrow::utf8())};
const Fields kCounts = {Field("x", arrow::int64()), Field("y", arrow::int64())};

/// One bound of a type, as the struct has it and as the text has it; empty: not at all.
struct BoundCase {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string value;
  std::string min;
  std::string max;
  bool int96 = false;
};
void PrintTo(const BoundCase& c, std::ostream* os) { *os << c.name; }

class StructStatsBounds : public ::testing::TestWithParam<BoundCase> {};

TEST_P(StructStatsBounds, BecomeTheTextThatTheProtocolHas) {
  const BoundCase& c = GetParam();
  const Fields columns = {Field("c", c.type)};
  const std::string bounds = Concat("{\"c\":", c.value, "}");
  Checkpoint checkpoint(StatsType(columns, {Field("c", arrow::int64())}),
                        Concat(R"([{"path":"a","stats_parsed":{"numRecords":3,"minValues":)",
                               bounds, ",\"maxValues\":", bounds, R"(,"nullCount":{"c":1}}}])"),
                        {.int96 = c.int96});
  std::string expected = "{\"numRecords\":3";
  if (!c.min.empty()) expected += Concat(",\"minValues\":{\"c\":", c.min, "}");
  if (!c.max.empty()) expected += Concat(",\"maxValues\":{\"c\":", c.max, "}");
  expected += ",\"nullCount\":{\"c\":1}}";
  EXPECT_THAT(checkpoint.Stats(), ElementsAre(Pair("a", expected)));
}

std::vector<BoundCase> BoundCases() {
  const auto same = [](std::string name, std::shared_ptr<arrow::DataType> type, std::string value,
                       std::string text) {
    return BoundCase{std::move(name), std::move(type), std::move(value), text, text};
  };
  const auto micros = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  const auto nanos = arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
  const std::string first_long = "-9223372036854775808", last_long = "9223372036854775807";
  std::vector<BoundCase> cases = {
      same("Byte", arrow::int8(), "-128", "-128"),
      same("Short", arrow::int16(), "32767", "32767"),
      same("Integer", arrow::int32(), "-2147483648", "-2147483648"),
      same("Long", arrow::int64(), last_long, last_long),
      same("Float", arrow::float32(), "1.5", "1.5"),
      same("FloatIsExactAsDouble", arrow::float32(), "0.1", "0.10000000149011612"),
      same("Double", arrow::float64(), "0.1", "0.1"),
      same("DoubleIntegral", arrow::float64(), "3", "3.0"),
      {"DoubleZero", arrow::float64(), "0", "-0.0", "0.0"},
      {"DoubleNan", arrow::float64(), "NaN", "", ""},
      {"DoubleInfinite", arrow::float64(), "-Inf", "", ""},
      {"FloatNan", arrow::float32(), "NaN", "", ""},
      same("Boolean", arrow::boolean(), "true", "true"),
      same("String", arrow::utf8(), R"("a\"b é")", R"("a\"b é")"),
      same("StringEmpty", arrow::utf8(), "\"\"", "\"\""),
      same("StringLongAsItIs", arrow::utf8(), Concat('"', std::string(33, 'z'), '"'),
           Concat('"', std::string(33, 'z'), '"')),
      {"Binary", arrow::binary(), "\"abc\"", "", ""},
      same("Date", arrow::date32(), "19782", "\"2024-02-29\""),
      same("DateBeforeTheEpoch", arrow::date32(), "-719528", "\"0000-01-01\""),
      same("Decimal32", arrow::decimal128(5, 2), "\"-1.20\"", "-1.20"),
      same("Decimal64", arrow::decimal128(18, 3), "\"123456789012345.678\"", "123456789012345.678"),
      same("Decimal128", arrow::decimal128(38, 10), "\"-1234567890123456789012345678.0123456789\"",
           "-1234567890123456789012345678.0123456789"),
      same("DecimalWhole", arrow::decimal128(38, 0), "\"0\"", "0"),
      same("Millis", arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"), "1709210096789",
           "\"2024-02-29T12:34:56.789Z\""),
      same("MillisBeyondMicros", arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"), last_long, ""),
      same("Micros", micros, "1709210096789999", "\"2024-02-29T12:34:56.789Z\""),
      same("MicrosBeforeTheEpoch", micros, "-1", "\"1969-12-31T23:59:59.999Z\""),
      same("MicrosFirst", micros, first_long, "\"-290308-12-21T19:59:05.224Z\""),
      same("Nanos", nanos, "-1", "\"1969-12-31T23:59:59.999Z\""),
      same("WithoutZone", arrow::timestamp(arrow::TimeUnit::MICRO), "1709210096789000",
           "\"2024-02-29T12:34:56.789\""),
      same("Null", arrow::int64(), "null", ""),
      same("UnsignedIsOfNoTable", arrow::uint32(), "4294967295", ""),
      same("TimeIsOfNoTable", arrow::time64(arrow::TimeUnit::MICRO), "5", ""),
      same("List", arrow::list(arrow::int64()), "[1]", ""),
      same("Map", arrow::map(arrow::utf8(), arrow::int64()), R"([["k",1]])", ""),
  };
  for (BoundCase c :
       {same("Int96", nanos, "1709210096789000000", "\"2024-02-29T12:34:56.789Z\""),
        same("Int96BeforeTheEpoch", nanos, "-1000000", "\"1969-12-31T23:59:59.999Z\"")}) {
    c.int96 = true;
    cases.push_back(std::move(c));
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Types, StructStatsBounds, ::testing::ValuesIn(BoundCases()),
                         [](const auto& info) { return info.param.name; });

TEST(StructStats, TextWinsOverTheStructAndRowsWithNeitherStayNull) {
  Checkpoint checkpoint(StatsType(kLongX, kCounts), R"([
      {"path":"a","stats":"{\"numRecords\":1}","stats_parsed":{"numRecords":2}},
      {"path":"b","stats_parsed":{"numRecords":3,"tightBounds":false}},
      {"path":"c"},
      {"path":"d","stats_parsed":{}},
      {"path":"e","stats":"","stats_parsed":{"numRecords":4}},
      {"path":"f","stats_parsed":{"nullCount":{"y":5}}}])");
  EXPECT_THAT(
      checkpoint.Stats(),
      ElementsAre(Pair("a", R"({"numRecords":1})"),
                  Pair("b", R"({"numRecords":3,"tightBounds":false})"), Pair("c", std::nullopt),
                  Pair("d", std::nullopt), Pair("e", ""), Pair("f", R"({"nullCount":{"y":5}})")));
}

TEST(StructStats, NestedColumnsKeepTheirShapeAndNamesTheirLetters) {
  const auto inner = arrow::struct_({Field("a.b", arrow::int32()), Field("q\"", arrow::utf8())});
  const auto counts = arrow::struct_({Field("a.b", arrow::int64()), Field("q\"", arrow::int64())});
  Checkpoint checkpoint(StatsType({Field("col-1f", inner)}, {Field("col-1f", counts)}), R"([
      {"path":"a","stats_parsed":{"numRecords":1,"minValues":{"col-1f":{"a.b":1,"q\"":"s"}},
       "maxValues":{"col-1f":{"a.b":2}},"nullCount":{"col-1f":{"a.b":0,"q\"":0}}}},
      {"path":"b","stats_parsed":{"numRecords":2,"minValues":{"col-1f":null},"maxValues":null}}])");
  EXPECT_THAT(
      checkpoint.Stats(),
      ElementsAre(
          Pair(
              "a",
              R"({"numRecords":1,"minValues":{"col-1f":{"a.b":1,"q\"":"s"}},"maxValues":{"col-1f":{"a.b":2}},"nullCount":{"col-1f":{"a.b":0,"q\"":0}}})"),
          Pair("b", R"({"numRecords":2})")));
}

TEST(StructStats, CountsAloneWhereNoMoreIsAskedFor) {
  Checkpoint checkpoint(StatsType(kLongX, kCounts), R"([{"path":"a","stats_parsed":
      {"numRecords":3,"minValues":{"x":1},"nullCount":{"x":0},"tightBounds":true}}])");
  FileColumns columns;
  columns.record_counts_only = true;
  EXPECT_THAT(checkpoint.Stats(columns),
              ElementsAre(Pair("a", R"({"numRecords":3,"tightBounds":true})")));
}

TEST(StructStats, DamagedCountsAndFieldsOfOtherTypesSayNothing) {
  const auto type = arrow::struct_(
      {Field("numRecords", arrow::utf8()), Field("minValues", arrow::int64()),
       Field("maxValues", arrow::list(arrow::struct_({Field("x", arrow::int64())}))),
       Field("nullCount",
             arrow::struct_({Field("x", arrow::float64()), Field("y", arrow::int64())})),
       Field("tightBounds", arrow::int64())});
  Checkpoint checkpoint(type, R"([{"path":"a","stats_parsed":{"numRecords":"3","minValues":1,
      "maxValues":[{"x":1}],"nullCount":{"x":1.0,"y":-1},"tightBounds":1}}])");
  EXPECT_THAT(checkpoint.Stats(), ElementsAre(Pair("a", std::nullopt)));
}

TEST(StructStats, TextThatIsNotUtf8BoundsNothing) {
  Checkpoint checkpoint(StatsType(kLongX, kCounts), R"([{"path":"a","stats_parsed":
      {"numRecords":3,"minValues":{"x":1,"y":"a#"},"maxValues":{"x":2,"y":"b#b"}}}])",
                        {.broken_text = true});
  EXPECT_THAT(
      checkpoint.Stats(),
      ElementsAre(Pair("a", R"({"numRecords":3,"minValues":{"x":1},"maxValues":{"x":2}})")));
}

TEST(StructStats, APlainColumnOfThatNameSaysNothing) {
  Checkpoint checkpoint(arrow::int64(), R"([{"path":"a","stats_parsed":7}])");
  EXPECT_THAT(checkpoint.Stats(), ElementsAre(Pair("a", std::nullopt)));
}

/// Rows of which some have text, some the struct and some nothing.
std::shared_ptr<arrow::Array> MixedRows(int num_rows, int64_t* num_text) {
  std::string rows = "[";
  *num_text = 0;
  for (int i = 0; i < num_rows; ++i) {
    const std::string text = Concat(R"({\"numRecords\":1,\"minValues\":{\"x\":)", i,
                                    R"(},\"maxValues\":{\"x\":)", i, "}}");
    const std::string parsed = Concat(R"({"numRecords":1,"minValues":{"x":)", i,
                                      R"(,"y":"t"},"maxValues":{"x":)", i, R"(,"y":"t"}})");
    rows += Concat(i == 0 ? "" : ",", "{\"path\":\"", 10000 + i, "\"");
    if (i % 3 == 0) rows += Concat(",\"stats\":\"", text, "\"");
    if (i % 3 == 1) rows += Concat(",\"stats_parsed\":", parsed);
    rows += "}";
    *num_text += i % 3 == 0;
  }
  return FromJson(arrow::struct_({Field("path", arrow::utf8()), Field("stats", arrow::utf8()),
                                  Field("stats_parsed", StatsType(kLongX, kCounts))}),
                  rows + "]");
}

TEST(StructStats, PruneAsTheTextDoesAndComeWholeForFilesThatAreLeft) {
  constexpr int kRows = 3000;
  int64_t num_text = 0;
  const auto rows = MixedRows(kRows, &num_text);
  for (const Layout& layout : {Layout{}, Layout{.page_bytes = 256, .local = false},
                               Layout{.page_bytes = 256, .rows_per_group = 700}}) {
    Checkpoint checkpoint(rows, layout);
    const auto kept = checkpoint.Stats({}, Pruner(LongX(), "x >= 1000 AND x < 1010"));
    for (int i = 0; i < kRows; ++i) {
      const auto found = kept.find(std::to_string(10000 + i));
      const bool expected = i % 3 == 2 || (i >= 1000 && i < 1010);
      ASSERT_EQ(found != kept.end(), expected) << i;
      if (!expected || i % 3 == 2) continue;
      const std::string y = i % 3 == 1 ? ",\"y\":\"t\"" : "";
      EXPECT_EQ(found->second, Concat(R"({"numRecords":1,"minValues":{"x":)", i, y,
                                      R"(},"maxValues":{"x":)", i, y, "}}"));
    }
    EXPECT_EQ(checkpoint.metrics.files_pruned_stats, kRows - static_cast<int64_t>(kept.size()));
    EXPECT_THAT(checkpoint.Stats(FileColumns::PathOnly(), Pruner(LongX(), "y = 'u'")),
                ::testing::SizeIs(kRows - (kRows - num_text) / 2));
  }
}

TEST(StructStats, PrunesByPhysicalNamesWhereColumnsAreMapped) {
  StructField mapped{"x", DataType::Primitive(TypeId::kLong)};
  mapped.metadata["delta.columnMapping.physicalName"] = "\"col-1\"";
  const SchemaPtr schema = DataType::Struct({mapped});
  ASSERT_EQ(schema->fields()[0].physical_name(), "col-1");
  const Fields column = {Field("col-1", arrow::int64())};
  Checkpoint checkpoint(StatsType(column, column), R"([
      {"path":"a","stats_parsed":{"numRecords":1,"maxValues":{"col-1":4}}},
      {"path":"b","stats_parsed":{"numRecords":1,"maxValues":{"col-1":5}}}])");
  EXPECT_THAT(checkpoint.Stats(FileColumns::PathOnly(), Pruner(schema, "x = 5", true)),
              ElementsAre(Pair("b", std::nullopt)));
}

/// A column of a table, and bounds that its older files have in another type.
struct WideningCase {
  const char* name;
  DataTypePtr table;
  std::shared_ptr<arrow::DataType> stored;
  const char* value;
  const char* matches;
  const char* misses;
};
void PrintTo(const WideningCase& c, std::ostream* os) { *os << c.name; }

class StructStatsWidening : public ::testing::TestWithParam<WideningCase> {};

TEST_P(StructStatsWidening, BoundsOfTheNarrowTypePruneTheWideColumn) {
  const WideningCase& c = GetParam();
  StructField field{"x", c.table};
  field.metadata["delta.typeChanges"] = R"([{"fromType":"float","toType":"double"}])";
  const SchemaPtr schema = DataType::Struct({field});
  const std::string bounds = Concat("{\"x\":", c.value, "}");
  Checkpoint checkpoint(StatsType({Field("x", c.stored)}, {Field("x", arrow::int64())}),
                        Concat(R"([{"path":"a","stats_parsed":{"numRecords":1,"minValues":)",
                               bounds, ",\"maxValues\":", bounds, "}}]"));
  EXPECT_THAT(checkpoint.Stats(FileColumns::PathOnly(), Pruner(schema, c.matches)),
              ::testing::SizeIs(1));
  EXPECT_THAT(checkpoint.Stats(FileColumns::PathOnly(), Pruner(schema, c.misses)), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Types, StructStatsWidening,
    ::testing::Values(WideningCase{"ByteToLong", DataType::Primitive(TypeId::kLong), arrow::int8(),
                                   "5", "x = 5", "x = 6"},
                      WideningCase{"IntToDouble", DataType::Primitive(TypeId::kDouble),
                                   arrow::int32(), "5", "x = 5.0", "x < 4.9"},
                      WideningCase{"IntToDecimal", DataType::Decimal(20, 4), arrow::int32(), "5",
                                   "x = 5.0000", "x > 5.0001"},
                      WideningCase{"FloatToDouble", DataType::Primitive(TypeId::kDouble),
                                   arrow::float32(), "0.1", "x < 0.100000002", "x < 0.100000001"},
                      WideningCase{"DecimalToDecimal", DataType::Decimal(20, 4),
                                   arrow::decimal128(5, 2), "\"1.25\"", "x = 1.2500", "x > 1.2500"},
                      WideningCase{"DateToTimestampNtz", DataType::Primitive(TypeId::kTimestampNtz),
                                   arrow::date32(), "19782",
                                   "x = TIMESTAMP_NTZ '2024-02-29 00:00:00'",
                                   "x > TIMESTAMP_NTZ '2024-03-01 00:00:01'"}),
    [](const auto& info) { return info.param.name; });

TEST(StructStats, ABoundOfAnUnrelatedTypePrunesNothing) {
  const std::pair<TypeId, const char*> cases[] = {
      {TypeId::kLong, "x = 5"},
      {TypeId::kDouble, "x = 5.0"},
      {TypeId::kDate, "x = DATE '2024-01-01'"},
      {TypeId::kTimestamp, "x = TIMESTAMP '2024-01-01 00:00:00'"}};
  for (const auto& [id, predicate] : cases) {
    const SchemaPtr schema = DataType::Struct({{"x", DataType::Primitive(id)}});
    Checkpoint checkpoint(StatsType({Field("x", arrow::utf8())}, {Field("x", arrow::int64())}),
                          R"([{"path":"a","stats_parsed":{"numRecords":1,"minValues":{"x":"zzz"},
                          "maxValues":{"x":"zzz"}}}])");
    EXPECT_THAT(checkpoint.Stats(FileColumns::PathOnly(), Pruner(schema, predicate)),
                ::testing::SizeIs(1))
        << predicate;
  }
}

TEST(StructStatsTest, DaysOfOldSparkAreNoBounds) {
  const Fields columns = {Field("day", arrow::date32()),
                          Field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
                          Field("x", arrow::int64())};
  const std::string bounds = R"({"day": -719164, "at": -62135769600000000, "x": 5})";
  const std::string adds = R"([{"path": "a", "stats": null, "stats_parsed": {"numRecords": 1,
      "minValues": )" + bounds +
                           R"(, "maxValues": )" + bounds +
                           R"(, "nullCount": {"x": 0}, "tightBounds": null}}])";
  for (const bool int96 : {false, true}) {
    Checkpoint checkpoint(StatsType(columns, {Field("x", arrow::int64())}), adds,
                          {.int96 = int96, .old_spark = true});
    EXPECT_THAT(
        checkpoint.Stats(),
        ElementsAre(Pair(
            "a",
            R"({"numRecords":1,"minValues":{"x":5},"maxValues":{"x":5},"nullCount":{"x":0}})")));
  }
}

}  // namespace
}  // namespace deltaic
