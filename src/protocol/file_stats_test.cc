#include "protocol/file_stats.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <thread>

#include "base/civil_time.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using deltaic::testing::IsOk;
using deltaic::testing::StatusIs;

using Paths = std::vector<std::vector<std::string>>;
constexpr int64_t kMaxInt64 = std::numeric_limits<int64_t>::max();

DataTypePtr Type(TypeId id) { return DataType::Primitive(id); }

StructField Column(std::string name, DataTypePtr type) {
  return StructField{std::move(name), std::move(type), true, {}};
}

/// One column of that type, called "c".
SchemaPtr OneColumn(DataTypePtr type) { return DataType::Struct({Column("c", std::move(type))}); }

SchemaPtr NestedSchema() {
  const auto inner = DataType::Struct(
      {Column("x", Type(TypeId::kLong)), Column("deep", OneColumn(Type(TypeId::kString)))});
  return DataType::Struct({Column("a", Type(TypeId::kInteger)), Column("s", inner),
                           Column("list", DataType::Array(Type(TypeId::kLong), true)),
                           Column("z.dot", Type(TypeId::kString))});
}

FileStats Parse(std::string_view json, const Schema& schema, const Paths& wanted) {
  auto stats = ParseFileStats(json, schema, wanted);
  EXPECT_THAT(stats, IsOk()) << json;
  return stats.ok() ? *stats : FileStats();
}

struct Bounds {
  Value min;
  Value max;
};

/// What `text`, a JSON value, means as both bounds of a column.
Bounds ParseBounds(std::string_view text, DataTypePtr type) {
  const auto schema = OneColumn(std::move(type));
  const auto stats =
      Parse(Concat(R"({"minValues":{"c":)", text, R"(},"maxValues":{"c":)", text, "}}"), *schema,
            {{"c"}});
  if (stats.columns.empty()) return {};
  EXPECT_EQ(stats.columns.size(), 1u);
  return {stats.columns[0].min, stats.columns[0].max};
}

void ExpectUnknown(std::string_view text, const DataTypePtr& type) {
  const auto bounds = ParseBounds(text, type);
  EXPECT_TRUE(IsNull(bounds.min) && IsNull(bounds.max)) << text << " as " << type->ToString();
}

template <typename T>
void ExpectBounds(std::string_view text, const DataTypePtr& type, T min, T max) {
  const auto bounds = ParseBounds(text, type);
  EXPECT_TRUE(bounds.min == Value(min)) << "min of " << text << " as " << type->ToString();
  EXPECT_TRUE(bounds.max == Value(max)) << "max of " << text << " as " << type->ToString();
}

TEST(ParseFileStats, TakesOnlyWantedColumns) {
  const auto schema = NestedSchema();
  const std::string_view json =
      R"({"numRecords":10,"minValues":{"a":1,"s":{"x":2,"deep":{"c":"m"}},"z.dot":"p"},)"
      R"("maxValues":{"a":3,"s":{"x":4,"deep":{"c":"n"}},"z.dot":"q"},)"
      R"("nullCount":{"a":5,"s":{"x":6,"deep":{"c":7}},"list":8,"z.dot":9},"tightBounds":false})";
  const auto none = Parse(json, *schema, {});
  EXPECT_EQ(none.num_records, 10);
  EXPECT_FALSE(none.tight_bounds);
  EXPECT_TRUE(none.columns.empty());

  const auto some = Parse(json, *schema, {{"s", "deep", "c"}, {"list"}, {"z.dot"}, {"list"}});
  ASSERT_EQ(some.columns.size(), 3u);
  const auto* deep = some.Find({"s", "deep", "c"});
  ASSERT_NE(deep, nullptr);
  EXPECT_TRUE(deep->min == Value("m") && deep->max == Value("n"));
  EXPECT_EQ(deep->null_count, 7);
  const auto* list = some.Find({"list"});
  ASSERT_NE(list, nullptr);
  EXPECT_TRUE(IsNull(list->min) && IsNull(list->max));
  EXPECT_EQ(list->null_count, 8);
  ASSERT_NE(some.Find({"z.dot"}), nullptr);
  EXPECT_EQ(some.Find({"a"}), nullptr);
}

