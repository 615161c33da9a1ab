#include "table/stats_reader.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "data/values/value_arrays.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using deltaic::testing::IsOk;
using deltaic::testing::StatusIs;
using Part = StatsScanner::Part;

StructField Column(std::string name, DataTypePtr type) {
  return {std::move(name), std::move(type)};
}
DataTypePtr Type(TypeId id) { return DataType::Primitive(id); }

SchemaPtr TestSchema() {
  StructField widened = Column("widened", Type(TypeId::kDouble));
  widened.metadata["delta.typeChanges"] = R"([{"fromType":"float","toType":"double"}])";
  const auto inner =
      DataType::Struct({Column("x", Type(TypeId::kLong)), Column("s", Type(TypeId::kString))});
  return DataType::Struct(
      {Column("byte", Type(TypeId::kByte)), Column("short", Type(TypeId::kShort)),
       Column("int", Type(TypeId::kInteger)), Column("long", Type(TypeId::kLong)),
       Column("float", Type(TypeId::kFloat)), Column("double", Type(TypeId::kDouble)), widened,
       Column("bool", Type(TypeId::kBoolean)), Column("text", Type(TypeId::kString)),
       Column("date", Type(TypeId::kDate)), Column("time", Type(TypeId::kTimestamp)),
       Column("ntz", Type(TypeId::kTimestampNtz)), Column("decimal", DataType::Decimal(12, 3)),
       Column("large", DataType::Decimal(38, 0)), Column("binary", Type(TypeId::kBinary)),
       Column("in", inner)});
}

std::vector<StatsLeaf> Leaves(const DataType& type, const std::vector<std::string>& above = {}) {
  std::vector<StatsLeaf> out;
  for (const StructField& field : type.fields()) {
    std::vector<std::string> path = above;
    path.push_back(field.name);
    if (field.type->id() == TypeId::kStruct) {
      for (StatsLeaf& leaf : Leaves(*field.type, path)) out.push_back(std::move(leaf));
    } else {
      const TypeId id = field.type->id();
      out.push_back({path, field, id != TypeId::kBinary && id != TypeId::kBoolean});
    }
  }
  return out;
}

Result<StatsArrays> Read(const StatsReader& reader, const std::vector<std::string>& rows) {
  arrow::StringBuilder texts;
  for (const std::string& row : rows) EXPECT_TRUE(texts.Append(row).ok());
  return reader.Read(static_cast<const arrow::StringArray&>(**texts.Finish()));
}

/// What an array of the column's type makes of a bound: null where it does not fit.
Value Stored(const Value& value, const DataType& type) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    if (type.id() == TypeId::kByte && !std::in_range<int8_t>(*number)) return {};
    if (type.id() == TypeId::kShort && !std::in_range<int16_t>(*number)) return {};
    if (type.id() == TypeId::kInteger && !std::in_range<int32_t>(*number)) return {};
  }
  if (const auto* unscaled = std::get_if<Int128>(&value)) {
    Int128 end = 1;
    for (int digit = 0; digit < type.precision(); ++digit) end *= 10;
    if (*unscaled >= end || *unscaled <= -end) return {};
  }
  return value;
}

size_t TextLeaf(const StatsReader& reader) {
  const auto leaf = std::ranges::find_if(
      reader.leaves(), [](const StatsLeaf& l) { return l.physical_names.front() == "text"; });
  return static_cast<size_t>(leaf - reader.leaves().begin());
}

/// That the columns of `rows` hold what FileStatsParser reads row by row.
void ExpectAsParsed(const StatsReader& reader, const std::vector<std::string>& rows) {
  auto arrays = Read(reader, rows);
  ASSERT_THAT(arrays, IsOk());
  std::vector<std::vector<std::string>> wanted;
  for (const StatsLeaf& leaf : reader.leaves()) wanted.push_back(leaf.physical_names);
  const FileStatsParser parser(*TestSchema(), wanted);
  for (size_t row = 0; row < rows.size(); ++row) {
    const FileStats file = parser.ParseHint(rows[row]);
    const auto count = [](const std::optional<int64_t>& n) { return n ? Value(*n) : Value(); };
    const auto at = [&](const std::shared_ptr<arrow::Array>& array) {
      return ValueAt(*array, static_cast<int64_t>(row));
    };
    EXPECT_EQ(at(arrays->num_records()), count(file.num_records)) << rows[row];
    for (size_t l = 0; l < wanted.size(); ++l) {
      const ColumnStats* found = file.Find(wanted[l]);
      const ColumnStats stats = found == nullptr ? ColumnStats() : *found;
      const StatsLeaf& leaf = reader.leaves()[l];
      EXPECT_EQ(at(arrays->part(l, Part::kNullCount)), count(stats.null_count)) << rows[row];
      if (!leaf.has_bounds) continue;
      EXPECT_EQ(at(arrays->part(l, Part::kMin)), Stored(stats.min, *leaf.field.type)) << rows[row];
      EXPECT_EQ(at(arrays->part(l, Part::kMax)), Stored(stats.max, *leaf.field.type)) << rows[row];
    }
  }
}

