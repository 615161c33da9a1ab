#include "data/values/spark_calendar.h"

#include <arrow/util/key_value_metadata.h>

#include <string>
#include <utility>
#include <vector>

#include "data/read/data_file_testing.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::ArrayOf;
using testing::ExpectTablesEqual;
using testing::IsOk;
using testing::ReadFile;
using testing::SpecOf;
using testing::StatusIs;
using testing::TableOf;
using testing::Type;
using testing::WriteParquet;

using Notes = std::vector<std::pair<std::string, std::string>>;

std::shared_ptr<arrow::KeyValueMetadata> NotesOf(const Notes& notes) {
  auto result = std::make_shared<arrow::KeyValueMetadata>();
  for (const auto& [key, value] : notes) result->Append(key, value);
  return result;
}

const Notes kOldSpark = {{"org.apache.spark.version", "2.4.7"}};
const Notes kLegacySpark = {{"org.apache.spark.version", "4.1.0"},
                            {"org.apache.spark.timeZone", "UTC"},
                            {"org.apache.spark.legacyDateTime", ""},
                            {"org.apache.spark.legacyINT96", ""}};
const Notes kSparkInTokyo = {{"org.apache.spark.version", "3.5.0"},
                             {"org.apache.spark.timeZone", "Asia/Tokyo"},
                             {"org.apache.spark.legacyDateTime", ""}};

TEST(SparkCalendarTest, DayKeepsItsYearMonthAndDay) {
  const std::vector<std::pair<int64_t, int64_t>> days = {
      {-719'164, -719'162},  // 0001-01-01
      {-719'165, -719'163},  // the day before
      {-171'595, -171'605},  // 1500-03-01
      {-171'596, -171'605},  // 1500-02-29, which the other calendar lacks
      {-171'597, -171'606},  // 1500-02-28
      {-141'428, -141'438},  // 1582-10-04
      {-141'427, -141'427},  // 1582-10-15, the next day
      {0, 0},
      {2'932'896, 2'932'896},  // 9999-12-31
  };
  for (const auto& [julian, gregorian] : days) EXPECT_EQ(GregorianDay(julian), gregorian);
}

