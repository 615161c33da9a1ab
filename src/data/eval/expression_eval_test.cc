#include "data/eval/expression_eval.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "data/eval/column_functions.h"
#include "data/eval/evaluation_cases.h"
#include "data/values/value_arrays.h"
#include "expr/bind.h"
#include "expr/function_definition.h"
#include "expr/parser.h"
#include "storage/arrow_status.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::BindSql;
using testing::EvaluatedTable;
using testing::EvaluateSql;
using testing::Evaluation;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::MakeEvaluatedTable;
using testing::StatusIs;

using Case = testing::EvaluationCase;

INSTANTIATE_TEST_SUITE_P(
    Arithmetic, Evaluation,
    ::testing::Values(Case{"i + 1", "integer: 8 | NULL"}, Case{"b + sh", "short: 305 | NULL"},
                      Case{"i + l", "long: -2 | NULL"}, Case{"i - 10", "integer: -3 | NULL"},
                      Case{"i * l", "long: -63 | NULL"}, Case{"i / 2", "double: 3.5 | NULL"},
                      Case{"l DIV 2", "long: -4 | NULL"}, Case{"l % 4", "long: -1 | NULL"},
                      Case{"100 % i", "integer: 2 | NULL"}, Case{"sh % sh", "short: 0 | NULL"},
                      Case{"(l - 9223372036854775799) % -1", "long: 0 | NULL"},
                      Case{"big % NULL", "integer: NULL | NULL"},
                      Case{"PMOD(l, 4)", "long: 3 | NULL"}, Case{"MOD(i, -4)", "integer: 3 | NULL"},
                      Case{"-i", "integer: -7 | NULL"}, Case{"-(-i)", "integer: 7 | NULL"},
                      Case{"ABS(l)", "long: 9 | NULL"}, Case{"f + f", "float: 3.0 | NULL"},
                      Case{"f + i", "double: 8.5 | NULL"}, Case{"f / f", "double: 1.0 | NULL"},
                      Case{"d * 2", "double: -5.0 | NULL"}, Case{"d % 2", "double: -0.5 | NULL"},
                      Case{"n + i", "long: 19 | NULL"}, Case{"n * 1.5", "double: 18.0 | NULL"},
                      Case{"i + NULL", "integer: NULL | NULL"}, Case{"1 + 2 * 3", "integer: 7 | 7"},
                      Case{"(1 + 2) * 3", "integer: 9 | 9"}, Case{"10 - 4 - 3", "integer: 3 | 3"},
                      Case{"i & 3", "integer: 3 | NULL"}, Case{"i | 8", "integer: 15 | NULL"},
                      Case{"i ^ 5", "integer: 2 | NULL"}, Case{"~i", "integer: -8 | NULL"},
                      Case{"1 | 2 + 1 & 3", "integer: 3 | 3"}));

INSTANTIATE_TEST_SUITE_P(
    Decimals, Evaluation,
    ::testing::Values(Case{"dec + 1", "decimal(11,2): 13.34 | NULL"},
                      Case{"dec + i", "decimal(13,2): 19.34 | NULL"},
                      Case{"dec - dec", "decimal(11,2): 0.00 | NULL"},
                      Case{"dec * dec", "decimal(21,4): 152.2756 | NULL"},
                      Case{"dec / 3", "decimal(14,6): 4.113333 | NULL"},
                      Case{"dec % 5", "decimal(3,2): 2.34 | NULL"},
                      Case{"dec DIV 5", "long: 2 | NULL"}, Case{"dec * d", "double: -30.85 | NULL"},
                      Case{"1.5 + 2", "decimal(3,1): 3.5 | 3.5"},
                      Case{"1.50 * 2.25", "decimal(7,4): 3.3750 | 3.3750"},
                      Case{"10 / 3.0", "decimal(9,6): 3.333333 | 3.333333"},
                      Case{"wide / 3", "decimal(38,10): 0.3333333333 | NULL"},
                      Case{"wide * wide", "decimal(38,6): 1.000000 | NULL"},
                      Case{"wide + 0.00000000001", "decimal(38,9): 1.000000000 | NULL"},
                      Case{"PMOD(-7.5, 2)", "decimal(2,1): 0.5 | 0.5"},
                      Case{"-dec", "decimal(10,2): -12.34 | NULL"}));