TEST(ParseFileStats, IgnoresWantedPathsThatAreNoColumns) {
  const auto schema = NestedSchema();
  const auto stats = Parse(R"({"minValues":{"a":1,"s":{"x":2},"A":3,"q":4}})", *schema,
                           {{}, {"q"}, {"A"}, {"s"}, {"a", "b"}, {"s", "q"}, {"list", "element"}});
  EXPECT_TRUE(stats.columns.empty());
}

TEST(ParseFileStats, TakesAbsenceAsNothingKnown) {
  const auto schema = OneColumn(Type(TypeId::kLong));
  for (const std::string_view json :
       {"", " ", "null", " null\n", "{}",
        R"({"numRecords":null,"minValues":null,"tightBounds":null})",
        R"({"numRecords":"1","minValues":[],"maxValues":1,"nullCount":"x"})",
        R"({"numRecords":-1})", R"({"numRecords":1.0})", R"({"numRecords":9223372036854775808})",
        R"({"nullCount":{"c":-1}})", R"({"nullCount":{"c":null}})", R"({"nullCount":{"c":{}}})",
        R"({"minValues":{"c":null},"maxValues":{}})", R"({"minValues":{"c":{"d":1}}})",
        R"({"minValues":{"c":[1]}})"}) {
    const auto stats = Parse(json, *schema, {{"c"}});
    EXPECT_EQ(stats.num_records, std::nullopt) << json;
    EXPECT_TRUE(stats.tight_bounds) << json;
    EXPECT_TRUE(stats.columns.empty()) << json;
  }
  EXPECT_FALSE(Parse(R"({"tightBounds":"true"})", *schema, {}).tight_bounds);
}

TEST(ParseFileStats, TakesScalarsInPlaceOfStructsAsUnknown) {
  const auto stats =
      Parse(R"({"minValues":{"s":1},"maxValues":{"s":{"deep":"x","x":2}},"numRecords":4})",
            *NestedSchema(), {{"s", "x"}, {"s", "deep", "c"}});
  ASSERT_EQ(stats.columns.size(), 1u);
  EXPECT_TRUE(IsNull(stats.columns[0].min));
  EXPECT_TRUE(stats.columns[0].max == Value(int64_t{2}));
  EXPECT_EQ(stats.num_records, 4);
}

TEST(ParseFileStats, RefusesWhatIsNoObject) {
  const auto schema = OneColumn(Type(TypeId::kLong));
  for (const std::string& json : {
           std::string("[]"),
           std::string("1"),
           std::string("\"text\""),
           std::string("true"),
           std::string("{"),
           std::string("{]"),
           std::string(R"({"numRecords":1)"),
           std::string(R"({"numRecords":1}x)"),
           std::string(R"({"numRecords":1}{})"),
           std::string(R"({"numRecords" 1})"),
           std::string(R"({"minValues":{"c":1})"),
           std::string(R"({"minValues":{"c" 1}})"),
           std::string("{\"a\":\"\xFF\"}"),
           std::string(10'000, '['),
           R"({"minValues":{"c":)" + std::string(10'000, '{'),
       }) {
    EXPECT_THAT(ParseFileStats(json, *schema, {{"c"}}), StatusIs(StatusCode::kCorruption))
        << json.substr(0, 100);
  }
}

TEST(ParseFileStats, SurvivesTruncationAnywhere) {
  const std::string json =
      R"({"numRecords":10,"minValues":{"a":1,"s":{"x":2,"deep":{"c":"m\"\u00e4"}}},"nullCount":{"a":5}})";
  for (size_t length = 1; length < json.size(); ++length) {
    EXPECT_THAT(
        ParseFileStats(json.substr(0, length), *NestedSchema(), {{"a"}, {"s", "deep", "c"}}),
        StatusIs(StatusCode::kCorruption))
        << json.substr(0, length);
  }
}

TEST(ParseFileStats, PassesByDeepValuesOfOtherColumns) {
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  const auto stats = Parse(Concat(R"({"minValues":{"other":)", deep, R"(,"c":1},"numRecords":2})"),
                           *OneColumn(Type(TypeId::kLong)), {{"c"}});
  EXPECT_EQ(stats.columns.size(), 1u);
  EXPECT_EQ(stats.num_records, 2);
}

