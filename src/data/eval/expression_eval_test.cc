#include "data/eval/expression_eval.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "data/eval/column_functions.h"
#include "data/values/value_arrays.h"
#include "expr/bind.h"
#include "expr/function_definition.h"
#include "expr/parser.h"
#include "expr/value_cast.h"
#include "storage/arrow_status.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

using I = int64_t;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

DataTypePtr Of(TypeId id) { return DataType::Primitive(id); }
Value Text(const char* text) { return std::string(text); }

struct TestColumn {
  std::string name;
  DataTypePtr type;
  std::shared_ptr<arrow::Array> array;
};

TestColumn Primitive(const char* name, DataTypePtr type, const std::vector<Value>& values) {
  auto array = ArrayFromValues(values, *type);
  EXPECT_THAT(array, IsOk());
  return {name, std::move(type), *array};
}

std::shared_ptr<arrow::Array> Offsets(const std::vector<Value>& offsets) {
  return *ArrayFromValues(offsets, *Of(TypeId::kInteger));
}

/// Two rows, the second of nulls, so that each case shows what becomes of null.
std::vector<TestColumn> MakeColumns() {
  std::vector<TestColumn> columns = {
      Primitive("b", Of(TypeId::kByte), {I{5}, {}}),
      Primitive("sh", Of(TypeId::kShort), {I{300}, {}}),
      Primitive("i", Of(TypeId::kInteger), {I{7}, {}}),
      Primitive("big", Of(TypeId::kInteger), {I{2147483647}, {}}),
      Primitive("zero", Of(TypeId::kInteger), {I{0}, {}}),
      Primitive("l", Of(TypeId::kLong), {I{-9}, {}}),
      Primitive("f", Of(TypeId::kFloat), {1.5, {}}),
      Primitive("d", Of(TypeId::kDouble), {-2.5, {}}),
      Primitive("nan", Of(TypeId::kDouble), {kNan, {}}),
      Primitive("dec", DataType::Decimal(10, 2), {Int128{1234}, {}}),
      Primitive("wide", DataType::Decimal(38, 10), {Int128{10'000'000'000}, {}}),
      Primitive("s", Of(TypeId::kString), {Text("hello"), {}}),
      Primitive("t", Of(TypeId::kString), {Text(" äb c "), {}}),
      Primitive("n", Of(TypeId::kString), {Text("12"), {}}),
      Primitive("when", Of(TypeId::kString), {Text("2020-05-06"), {}}),
      Primitive("day", Of(TypeId::kDate), {I{18388}, {}}),                 // 2020-05-06
      Primitive("end", Of(TypeId::kDate), {I{18292}, {}}),                 // 2020-01-31
      Primitive("at", Of(TypeId::kTimestamp), {I{1588759872500000}, {}}),  // 10:11:12.5 of day
      Primitive("local", Of(TypeId::kTimestampNtz), {I{1588759872500000}, {}}),
      Primitive("yes", Of(TypeId::kBoolean), {true, {}}),
      Primitive("raw", Of(TypeId::kBinary), {std::string("\x0a\xff"), {}}),
  };
  const auto valid = *arrow::AllocateBitmap(2);
  valid->mutable_data()[0] = 0b01;
  const auto numbers = *ArrayFromValues({I{1}, Value(), I{3}}, *Of(TypeId::kInteger));
  columns.push_back({"nums", DataType::Array(Of(TypeId::kInteger), true),
                     *arrow::ListArray::FromArrays(*Offsets({I{0}, I{3}, I{3}}), *numbers,
                                                   arrow::default_memory_pool(), valid)});
  const auto keys = *ArrayFromValues({Text("a"), Text("b")}, *Of(TypeId::kString));
  const auto items = *ArrayFromValues({I{1}, Value()}, *Of(TypeId::kInteger));
  columns.push_back({"m", DataType::Map(Of(TypeId::kString), Of(TypeId::kInteger), true),
                     *arrow::MapArray::FromArrays(Offsets({I{0}, Value(), I{2}}), keys, items)});
  const auto members = *ArrayFromValues({I{4}, I{5}}, *Of(TypeId::kInteger));
  columns.push_back(
      {"p", DataType::Struct({{"x", Of(TypeId::kInteger), true, {}}}),
       *arrow::StructArray::Make({members}, {arrow::field("x", arrow::int32())}, valid, 1)});
  return columns;
}

struct Table {
  SchemaPtr schema;
  std::shared_ptr<arrow::RecordBatch> batch;
};

Table MakeTable(bool dictionaries) {
  std::vector<StructField> fields;
  arrow::FieldVector arrow_fields;
  arrow::ArrayVector arrays;
  for (const TestColumn& column : MakeColumns()) {
    std::shared_ptr<arrow::Array> array = column.array;
    if (dictionaries && column.type->is_primitive()) {
      array = arrow::compute::DictionaryEncode(array)->make_array();
    }
    fields.push_back({column.name, column.type, true, {}});
    arrow_fields.push_back(arrow::field(column.name, array->type()));
    arrays.push_back(array);
  }
  return {DataType::Struct(fields),
          arrow::RecordBatch::Make(arrow::schema(arrow_fields), 2, arrays)};
}

/// 2020-05-06 10:11:12.5.
constexpr int64_t kNow = 1588759872500000;

Result<ExprPtr> Bind(std::string_view sql, const Schema& schema) {
  DELTAIC_ASSIGN_OR_RETURN(const ExprPtr parsed, ParsePredicate(sql));
  return BindExpression(parsed, schema, {.now_micros = kNow});
}

std::string ValueText(const arrow::Array& array, int64_t row, const DataType& type) {
  const Value value = ValueAt(array, row);
  if (IsNull(value)) return "NULL";
  const Result<Value> text = CastValue(value, type, *Of(TypeId::kString));
  return text.ok() ? std::get<std::string>(*text) : text.status().message();
}

/// "type: row 1 | row 2"
Result<std::string> Evaluate(std::string_view sql, const Table& table) {
  DELTAIC_ASSIGN_OR_RETURN(const ExprPtr bound, Bind(sql, *table.schema));
  DELTAIC_ASSIGN_OR_RETURN(const auto array, EvaluateExpression(*bound, *table.batch));
  std::string out = bound->type()->ToString() + ":";
  for (int64_t row = 0; row < array->length(); ++row) {
    out += (row == 0 ? " " : " | ") + ValueText(*array, row, *bound->type());
  }
  return out;
}

struct Case {
  const char* sql;
  const char* result;
};

class Evaluation : public ::testing::TestWithParam<Case> {};

TEST_P(Evaluation, GivesSparksTypeAndValues) {
  for (const bool dictionaries : {false, true}) {
    const Table table = MakeTable(dictionaries);
    EXPECT_THAT(Evaluate(GetParam().sql, table), IsOkAndHolds(GetParam().result)) << GetParam().sql;
    // Bound text reads back as what binds alike.
    const Result<ExprPtr> bound = Bind(GetParam().sql, *table.schema);
    ASSERT_THAT(bound, IsOk());
    if ((*bound)->type()->is_primitive()) {
      EXPECT_THAT(Evaluate((*bound)->ToSql(), table), IsOkAndHolds(GetParam().result))
          << (*bound)->ToSql();
    }
  }
}

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
  const Table table = MakeTable(false);
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
      EXPECT_THAT(Evaluate(sql, table), StatusIs(StatusCode::kInvalidArgument, HasSubstr("JSON")));
      continue;
    }
    EXPECT_THAT(Evaluate(sql, table), IsOkAndHolds(std::string(c.result))) << sql;
    const auto bound = Bind(sql, *table.schema);
    ASSERT_THAT(bound, IsOk());
    EXPECT_THAT(Evaluate((*bound)->ToSql(), table), IsOkAndHolds(std::string(c.result)))
        << (*bound)->ToSql();
  }
}