constexpr const char* kJson =
    R"(PARSE_JSON('{"a":{"b c":[1,-2.50,"x",null,true]},"n":300,"big":12345678901234567890,"e":1e3,"u":"ä","z":null}'))";

/// `sql` with $ for kJson.
std::string OnJson(std::string sql) {
  for (size_t at = 0; (at = sql.find('$', at)) != std::string::npos;) {
    // A path's own is quoted.
    if (at > 0 && sql[at - 1] == '\'') {
      ++at;
      continue;
    }
    sql.replace(at, 1, kJson);
    at += std::string_view(kJson).size();
  }
  return sql;
}

TEST(Variants, AreReadByPathAndCast) {
  const EvaluatedTable table = MakeEvaluatedTable(false);
  const Case cases[] = {
      {"VARIANT_GET($, '$.n', 'int')", "integer: 300 | 300"},
      {"VARIANT_GET($, '$.n', 'STRING')", "string: 300 | 300"},
      {"VARIANT_GET($, '$.a[\"b c\"][1]', 'decimal(5,1)')", "decimal(5,1): -2.5 | -2.5"},
      {"VARIANT_GET($, '$.a[\"b c\"][1]', 'string')", "string: -2.5 | -2.5"},
      {"VARIANT_GET($, '$.a[\"b c\"][3]', 'int')", "integer: NULL | NULL"},
      {"VARIANT_GET($, '$.a[\"b c\"][4]', 'boolean')", "boolean: true | true"},
      {"VARIANT_GET($, '$.a[\"b c\"][5]', 'int')", "integer: NULL | NULL"},
      {"VARIANT_GET($, '$.a', 'string')",
       R"(string: {"b c":[1,-2.5,"x",null,true]} | {"b c":[1,-2.5,"x",null,true]})"},
      {"VARIANT_GET($, '$.absent.more', 'int')", "integer: NULL | NULL"},
      {"VARIANT_GET($, '$.n.more', 'int')", "integer: NULL | NULL"},
      {"VARIANT_GET($, '$.big', 'decimal(20,0)')",
       "decimal(20,0): 12345678901234567890 | 12345678901234567890"},
      {"VARIANT_GET($, '$.e', 'double')", "double: 1000.0 | 1000.0"},
      {"VARIANT_GET($, '$.u', 'string')", "string: ä | ä"},
      {"TRY_VARIANT_GET($, '$.u', 'int')", "integer: NULL | NULL"},
      {"TRY_VARIANT_GET($, '$.n', 'tinyint')", "byte: NULL | NULL"},
      {"TRY_VARIANT_GET($, '$.a', 'int')", "integer: NULL | NULL"},
      {"$:n::int + 1", "integer: 301 | 301"},
      {"$:a.`b c`[0]::bigint", "long: 1 | 1"},
      {"$:a['b c'][2]::string", "string: x | x"},
      {"CAST(VARIANT_GET($, '$.n') AS DOUBLE)", "double: 300.0 | 300.0"},
      {"TRY_CAST($:u AS INT)", "integer: NULL | NULL"},
      {"IS_VARIANT_NULL($:z)", "boolean: true | true"},
      {"IS_VARIANT_NULL($:n)", "boolean: false | false"},
      {"IS_VARIANT_NULL($:absent)", "boolean: false | false"},
      {"$:z IS NULL", "boolean: false | false"},
      {"$:absent IS NULL", "boolean: true | true"},
      {"TRY_PARSE_JSON('{') IS NULL", "boolean: true | true"},
      {"PARSE_JSON(s) IS NULL", nullptr},
      {"PARSE_JSON(n)::int", "integer: 12 | NULL"},
      {"TRY_PARSE_JSON(s)::string", "string: NULL | NULL"},
      {"PARSE_JSON('[1, 2]')::string", "string: [1,2] | [1,2]"},
      {"PARSE_JSON('\"2024-01-31\"')::date", "date: 2024-01-31 | 2024-01-31"},
  };
  for (const Case& c : cases) {
    const std::string sql = OnJson(c.sql);
    if (c.result == nullptr) {
      EXPECT_THAT(EvaluateSql(sql, table),
                  StatusIs(StatusCode::kInvalidArgument, HasSubstr("JSON")));
      continue;
    }
    EXPECT_THAT(EvaluateSql(sql, table), IsOkAndHolds(std::string(c.result))) << sql;
    const auto bound = BindSql(sql, *table.schema);
    ASSERT_THAT(bound, IsOk());
    EXPECT_THAT(EvaluateSql((*bound)->ToSql(), table), IsOkAndHolds(std::string(c.result)))
        << (*bound)->ToSql();
  }
}

