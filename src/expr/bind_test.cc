#include "expr/bind.h"

#include <gtest/gtest.h>

#include <string>

#include "expr/parser.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

SchemaPtr TestSchema() {
  const auto field = [](const char* name, DataTypePtr type) {
    return StructField{name, std::move(type), true, {}};
  };
  const auto of = [](TypeId id) { return DataType::Primitive(id); };
  return DataType::Struct(
      {field("id", of(TypeId::kLong)), field("i", of(TypeId::kInteger)),
       field("b", of(TypeId::kByte)), field("Name", of(TypeId::kString)),
       field("f", of(TypeId::kFloat)), field("d", of(TypeId::kDouble)),
       field("dec", DataType::Decimal(10, 2)), field("ok", of(TypeId::kBoolean)),
       field("day", of(TypeId::kDate)), field("at", of(TypeId::kTimestamp)),
       field("local", of(TypeId::kTimestampNtz)), field("raw", of(TypeId::kBinary)),
       field("big", DataType::Decimal(38, 0)), field("tiny", DataType::Decimal(38, 38)),
       field("tags", DataType::Array(of(TypeId::kString), true)),
       field("address", DataType::Struct({field("City", of(TypeId::kString)),
                                          field("zip", of(TypeId::kInteger))}))});
}

Result<ExprPtr> Bind(std::string_view sql) {
  Result<ExprPtr> parsed = ParsePredicate(sql);
  if (!parsed.ok()) return parsed;
  return BindPredicate(*parsed, *TestSchema());
}

struct BindCase {
  const char* sql;
  const char* bound;
};

class BindGood : public ::testing::TestWithParam<BindCase> {};

TEST_P(BindGood, GivesBothSidesOneType) {
  const Result<ExprPtr> bound = Bind(GetParam().sql);
  ASSERT_THAT(bound, IsOk());
  EXPECT_EQ((*bound)->ToSql(), GetParam().bound);
  EXPECT_EQ((*bound)->type()->id(), TypeId::kBoolean);
  // Binding what is bound changes nothing.
  const Result<ExprPtr> again = BindPredicate(*bound, *TestSchema());
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE((*again)->Equals(**bound)) << (*again)->ToSql();
}

INSTANTIATE_TEST_SUITE_P(
    Names, BindGood,
    ::testing::Values(BindCase{"ID = 1", "id = 1L"}, BindCase{"name = 'x'", "Name = 'x'"},
                      BindCase{"ADDRESS.city = 'x'", "address.City = 'x'"},
                      BindCase{"address IS NULL", "address IS NULL"},
                      BindCase{"tags IS NOT NULL", "tags IS NOT NULL"}, BindCase{"ok", "ok"},
                      BindCase{"NOT ok AND NULL", "NOT ok AND CAST(NULL AS BOOLEAN)"}));

INSTANTIATE_TEST_SUITE_P(
    Integers, BindGood,
    ::testing::Values(
        BindCase{"b = 5", "b = 5Y"}, BindCase{"b < 1000", "CAST(b AS INT) < 1000"},
        BindCase{"5 = id", "5L = id"}, BindCase{"i = 5L", "i = 5"},
        BindCase{"i = id", "CAST(i AS BIGINT) = id"}, BindCase{"i = 1.0", "i = 1"},
        BindCase{"i = 1.5", "CAST(i AS DECIMAL(11,1)) = CAST(1.5BD AS DECIMAL(11,1))"},
        BindCase{"i = 2e0", "i = 2"}, BindCase{"i < 2.5e0", "CAST(i AS DOUBLE) < 2.5D"},
        BindCase{"id < 9007199254740992D", "CAST(id AS DOUBLE) < 9007199254740992D"},
        BindCase{"id <=> CAST('NaN' AS DOUBLE)", "CAST(id AS DOUBLE) <=> CAST('NaN' AS DOUBLE)"},
        BindCase{"i = '7'", "i = 7"}, BindCase{"i = ' 7 '", "i = 7"},
        BindCase{"i = NULL", "i = CAST(NULL AS INT)"}));