TEST(ParseFileStats, ReadsIntegers) {
  for (const TypeId id : {TypeId::kByte, TypeId::kShort, TypeId::kInteger, TypeId::kLong}) {
    ExpectBounds<int64_t>("-5", Type(id), -5, -5);
    for (const std::string_view text : {"1.0", "1e2", "\"1\"", "true", "9223372036854775808",
                                        "1000000000000000000000000000000000"}) {
      ExpectUnknown(text, Type(id));
    }
  }
  ExpectBounds<int64_t>("9223372036854775807", Type(TypeId::kLong), kMaxInt64, kMaxInt64);
}

TEST(ParseFileStats, ReadsFloats) {
  ExpectBounds<double>("0.1", Type(TypeId::kDouble), 0.1, 0.1);
  ExpectBounds<double>("5", Type(TypeId::kDouble), 5, 5);
  ExpectBounds<double>("-1.5E10", Type(TypeId::kDouble), -1.5e10, -1.5e10);
  ExpectBounds<double>("0.1", Type(TypeId::kFloat), 0.1F, 0.1F);
  for (const TypeId id : {TypeId::kFloat, TypeId::kDouble}) {
    for (const std::string_view text :
         {"\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "1e999", "\"1.0\"", "null"}) {
      ExpectUnknown(text, Type(id));
    }
  }
}

TEST(ParseFileStats, WidensBoundsThatWereWrittenAsFloats) {
  auto field = Column("c", Type(TypeId::kDouble));
  field.metadata["delta.typeChanges"] = R"([{"fromType":"float","toType":"double"}])";
  const auto schema = DataType::Struct({field});
  const auto stats = Parse(R"({"minValues":{"c":0.3},"maxValues":{"c":0.1}})", *schema, {{"c"}});
  ASSERT_EQ(stats.columns.size(), 1u);
  // 0.3F is above 0.3, 0.1F above 0.1.
  EXPECT_TRUE(stats.columns[0].min == Value(0.3));
  EXPECT_TRUE(stats.columns[0].max == Value(static_cast<double>(0.1F)));
}

TEST(ParseFileStats, ReadsDecimals) {
  const auto type = DataType::Decimal(38, 2);
  ExpectBounds<Int128>("12.34", type, 1234, 1234);
  ExpectBounds<Int128>("-12.3", type, -1230, -1230);
  ExpectBounds<Int128>("7", type, 700, 700);
  ExpectBounds<Int128>("0", type, 0, 0);
  ExpectBounds<Int128>("-0.00", type, 0, 0);
  ExpectBounds<Int128>("1.5E+2", type, 15000, 15000);
  ExpectBounds<Int128>("15E-1", type, 150, 150);
  ExpectBounds<Int128>("0.30000000000000004", type, 30, 31);
  ExpectBounds<Int128>("-0.30000000000000004", type, -31, -30);
  ExpectBounds<Int128>("1E-400", type, 0, 1);
  ExpectBounds<Int128>("-1E-400", type, -1, 0);
  ExpectBounds<Int128>("1.2300", type, 123, 123);
  Int128 large = 0;
  for (int i = 0; i < 38; ++i) large = large * 10 + 9;
  ExpectBounds<Int128>("999999999999999999999999999999999999.99", type, large, large);
  ExpectBounds<Int128>("-99999999999999999999999999999999999999", DataType::Decimal(38, 0), -large,
                       -large);
  for (const std::string_view text :
       {"1000000000000000000000000000000000000.00", "1E40", "1E99999999999999999999", "1E2000000",
        "\"1.5\"", "true", "\"\""}) {
    ExpectUnknown(text, type);
  }
}