TEST(Variants, WhatDoesNotFitIsAnError) {
  const EvaluatedTable table = MakeEvaluatedTable(false);
  for (const auto& [sql, message] : {std::pair{"VARIANT_GET($, '$.u', 'int')", "no INT"},
                                     {"$:n::tinyint", "no TINYINT"},
                                     {"$:a::int", "no INT"},
                                     {"VARIANT_GET($, 'n', 'int')", "no path"},
                                     {"VARIANT_GET($, '$.', 'int')", "no path"},
                                     {"VARIANT_GET($, '$[-1]', 'int')", "no path"},
                                     {"VARIANT_GET($, s, 'int')", "literal"},
                                     {"VARIANT_GET($, '$.n', 'nothing')", "type"},
                                     {"VARIANT_GET(s, '$.n', 'int')", "takes a variant"},
                                     {"IS_VARIANT_NULL(i)", "a variant"},
                                     {"$:n = 300", "compare"},
                                     {"$:", "a name"},
                                     {"$:a[", "number"},
                                     {"PARSE_JSON('{\"a\":1,\"a\":2}')", "twice"},
                                     {"PARSE_JSON('1 2')", "JSON"},
                                     {"PARSE_JSON('1,2')", "JSON"},
                                     {"PARSE_JSON('')", "JSON"},
                                     {"PARSE_JSON('01')", "JSON"},
                                     {"PARSE_JSON('[1]]')", "JSON"},
                                     {"PARSE_JSON('nul')", "JSON"}}) {
    EXPECT_THAT(EvaluateSql(OnJson(sql), table),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(message)))
        << sql;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Conditionals, Evaluation,
    ::testing::Values(
        Case{"CASE WHEN i > 5 THEN 'big' WHEN i > 0 THEN 'small' END", "string: big | NULL"},
        Case{"CASE WHEN i > 9 THEN 'big' ELSE s END", "string: hello | NULL"},
        Case{"CASE i WHEN 7 THEN 1 ELSE 2L END", "long: 1 | 2"},
        Case{"IF(yes, i, dec)", "decimal(12,2): 7.00 | NULL"},
        Case{"IF(yes IS NULL, 1, 2)", "integer: 2 | 1"}, Case{"COALESCE(i, l, 5)", "long: 7 | 5"},
        Case{"COALESCE('1', i)", "long: 1 | 1"}, Case{"NVL(i, 5)", "integer: 7 | 5"},
        Case{"IFNULL(s, 'none')", "string: hello | none"},
        Case{"NVL2(i, 'a', 'b')", "string: a | b"}, Case{"NULLIF(i, 7)", "integer: NULL | NULL"},
        Case{"NULLIF(i, 8)", "integer: 7 | NULL"}, Case{"ISNULL(i)", "boolean: false | true"},
        Case{"ISNOTNULL(i)", "boolean: true | false"},
        Case{"i IS DISTINCT FROM 7", "boolean: false | true"},
        Case{"i IS NOT DISTINCT FROM NULL", "boolean: false | true"},
        Case{"(i > 5) IS UNKNOWN", "boolean: false | true"},
        Case{"i + 1 BETWEEN 8 AND 9", "boolean: true | NULL"},
        Case{"i <=> n", "boolean: false | true"}, Case{"n = 12", "boolean: true | NULL"},
        Case{"`when` = day", "boolean: true | NULL"}, Case{"i IN (n, 7)", "boolean: true | NULL"}));