TEST(Variants, WhatDoesNotFitIsAnError) {
  const Table table = MakeTable(false);
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
    EXPECT_THAT(Evaluate(OnJson(sql), table),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(message)))
        << sql;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Charsets, Evaluation,
    ::testing::Values(
        Case{"HEX(ENCODE(s, 'utf-8'))", "string: 68656C6C6F | NULL"},
        Case{"HEX(ENCODE('é€🦆', 'UTF-8'))", "string: C3A9E282ACF09FA686 | C3A9E282ACF09FA686"},
        Case{"HEX(ENCODE('é🦆', 'UTF-16'))", "string: FEFF00E9D83EDD86 | FEFF00E9D83EDD86"},
        Case{"HEX(ENCODE('é🦆', 'UTF-16BE'))", "string: 00E9D83EDD86 | 00E9D83EDD86"},
        Case{"HEX(ENCODE('é🦆', 'UTF-16LE'))", "string: E9003ED886DD | E9003ED886DD"},
        Case{"HEX(ENCODE('é🦆', 'UTF-32'))", "string: 000000E90001F986 | 000000E90001F986"},
        Case{"HEX(ENCODE('é', 'ISO-8859-1'))", "string: E9 | E9"},
        Case{"HEX(ENCODE('', 'UTF-16'))", "string:  | "},
        Case{"HEX(ENCODE(i, 'US-ASCII'))", "string: 37 | NULL"},
        Case{"ENCODE(NULL, 'UTF-8') IS NULL", "boolean: true | true"},
        Case{"DECODE(ENCODE(t, 'UTF-16'), 'UTF-16')", "string:  äb c  | NULL"},
        Case{"DECODE(ENCODE(t, 'UTF-16LE'), 'UTF-16LE')", "string:  äb c  | NULL"},
        Case{"DECODE(ENCODE(t, 'UTF-32'), 'utf-32')", "string:  äb c  | NULL"},
        Case{"DECODE(ENCODE(t, 'iso-8859-1'), 'ISO-8859-1')", "string:  äb c  | NULL"},
        Case{"DECODE(X'FFFEE9003ED886DD', 'UTF-16')", "string: é🦆 | é🦆"},
        Case{"DECODE(X'FEFF00E9', 'UTF-16')", "string: é | é"},
        Case{"DECODE(X'00E9', 'UTF-16')", "string: é | é"},
        Case{"DECODE(i, 7, 'seven', NULL, 'none')", "string: seven | none"},
        Case{"DECODE(i, 8, 'eight', 'other')", "string: other | other"},
        Case{"DECODE(i, 8, 'eight')", "string: NULL | NULL"},
        Case{"DECODE(s, 'hello', 1, 'x', 2.5, 3)", "decimal(11,1): 1.0 | 3.0"}));