/// JSON values that mean something to some type, and such that mean nothing to any.
const std::vector<std::string>& OddValues() {
  static const std::vector<std::string> values = {"0",
                                                  "-0",
                                                  "7",
                                                  "007",
                                                  "-12",
                                                  "128",
                                                  "-129",
                                                  "2147483648",
                                                  "9223372036854775807",
                                                  "9223372036854775808",
                                                  "-9223372036854775808",
                                                  "123456789012345678",
                                                  "1e3",
                                                  "1.0",
                                                  "1.5",
                                                  "-0.0",
                                                  "0.1",
                                                  "16777217",
                                                  "3.4028236e38",
                                                  "1e400",
                                                  "-1e400",
                                                  "1e-400",
                                                  "12abc",
                                                  "1-2",
                                                  "-",
                                                  "0.30000000000000004",
                                                  "123456789.0005",
                                                  "12345678901234567890123456789012345678",
                                                  "123456789012345678901234567890123456789",
                                                  "1e37",
                                                  "1e38",
                                                  "1E-1000001",
                                                  "true",
                                                  "false",
                                                  "tru",
                                                  "null",
                                                  "nul",
                                                  "NaN",
                                                  "\"NaN\"",
                                                  "\"Infinity\"",
                                                  "\"\"",
                                                  "\"a\"",
                                                  "\"5\"",
                                                  R"("\u00e9")",
                                                  "\"\u00e9\u20ac\"",
                                                  R"("a\"b")",
                                                  R"("\x")",
                                                  "\"2024-02-29\"",
                                                  "\"2023-02-29\"",
                                                  "\"2024-2-9\"",
                                                  "\"-0001-01-01\"",
                                                  "\"+10000-01-01\"",
                                                  "\"2024-06-12T00:00:33.000Z\"",
                                                  "\"2024-06-31T00:00:33.000Z\"",
                                                  "\"2024-06-30T23:59:59.999Z\"",
                                                  "\"2024-06-12T24:00:00.000Z\"",
                                                  "\"2024-06-12T23:60:00.000Z\"",
                                                  "\"2024-06-12T23:59:60.000Z\"",
                                                  "\"2024-13-12T00:00:00.000Z\"",
                                                  "\"2024-00-12T00:00:00.000Z\"",
                                                  "\"2024-06-00T00:00:00.000Z\"",
                                                  "\"0000-01-01T00:00:00.000Z\"",
                                                  "\"2024-06-12 00:00:33.000Z\"",
                                                  "\"2024-06-12T00:00:33.000+01:00\"",
                                                  "\"2024-06-12T00:00:33.000\"",
                                                  "\"2024-06-12T00:00:33.123456Z\"",
                                                  "\"2024-06-12T00:00:3X.000Z\"",
                                                  "\"294247-01-10T04:00:54.775807Z\"",
                                                  "{}",
                                                  "{\"x\":1}",
                                                  "[]",
                                                  "[1,2]",
                                                  " 1",
                                                  "1 "};
  return values;
}

std::string Object(const StatsReader& reader, std::mt19937& random, bool shuffled) {
  const auto& values = OddValues();
  std::vector<std::string> members, inner;
  for (const StatsLeaf& leaf : reader.leaves()) {
    if (random() % 8 == 0) continue;
    const std::string member =
        '"' + leaf.physical_names.back() + "\":" + values[random() % values.size()];
    (leaf.physical_names.size() > 1 ? inner : members).push_back(member);
  }
  const auto join = [](const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
    return "{" + out + "}";
  };
  members.push_back("\"in\":" + (random() % 8 == 0 ? "null" : join(inner)));
  if (random() % 16 == 0) members.push_back("\"unknown\":" + values[random() % values.size()]);
  if (random() % 16 == 0) members.push_back(members[random() % members.size()]);
  if (shuffled) std::shuffle(members.begin(), members.end(), random);
  return join(members);
}