INSTANTIATE_TEST_SUITE_P(
    Fractions, BindGood,
    ::testing::Values(
        BindCase{"d > 1", "d > 1D"}, BindCase{"d > 0.1", "d > 0.1D"},
        BindCase{"d = f", "d = CAST(f AS DOUBLE)"}, BindCase{"f = 0.5", "f = 0.5F"},
        BindCase{"f = 0.1", "CAST(f AS DOUBLE) = 0.1D"},
        BindCase{"f = '0.1'", "CAST(f AS DOUBLE) = 0.1D"}, BindCase{"f = '0.5'", "f = 0.5F"},
        BindCase{"f = 16777217", "CAST(f AS DOUBLE) = 16777217D"},
        BindCase{"d = 'NaN'", "d = CAST('NaN' AS DOUBLE)"},
        BindCase{"dec = 1", "dec = CAST(1.00BD AS DECIMAL(10,2))"},
        BindCase{"dec = 1.5", "dec = CAST(1.50BD AS DECIMAL(10,2))"},
        BindCase{"dec = 1.005", "CAST(dec AS DECIMAL(11,3)) = CAST(1.005BD AS DECIMAL(11,3))"},
        BindCase{"dec = '1.005'", "CAST(dec AS DECIMAL(11,3)) = CAST(1.005BD AS DECIMAL(11,3))"},
        BindCase{"dec < 1000000000", "CAST(dec AS DECIMAL(12,2)) < 1000000000.00BD"},
        BindCase{"dec = i", "CAST(dec AS DECIMAL(12,2)) = CAST(i AS DECIMAL(12,2))"},
        BindCase{"dec = 0.1e0", "CAST(dec AS DOUBLE) = 0.1D"},
        BindCase{"dec = d", "CAST(dec AS DOUBLE) = d"}));

INSTANTIATE_TEST_SUITE_P(
    Times, BindGood,
    ::testing::Values(
        BindCase{"day = '2024-01-02'", "day = DATE '2024-01-02'"},
        BindCase{"day < TIMESTAMP '2024-01-02 00:00:00'", "day < DATE '2024-01-02'"},
        BindCase{"day < TIMESTAMP '2024-01-02 12:00:00'",
                 "CAST(day AS TIMESTAMP) < TIMESTAMP '2024-01-02 12:00:00.000000Z'"},
        BindCase{"at >= DATE '2024-01-02'", "at >= TIMESTAMP '2024-01-02 00:00:00.000000Z'"},
        BindCase{"at = '2024-01-02T00:00:00+02:00'",
                 "at = TIMESTAMP '2024-01-01 22:00:00.000000Z'"},
        BindCase{"local = '2024-01-02'", "local = TIMESTAMP_NTZ '2024-01-02 00:00:00.000000'"},
        BindCase{"at = local", "at = CAST(local AS TIMESTAMP)"},
        BindCase{"day = at", "CAST(day AS TIMESTAMP) = at"}));

INSTANTIATE_TEST_SUITE_P(
    Others, BindGood,
    ::testing::Values(
        BindCase{"ok = 'true'", "ok = TRUE"}, BindCase{"raw = 'ab'", "raw = X'6162'"},
        BindCase{"raw < X'ff'", "raw < X'ff'"},
        BindCase{"i IN (1, 2L, '3', NULL)", "i IN (1, 2, 3, CAST(NULL AS INT))"},
        BindCase{"b IN (1, 300)", "CAST(b AS INT) IN (1, 300)"},
        BindCase{"5 IN (i, id)", "5L IN (CAST(i AS BIGINT), id)"}, BindCase{"1L < 2", "1L < 2L"},
        BindCase{"1 = '2'", "1 = 2"}, BindCase{"'a' < 'b'", "'a' < 'b'"},
        BindCase{"NULL = NULL", "CAST(NULL AS BOOLEAN) = CAST(NULL AS BOOLEAN)"},
        BindCase{"name LIKE 'a\\%%'", "Name LIKE 'a\\%%'"},
        BindCase{"name LIKE NULL", "Name LIKE CAST(NULL AS STRING)"},
        BindCase{"CAST('12' AS INT) = i", "12 = i"}, BindCase{"CAST(i AS INT) = 1", "i = 1"},
        BindCase{"CAST(name AS INT) = 1L", "CAST(Name AS INT) = 1"},
        BindCase{"CAST(at AS DATE) = '2024-01-01'", "CAST(at AS DATE) = DATE '2024-01-01'"},
        BindCase{"(i = 1) = TRUE", "(i = 1) = TRUE"}));