INSTANTIATE_TEST_SUITE_P(
    Nested, Evaluation,
    ::testing::Values(Case{"nums[0]", "integer: 1 | NULL"}, Case{"nums[1]", "integer: NULL | NULL"},
                      Case{"ELEMENT_AT(nums, -1)", "integer: 3 | NULL"},
                      Case{"SIZE(nums)", "integer: 3 | NULL"},
                      Case{"CARDINALITY(m)", "integer: 2 | NULL"},
                      Case{"ARRAY_CONTAINS(nums, 3)", "boolean: true | NULL"},
                      Case{"ARRAY_CONTAINS(nums, 4)", "boolean: NULL | NULL"},
                      Case{"m['a']", "integer: 1 | NULL"}, Case{"m['z']", "integer: NULL | NULL"},
                      Case{"ELEMENT_AT(m, 'b')", "integer: NULL | NULL"},
                      Case{"MAP_KEYS(m)[1]", "string: b | NULL"},
                      Case{"MAP_VALUES(m)[0]", "integer: 1 | NULL"},
                      Case{"p.x + 1", "integer: 5 | NULL"}, Case{"(p).x", "integer: 4 | NULL"},
                      Case{"nums[i - 7] + m['a']", "integer: 2 | NULL"}));

// What is not reached does not fail.
INSTANTIATE_TEST_SUITE_P(
    Laziness, Evaluation,
    ::testing::Values(Case{"zero <> 0 AND i / zero > 1", "boolean: false | NULL"},
                      Case{"zero = 0 OR i / zero > 1", "boolean: true | NULL"},
                      Case{"CASE WHEN zero = 0 THEN 0 ELSE i DIV zero END", "long: 0 | NULL"},
                      Case{"IF(zero = 0, 1, 1 / zero)", "double: 1.0 | NULL"},
                      Case{"COALESCE(i, big + 1)", "integer: 7 | NULL"},
                      Case{"i IN (7, 1 DIV zero)", "boolean: true | NULL"},
                      Case{"CASE WHEN SIZE(nums) > 5 THEN nums[5] ELSE 0 END", "integer: 0 | 0"},
                      Case{"IF(i > 0 OR i IS NULL, 1, CAST('x' AS INT))", "integer: 1 | 1"},
                      Case{"NULLIF(i, 7) + i DIV zero", "long: NULL | NULL"},
                      Case{"NULLIF(i, 7) < i DIV zero", "boolean: NULL | NULL"},
                      Case{"NULLIF(i, 7) IN (1, i DIV zero)", "boolean: NULL | NULL"},
                      Case{"(i DIV zero) / NULLIF(i, 7)", "double: NULL | NULL"}));

// Spark's quirk, in ANSI mode too: what decimals cannot say becomes NULL.
INSTANTIATE_TEST_SUITE_P(
    NoNumber, Evaluation,
    ::testing::Values(Case{"CAST(nan AS DECIMAL(5,1))", "decimal(5,1): NULL | NULL"},
                      Case{"CAST(CAST(NULL AS STRING) AS DOUBLE)", "double: NULL | NULL"},
                      Case{"CAST(CAST(NULL AS DECIMAL(5,2)) AS DECIMAL(6,2))",
                           "decimal(6,2): NULL | NULL"}));

class Failure : public ::testing::TestWithParam<Case> {};