/// The digits of an unscaled decimal with its point.
std::string DecimalText(Int128 unscaled, int scale) {
  std::string digits;
  for (Int128 rest = unscaled < 0 ? -unscaled : unscaled;
       rest != 0 || digits.size() <= size_t(scale); rest /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  if (scale > 0) digits.insert(digits.size() - static_cast<size_t>(scale), 1, '.');
  return unscaled < 0 ? "-" + digits : digits;
}

/// The forms in which writers that hold decimals as doubles print them.
std::vector<std::string> TextsOfDouble(double value) {
  std::vector<std::string> out;
  char buffer[1200];
  const auto add = [&](auto... format) {
    out.emplace_back(buffer, std::to_chars(buffer, std::end(buffer), value, format...).ptr);
  };
  add();
  add(std::chars_format::scientific);
  add(std::chars_format::scientific, 16);
  add(std::chars_format::fixed);
  add(std::chars_format::fixed, 1100);
  return out;
}

TEST(ParseFileStats, WidensBoundsOfDecimalsThatWereRoundedToDoubles) {
  struct Case {
    int precision, scale;
    std::string value;
  };
  for (const Case& c : {Case{18, 0, "999999999999999999"}, Case{18, 2, "1234567890123456.78"},
                        Case{38, 18, "12345678.901234567890123456"},
                        Case{38, 38, "0.12345678901234567890123456789012345678"}}) {
    const auto type = DataType::Decimal(c.precision, c.scale);
    const Value value = ParseBounds(c.value, type).min;
    for (const std::string& text : TextsOfDouble(std::stod(c.value))) {
      const Bounds bounds = ParseBounds(text, type);
      EXPECT_LE(std::get<Int128>(bounds.min), std::get<Int128>(value)) << text;
      EXPECT_GE(std::get<Int128>(bounds.max), std::get<Int128>(value)) << text;
    }
  }
}

TEST(ParseFileStats, BoundsRandomDecimalsByWhateverTheirWriterPrints) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 3000; ++round) {
    const int precision = 1 + static_cast<int>(random() % 38);
    const int scale = static_cast<int>(random() % static_cast<uint64_t>(precision + 1));
    Int128 value = 0;
    for (int digits = static_cast<int>(random() % static_cast<uint64_t>(precision + 1)); digits > 0;
         --digits) {
      value = value * 10 + static_cast<int>(random() % 10);
    }
    if (random() % 2 == 0) value = -value;
    const auto type = DataType::Decimal(precision, scale);
    const std::string exact = DecimalText(value, scale);
    std::vector<std::string> texts = TextsOfDouble(std::stod(exact));
    // As a writer does that divides the unscaled number.
    for (std::string& text :
         TextsOfDouble(static_cast<double>(value) / std::pow(10.0, static_cast<double>(scale)))) {
      texts.push_back(std::move(text));
    }
    texts.push_back(exact);
    for (const std::string& text : texts) {
      const Bounds bounds = ParseBounds(text, type);
      const auto* min = std::get_if<Int128>(&bounds.min);
      const auto* max = std::get_if<Int128>(&bounds.max);
      EXPECT_TRUE(min == nullptr || *min <= value) << text << " for " << exact;
      EXPECT_TRUE(max == nullptr || *max >= value) << text << " for " << exact;
    }
    // Few digits and many are exact, so that listings show what is in the file.
    const auto digits = static_cast<size_t>(
        std::ranges::count_if(exact.substr(exact.find_first_not_of("-0.") == std::string::npos
                                               ? exact.size()
                                               : exact.find_first_not_of("-0.")),
                              [](char c) { return c != '.'; }));
    if (digits <= 14) ExpectBounds<Int128>(exact, type, value, value);
  }
}

TEST(ParseFileStats, ReadsDecimalsThatNoDoubleHoldsAsTheyAre) {
  const auto type = DataType::Decimal(20, 2);
  ExpectBounds<Int128>("123456789012345678.91", type, Int128{12345678901234567891u},
                       Int128{12345678901234567891u});
  ExpectBounds<Int128>("-999999999999999999.99", type,
                       -(Int128{9999999999} * 10000000000 + 9999999999),
                       -(Int128{9999999999} * 10000000000 + 9999999999));
}

