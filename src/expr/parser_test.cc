#include "expr/parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

struct GoodCase {
  const char* sql;
  const char* printed;  ///< by ToSql
};

class ParseGood : public ::testing::TestWithParam<GoodCase> {};

TEST_P(ParseGood, PrintsAsExpectedAndParsesBack) {
  const Result<ExprPtr> expr = ParsePredicate(GetParam().sql);
  ASSERT_THAT(expr, IsOk());
  EXPECT_EQ((*expr)->ToSql(), GetParam().printed);
  const Result<ExprPtr> again = ParsePredicate((*expr)->ToSql());
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE((*again)->Equals(**expr)) << (*again)->ToSql();
}

INSTANTIATE_TEST_SUITE_P(Comparisons, ParseGood,
                         ::testing::Values(GoodCase{"a = 1", "a = 1"}, GoodCase{"a==1", "a = 1"},
                                           GoodCase{"a <> 1", "a <> 1"}, GoodCase{"a!=1", "a <> 1"},
                                           GoodCase{"a<1", "a < 1"}, GoodCase{"a<=1", "a <= 1"},
                                           GoodCase{"a>1", "a > 1"}, GoodCase{"a>=1", "a >= 1"},
                                           GoodCase{"a<=>1", "a <=> 1"}, GoodCase{"1 = a", "1 = a"},
                                           GoodCase{"(a = b) = TRUE", "(a = b) = TRUE"},
                                           GoodCase{"a = (b = c)", "a = (b = c)"}));

INSTANTIATE_TEST_SUITE_P(
    Precedence, ParseGood,
    ::testing::Values(
        GoodCase{"a=1 or b=2 and c=3", "a = 1 OR b = 2 AND c = 3"},
        GoodCase{"(a=1 or b=2) and c=3", "(a = 1 OR b = 2) AND c = 3"},
        GoodCase{"a AND b AND c", "a AND b AND c"}, GoodCase{"(a AND b) AND c", "(a AND b) AND c"},
        GoodCase{"a OR (b OR c)", "a OR (b OR c)"}, GoodCase{"not a = 1", "NOT (a = 1)"},
        GoodCase{"NOT a AND b", "NOT a AND b"}, GoodCase{"NOT (a AND b)", "NOT (a AND b)"},
        GoodCase{"NOT NOT a", "NOT (NOT a)"}, GoodCase{"not a is null", "NOT (a IS NULL)"},
        GoodCase{"a = b IS NULL", "(a = b) IS NULL"}, GoodCase{"((a))", "a"}));

INSTANTIATE_TEST_SUITE_P(
    Comments, ParseGood,
    ::testing::Values(
        GoodCase{"i = 5 -- x", "i = 5"}, GoodCase{"i = 5--3", "i = 5"},
        GoodCase{"-- first\ni = 5", "i = 5"}, GoodCase{"i = --\r\n5 --", "i = 5"},
        GoodCase{"i = 5 -- a\n - 3", "i = (5 - 3)"}, GoodCase{"i = 5 - -3", "i = (5 - -3)"},
        GoodCase{"i /* a */ = /**/ 5 /*** /* b */ -- */", "i = 5"}, GoodCase{"i/*/ */=5", "i = 5"},
        GoodCase{"s = '--' -- '", "s = '--'"}, GoodCase{"s = '/*' /* ' */", "s = '/*'"},
        GoodCase{"i = 6 / 2 * 3", "i = (6 / 2 * 3)"}, GoodCase{"`a--b` = 1", "`a--b` = 1"}));

INSTANTIATE_TEST_SUITE_P(
    Tests, ParseGood,
    ::testing::Values(
        GoodCase{"a in (1, 2,NULL)", "a IN (1, 2, NULL)"},
        GoodCase{"a NOT IN ('x')", "a NOT IN ('x')"},
        GoodCase{"a between 1 and 2 and b", "(a >= 1 AND a <= 2) AND b"},
        GoodCase{"a NOT BETWEEN -1 AND +2", "NOT (a >= -1 AND a <= 2)"},
        GoodCase{"a LIKE 'x%'", "a LIKE 'x%'"}, GoodCase{"a not like '_'", "a NOT LIKE '_'"},
        GoodCase{"a IS NULL", "a IS NULL"}, GoodCase{"a is not null", "a IS NOT NULL"},
        GoodCase{"a IS TRUE", "a <=> TRUE"}, GoodCase{"a IS NOT FALSE", "NOT (a <=> FALSE)"}));