TEST_P(Failure, NamesWhatFailed) {
  for (const bool dictionaries : {false, true}) {
    EXPECT_THAT(EvaluateSql(GetParam().sql, MakeEvaluatedTable(dictionaries)),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(GetParam().result)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    AtRows, Failure,
    ::testing::Values(Case{"big + 1", "big + 1: the result does not fit integer"},
                      Case{"i DIV zero + NULLIF(i, 7)", "division by zero"},
                      Case{"NULLIF(i, 7) <=> i DIV zero", "division by zero"},
                      Case{"IF(i > 7, 1, CAST('x' AS INT))", "'x' is not of type integer"},
                      Case{"b * 100Y", "does not fit byte"}, Case{"i / zero", "division by zero"},
                      Case{"i DIV zero", "division by zero"}, Case{"i % zero", "division by zero"},
                      Case{"dec / zero", "division by zero"}, Case{"1D / zero", "division by zero"},
                      Case{"-CAST(-128 AS TINYINT)", "does not fit byte"},
                      Case{"(-9223372036854775807 - 1L) DIV -1", "does not fit long"},
                      Case{"CAST(99999999999999999999999999999999999999 AS DECIMAL(38,0)) + 1",
                           "does not fit decimal(38,0)"},
                      Case{"CAST(s AS INT)", "'hello' is not of type integer"},
                      Case{"s = 1", "'hello' is not of type long"},
                      Case{"nums[3]", "there is no element 3 in an array of 3"},
                      Case{"nums[-1]", "there is no element -1"},
                      Case{"ELEMENT_AT(nums, 0)", "there is no element 0"},
                      Case{"SPLIT_PART(s, 'l', 0)", "parts count from 1"},
                      Case{"TO_DATE(s, 'yyyy')", "'hello' does not match the pattern"},
                      Case{"MAKE_DATE(2021, 2, 29)", "no such day"},
                      Case{"REPEAT(s, big)", "more than"},
                      Case{"s RLIKE '('", "Invalid regular expression"},
                      Case{"s RLIKE '(?=x)'", "Invalid regular expression"},
                      Case{"REGEXP_REPLACE(s, 'l', '$x')", "write \\$ for one"},
                      Case{"SPLIT(s, 'x*')", "matches the empty text"},
                      Case{"day + big", "out of the range of date"}));

INSTANTIATE_TEST_SUITE_P(
    WhenBound, Failure,
    ::testing::Values(
        Case{"i + s || 'x' + yes", "takes numbers, not"},
        Case{"UPPER(nums)", "UPPER takes string as argument 1"},
        Case{"SUBSTRING(s)", "SUBSTRING takes between 2 and 3 arguments, not 1"},
        Case{"COALESCE(i, day)", "needs values of one type"}, Case{"day - day", "use DATEDIFF"},
        Case{"at + 1", "takes numbers"}, Case{"day + 1L", "with an INT of days"},
        Case{"INTERVAL 1 DAY = 5", "stands only beside + and -"},
        Case{"i + INTERVAL 1 DAY", "added to a date"},
        Case{"DATE_FORMAT(day, 'Q')", "the pattern 'Q' has Q"},
        Case{"nums['a']", "a whole number as its index"}, Case{"p.y", "no column p.y"},
        Case{"i[0]", "[] takes an array or a map"}, Case{"s RLIKE n", "takes a literal"},
        Case{"CASE WHEN i THEN 1 END", "expected a condition"},
        Case{"SIZE(i)", "SIZE takes an array or a map"}, Case{"1.5 | 2", "takes numbers"}));

TEST(FunctionTable, EveryFunctionHasAnEvaluation) {
  for (const FunctionDefinition* function : AllFunctions()) {
    const bool rewritten = function->notation == Notation::kInterval ||
                           function->name == "TYPEOF" || function->name == "CURRENT_DATE" ||
                           function->name == "CURRENT_TIMESTAMP" ||
                           function->name == "LOCALTIMESTAMP";
    EXPECT_TRUE(rewritten || function->evaluate != nullptr ||
                kernels::FindColumnFunction(function->name) != nullptr)
        << function->name;
  }
}

TEST(EvaluateExpression, WithoutATimeCurrentDateIsRefused) {
  const EvaluatedTable table = MakeEvaluatedTable(false);
  const Result<ExprPtr> bound = BindExpression(*ParsePredicate("CURRENT_DATE"), *table.schema);
  EXPECT_THAT(bound, StatusIs(StatusCode::kInvalidArgument, HasSubstr("no fixed value")));
}

TEST(EvaluateExpression, SlicesKeepTheirRows) {
  EvaluatedTable table = MakeEvaluatedTable(false);
  table.batch = table.batch->Slice(1);
  EXPECT_THAT(EvaluateSql("COALESCE(nums[0], SIZE(MAP_KEYS(m)), 5)", table),
              IsOkAndHolds("integer: 5"));
  EXPECT_THAT(EvaluateSql("i + 1", table), IsOkAndHolds("integer: NULL"));
}

}  // namespace
}  // namespace deltaic