INSTANTIATE_TEST_SUITE_P(
    Rounding, Evaluation,
    ::testing::Values(
        Case{"ROUND(dec)", "decimal(9,0): 12 | NULL"},
        Case{"ROUND(dec, 1)", "decimal(10,1): 12.3 | NULL"},
        Case{"ROUND(2.5)", "decimal(2,0): 3 | 3"}, Case{"ROUND(-2.5)", "decimal(2,0): -3 | -3"},
        Case{"BROUND(2.5)", "decimal(2,0): 2 | 2"}, Case{"ROUND(25, -1)", "integer: 30 | 30"},
        Case{"BROUND(25, -1)", "integer: 20 | 20"}, Case{"ROUND(d)", "double: -3.0 | NULL"},
        Case{"BROUND(d)", "double: -2.0 | NULL"}, Case{"ROUND(1.005D, 2)", "double: 1.01 | 1.01"},
        Case{"CEIL(dec)", "decimal(9,0): 13 | NULL"}, Case{"FLOOR(dec)", "decimal(9,0): 12 | NULL"},
        Case{"CEIL(d)", "long: -2 | NULL"}, Case{"FLOOR(d)", "long: -3 | NULL"},
        Case{"CEIL(nan)", "long: 0 | NULL"},
        Case{"FLOOR(1e30)", "long: 9223372036854775807 | 9223372036854775807"},
        Case{"CEIL(1.234, 2)", "decimal(4,2): 1.24 | 1.24"}, Case{"CEILING(i)", "long: 7 | NULL"},
        Case{"FLOOR(-0.5)", "decimal(1,0): -1 | -1"}));

INSTANTIATE_TEST_SUITE_P(
    Mathematics, Evaluation,
    ::testing::Values(
        Case{"SIGN(l)", "double: -1.0 | NULL"}, Case{"SQRT(4)", "double: 2.0 | 2.0"},
        Case{"SQRT(-1)", "double: NaN | NaN"}, Case{"POWER(2, 3)", "double: 8.0 | 8.0"},
        Case{"LN(zero)", "double: NULL | NULL"}, Case{"LN(1)", "double: 0.0 | 0.0"},
        Case{"LOG10(100)", "double: 2.0 | 2.0"}, Case{"LOG(2, 8)", "double: 3.0 | 3.0"},
        Case{"EXP(zero)", "double: 1.0 | NULL"}, Case{"GREATEST(i, l, NULL)", "long: 7 | NULL"},
        Case{"LEAST(i, 2.5, 9)", "decimal(11,1): 2.5 | 2.5"},
        Case{"GREATEST(nan, 1)", "double: NaN | 1.0"},
        Case{"GREATEST('a', s)", "string: hello | a"}, Case{"NANVL(nan, 5)", "double: 5.0 | NULL"},
        Case{"ISNAN(nan)", "boolean: true | false"}));