INSTANTIATE_TEST_SUITE_P(
    TextBesideOthers, BindGood,
    ::testing::Values(BindCase{"name = 5", "CAST(Name AS BIGINT) = 5L"},
                      BindCase{"name = i", "CAST(Name AS BIGINT) = CAST(i AS BIGINT)"},
                      BindCase{"name > 1.5", "CAST(Name AS DOUBLE) > 1.5D"},
                      BindCase{"name = dec", "CAST(Name AS DOUBLE) = CAST(dec AS DOUBLE)"},
                      BindCase{"day = name", "day = CAST(Name AS DATE)"},
                      BindCase{"name = ok", "CAST(Name AS BOOLEAN) = ok"},
                      BindCase{"b = '1000'", "CAST(b AS BIGINT) = 1000L"},
                      BindCase{"i LIKE '1%'", "CAST(i AS STRING) LIKE '1%'"}));

INSTANTIATE_TEST_SUITE_P(
    Functions, BindGood,
    ::testing::Values(BindCase{"i + 1 > 2", "(i + 1) > 2"},
                      BindCase{"i + id > 2", "(CAST(i AS BIGINT) + id) > 2L"},
                      BindCase{"1 + 2 = i", "3 = i"}, BindCase{"UPPER('ab') = name", "'AB' = Name"},
                      BindCase{"i DIV 0 = 1", "(CAST(i AS BIGINT) DIV 0L) = 1L"},
                      BindCase{"1 DIV 0 = i", "(1L DIV 0L) = CAST(i AS BIGINT)"},
                      BindCase{"YEAR(at) = 2024", "YEAR(CAST(at AS DATE)) = 2024"},
                      BindCase{"day + INTERVAL 1 DAY > day", "DATE_ADD(day, 1) > day"},
                      BindCase{"at - INTERVAL 1 HOUR > at",
                               "(at + INTERVAL '-3600.000000' SECOND) > at"},
                      BindCase{"(address).city = 'x'", "address.City = 'x'"},
                      BindCase{"NVL(i, NULL) = 1", "COALESCE(i, CAST(NULL AS INT)) = 1"},
                      BindCase{"TYPEOF(i * id) = 'bigint'", "'bigint' = 'bigint'"},
                      BindCase{"TRY_CAST('x' AS INT) = i", "CAST(NULL AS INT) = i"},
                      BindCase{"i + NULL = 1", "CAST(NULL AS INT) = 1"}));

struct RefusedCase {
  const char* sql;
  const char* message;
};

