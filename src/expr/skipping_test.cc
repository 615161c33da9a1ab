#include "expr/skipping.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>

#include "expr/bind.h"
#include "expr/parser.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct KnownColumn {
  DataTypePtr type;
  ColumnRange range;
};

/// One column for each kind of knowledge.
const std::map<std::string, KnownColumn>& Known() {
  const auto of = [](TypeId id) { return DataType::Primitive(id); };
  const auto text = [](const char* value) { return Value(std::string(value)); };
  using I = int64_t;
  static const std::map<std::string, KnownColumn> known = {
      {"i", {of(TypeId::kInteger), {I{10}, I{20}, false, true, false}}},
      {"i_nulls", {of(TypeId::kInteger), {I{10}, I{20}, true, true, false}}},
      {"five", {of(TypeId::kLong), {I{5}, I{5}, false, true, false}}},
      {"five_nulls", {of(TypeId::kLong), {I{5}, I{5}, true, true, false}}},
      {"all_null", {of(TypeId::kLong), {{}, {}, true, false, false}}},
      {"unknown", {of(TypeId::kLong), {}}},
      {"low_only", {of(TypeId::kLong), {I{10}, {}, false, true, false}}},
      {"d", {of(TypeId::kDouble), {1.0, 2.0, false, true, false}}},
      {"d_nan", {of(TypeId::kDouble), {1.0, 2.0, false, true, true}}},
      {"nan", {of(TypeId::kDouble), {kNan, kNan, false, true, true}}},
      {"zero", {of(TypeId::kDouble), {-0.0, 0.0, false, true, false}}},
      {"f", {of(TypeId::kFloat), {0.1, 0.1, false, true, false}}},
      {"s", {of(TypeId::kString), {text("ab"), text("ad"), false, true, false}}},
      {"ab", {of(TypeId::kString), {text("abc"), text("abz"), false, true, false}}},
      {"dec", {DataType::Decimal(10, 2), {Int128{100}, Int128{200}, false, true, false}}},
      {"day", {of(TypeId::kDate), {I{10}, I{20}, false, true, false}}},
      {"at", {of(TypeId::kTimestamp), {I{86'400'000'001}, I{172'799'999'999}, false, true, false}}},
      {"yes", {of(TypeId::kBoolean), {true, true, false, true, false}}},
      {"mixed", {of(TypeId::kBoolean), {false, true, false, true, false}}},
      {"wrong_kind", {of(TypeId::kLong), {text("1"), text("2"), false, true, false}}},
  };
  return known;
}

enum Answer { kNever, kSome, kAlways };

struct SkipCase {
  const char* sql;
  Answer answer;
};

class Skipping : public ::testing::TestWithParam<SkipCase> {};

TEST_P(Skipping, AnswersFromTheRanges) {
  std::vector<StructField> fields;
  for (const auto& [name, column] : Known()) fields.push_back({name, column.type, true, {}});
  const Result<ExprPtr> parsed = ParsePredicate(GetParam().sql);
  ASSERT_THAT(parsed, IsOk());
  const Result<ExprPtr> bound = BindPredicate(*parsed, *DataType::Struct(fields));
  ASSERT_THAT(bound, IsOk());
  const RangeLookup lookup = [](const std::vector<std::string>& path) {
    return Known().at(path.front()).range;
  };
  EXPECT_EQ(MayMatch(**bound, lookup), GetParam().answer != kNever) << (*bound)->ToSql();
  EXPECT_EQ(AlwaysMatches(**bound, lookup), GetParam().answer == kAlways) << (*bound)->ToSql();
}

INSTANTIATE_TEST_SUITE_P(
    Comparisons, Skipping,
    ::testing::Values(
        SkipCase{"i = 9", kNever}, SkipCase{"i = 10", kSome}, SkipCase{"i = 21", kNever},
        SkipCase{"i <> 9", kAlways}, SkipCase{"i <> 10", kSome}, SkipCase{"i < 10", kNever},
        SkipCase{"i <= 10", kSome}, SkipCase{"i < 21", kAlways}, SkipCase{"i <= 20", kAlways},
        SkipCase{"i > 20", kNever}, SkipCase{"i >= 20", kSome}, SkipCase{"i >= 10", kAlways},
        SkipCase{"9 > i", kNever}, SkipCase{"i BETWEEN 10 AND 20", kAlways},
        SkipCase{"i BETWEEN 1 AND 9", kNever}, SkipCase{"five = 5", kAlways},
        SkipCase{"five <> 5", kNever}, SkipCase{"i = five", kNever}, SkipCase{"i > five", kAlways},
        SkipCase{"low_only < 10", kNever}, SkipCase{"low_only > 10", kSome},
        SkipCase{"unknown = 1", kSome}, SkipCase{"wrong_kind = 9", kSome}));