INSTANTIATE_TEST_SUITE_P(
    Strings, Evaluation,
    ::testing::Values(
        Case{"LENGTH(t)", "integer: 6 | NULL"}, Case{"LENGTH(raw)", "integer: 2 | NULL"},
        Case{"UPPER(t)", "string:  ÄB C  | NULL"}, Case{"LOWER('ÄB')", "string: äb | äb"},
        Case{"UPPER(s)", "string: HELLO | NULL"}, Case{"TRIM(t)", "string: äb c | NULL"},
        Case{"LTRIM(t)", "string: äb c  | NULL"}, Case{"RTRIM(t)", "string:  äb c | NULL"},
        Case{"TRIM(BOTH 'h' FROM s)", "string: ello | NULL"},
        Case{"TRIM(LEADING 'eh' FROM s)", "string: llo | NULL"},
        Case{"TRIM(TRAILING FROM t)", "string:  äb c | NULL"},
        Case{"SUBSTRING(s, 2, 3)", "string: ell | NULL"},
        Case{"SUBSTR(s, -3)", "string: llo | NULL"},
        Case{"SUBSTRING(s, -10, 7)", "string: he | NULL"},
        Case{"SUBSTRING(s, 0, 2)", "string: he | NULL"},
        Case{"SUBSTRING(t, 2, 1)", "string: ä | NULL"},
        Case{"SUBSTRING(s, 2, -1)", "string:  | NULL"}, Case{"LEFT(s, 2)", "string: he | NULL"},
        Case{"RIGHT(s, 2)", "string: lo | NULL"}, Case{"RIGHT(s, 9)", "string: hello | NULL"},
        Case{"s || '-' || i", "string: hello-7 | NULL"},
        Case{"CONCAT(s, i, yes, dec)", "string: hello7true12.34 | NULL"},
        Case{"CONCAT_WS(',', s, NULL, n)", "string: hello,12 | "},
        Case{"REPLACE(s, 'l', 'xy')", "string: hexyxyo | NULL"},
        Case{"REPLACE(s, 'l')", "string: heo | NULL"},
        Case{"TRANSLATE(s, 'el', 'a')", "string: hao | NULL"},
        Case{"STARTSWITH(s, 'he')", "boolean: true | NULL"},
        Case{"ENDSWITH(s, 'x')", "boolean: false | NULL"},
        Case{"CONTAINS(s, 'ell')", "boolean: true | NULL"},
        Case{"INSTR(s, 'l')", "integer: 3 | NULL"}, Case{"LOCATE('l', s, 4)", "integer: 4 | NULL"},
        Case{"POSITION('o' IN s)", "integer: 5 | NULL"}, Case{"LOCATE('', s)", "integer: 1 | NULL"},
        Case{"LPAD(n, 5, 'xy')", "string: xyx12 | NULL"}, Case{"RPAD(n, 4)", "string: 12   | NULL"},
        Case{"LPAD(s, 2)", "string: he | NULL"}, Case{"REPEAT(n, 2)", "string: 1212 | NULL"},
        Case{"REPEAT(n, -1)", "string:  | NULL"}, Case{"REVERSE(t)", "string:  c bä  | NULL"},
        Case{"SPLIT_PART('a.b.c', '.', -1)", "string: c | c"},
        Case{"SPLIT_PART('a.b.c', '.', 5)", "string:  | "}, Case{"HEX(raw)", "string: 0AFF | NULL"},
        Case{"HEX(-1)", "string: FFFFFFFFFFFFFFFF | FFFFFFFFFFFFFFFF"},
        Case{"HEX(zero)", "string: 0 | NULL"}, Case{"ASCII('ä')", "integer: 228 | 228"}));