TEST(SparkCalendarTest, LaterDaysAreNeverEarlier) {
  for (int64_t day = -1'500'000; day < -141'000; ++day)
    ASSERT_LE(GregorianDay(day), GregorianDay(day + 1)) << day;
}

TEST(SparkCalendarTest, FooterTellsTheCalendar) {
  constexpr auto kJulian = Calendar::kJulianBefore1582;
  const std::vector<std::pair<Notes, FileCalendars>> cases = {
      {{}, {}},
      {{{"org.apache.spark.legacyDateTime", ""}}, {}},
      {kOldSpark, {kJulian, kJulian, kJulian}},
      {kLegacySpark, {kJulian, kJulian, kJulian}},
      {kSparkInTokyo, {kJulian, Calendar::kJulianInTimeZone, Calendar::kGregorian}},
      {{{"org.apache.spark.version", "3.0.1"}},
       {Calendar::kGregorian, Calendar::kGregorian, kJulian}},
      {{{"org.apache.spark.version", "3.1.0-SNAPSHOT"}}, {}},
      {{{"org.apache.spark.version", "10.0.0"}}, {}},
      {{{"org.apache.spark.version", "?"}}, {}},
  };
  for (const auto& [notes, calendars] : cases)
    EXPECT_EQ(CalendarsOf(NotesOf(notes).get()), calendars);
  EXPECT_EQ(CalendarsOf(nullptr), FileCalendars());
}

TEST(SparkCalendarTest, SlicesAndNullsAreKept) {
  const auto days = ArrayOf(arrow::date32(), "[0, null, -719164, 5]");
  const auto result = ToGregorian(days->Slice(1, 2), Calendar::kJulianBefore1582);
  ASSERT_THAT(result, IsOk());
  EXPECT_TRUE((*result)->Equals(ArrayOf(arrow::date32(), "[null, -719162]")));
  const auto times = ArrayOf(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                             "[-12219292800000001, null, -12219292800000000]");
  const auto moved = ToGregorian(times, Calendar::kJulianBefore1582);
  ASSERT_THAT(moved, IsOk());
  EXPECT_TRUE(
      (*moved)->Equals(ArrayOf(times->type(), "[-12220156800000001, null, -12219292800000000]")));
}

class OldFileTest : public ::testing::Test {
 protected:
  /// The file of 0001-01-01, a null and 1500-03-01 as Spark 2 stores them, and of ids.
  void Write(const Notes& notes) {
    const auto time = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    auto table = TableOf(
        {{arrow::field("id", arrow::int64()), "[1, 2, 3]"},
         {arrow::field("day", arrow::date32()), "[-719164, null, -171595]"},
         {arrow::field("days", arrow::list(arrow::date32())), "[[-719164, null], null, [0]]"},
         {arrow::field("at", time), "[-62135769600000000, null, 0]"}});
    table = table->ReplaceSchemaMetadata(NotesOf(notes));
    testing::ParquetOptions options;
    options.arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    options.properties = parquet::WriterProperties::Builder().enable_write_page_index()->build();
    WriteParquet(*store_, "p.parquet", *table, options);
  }

  SchemaPtr schema_ = DataType::Struct({{"id", Type(TypeId::kLong)},
                                        {"day", Type(TypeId::kDate)},
                                        {"days", DataType::Array(Type(TypeId::kDate), true)},
                                        {"at", Type(TypeId::kTimestamp)}});
  std::shared_ptr<ObjectStore> store_ = MakeMemoryStore();
};

TEST_F(OldFileTest, DatesAndTimestampsAreThoseThatWereWritten) {
  for (const Notes& notes : {kOldSpark, kLegacySpark}) {
    Write(notes);
    const auto table = ReadFile(store_, SpecOf(schema_), {"p.parquet"});
    ASSERT_THAT(table, IsOk());
    const auto fields = *ToArrowSchema(*schema_);
    ExpectTablesEqual(**table, *TableOf({{fields->field(0), "[1, 2, 3]"},
                                         {fields->field(1), "[-719162, null, -171605]"},
                                         {fields->field(2), "[[-719162, null], null, [0]]"},
                                         {fields->field(3), "[-62135596800000000, null, 0]"}}));
  }
}

TEST_F(OldFileTest, PredicatesMeetTheDatesThatWereWritten) {
  Write(kOldSpark);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"day = DATE '0001-01-01'", "[1]"},
      {"day >= DATE '1500-03-01'", "[3]"},
      {"day < DATE '0001-01-01'", "[]"},
      {"at = TIMESTAMP '0001-01-01 00:00:00'", "[1]"},
      {"at < TIMESTAMP '0001-01-01 00:00:00'", "[]"},
  };
  for (const auto& [text, ids] : cases) {
    DataReadSpec spec = SpecOf(schema_);
    spec.columns = {"id"};
    const auto parsed = ParsePredicate(text);
    ASSERT_THAT(parsed, IsOk());
    const auto bound = BindPredicate(*parsed, *schema_);
    ASSERT_THAT(bound, IsOk());
    spec.predicate = *bound;
    const auto table = ReadFile(store_, spec, {"p.parquet"});
    ASSERT_THAT(table, IsOk()) << text;
    ExpectTablesEqual(**table, *TableOf({{arrow::field("id", arrow::int64()), ids}}));
  }
}

TEST_F(OldFileTest, OldTimestampsOfOtherTimeZonesAreRefused) {
  Write(kSparkInTokyo);
  EXPECT_THAT(ReadFile(store_, SpecOf(schema_), {"p.parquet"}),
              StatusIs(StatusCode::kUnsupported, ::testing::HasSubstr("before 1900")));
  DataReadSpec spec = SpecOf(schema_);
  spec.columns = {"id", "day"};
  EXPECT_THAT(ReadFile(store_, spec, {"p.parquet"}), IsOk());
}

}  // namespace
}  // namespace deltaic