INSTANTIATE_TEST_SUITE_P(
    Nulls, Skipping,
    ::testing::Values(SkipCase{"i_nulls < 30", kSome}, SkipCase{"NOT (i_nulls < 30)", kNever},
                      SkipCase{"i_nulls > 30 OR i_nulls IS NULL", kSome},
                      SkipCase{"CAST(d AS DECIMAL(9,1)) IS NULL", kSome},
                      SkipCase{"i IS NULL", kNever}, SkipCase{"i IS NOT NULL", kAlways},
                      SkipCase{"i_nulls IS NULL", kSome}, SkipCase{"all_null IS NULL", kAlways},
                      SkipCase{"all_null = 1", kNever}, SkipCase{"NOT (all_null = 1)", kNever},
                      SkipCase{"(all_null = 1) IS NULL", kAlways},
                      SkipCase{"(i < 30) IS NULL", kNever}, SkipCase{"i = NULL", kNever},
                      SkipCase{"NOT (i = NULL)", kNever}, SkipCase{"NULL", kNever},
                      SkipCase{"i <=> NULL", kNever}, SkipCase{"NOT (i <=> NULL)", kAlways},
                      SkipCase{"all_null <=> NULL", kAlways}, SkipCase{"i_nulls <=> 30", kNever},
                      SkipCase{"five <=> 5", kAlways}, SkipCase{"five_nulls <=> 5", kSome},
                      SkipCase{"NOT (five_nulls <=> 5)", kSome},
                      SkipCase{"i_nulls <=> all_null", kSome}));

INSTANTIATE_TEST_SUITE_P(Connectives, Skipping,
                         ::testing::Values(SkipCase{"i > 20 AND unknown = 1", kNever},
                                           SkipCase{"i > 20 OR unknown = 1", kSome},
                                           SkipCase{"i < 30 OR unknown = 1", kAlways},
                                           SkipCase{"i < 30 AND five = 5", kAlways},
                                           SkipCase{"NOT (i < 30 AND five = 5)", kNever},
                                           SkipCase{"NOT (i > 30 OR five = 6)", kAlways},
                                           SkipCase{"all_null = 1 OR five = 5", kAlways},
                                           SkipCase{"all_null = 1 AND five = 6", kNever},
                                           SkipCase{"NOT (all_null = 1 AND five = 6)", kAlways},
                                           SkipCase{"TRUE", kAlways}, SkipCase{"FALSE", kNever},
                                           SkipCase{"yes", kAlways}, SkipCase{"NOT yes", kNever},
                                           SkipCase{"mixed", kSome},
                                           SkipCase{"yes = TRUE", kAlways},
                                           SkipCase{"(i < 30) = TRUE", kAlways},
                                           SkipCase{"(i < 30) = FALSE", kNever},
                                           SkipCase{"(i < 30) IS TRUE", kAlways}));

INSTANTIATE_TEST_SUITE_P(
    In, Skipping,
    ::testing::Values(SkipCase{"i IN (1, 2)", kNever}, SkipCase{"i IN (1, 15)", kSome},
                      SkipCase{"five IN (4, 5)", kAlways}, SkipCase{"five NOT IN (4, 5)", kNever},
                      SkipCase{"i NOT IN (1, 2)", kAlways}, SkipCase{"i NOT IN (1, NULL)", kNever},
                      SkipCase{"five IN (5, NULL)", kAlways}, SkipCase{"i IN (NULL)", kNever},
                      SkipCase{"i IN (1, unknown)", kSome}));

INSTANTIATE_TEST_SUITE_P(
    Nan, Skipping,
    ::testing::Values(SkipCase{"d > 2", kNever}, SkipCase{"d_nan > 2", kSome},
                      SkipCase{"d_nan < 1", kNever}, SkipCase{"d_nan >= 1", kAlways},
                      SkipCase{"d <= 2", kAlways}, SkipCase{"d_nan <= 2", kSome},
                      SkipCase{"NOT (d_nan <= 2)", kSome}, SkipCase{"d = 'NaN'", kNever},
                      SkipCase{"d_nan = 'NaN'", kSome}, SkipCase{"nan = 'NaN'", kAlways},
                      SkipCase{"nan > 1e300", kAlways}, SkipCase{"nan < 5", kNever},
                      SkipCase{"d < 'NaN'", kAlways}, SkipCase{"zero = 0", kAlways},
                      SkipCase{"zero < 0", kNever}, SkipCase{"zero = -0e0", kAlways},
                      SkipCase{"f = '0.1'", kSome}, SkipCase{"f > 0.1", kSome},
                      SkipCase{"f > 0.2", kNever}));

INSTANTIATE_TEST_SUITE_P(
    Text, Skipping,
    ::testing::Values(SkipCase{"s = 'abc'", kSome}, SkipCase{"s = 'ae'", kNever},
                      SkipCase{"s LIKE 'ac%'", kSome}, SkipCase{"s LIKE 'ae%'", kNever},
                      SkipCase{"s LIKE 'aa%'", kNever}, SkipCase{"s LIKE 'a%'", kAlways},
                      SkipCase{"s NOT LIKE 'a%'", kNever}, SkipCase{"ab LIKE 'ab%'", kAlways},
                      SkipCase{"ab LIKE 'ab_'", kSome}, SkipCase{"ab LIKE 'ac%x'", kNever},
                      SkipCase{"ab LIKE 'abcd%'", kSome}, SkipCase{"s LIKE '%'", kAlways},
                      SkipCase{"s LIKE '%z'", kSome}, SkipCase{"s LIKE 'zz'", kNever},
                      SkipCase{"s LIKE NULL", kNever}, SkipCase{"s LIKE '\\%%'", kNever}));