TEST(ParseFileStats, KeepsBoundsOfDecimalsWithinTheirType) {
  // A maximum that was rounded past the digits of its type.
  ExpectBounds<Int128>("1e18", DataType::Decimal(18, 0), 999'999'999'999'999'488,
                       999'999'999'999'999'999);
  EXPECT_TRUE(IsNull(ParseBounds("1e18", DataType::Decimal(5, 0)).min));
  EXPECT_TRUE(ParseBounds("1e18", DataType::Decimal(5, 0)).max == Value(Int128{99'999}));
}

TEST(ParseFileStats, WidensTimestampsWhoseOffsetWasCutToMinutes) {
  const auto zoned = Type(TypeId::kTimestamp);
  const auto micros = [](std::string_view text) { return *ParseTimestampMicros(text); };
  const auto utc = [&](std::string_view text) { return micros(Concat(text, "Z")); };
  // 00:07:33 UTC in a zone at +00:53:28.
  ExpectBounds<int64_t>("\"1850-01-01T01:01:01.000+00:53\"", zoned, utc("1850-01-01T00:07:02"),
                        utc("1850-01-01T00:08:01") + 999);
  // 08:00:00 UTC in a zone at -07:52:58.
  ExpectBounds<int64_t>("\"1850-01-01T00:07:02.000-07:52\"", zoned, utc("1850-01-01T07:59:02"),
                        utc("1850-01-01T08:00:01") + 999);
  // These say it all.
  for (const char* text : {"1850-01-01T01:01:01.000Z", "1953-01-01T02:00:00.000+01:00",
                           "2024-01-01T01:00:00.000-08:00", "1972-01-08T01:00:00.000-00:44"}) {
    ExpectBounds<int64_t>(Concat("\"", text, "\""), zoned, micros(text), micros(text) + 999);
  }
  ExpectBounds<int64_t>("\"1952-12-31T01:00:00.000+01:00\"", zoned, utc("1952-12-30T23:59:01"),
                        utc("1952-12-31T00:00:00") + 999);
  ExpectBounds<int64_t>("\"1972-01-05T23:16:00.000-00:44\"", zoned, utc("1972-01-06T00:00:00"),
                        utc("1972-01-06T00:00:59") + 999);
}

TEST(ParseFileStats, ReadsStringsAndBooleans) {
  ExpectBounds<std::string>(R"("a\"\u00e4\ud83d\ude00")", Type(TypeId::kString),
                            "a\"\u00e4\U0001F600", "a\"\u00e4\U0001F600");
  ExpectBounds<std::string>(R"("")", Type(TypeId::kString), "", "");
  ExpectUnknown("1", Type(TypeId::kString));
  ExpectUnknown(R"("\ud83d")", Type(TypeId::kString));
  // The protocol has no bounds of booleans.
  ExpectUnknown("false", Type(TypeId::kBoolean));
  ExpectUnknown("\"false\"", Type(TypeId::kBoolean));
  ExpectUnknown("\"abc\"", Type(TypeId::kBinary));
  ExpectUnknown("\"abc\"", Type(TypeId::kVariant));
  ExpectUnknown("\"abc\"", Type(TypeId::kVoid));
}

TEST(ParseFileStats, ReadsDates) {
  ExpectBounds<int64_t>("\"1970-01-02\"", Type(TypeId::kDate), 1, 1);
  ExpectBounds<int64_t>("\"0001-01-01\"", Type(TypeId::kDate), -719'162, -719'162);
  for (const std::string_view text : {"\"1970-1-2\"", "\"1970-02-30\"", "1", "\"\"", "\"x\""}) {
    ExpectUnknown(text, Type(TypeId::kDate));
  }
}

TEST(ParseFileStats, RaisesTimestampMaxima) {
  const auto zoned = Type(TypeId::kTimestamp);
  const auto plain = Type(TypeId::kTimestampNtz);
  ExpectBounds<int64_t>("\"1970-01-01T00:00:00.001Z\"", zoned, 1'000, 1'999);
  ExpectBounds<int64_t>("\"1969-12-31T16:00:00.000-08:00\"", zoned, 0, 999);
  ExpectBounds<int64_t>("\"1970-01-01T00:00:00.001\"", plain, 1'000, 1'999);
  ExpectBounds<int64_t>("\"1970-01-01 00:00:00.001Z\"", plain, 1'000, 1'999);
  ExpectBounds<int64_t>("\"1970-01-02\"", plain, 86'400'000'000, 86'400'000'999);
  ExpectBounds<int64_t>("\"+294247-01-10T04:00:54.775807Z\"", zoned, kMaxInt64, kMaxInt64);
  for (const std::string_view text : {"\"1970-01-01T00:00:00\"", "\"1970-01-01\"", "0", "\"\"",
                                      "\"+294248-01-10T04:00:54.775807Z\"", "\"Z\""}) {
    ExpectUnknown(text, zoned);
  }
  ExpectUnknown("\"1970-01-01T00:00:00+01:00\"", plain);
}

TEST(ParseFileStats, FindsColumnsAtAnyPlace) {
  const std::string_view json =
      R"({"minValues":{"q":"a","a":1,"r":{"a":[7,"}"]},"s":{"x":2,"y":{"a":9},"deep":{"c":"m"}}},)"
      R"("maxValues":{"s":{"deep":{"b":"\\\"","c":"n"},"x":4},"z":[{"a":5}],"a":3},"numRecords":6})";
  for (const Paths& wanted : {Paths{{"a"}}, Paths{{"s", "x"}}, Paths{{"s", "deep", "c"}},
                              Paths{{"s", "deep", "c"}, {"a"}, {"s", "x"}}}) {
    const auto stats = Parse(json, *NestedSchema(), wanted);
    EXPECT_EQ(stats.num_records, 6);
    EXPECT_EQ(stats.columns.size(), wanted.size());
    for (const auto& column : stats.columns) {
      EXPECT_FALSE(IsNull(column.min) || IsNull(column.max)) << column.path.back();
    }
  }
}