TEST(StatsReader, ReadsEachOddValueOfEachTypeAsTheParserDoes) {
  const StatsReader reader(*TestSchema(), Leaves(*TestSchema()));
  std::vector<std::string> rows;
  for (const StatsLeaf& leaf : reader.leaves()) {
    if (leaf.physical_names.size() > 1) continue;
    for (const std::string& value : OddValues()) {
      const std::string object = "{\"" + leaf.physical_names[0] + "\":" + value + "}";
      rows.push_back("{\"numRecords\":" + value + ",\"minValues\":" + object +
                     ",\"maxValues\":" + object + ",\"nullCount\":" + object + "}");
    }
  }
  EXPECT_GT(rows.size(), 800u);
  ExpectAsParsed(reader, rows);
}

TEST(StatsReader, ReadsRandomRowsAsTheParserDoes) {
  const StatsReader reader(*TestSchema(), Leaves(*TestSchema()));
  std::mt19937 random(17);
  std::vector<std::string> rows;
  while (rows.size() < 5000) {
    const bool shuffled = random() % 10 == 0;
    std::string row = "{\"numRecords\":" + std::to_string(random() % 1000);
    for (const char* name : {"minValues", "maxValues", "nullCount"}) {
      if (random() % 10 > 0) {
        row += ",\"" + std::string(name) + "\":" + Object(reader, random, shuffled);
      }
    }
    row += random() % 5 == 0 ? ",\"tightBounds\":false}" : "}";
    rows.push_back(std::move(row));
    if (random() % 50 == 0) rows.push_back(random() % 2 == 0 ? "" : " null ");
  }
  ExpectAsParsed(reader, rows);
}

TEST(StatsReader, BoundsOutOfTheRangeOfTheirTypeAreNullNotWrapped) {
  struct Case {
    const char* column;
    size_t leaf;
    const char* too_small;
    const char* smallest;
    const char* largest;
    const char* too_large;
  };
  const StatsReader reader(*TestSchema(), Leaves(*TestSchema()));
  for (const Case& c : {Case{"byte", 0, "-129", "-128", "127", "128"},
                        Case{"short", 1, "-32769", "-32768", "32767", "32768"},
                        Case{"int", 2, "-2147483649", "-2147483648", "2147483647", "2147483648"}}) {
    const auto row = [&](const char* min, const char* max, const char* more) {
      return Concat(R"({"minValues":{")", c.column, "\":", min, R"(},"maxValues":{")", c.column,
                    "\":", max, "}", more, "}");
    };
    // The last is unusual, so that the parser reads it.
    const auto arrays =
        Read(reader, {row(c.too_small, c.too_large, ""), row(c.smallest, c.largest, ""),
                      row(c.too_small, c.too_large, R"(, "tags" : [{}])")});
    ASSERT_THAT(arrays, IsOk());
    for (const Part part : {Part::kMin, Part::kMax}) {
      const auto& array = *arrays->part(c.leaf, part);
      EXPECT_EQ(ValueAt(array, 0), Value()) << c.column;
      EXPECT_EQ(ValueAt(array, 1),
                Value(int64_t{std::atoll(part == Part::kMin ? c.smallest : c.largest)}));
      EXPECT_EQ(ValueAt(array, 2), Value()) << c.column;
    }
  }
}

TEST(StatsReader, KnowsNothingOfBrokenStatistics) {
  const StatsReader reader(*TestSchema(), Leaves(*TestSchema()));
  const std::string good = R"({"numRecords":1})";
  for (const char* broken :
       {"{", "[]", "5", "{}{}", R"({"numRecords":1)", R"({"minValues":{"text":"a})",
        "{\"minValues\":{\"text\":\"a\nb\"}}"}) {
    const auto arrays = Read(reader, {good, broken, good});
    ASSERT_THAT(arrays, IsOk()) << broken;
    EXPECT_EQ(ValueAt(*arrays->num_records(), 0), Value(int64_t{1})) << broken;
    EXPECT_EQ(ValueAt(*arrays->num_records(), 1), Value()) << broken;
    EXPECT_EQ(ValueAt(*arrays->num_records(), 2), Value(int64_t{1})) << broken;
    EXPECT_EQ(arrays->part(TextLeaf(reader), Part::kMin)->null_count(), 3) << broken;
  }
}

TEST(StatsReader, GivesNullsForFilesWithoutStatistics) {
  const StatsReader reader(*TestSchema(), Leaves(*TestSchema()));
  const auto arrays = Read(reader, {"", "{}", "null"});
  ASSERT_THAT(arrays, IsOk());
  EXPECT_EQ(arrays->num_records()->null_count(), 3);
  EXPECT_EQ(arrays->part(0, Part::kMin)->null_count(), 3);
  EXPECT_EQ(arrays->part(reader.leaves().size() - 2, Part::kNullCount)->null_count(), 3);
}

}  // namespace
}  // namespace deltaic