INSTANTIATE_TEST_SUITE_P(
    Patterns, Evaluation,
    ::testing::Values(Case{"s RLIKE 'l+o$'", "boolean: true | NULL"},
                      Case{"s NOT RLIKE '^x'", "boolean: true | NULL"},
                      Case{"REGEXP_LIKE(s, NULL)", "boolean: NULL | NULL"},
                      Case{"s ILIKE 'H_L%'", "boolean: true | NULL"},
                      Case{"s NOT ILIKE 'h'", "boolean: true | NULL"},
                      Case{"'10%' LIKE '10#%' ESCAPE '#'", "boolean: true | true"},
                      Case{"'a\\b' LIKE 'a\\b' ESCAPE '#'", "boolean: true | true"},
                      Case{"REGEXP_REPLACE(s, '(l)(o)', '$2$1')", "string: helol | NULL"},
                      Case{"REGEXP_REPLACE('a1b2', '[0-9]', '\\$')", "string: a$b$ | a$b$"},
                      Case{"REGEXP_EXTRACT('a12b34', '([0-9])([0-9])', 2)", "string: 2 | 2"},
                      Case{"REGEXP_EXTRACT('a12b34', '[0-9]+', 0)", "string: 12 | 12"},
                      Case{"REGEXP_EXTRACT(s, 'x', 0)", "string:  | NULL"},
                      Case{"SPLIT('a,b,,', ',')[1]", "string: b | b"},
                      Case{"SIZE(SPLIT('a,b,,', ','))", "integer: 4 | 4"},
                      Case{"SIZE(SPLIT(s, ''))", "integer: 5 | NULL"},
                      Case{"SPLIT('a1b2', '[0-9]', 2)[1]", "string: b2 | b2"},
                      Case{"SIZE(SPLIT('', ','))", "integer: 1 | 1"}));

INSTANTIATE_TEST_SUITE_P(
    Times, Evaluation,
    ::testing::Values(
        Case{"day + 1", "date: 2020-05-07 | NULL"}, Case{"day - 6", "date: 2020-04-30 | NULL"},
        Case{"day + INTERVAL 1 DAY", "date: 2020-05-07 | NULL"},
        Case{"INTERVAL '2' WEEK + day", "date: 2020-05-20 | NULL"},
        Case{"end + INTERVAL 1 MONTH", "date: 2020-02-29 | NULL"},
        Case{"end + INTERVAL '1-1' YEAR TO MONTH", "date: 2021-02-28 | NULL"},
        Case{"day + INTERVAL 1 HOUR", "timestamp: 2020-05-06 01:00:00 | NULL"},
        Case{"at - INTERVAL '1' DAY", "timestamp: 2020-05-05 10:11:12.5 | NULL"},
        Case{"at + INTERVAL '1 02:03:04.5' DAY TO SECOND", "timestamp: 2020-05-07 12:14:17 | NULL"},
        Case{"at + INTERVAL -1 MONTH", "timestamp: 2020-04-06 10:11:12.5 | NULL"},
        Case{"local + INTERVAL '1 day 2 hours'", "timestamp_ntz: 2020-05-07 12:11:12.5 | NULL"},
        Case{"DATE_ADD(`when`, 5)", "date: 2020-05-11 | NULL"},
        Case{"DATE_SUB(day, 6)", "date: 2020-04-30 | NULL"},
        Case{"DATEDIFF(day, end)", "integer: 96 | NULL"},
        Case{"ADD_MONTHS(end, 1)", "date: 2020-02-29 | NULL"},
        Case{"LAST_DAY(day)", "date: 2020-05-31 | NULL"}, Case{"YEAR(day)", "integer: 2020 | NULL"},
        Case{"QUARTER(at)", "integer: 2 | NULL"}, Case{"MONTH(`when`)", "integer: 5 | NULL"},
        Case{"DAY(day)", "integer: 6 | NULL"}, Case{"DAYOFWEEK(day)", "integer: 4 | NULL"},
        Case{"WEEKDAY(day)", "integer: 2 | NULL"}, Case{"DAYOFYEAR(day)", "integer: 127 | NULL"},
        Case{"WEEKOFYEAR('2021-01-03')", "integer: 53 | 53"},
        Case{"HOUR(at)", "integer: 10 | NULL"}, Case{"MINUTE(local)", "integer: 11 | NULL"},
        Case{"SECOND(at)", "integer: 12 | NULL"},
        Case{"EXTRACT(DOW FROM day)", "integer: 4 | NULL"},
        Case{"DATE_TRUNC('hour', at)", "timestamp: 2020-05-06 10:00:00 | NULL"},
        Case{"DATE_TRUNC('WEEK', at)", "timestamp: 2020-05-04 00:00:00 | NULL"},
        Case{"DATE_TRUNC('quarter', day)", "timestamp: 2020-04-01 00:00:00 | NULL"},
        Case{"DATE_TRUNC('xx', at)", "timestamp: NULL | NULL"},
        Case{"TRUNC(day, 'MM')", "date: 2020-05-01 | NULL"},
        Case{"TRUNC(day, 'day')", "date: NULL | NULL"},
        Case{"TO_DATE(`when`)", "date: 2020-05-06 | NULL"},
        Case{"TO_DATE('06/05/2020', 'dd/MM/yyyy')", "date: 2020-05-06 | 2020-05-06"},
        Case{"TO_TIMESTAMP('6.5.2020 3 pm', 'd.M.yyyy h a')",
             "timestamp: 2020-05-06 15:00:00 | 2020-05-06 15:00:00"},
        Case{"DATE_FORMAT(at, 'yyyy-MM-dd HH:mm:ss.SSS')",
             "string: 2020-05-06 10:11:12.500 | NULL"},
        Case{"DATE_FORMAT(day, 'EEE, d MMM yy')", "string: Wed, 6 May 20 | NULL"},
        Case{"DATE_FORMAT(at, 'EEEE MMMM D hh a ''o''')",
             "string: Wednesday May 127 10 AM o | NULL"},
        Case{"UNIX_TIMESTAMP(at)", "long: 1588759872 | NULL"},
        Case{"UNIX_TIMESTAMP('2020-05-06', 'yyyy-MM-dd')", "long: 1588723200 | 1588723200"},
        Case{"UNIX_MILLIS(at)", "long: 1588759872500 | NULL"},
        Case{"TIMESTAMP_SECONDS(zero)", "timestamp: 1970-01-01 00:00:00 | NULL"},
        Case{"FROM_UNIXTIME(zero)", "string: 1970-01-01 00:00:00 | NULL"},
        Case{"MAKE_DATE(2020, 2, 3)", "date: 2020-02-03 | 2020-02-03"},
        Case{"CURRENT_DATE", "date: 2020-05-06 | 2020-05-06"},
        Case{"NOW()", "timestamp: 2020-05-06 10:11:12.5 | 2020-05-06 10:11:12.5"},
        Case{"CURRENT_TIMESTAMP() - INTERVAL 12 SECONDS",
             "timestamp: 2020-05-06 10:11:00.5 | 2020-05-06 10:11:00.5"}));

