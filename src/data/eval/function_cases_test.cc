#include <gtest/gtest.h>

#include "data/eval/evaluation_cases.h"

// Cases by the table of functions they belong to.

namespace deltaic::testing {
namespace {

using Case = EvaluationCase;

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
    Json, Evaluation,
    ::testing::Values(
        Case{"TO_JSON(p)", R"(string: {"x":4} | NULL)"},
        Case{"TO_JSON(nums)", "string: [1,null,3] | NULL"},
        Case{"TO_JSON(m)", R"(string: {"a":1,"b":null} | NULL)"},
        Case{"TO_JSON(NAMED_STRUCT('f', f, 'd', d, 'n', nan, 'dec', dec, 's', s))",
             R"(string: {"f":1.5,"d":-2.5,"n":"NaN","dec":12.34,"s":"hello"} | {})"},
        Case{"TO_JSON(NAMED_STRUCT('a', day, 'b', at, 'c', local, 'd', yes, 'e', raw))",
             R"(string: {"a":"2020-05-06","b":"2020-05-06T10:11:12.500Z",)"
             R"("c":"2020-05-06T10:11:12.500","d":true,"e":"Cv8="} | {})"},
        Case{"TO_JSON(NAMED_STRUCT('a', i, 'b', p), MAP('ignoreNullFields', 'false'))",
             R"(string: {"a":7,"b":{"x":4}} | {"a":null,"b":null})"},
        Case{"TO_JSON(NAMED_STRUCT('a', at), MAP('timeZone', '-05:30'))",
             R"(string: {"a":"2020-05-06T04:41:12.500-05:30"} | {})"},
        Case{"TO_JSON(NAMED_STRUCT('a', at, 'b', day), MAP('timestampFormat', 'HH:mm', "
             "'dateFormat', 'd.M.y'))",
             R"(string: {"a":"10:11","b":"6.5.2020"} | {})"},
        Case{"TO_JSON(ARRAY(CAST(0.0000000001 AS DECIMAL(38,10)), -0.0000000015))",
             "string: [1E-10,-1.5E-9] | [1E-10,-1.5E-9]"},
        Case{"TO_JSON(PARSE_JSON('{\"b\":1,\"a\":[null,1.50]}'))",
             R"(string: {"a":[null,1.5],"b":1} | {"a":[null,1.5],"b":1})"},
        Case{"SCHEMA_OF_VARIANT(PARSE_JSON('[1, 2.5]'))",
             "string: ARRAY<DECIMAL(21,1)> | ARRAY<DECIMAL(21,1)>"},
        Case{"SCHEMA_OF_VARIANT(PARSE_JSON('{\"a b\":[{\"x\":1},{\"y\":[]}],\"c\":null}'))",
             "string: OBJECT<`a b`: ARRAY<OBJECT<x: BIGINT, y: ARRAY<VOID>>>, c: VOID> | "
             "OBJECT<`a b`: ARRAY<OBJECT<x: BIGINT, y: ARRAY<VOID>>>, c: VOID>"},
        Case{"SCHEMA_OF_VARIANT(TRY_PARSE_JSON(n))", "string: BIGINT | NULL"}));

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

}  // namespace
}  // namespace deltaic::testing