INSTANTIATE_TEST_SUITE_P(
    Names, ParseGood,
    ::testing::Values(GoodCase{"a.b.c = 1", "a.b.c = 1"}, GoodCase{"`a.b`.c = 1", "`a.b`.c = 1"},
                      GoodCase{"\"two words\" = 1", "`two words` = 1"},
                      GoodCase{"`it``s` = 1", "`it``s` = 1"}, GoodCase{"`and` = 1", "`and` = 1"},
                      GoodCase{"`plain` = 1", "plain = 1"}, GoodCase{"date = 1", "date = 1"},
                      GoodCase{"größe = 1", "größe = 1"}, GoodCase{"_x1 = 1", "_x1 = 1"},
                      GoodCase{"`1a` = 1", "`1a` = 1"}));

INSTANTIATE_TEST_SUITE_P(
    Literals, ParseGood,
    ::testing::Values(
        GoodCase{"a = 2147483647", "a = 2147483647"}, GoodCase{"a = 2147483648", "a = 2147483648L"},
        GoodCase{"a = -2147483648", "a = -2147483648"},
        GoodCase{"a = -9223372036854775808", "a = -9223372036854775808L"},
        GoodCase{"a = 9223372036854775808", "a = 9223372036854775808BD"},
        GoodCase{"a = 1L", "a = 1L"}, GoodCase{"a = 1s", "a = 1S"},
        GoodCase{"a = -128Y", "a = -128Y"}, GoodCase{"a = 1.5f", "a = 1.5F"},
        GoodCase{"a = 5D", "a = 5D"}, GoodCase{"a = 1e3", "a = 1000D"},
        GoodCase{"a = 1.5E-2", "a = 0.015D"}, GoodCase{"a = 1.50", "a = 1.50BD"},
        GoodCase{"a = .5", "a = 0.5BD"}, GoodCase{"a = -0.05", "a = -0.05BD"},
        GoodCase{"a = 1.", "a = 1BD"}, GoodCase{"a = 7bd", "a = 7BD"},
        GoodCase{"a = 'it''s'", "a = 'it''s'"}, GoodCase{"a = ''", "a = ''"},
        GoodCase{"a = '\\n'", "a = '\\n'"}, GoodCase{"a = true", "a = TRUE"},
        GoodCase{"a = x'0AfF'", "a = X'0aff'"}, GoodCase{"a = X''", "a = X''"},
        GoodCase{"a = date '2024-02-29'", "a = DATE '2024-02-29'"},
        GoodCase{"a = TIMESTAMP '2024-01-01 10:00:00+01:00'",
                 "a = TIMESTAMP '2024-01-01 09:00:00.000000Z'"},
        GoodCase{"a = timestamp_ntz '2024-01-01T10:00:00.5'",
                 "a = TIMESTAMP_NTZ '2024-01-01 10:00:00.500000'"},
        GoodCase{"a = CAST(NULL AS bigint)", "a = CAST(NULL AS BIGINT)"},
        GoodCase{"a = CAST('nan' AS DOUBLE)", "a = CAST('NaN' AS DOUBLE)"},
        GoodCase{"a = CAST('-inf' AS FLOAT)", "a = CAST('-Infinity' AS FLOAT)"},
        GoodCase{"a = CAST(1.5 AS DECIMAL(10, 2))", "a = CAST(1.50BD AS DECIMAL(10,2))"},
        GoodCase{"CAST(a AS numeric) = 1", "CAST(a AS DECIMAL(10,0)) = 1"},
        GoodCase{"cast(a = 1 as string) like 't%'", "CAST(a = 1 AS STRING) LIKE 't%'"}));

struct BadCase {
  const char* sql;
  int position;
  const char* message;
};

class ParseBad : public ::testing::TestWithParam<BadCase> {};