INSTANTIATE_TEST_SUITE_P(
    Casts, Evaluation,
    ::testing::Values(Case{"CAST(n AS INT)", "integer: 12 | NULL"},
                      Case{"n::BIGINT", "long: 12 | NULL"},
                      Case{"TRY_CAST(s AS INT)", "integer: NULL | NULL"},
                      Case{"TRY_CAST(n AS INT)", "integer: 12 | NULL"},
                      Case{"TRY_CAST(big AS TINYINT)", "byte: NULL | NULL"},
                      Case{"CAST(at AS BIGINT)", "long: 1588759872 | NULL"},
                      Case{"CAST(at AS DOUBLE)", "double: 1.5887598725E9 | NULL"},
                      Case{"CAST(zero AS TIMESTAMP)", "timestamp: 1970-01-01 00:00:00 | NULL"},
                      Case{"CAST(1.5 AS TIMESTAMP)",
                           "timestamp: 1970-01-01 00:00:01.5 | 1970-01-01 00:00:01.5"},
                      Case{"DATE('2020-3-1 xyz')", "date: 2020-03-01 | 2020-03-01"},
                      Case{"CAST('2020-1-1 1:2:3.5' AS TIMESTAMP)",
                           "timestamp: 2020-01-01 01:02:03.5 | 2020-01-01 01:02:03.5"},
                      Case{"CAST('2020-01-01 10:11:12 +01:30' AS TIMESTAMP)",
                           "timestamp: 2020-01-01 08:41:12 | 2020-01-01 08:41:12"},
                      Case{"STRING(d)", "string: -2.5 | NULL"},
                      Case{"TYPEOF(dec + 1)", "string: decimal(11,2) | decimal(11,2)"}));

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
    EXPECT_THAT(Evaluate(GetParam().sql, MakeTable(dictionaries)),
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
  const Table table = MakeTable(false);
  const Result<ExprPtr> bound = BindExpression(*ParsePredicate("CURRENT_DATE"), *table.schema);
  EXPECT_THAT(bound, StatusIs(StatusCode::kInvalidArgument, HasSubstr("no fixed value")));
}

TEST(EvaluateExpression, SlicesKeepTheirRows) {
  Table table = MakeTable(false);
  table.batch = table.batch->Slice(1);
  EXPECT_THAT(Evaluate("COALESCE(nums[0], SIZE(MAP_KEYS(m)), 5)", table),
              IsOkAndHolds("integer: 5"));
  EXPECT_THAT(Evaluate("i + 1", table), IsOkAndHolds("integer: NULL"));
}

}  // namespace
}  // namespace deltaic