TEST(ParseStatsHint, KnowsNothingOfWhatDoesNotParse) {
  const auto schema = OneColumn(Type(TypeId::kLong));
  const std::string whole = R"({"numRecords":3,"minValues":{"c":1},"maxValues":{"c":2}})";
  EXPECT_EQ(ParseStatsHint(whole, *schema, {{"c"}}).num_records, 3);
  for (const std::string& json :
       {std::string("[]"), std::string("5"), std::string(R"({"numRecords":3,"minVal)"),
        std::string("null"), std::string(), std::string("{}"), std::string("\xFF"),
        whole.substr(0, whole.size() - 1), whole + "x"}) {
    const FileStats stats = ParseStatsHint(json, *schema, {{"c"}});
    EXPECT_EQ(stats.num_records, std::nullopt) << json;
    EXPECT_TRUE(stats.columns.empty()) << json;
    EXPECT_TRUE(stats.tight_bounds) << json;
  }
}

TEST(FileStatsParser, IsSafeFromManyThreads) {
  const FileStatsParser parser(*OneColumn(Type(TypeId::kLong)), {{"c"}});
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&parser, thread] {
      for (int i = 0; i < 200; ++i) {
        const int64_t value = thread * 1000 + i;
        const auto stats = parser.Parse(Concat(R"({"maxValues":{"c":)", value, "}}"));
        ASSERT_THAT(stats, IsOk());
        ASSERT_EQ(stats->columns.size(), 1u);
        EXPECT_TRUE(stats->columns[0].max == Value(value));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

ColumnStats Stats(std::vector<std::string> path, Value min, Value max,
                  std::optional<int64_t> null_count = std::nullopt) {
  return {std::move(path), std::move(min), std::move(max), null_count};
}

/// The text of the bounds of one column: `min` and `max`, empty if left out.
std::pair<std::string, std::string> FormatBounds(const DataTypePtr& type, const Value& min,
                                                 const Value& max) {
  const auto schema = OneColumn(type);
  const auto part = [&](std::string_view name, Value low, Value high) -> std::string {
    FileStats stats;
    stats.columns = {Stats({"c"}, std::move(low), std::move(high))};
    const std::string json = FormatFileStats(stats, *schema);
    const std::string start = Concat("{\"", name, "\":{\"c\":");
    if (json == "{}") return "";
    EXPECT_TRUE(json.starts_with(start) && json.ends_with("}}")) << json;
    return json.substr(start.size(), json.size() - start.size() - 2);
  };
  return {part("minValues", min, {}), part("maxValues", {}, max)};
}

TEST(FormatFileStats, NestsLikeTheSchema) {
  FileStats stats;
  stats.num_records = 10;
  stats.columns = {
      Stats({"z.dot"}, std::string("p"), std::string("q"), 0),
      Stats({"list"}, {}, {}, 8),
      Stats({"s", "deep", "c"}, std::string("m"), std::string("n"), 7),
      Stats({"a"}, int64_t{1}, int64_t{3}),
      Stats({"not", "there"}, int64_t{1}, int64_t{3}, 4),
  };
  EXPECT_EQ(FormatFileStats(stats, *NestedSchema()),
            R"({"numRecords":10,"minValues":{"a":1,"s":{"deep":{"c":"m"}},"z.dot":"p"},)"
            R"("maxValues":{"a":3,"s":{"deep":{"c":"n"}},"z.dot":"q"},)"
            R"("nullCount":{"s":{"deep":{"c":7}},"list":8,"z.dot":0}})");
  EXPECT_EQ(FormatFileStats(FileStats(), *NestedSchema()), "{}");
  stats.columns.clear();
  stats.tight_bounds = false;
  EXPECT_EQ(FormatFileStats(stats, *NestedSchema()), R"({"numRecords":10,"tightBounds":false})");
}

TEST(FormatFileStats, WritesEachType) {
  using Texts = std::pair<std::string, std::string>;
  EXPECT_EQ(FormatBounds(Type(TypeId::kLong), int64_t{-1}, kMaxInt64),
            Texts("-1", "9223372036854775807"));
  EXPECT_EQ(FormatBounds(Type(TypeId::kDate), int64_t{0}, int64_t{19'723}),
            Texts("\"1970-01-01\"", "\"2024-01-01\""));
  EXPECT_EQ(FormatBounds(Type(TypeId::kTimestamp), int64_t{1'999}, int64_t{1'999}),
            Texts("\"1970-01-01T00:00:00.001Z\"", "\"1970-01-01T00:00:00.001Z\""));
  EXPECT_EQ(FormatBounds(Type(TypeId::kTimestampNtz), int64_t{-1}, int64_t{-1}),
            Texts("\"1969-12-31T23:59:59.999\"", "\"1969-12-31T23:59:59.999\""));
  EXPECT_EQ(FormatBounds(DataType::Decimal(10, 3), Int128{-5}, Int128{1234567}),
            Texts("-0.005", "1234.567"));
  EXPECT_EQ(FormatBounds(DataType::Decimal(10, 0), Int128{0}, Int128{-12}), Texts("0", "-12"));
  EXPECT_EQ(FormatBounds(Type(TypeId::kDouble), 0.5, 1e300), Texts("0.5", "1e+300"));
  EXPECT_EQ(FormatBounds(Type(TypeId::kString), std::string("\"a"), std::string("\n")),
            Texts("\"\\\"a\"", "\"\\n\""));
}

TEST(FormatFileStats, LeavesOutWhatJsonCannotSay) {
  using Texts = std::pair<std::string, std::string>;
  const Texts none;
  for (const TypeId id : {TypeId::kFloat, TypeId::kDouble}) {
    for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      EXPECT_EQ(FormatBounds(Type(id), value, value), none);
    }
    EXPECT_EQ(FormatBounds(Type(id), 0.0, -0.0), Texts("-0.0", "0.0"));
    EXPECT_EQ(FormatBounds(Type(id), -0.0, 0.0), Texts("-0.0", "0.0"));
  }
  EXPECT_EQ(FormatBounds(Type(TypeId::kBoolean), false, true), none);
  EXPECT_EQ(FormatBounds(Type(TypeId::kBinary), std::string("a"), std::string("b")), none);
  EXPECT_EQ(FormatBounds(Type(TypeId::kString), std::string("a\xFF"), std::string("\xC3")), none);
  EXPECT_EQ(FormatBounds(Type(TypeId::kLong), std::string("a"), 1.0), none);
  EXPECT_EQ(FormatBounds(Type(TypeId::kDate), int64_t{1} << 40, -(int64_t{1} << 40)), none);
}

TEST(FormatFileStats, CutsLongStrings) {
  const std::string text(40, 'b');
  const auto [min, max] = FormatBounds(Type(TypeId::kString), text, text);
  EXPECT_EQ(min, "\"" + std::string(32, 'b') + "\"");
  EXPECT_EQ(max, "\"" + std::string(31, 'b') + "c\"");
}

TEST(FormatFileStats, BoundsStillHoldWhenReadBack) {
  const struct {
    DataTypePtr type;
    Value value;
  } cases[] = {
      {Type(TypeId::kLong), kMaxInt64},
      {Type(TypeId::kFloat), static_cast<double>(0.1F)},
      {Type(TypeId::kDouble), 0.1},
      {Type(TypeId::kDouble), -0.0},
      {Type(TypeId::kDouble), std::numeric_limits<double>::denorm_min()},
      {DataType::Decimal(38, 10), Int128{1} << 100},
      {DataType::Decimal(38, 38), -(Int128{1} << 100)},
      {Type(TypeId::kDate), int64_t{std::numeric_limits<int32_t>::min()}},
      {Type(TypeId::kDate), int64_t{std::numeric_limits<int32_t>::max()}},
      {Type(TypeId::kTimestamp), int64_t{1'700'000'000'123'456}},
      {Type(TypeId::kTimestamp), int64_t{-1}},
      {Type(TypeId::kTimestamp), kMaxInt64},
      {Type(TypeId::kTimestampNtz), int64_t{-62'135'596'800'000'001}},
      {Type(TypeId::kString), std::string("\xF0\x9F\x98\x80 \"\\\x01")},
      {Type(TypeId::kString), std::string(100, '~')},
  };
  for (const auto& c : cases) {
    const auto schema = OneColumn(c.type);
    FileStats stats;
    stats.num_records = 3;
    stats.columns = {Stats({"c"}, c.value, c.value, 1)};
    const std::string json = FormatFileStats(stats, *schema);
    const auto parsed = Parse(json, *schema, {{"c"}});
    ASSERT_EQ(parsed.columns.size(), 1u) << json;
    EXPECT_EQ(parsed.num_records, 3);
    EXPECT_EQ(parsed.columns[0].null_count, 1);
    EXPECT_FALSE(IsNull(parsed.columns[0].min)) << json;
    EXPECT_FALSE(IsNull(parsed.columns[0].max)) << json;
    EXPECT_LE(parsed.columns[0].min, c.value) << json;
    EXPECT_GE(parsed.columns[0].max, c.value) << json;
  }
}

TEST(TruncateMinString, CutsAtCodePoints) {
  EXPECT_EQ(TruncateMinString("", 2), "");
  EXPECT_EQ(TruncateMinString("ab", 2), "ab");
  EXPECT_EQ(TruncateMinString("abc", 2), "ab");
  EXPECT_EQ(TruncateMinString("\u00e4\U0001F600x", 2), "\u00e4\U0001F600");
  EXPECT_EQ(TruncateMinString("abc", 0), "");
}

TEST(TruncateMaxString, RaisesTheLastCodePoint) {
  EXPECT_EQ(TruncateMaxString("", 2), "");
  EXPECT_EQ(TruncateMaxString("ab", 2), "ab");
  EXPECT_EQ(TruncateMaxString("abc", 2), "ac");
  EXPECT_EQ(TruncateMaxString("a\x7F!", 2), "a\u0080");
  EXPECT_EQ(TruncateMaxString("a\u07FF!", 2), "a\u0800");
  EXPECT_EQ(TruncateMaxString("a\uD7FF!", 2), "a\uE000");
  EXPECT_EQ(TruncateMaxString("a\uFFFF!", 2), "a\U00010000");
  EXPECT_EQ(TruncateMaxString("a\U0010FFFE!", 2), "a\U0010FFFF");
  EXPECT_EQ(TruncateMaxString("a\U0010FFFF!", 2), "b");
  EXPECT_EQ(TruncateMaxString("\U0010FFFF\U0010FFFF!", 2), std::nullopt);
  EXPECT_EQ(TruncateMaxString("abc", 0), std::nullopt);
  EXPECT_EQ(TruncateMaxString("ab\xFF", 2), std::nullopt);
  EXPECT_EQ(TruncateMaxString("x" + std::string(100, '\x80') + "y", 1), std::nullopt);
}

}  // namespace
}  // namespace deltaic