TEST_P(ParseBad, NamesPositionAndReason) {
  const Result<ExprPtr> expr = ParsePredicate(GetParam().sql);
  EXPECT_THAT(expr, StatusIs(StatusCode::kInvalidArgument,
                             HasSubstr(Concat("position ", GetParam().position, ": "))));
  EXPECT_THAT(expr, StatusIs(StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
  EXPECT_THAT(expr, StatusIs(StatusCode::kInvalidArgument,
                             EndsWith("\n  " + std::string(GetParam().position - 1, ' ') + "^")));
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseBad,
    ::testing::Values(
        BadCase{"", 1, "expected a column or a value, but the text ends"},
        BadCase{"a =", 4, "the text ends"}, BadCase{"a = )", 5, "found )"},
        BadCase{"(a = 1", 7, "expected ), but the text ends"},
        BadCase{"a = 1 b", 7, "expected AND, OR or the end, but found b"},
        BadCase{"a = 1 = 2", 7, "do not chain"}, BadCase{"a < b < c", 7, "do not chain"},
        BadCase{"a IN ()", 7, "found )"}, BadCase{"a IN (1 2)", 9, "expected , or )"},
        BadCase{"a IN 1", 6, "expected ("}, BadCase{"a NOT 1", 7, "after NOT"},
        BadCase{"a IS 1", 6, "NULL, TRUE, FALSE"}, BadCase{"a BETWEEN 1 OR 2", 13, "expected AND"},
        BadCase{"a LIKE 'x/y' ESCAPE '/'", 21, "before something else"},
        BadCase{"a LIKE b ESCAPE '/'", 17, "needs a quoted pattern"},
        BadCase{"a LIKE 'x' ESCAPE '%'", 19, "one character other"},
        BadCase{"a = 'x", 5, "never closed"}, BadCase{"größe = 'x", 9, "never closed"},
        BadCase{"`a = 1", 1, "never closed"}, BadCase{"a = ``", 5, "cannot be empty"},
        BadCase{"a # 1", 3, "unexpected character '#'"},
        BadCase{"a \x01", 3, "control character 1"},
        BadCase{"uper(a) = 'X'", 1, "no function uper; did you mean UPPER?"},
        BadCase{"a = 1 AND xyzzy_plugh() > b", 11, "no function xyzzy_plugh"},
        BadCase{"a + = 2", 5, "found ="}, BadCase{"a = -", 6, "the text ends"},
        BadCase{"f(a, b", 7, "expected , or )"}, BadCase{"a[1 = 2", 8, "expected ]"},
        BadCase{"CASE WHEN a THEN 1", 19, "WHEN, ELSE or END"},
        BadCase{"CASE a END", 8, "expected WHEN"},
        BadCase{"NULLIF(a)", 1, "NULLIF takes two arguments, not 1"},
        BadCase{"b = mod(a)", 5, "MOD takes two arguments, not 1"},
        BadCase{"b = mod(a, 2, 3)", 5, "MOD takes two arguments, not 3"},
        BadCase{"d + INTERVAL '1' FORTNIGHT", 14, "is no INTERVAL"},
        BadCase{"d + INTERVAL 1 MONTH 2 DAYS", 5, "mixes months and days"},
        BadCase{"d + INTERVAL '1:2' DAY TO SECOND", 14, "no INTERVAL of DAY TO SECOND"},
        BadCase{"d + INTERVAL '1' SECOND TO DAY", 14, "no SECOND TO DAY"},
        BadCase{"EXTRACT(CENTURY FROM d)", 9, "no field CENTURY"},
        BadCase{"a::money", 4, "no type money"}, BadCase{"a = 300Y", 5, "does not fit a byte"},
        BadCase{"a = 1Q", 5, "unknown suffix Q"}, BadCase{"a = 1e999", 5, "does not fit a double"},
        BadCase{"a = 9223372036854775808L", 5, "does not fit a long"},
        BadCase{"a = DATE '2024-02-30'", 10, "'2024-02-30' is not of type date"},
        BadCase{"a = TIMESTAMP_NTZ '2024-01-01 00:00:00Z'", 19, "is not of type timestamp_ntz"},
        BadCase{"a = X'abc'", 6, "pairs of hexadecimal"},
        BadCase{"a = foo 'x'", 9, "cannot follow FOO"},
        BadCase{"CAST(a AS money) = 1", 11, "no type money"},
        BadCase{"CAST(a) = 1", 7, "expected AS"},
        BadCase{"CAST(a AS DECIMAL(39,0)) = 1", 11, "1 to 38 digits"},
        BadCase{"CAST(a AS DECIMAL(5,6)) = 1", 11, "1 to 38 digits"},
        BadCase{"a AND", 6, "the text ends"}, BadCase{"AND a", 1, "backticks"},
        BadCase{"a. = 1", 4, "after the point"}));

INSTANTIATE_TEST_SUITE_P(
    Operators, ParseGood,
    ::testing::Values(
        GoodCase{"a+b*c", "a + b * c"}, GoodCase{"(a+b)*c", "(a + b) * c"},
        GoodCase{"a-b-c", "a - b - c"}, GoodCase{"a-(b-c)", "a - (b - c)"},
        GoodCase{"a - -1", "a - -1"}, GoodCase{"a -1", "a - 1"}, GoodCase{"-a", "NEGATIVE(a)"},
        GoodCase{"- -a", "NEGATIVE(NEGATIVE(a))"}, GoodCase{"+a", "POSITIVE(a)"},
        GoodCase{"~a & b", "~a & b"}, GoodCase{"a|b^c&d", "a | b ^ c & d"},
        GoodCase{"a div b % c", "a DIV b % c"}, GoodCase{"a || b || 'c'", "CONCAT(a, b, 'c')"},
        GoodCase{"a + 1 > b AND c", "(a + 1) > b AND c"}, GoodCase{"a::int", "CAST(a AS INT)"},
        GoodCase{"-1::string", "CAST(-1 AS STRING)"}, GoodCase{"a[0][1]", "(a[0])[1]"},
        GoodCase{"a['k'].b", "(a['k']).b"}, GoodCase{"(a).b.`c d`", "((a).b).`c d`"},
        GoodCase{"a + 1 BETWEEN 2 AND 3", "(a + 1) >= 2 AND (a + 1) <= 3"},
        GoodCase{"a rlike 'x' or a not regexp 'y'", "a RLIKE 'x' OR NOT (a RLIKE 'y')"},
        GoodCase{"a ILIKE 'x#%' ESCAPE '#'", "a ILIKE 'x\\%'"},
        GoodCase{"a LIKE 'x\\#_##' ESCAPE '#'", "a LIKE 'x\\\\\\_#'"},
        GoodCase{"a is distinct from b", "NOT (a <=> b)"},
        GoodCase{"a IS NOT DISTINCT FROM b", "a <=> b"}, GoodCase{"a IS UNKNOWN", "a IS NULL"}));

INSTANTIATE_TEST_SUITE_P(
    Calls, ParseGood,
    ::testing::Values(
        GoodCase{"upper( a )", "UPPER(a)"}, GoodCase{"substr(a, 1)", "SUBSTRING(a, 1)"},
        GoodCase{"now()", "CURRENT_TIMESTAMP()"}, GoodCase{"current_date", "current_date"},
        GoodCase{"try_cast(a as int)", "TRY_CAST(a AS INT)"},
        GoodCase{"date(a)", "CAST(a AS DATE)"},
        GoodCase{"case when a then 1 else b end", "CASE WHEN a THEN 1 ELSE b END"},
        GoodCase{"case a when 1 then 2 when 3 then 4 end",
                 "CASE WHEN a = 1 THEN 2 WHEN a = 3 THEN 4 END"},
        GoodCase{"if(a, 1, 2)", "CASE WHEN a THEN 1 ELSE 2 END"},
        GoodCase{"nullif(a, 1)", "CASE WHEN a = 1 THEN NULL ELSE a END"},
        GoodCase{"nvl2(a, b, c)", "CASE WHEN a IS NOT NULL THEN b ELSE c END"},
        GoodCase{"isnull(a)", "a IS NULL"}, GoodCase{"ifnull(a, 1)", "NVL(a, 1)"},
        GoodCase{"trim(a)", "TRIM(a)"},
        GoodCase{"trim(leading 'x' from a)", "TRIM(LEADING 'x' FROM a)"},
        GoodCase{"trim(both from a)", "TRIM(a)"}, GoodCase{"position('x' in a)", "LOCATE('x', a)"},
        GoodCase{"extract(week from a)", "WEEKOFYEAR(a)"},
        GoodCase{"a + interval '2' days", "a + INTERVAL '2' DAY"},
        GoodCase{"a - interval -3 month", "a - INTERVAL '-3' MONTH"},
        GoodCase{"a + interval '1-2' year to month", "a + INTERVAL '14' MONTH"},
        GoodCase{"a + interval '1 day -2 hours'", "a + INTERVAL '79200.000000' SECOND"},
        GoodCase{"a + interval '-1 0:0:1.5' day to second", "a + INTERVAL '-86401.500000' SECOND"},
        GoodCase{"a + interval 1.25 seconds", "a + INTERVAL '1.250000' SECOND"},
        GoodCase{"case = 1 and interval = 2 and when > 3",
                 "`case` = 1 AND `interval` = 2 AND `when` > 3"},
        GoodCase{"end + left", "end + left"}));

std::string Repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(ParseWrittenPredicate, TakesWhatWritingMadeDeeper) {
  for (const std::string& nested : {Repeat("~", 199) + "a", Repeat("NOT ", 199) + "a = 1"}) {
    const auto parsed = ParsePredicate(nested);
    ASSERT_THAT(parsed, IsOk());
    const auto again = ParseWrittenPredicate((*parsed)->ToSql());
    ASSERT_THAT(again, IsOk());
    EXPECT_TRUE((*again)->Equals(**parsed)) << nested;
  }
  EXPECT_THAT(ParseWrittenPredicate(Repeat("(", 601) + "a" + Repeat(")", 601)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("nested deeper than 600")));
}

TEST(ParsePredicate, NestingOf200IsTakenAndMoreRefused) {
  EXPECT_THAT(ParsePredicate(Repeat("(", 200) + "a" + Repeat(")", 200)), IsOk());
  EXPECT_THAT(ParsePredicate(Repeat("(", 201) + "a" + Repeat(")", 201)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("nested deeper than 200")));
  EXPECT_THAT(ParsePredicate(Repeat("NOT ", 100'000) + "a"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("nested deeper than 200")));
}

TEST(ParsePredicate, LongChainsStayFlat) {
  const Result<ExprPtr> expr = ParsePredicate("a = 1" + Repeat(" OR a = 1", 50'000));
  ASSERT_THAT(expr, IsOk());
  EXPECT_EQ((*expr)->args().size(), 50'001u);
}

TEST(ParsePredicate, LongSumsAreRefusedAsDeepTreesAre) {
  EXPECT_THAT(ParsePredicate("1" + Repeat(" + 1", 150)), IsOk());
  EXPECT_THAT(ParsePredicate("1" + Repeat(" + 1", 100'000)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("a chain of more than 200")));
  EXPECT_THAT(ParsePredicate("a" + Repeat("[0]", 100'000)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("in a row")));
  EXPECT_THAT(ParsePredicate(Repeat("UPPER(", 100'000)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("nested deeper than 200")));
  EXPECT_THAT(ParsePredicate(Repeat("- ", 100'000) + "a"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("nested deeper than 200")));
}

TEST(ParsePredicate, OperandsThatStandTwiceMayNotDoubleTheTreeForEver) {
  std::string sql = "a";
  for (int i = 0; i < 60; ++i) sql = "(" + sql + ") BETWEEN b AND c";
  EXPECT_THAT(ParsePredicate(sql),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("the operand of BETWEEN is larger than 200")));
  sql = "a";
  for (int i = 0; i < 60; ++i) sql = "NULLIF(" + sql + ", b)";
  EXPECT_THAT(ParsePredicate(sql),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("larger than 200")));
}

TEST(ParsePredicate, LongTextShowsOnlyTheSurroundings) {
  const Result<ExprPtr> expr =
      ParsePredicate(Repeat("a = 1 AND ", 1000) + "?" + Repeat(" AND a = 1", 1000));
  EXPECT_THAT(expr, StatusIs(StatusCode::kInvalidArgument, HasSubstr("position 10001: ")));
  EXPECT_LT(expr.status().message().size(), 400u);
}

TEST(ParsePredicate, LiteralsHaveTheirTypes) {
  const auto type_of = [](std::string_view sql) {
    const Result<ExprPtr> expr = ParsePredicate(sql);
    return expr.ok() ? (*expr)->type()->ToString() : expr.status().ToString();
  };
  EXPECT_EQ(type_of("1"), "integer");
  EXPECT_EQ(type_of("0.05"), "decimal(2,2)");
  EXPECT_EQ(type_of("120.050"), "decimal(6,3)");
  EXPECT_EQ(type_of("1e0"), "double");
  EXPECT_EQ(type_of("'a'"), "string");
  EXPECT_EQ(type_of("NULL"), "void");
  EXPECT_EQ(type_of("X'00'"), "binary");
}

TEST(ParseColumnList, NamesTypesAndNullability) {
  const Result<SchemaPtr> columns =
      ParseColumnList("code string, `n o` DECIMAL(20,0) not null, at TIMESTAMP, i int");
  ASSERT_THAT(columns, IsOk());
  std::vector<std::string> shown;
  for (const StructField& field : (*columns)->fields()) {
    shown.push_back(field.name + " " + field.type->ToString() + (field.nullable ? "" : "!"));
  }
  EXPECT_THAT(shown, ElementsAre("code string", "n o decimal(20,0)!", "at timestamp", "i integer"));
}

TEST(ParseColumnList, WrongTextHasItsPosition) {
  const std::pair<const char*, const char*> cases[] = {{"", "schema, position 1"},
                                                       {"a", "a type"},
                                                       {"a int,", "the name of a column"},
                                                       {"a int b int", "schema, position 7"},
                                                       {"a strng", "there is no type strng"},
                                                       {"a int, A int", "two columns A"},
                                                       {"a int not", "NULL"},
                                                       {"'a' int", "the name of a column"},
                                                       {"a decimal(39,0)", "38 digits"},
                                                       {"a int #", "schema, position 7"}};
  for (const auto& [text, words] : cases) {
    EXPECT_THAT(ParseColumnList(text), StatusIs(StatusCode::kInvalidArgument, HasSubstr(words)))
        << text;
  }
  EXPECT_THAT(ParseColumnList(std::string(2 << 20, 'a')), StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace deltaic