class BindRefused : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(BindRefused, SaysWhy) {
  EXPECT_THAT(Bind(GetParam().sql),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BindRefused,
    ::testing::Values(
        RefusedCase{"nmae = 'x'", "no column nmae; did you mean Name?"},
        RefusedCase{"address.ctiy = 'x'", "did you mean address.City?"},
        RefusedCase{"something_else = 1", "there are: id, i, b, Name, f, d, dec, ok, day, at, ..."},
        RefusedCase{"id.x = 1", "id is a long and has no member x"},
        RefusedCase{"i = 'seven'",
                    "'seven' is not of type integer, as column i of type integer needs it"},
        RefusedCase{"day = 'soon'", "'soon' is not of type date"},
        RefusedCase{"dec = 'x'", "'x' is not of type decimal(10,2)"},
        RefusedCase{"ok = 'maybe'", "'maybe' is not of type boolean"},
        RefusedCase{"i IN (1, 'x')", "'x' is not of type integer"},
        RefusedCase{"ok = 1", "does not compare"}, RefusedCase{"day = 1", "does not compare"},
        RefusedCase{"tags = 'x'", "does not compare"},
        RefusedCase{"address = 'x'", "only IS [NOT] NULL"},
        RefusedCase{"big = tiny", "does not compare"},
        RefusedCase{"i", "expected a condition, but column i of type integer is none"},
        RefusedCase{"'text'", "expected a condition"},
        RefusedCase{"ok AND i", "expected a condition"},
        RefusedCase{"NOT i", "expected a condition"},
        RefusedCase{"tags LIKE '1%'", "cannot be cast to string"},
        RefusedCase{"name LIKE name", "must be a literal"},
        RefusedCase{"name LIKE 'a\\b'", "backslash"},
        RefusedCase{"name LIKE 'a\\'", "single backslash"},
        RefusedCase{"CAST('x' AS INT) = 1", "'x' is not of type integer"},
        RefusedCase{"CAST(300 AS TINYINT) = b", "300 does not fit byte"},
        RefusedCase{"CAST(tags AS STRING) = 'x'", "cannot be cast to string"},
        RefusedCase{"CAST(day AS INT) = 1", "cannot be cast to integer"}));

TEST(BindPredicate, ColumnsWithACollationAreOnlyTestedForNull) {
  const std::map<std::string, std::string> lcase = {
      {"__COLLATIONS", R"({"c":"spark.UTF8_LCASE"})"}};
  const DataTypePtr text = DataType::Primitive(TypeId::kString);
  const StructField c{"c", text, true, lcase};
  const SchemaPtr schema = DataType::Struct(
      {c,
       {"plain", text, true, {{"__COLLATIONS", "{}"}}},
       {"tags", DataType::Array(text, true), true, {{"__COLLATIONS", R"({"tags.element":"x"})"}}},
       {"s", DataType::Struct({c}), true, {}},
       {"list", DataType::Array(DataType::Struct({c}), true), true, {}}});
  const auto bind = [&](const char* sql) { return BindPredicate(*ParsePredicate(sql), *schema); };
  for (const char* sql :
       {"c = 'a'", "'a' < c", "c IN ('a')", "c BETWEEN 'a' AND 'b'", "c LIKE 'a%'", "c <=> plain",
        "LOWER(c) = 'a'", "CAST(c AS INT) = 1", "C = 'a'", "s.c = 'a'", "(s).c = 'a'",
        "list[0].c = 'a'", "ARRAY_CONTAINS(tags, 'a')", "tags[0] = 'a'", "c || 'x' IS NULL",
        "plain = 'a' OR c = 'a'", "CASE c WHEN 'a' THEN TRUE END"}) {
    EXPECT_THAT(bind(sql), StatusIs(StatusCode::kUnsupported, HasSubstr("collation"))) << sql;
  }
  for (const char* sql : {"c IS NULL", "c IS NOT NULL", "s.c IS NULL", "tags IS NULL", "s IS NULL",
                          "plain = 'a'", "NOT (c IS NULL)", "SIZE(list) = 1"}) {
    EXPECT_THAT(bind(sql), IsOk()) << sql;
  }
}

TEST(BindPredicate, TreesOfOtherMakersAreChecked) {
  const DataTypePtr boolean = DataType::Primitive(TypeId::kBoolean);
  const ExprPtr column = Expr::Column({"id"});
  for (const ExprPtr& broken :
       {ExprPtr(), Expr::Call(Function::kEqual, {column}), Expr::Call(Function::kAnd, {}),
        Expr::Call(Function::kNot, {}), Expr::Call(Function::kIn, {column}),
        Expr::Call(Function::kCast, {column}), Expr::Call(Function::kLike, {column}),
        Expr::Call(Function::kIsNull, {}), Expr::Column({}), Expr::Literal(true, nullptr)}) {
    EXPECT_THAT(BindPredicate(broken, *TestSchema()), StatusIs(StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace deltaic