INSTANTIATE_TEST_SUITE_P(
    Casts, Skipping,
    ::testing::Values(SkipCase{"i > 20.5", kNever}, SkipCase{"i > 9.5", kAlways},
                      SkipCase{"dec > 2.001", kNever}, SkipCase{"dec >= 1e0", kAlways},
                      SkipCase{"day < TIMESTAMP '1970-01-11 00:00:00.1'", kSome},
                      SkipCase{"day < TIMESTAMP '1970-01-10 12:00:00'", kNever},
                      SkipCase{"CAST(at AS DATE) = '1970-01-02'", kAlways},
                      SkipCase{"CAST(at AS DATE) = '1970-01-03'", kNever},
                      SkipCase{"CAST(i AS STRING) = '9'", kSome},
                      SkipCase{"CAST(i AS TINYINT) = 21Y", kNever},
                      SkipCase{"CAST(i AS DECIMAL(1,0)) = 5", kSome},
                      SkipCase{"CAST(i_nulls AS STRING) IS NULL", kSome},
                      SkipCase{"CAST(i AS STRING) IS NULL", kNever}));

INSTANTIATE_TEST_SUITE_P(
    Functions, Skipping,
    ::testing::Values(SkipCase{"i + 1 > 21", kNever}, SkipCase{"i + 1 >= 11", kAlways},
                      SkipCase{"i + 1 = 15", kSome}, SkipCase{"i - five > 15", kNever},
                      SkipCase{"five - i < -15", kNever}, SkipCase{"-i > -10", kNever},
                      SkipCase{"-i <= -10", kAlways}, SkipCase{"five * 2 = 10", kAlways},
                      SkipCase{"i * 2 > 100", kSome}, SkipCase{"five_nulls + 1 = 6", kSome},
                      SkipCase{"five_nulls + 1 = 7", kNever}, SkipCase{"all_null + 1 = 6", kNever},
                      SkipCase{"unknown + 1 > 0", kSome}, SkipCase{"low_only + 1 > 10", kAlways},
                      SkipCase{"i + 2147483647 > 5", kSome}, SkipCase{"d + 1 > 100", kSome},
                      SkipCase{"wrong_kind + 1 = 9", kSome}, SkipCase{"dec + 1 > 3.00", kNever},
                      SkipCase{"YEAR(day) = 1970", kAlways}, SkipCase{"YEAR(at) > 1970", kNever},
                      SkipCase{"MONTH(day) = 1", kSome},
                      SkipCase{"day + 10 > '1970-01-31'", kNever},
                      SkipCase{"day + INTERVAL 1 MONTH < '1970-02-11'", kNever},
                      SkipCase{"at + INTERVAL 1 DAY < '1970-01-03'", kNever},
                      SkipCase{"DATE_TRUNC('MONTH', at) = '1970-01-01'", kSome},
                      SkipCase{"DATE_TRUNC('MONTH', at) > '1970-01-01'", kNever},
                      SkipCase{"DATE_TRUNC('NONE', at) IS NULL", kSome},
                      SkipCase{"TRUNC(day, 'YEAR') > '1970-01-01'", kNever},
                      SkipCase{"DATEDIFF(day, '1970-01-01') < 10", kNever},
                      SkipCase{"UNIX_DATE(day) > 20", kNever}, SkipCase{"LEFT(s, 1) = 'b'", kNever},
                      SkipCase{"LEFT(s, 1) = 'a'", kAlways}, SkipCase{"UPPER(s) = 'X'", kSome},
                      SkipCase{"FLOOR(dec) > 2", kNever}, SkipCase{"ROUND(d) > 9", kSome},
                      SkipCase{"COALESCE(i, 1) = 1", kSome}, SkipCase{"(i / 0) IS NULL", kNever},
                      SkipCase{"TRY_CAST(i AS BIGINT) > 20", kNever},
                      SkipCase{"NOT (TRY_CAST(i AS TINYINT) < 21)", kNever},
                      SkipCase{"TRY_CAST(i AS TINYINT) IS NULL", kSome},
                      SkipCase{"CASE WHEN i > 0 THEN yes END", kAlways}));

TEST(CompareValues, FollowsSparksOrder) {
  EXPECT_EQ(CompareValues(kNan, kNan), 0);
  EXPECT_EQ(CompareValues(kNan, std::numeric_limits<double>::infinity()), 1);
  EXPECT_EQ(CompareValues(1.0, kNan), -1);
  EXPECT_EQ(CompareValues(-0.0, 0.0), 0);
  EXPECT_EQ(CompareValues(std::string("\xC3\xA9"), std::string("z")), 1);
  EXPECT_EQ(CompareValues(std::string("a"), std::string("ab")), -1);
  EXPECT_EQ(CompareValues(Int128{-1}, Int128{1}), -1);
  EXPECT_EQ(CompareValues(false, true), -1);
}

}  // namespace
}  // namespace deltaic
