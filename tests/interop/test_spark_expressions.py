"""Expressions mean here what they mean in Spark: type for type and value for value, over one small table.

Each is put into a condition that holds for a row only if the expression has the value that Spark gave, so that what is
compared went through a scan.
"""

import datetime
import decimal
import math

import deltaic
import pyarrow as pa
import pytest
from values import UTC

ROWS = pa.table(
    {
        "id": pa.array([0, 1, 2, 3], pa.int32()),
        "b": pa.array([5, -128, None, 0], pa.int8()),
        "sh": pa.array([300, -7, None, 1], pa.int16()),
        "i": pa.array([7, -7, None, 0], pa.int32()),
        "l": pa.array([10_000_000_000, -9, None, 1], pa.int64()),
        "f": pa.array([1.5, math.nan, None, -0.0], pa.float32()),
        "d": pa.array([-2.5, math.inf, None, 0.1], pa.float64()),
        "dec": pa.array(["12.34", "-99.99", None, "0.05"], pa.string()).cast(pa.decimal128(10, 2)),
        "wide": pa.array(["1234567.0123456789", "-0.0000000001", None, "0"], pa.string()).cast(pa.decimal128(38, 10)),
        "s": pa.array(["Hello, World", "äbc ß", None, ""]),
        "n": pa.array(["12", " -3 ", None, "0"]),
        "csv": pa.array(["a,b,,c", "x", None, ","]),
        "day": pa.array(
            [datetime.date(2020, 2, 29), datetime.date(1969, 12, 31), None, datetime.date(2021, 1, 3)], pa.date32()
        ),
        "at": pa.array(
            [
                datetime.datetime(2020, 5, 6, 10, 11, 12, 345678, UTC),
                datetime.datetime(1969, 12, 31, 23, 59, 58, 500000, UTC),
                None,
                datetime.datetime(2000, 1, 1, tzinfo=UTC),
            ],
            pa.timestamp("us", "UTC"),
        ),
        "yes": pa.array([True, False, None, True]),
        "raw": pa.array([b"\x0a\xff", b"", None, b"abc"], pa.binary()),
        "nums": pa.array([[1, None, 3], [5], None, [7, 8]], pa.list_(pa.int32())),
        "m": pa.array([[("a", 1), ("b", None)], [], None, [("z", 26)]], pa.map_(pa.string(), pa.int32())),
        "p": pa.array([{"x": 4, "y": "why"}, {"x": None, "y": ""}, None, {"x": -1, "y": "n"}]),
    }
)

ARITHMETIC = """
i + 1 | b + sh | sh + i | i + l | i - 10 | i * l | i / 2 | l / 4 | i DIV 2 | l DIV 3 | i % 4 | l % 7 | -i | +i | -l
PMOD(i, 4) | PMOD(l, -4) | MOD(i, 3) | i % -3 | ABS(i) | ABS(l) | ABS(dec) | ABS(d) | f + f | f * 2 | f + i | f + d
d * 2 | d - 1 | d % 2 | f / 2 | n + i | n * 2 | n - 1.5 | n / 4 | i + NULL | i & 3 | i | 8 | i ^ 5 | ~i | b & 15
l & 255 | ~b | 1 + 2 * 3 - 4 | (1 + 2) * 3 | 10 - 4 - 3 | 100 / 10 / 5 | 1 | 2 + 1 & 3 | NEGATIVE(i) | POSITIVE(i)
7 DIV 2 * 2 | -5 % 3 | dec + 1 | dec + i | dec - dec | dec * dec | dec / 3 | dec % 5 | dec DIV 5 | dec * d | dec + 1L
1.5 + 2 | 1.50 * 2.25 | 10 / 3.0 | dec + wide | wide * dec | wide / 3 | wide - 1 | wide * wide | PMOD(dec, 7) | -dec
dec / dec / 2 | sh * dec | 2.5 % 2 | 1Y + 1.5 | 1.5F * 2.5 | 3L * 0.5 | 1e2 + 1 | 12345.678 * 0.001 | dec + 0.005
100000 * 2.50 | 7 / 2.0 | 1.0 / 3
"""
MATH = """
ROUND(dec) | ROUND(dec, 1) | ROUND(dec, -1) | ROUND(2.5) | ROUND(-2.5) | ROUND(d) | ROUND(d, 1) | ROUND(i, -1)
ROUND(l, 2) | ROUND(1.005D, 2) | ROUND(2.675D, 2) | ROUND(1234.567, -2) | ROUND(0.5D) | ROUND(1.5F, 0) | ROUND(25, -1)
ROUND(-25, -1) | BROUND(2.5) | BROUND(3.5D) | BROUND(-2.5D) | BROUND(25, -1) | BROUND(dec, 1) | BROUND(35, -1)
ROUND(dec, 5) | ROUND(15L, -1) | CEIL(dec) | CEIL(d) | CEIL(i) | CEILING(-0.5) | CEIL(1.234, 2) | FLOOR(dec)
FLOOR(d) | FLOOR(-0.5) | FLOOR(1.239, 2) | FLOOR(f) | CEIL(1e30) | FLOOR(-1e30) | CEIL(l) | SIGN(i) | SIGN(dec)
SIGNUM(d) | SIGN(f) | SQRT(ABS(i)) | SQRT(-1) | ROUND(CBRT(27), 10) | POWER(2, 3) | POW(i, 2) | POWER(4, 0.5)
ROUND(EXP(1), 10)
ROUND(LN(10), 10) | LN(0) | LN(-1) | LOG10(1000) | LOG2(8) | ROUND(LOG(2, 8), 10) | ROUND(LOG(10), 10)
POWER(1, DOUBLE('NaN')) | POWER(0, 0) | GREATEST(i, l) | GREATEST(i, 2.5, NULL) | LEAST(i, 2.5) | GREATEST(d, f)
LEAST(d, f) | GREATEST(s, n) | LEAST(day, DATE'2020-01-01') | GREATEST(yes, FALSE) | ISNAN(f) | ISNAN(i) | NANVL(f, 9)
NANVL(d, f)
"""
TEXT = """
LENGTH(s) | CHAR_LENGTH(s) | LEN(n) | LENGTH(raw) | OCTET_LENGTH(s) | LOWER(s) | UPPER(n) | LCASE('ABC') | TRIM(n)
LTRIM(n) | RTRIM(n) | TRIM(BOTH 'Hd' FROM s) | TRIM(LEADING 'H' FROM s) | TRIM(TRAILING 'd' FROM s) | BTRIM(s, 'Hd')
TRIM(FROM n) | LENGTH(i) | SUBSTRING(s, 2, 3) | SUBSTR(s, -3) | SUBSTRING(s, -3, 2) | SUBSTRING(s, -20, 10)
SUBSTRING(s, 0, 2) | SUBSTRING(s, 20) | SUBSTRING(l, 2, 2) | SUBSTRING(s, 2, -1) | LEFT(s, 2) | LEFT(s, -1)
RIGHT(s, 3) | RIGHT(s, 99) | RIGHT(s, 0) | s || '-' || i | CONCAT(s, n) | CONCAT(i, l, dec) | CONCAT(s, NULL)
CONCAT_WS('-', s, NULL, n) | CONCAT_WS(NULL, s) | CONCAT_WS(',', i, b) | REPLACE(s, 'l', 'xy') | REPLACE(s, 'l')
REPLACE(s, '', 'x') | TRANSLATE(s, 'Hl', 'j') | STARTSWITH(s, 'He') | ENDSWITH(s, 'd') | CONTAINS(s, 'lo')
STARTSWITH(s, NULL) | INSTR(s, 'o') | INSTR(s, '') | LOCATE('o', s) | LOCATE('o', s, 6) | LOCATE('o', s, 0)
LOCATE('b', s) | POSITION('b' IN s) | POSITION('o', s) | LPAD(s, 5, 'xy') | RPAD(n, 6, 'xy') | LPAD(n, 8) | RPAD(s, 3)
LPAD(n, 3, '') | LPAD(s, -1) | REPEAT(n, 3) | REPEAT(n, -1) | REVERSE(s) | SPLIT_PART(csv, ',', 2)
SPLIT_PART(csv, ',', -1) | SPLIT_PART(csv, ',', 9) | SPLIT_PART(csv, '', 1) | ASCII(s) | HEX(s) | HEX(i) | HEX(raw)
HEX(l) | s LIKE '%l%' | s LIKE '_bc%' | s NOT LIKE 'H%' | s ILIKE 'hel%' | s ILIKE 'Ä%' | '10%' LIKE '10#%' ESCAPE '#'
s LIKE '' | i LIKE '7' | s RLIKE 'l+' | s RLIKE '^H.*d$' | s REGEXP '[0-9]' | REGEXP_LIKE(s, 'b')
REGEXP_REPLACE(s, '[aeiou]', '*') | REGEXP_REPLACE(s, '(l)(o)', '$2$1') | REGEXP_EXTRACT(s, '([a-z]+), ([A-Z])', 2)
REGEXP_EXTRACT(s, 'l+', 0) | REGEXP_EXTRACT(s, '(x)', 1) | REGEXP_EXTRACT(csv, '(,)(.)') | SIZE(SPLIT(csv, ','))
SPLIT(csv, ',')[0] | SIZE(SPLIT(csv, ',', 2)) | SIZE(SPLIT(s, '')) | SPLIT(csv, '[,]', -1)[0] | SIZE(SPLIT('', ','))
HEX(ENCODE(s, 'utf-8')) | HEX(ENCODE('é€', 'UTF-16')) | HEX(ENCODE('é€', 'UTF-16BE')) | HEX(ENCODE('é€', 'UTF-16LE'))
HEX(ENCODE('é€', 'UTF-32')) | HEX(ENCODE('é', 'ISO-8859-1')) | HEX(ENCODE(n, 'US-ASCII')) | HEX(ENCODE('', 'UTF-16'))
DECODE(ENCODE(s, 'UTF-16'), 'UTF-16') | DECODE(X'FFFEE900', 'UTF-16') | DECODE(X'00E9', 'UTF-16')
DECODE(X'41C3A9', 'UTF-8') | DECODE(i, 7, 'seven', NULL, 'none') | DECODE(i, 8, 'eight') | DECODE(s, 'x', 1, 2)
ELEMENT_AT(SPLIT(csv, ','), -1) | 'it''s' || s | s < n | s = '' | s > 'H' | LOWER('ÄÖÜ') | UPPER('äöü')
"""
TIME = """
day + 1 | day - 1 | 1 + day | day + INTERVAL 1 DAY | day - INTERVAL '2' DAY | day + INTERVAL 1 MONTH
day - INTERVAL 1 YEAR | day + INTERVAL 2 WEEK | day + INTERVAL 1 HOUR | day + INTERVAL '1-2' YEAR TO MONTH
INTERVAL 3 DAY + day | day + INTERVAL '36' HOUR | at + INTERVAL 1 DAY | at - INTERVAL '1 02:03:04.5' DAY TO SECOND
at + INTERVAL 1 MONTH | at + INTERVAL '10:30' HOUR TO MINUTE | at - INTERVAL '-10' SECOND
at + INTERVAL 1 DAY 2 HOURS | at + INTERVAL '1 day 2 hours' | at + INTERVAL '1.5' SECOND | at - INTERVAL 13 MONTHS
DATE_ADD(day, 5) | DATE_SUB(day, 5) | DATE_ADD(at, 1) | DATEDIFF(day, DATE'2020-01-01') | DATEDIFF(at, day)
ADD_MONTHS(day, 1) | ADD_MONTHS(day, -12) | LAST_DAY(day) | LAST_DAY(at) | YEAR(day) | YEAR(at) | QUARTER(day)
MONTH(day) | DAY(day) | DAYOFMONTH(at) | DAYOFWEEK(day) | WEEKDAY(day) | DAYOFYEAR(day) | WEEKOFYEAR(day) | HOUR(at)
MINUTE(at) | SECOND(at) | HOUR(day) | EXTRACT(YEAR FROM day) | EXTRACT(DOW FROM at) | EXTRACT(DOY FROM day)
EXTRACT(WEEK FROM day) | YEAR('2020-05-06') | HOUR('2020-05-06 07:08:09') | DATE_TRUNC('YEAR', at)
DATE_TRUNC('quarter', at) | DATE_TRUNC('MONTH', day) | DATE_TRUNC('week', at) | DATE_TRUNC('DAY', at)
DATE_TRUNC('HOUR', at) | DATE_TRUNC('MINUTE', at) | DATE_TRUNC('SECOND', at) | DATE_TRUNC('MILLISECOND', at)
DATE_TRUNC('bad', at) | TRUNC(day, 'YEAR') | TRUNC(day, 'MM') | TRUNC(day, 'quarter') | TRUNC(day, 'WEEK')
TRUNC(day, 'DAY') | TRUNC(at, 'MON') | TO_DATE('2020-05-06') | TO_DATE(at) | TO_DATE('06/05/2020', 'dd/MM/yyyy')
TO_TIMESTAMP('2020-05-06 1:2:3') | TO_TIMESTAMP('06.05.2020 10:11', 'dd.MM.yyyy HH:mm')
TO_TIMESTAMP('2020-05-06 03:04 PM', 'yyyy-MM-dd hh:mm a') | TO_TIMESTAMP('6 May 2020', 'd MMM yyyy')
TO_TIMESTAMP('20200506', 'yyyyMMdd') | DATE_FORMAT(at, 'yyyy-MM-dd HH:mm:ss.SSS') | DATE_FORMAT(day, 'EEE, d MMM yy')
DATE_FORMAT(day, 'EEEE MMMM D') | DATE_FORMAT(at, 'hh:mm a') | DATE_FORMAT(at, 'y/M/d H:m:s')
DATE_FORMAT(at, 'yyyyMMdd''T''HHmmssSSSSSS') | DATE_FORMAT(day, 'DDD') | UNIX_TIMESTAMP(at)
UNIX_TIMESTAMP('2020-05-06', 'yyyy-MM-dd') | UNIX_SECONDS(at) | UNIX_MILLIS(at) | UNIX_MICROS(at) | UNIX_DATE(day)
DATE_FROM_UNIX_DATE(i) | TIMESTAMP_SECONDS(i) | TIMESTAMP_MILLIS(l) | TIMESTAMP_MICROS(l) | FROM_UNIXTIME(i)
FROM_UNIXTIME(0, 'yyyy') | MAKE_DATE(2020, 2, 29) | CURRENT_DATE() = CURRENT_DATE | NOW() = CURRENT_TIMESTAMP()
TYPEOF(CURRENT_DATE) | day < at | day = DATE'2020-02-29' | at > '2000-01-01' | day = '2020-2-29' | CAST(at AS DATE)
CAST(day AS TIMESTAMP) | at BETWEEN '1970-01-01' AND '2020-12-31'
"""
CASTS = """
CAST(d AS STRING) | CAST(f AS STRING) | CAST(dec AS STRING) | CAST(at AS STRING) | CAST(day AS STRING)
CAST(yes AS STRING) | CAST(n AS INT) | n::BIGINT | CAST(n AS DECIMAL(5,1)) | CAST(n AS DOUBLE) | CAST(i AS BOOLEAN)
CAST(yes AS INT) | CAST(dec AS INT) | CAST(dec AS DECIMAL(5,1)) | CAST(dec AS DOUBLE) | CAST(i AS DECIMAL(12,2))
CAST(i AS TIMESTAMP) | CAST(at AS BIGINT) | CAST(at AS DOUBLE) | CAST(at AS DECIMAL(20,3)) | CAST(1.5 AS TIMESTAMP)
CAST(s AS BINARY) | CAST(f AS DOUBLE) | CAST(0.1 AS FLOAT) | TRY_CAST(s AS INT) | TRY_CAST(n AS INT)
TRY_CAST(i AS TINYINT) | TRY_CAST(l AS INT) | TRY_CAST(s AS DATE) | TRY_CAST(d AS INT) | CAST('2020' AS DATE)
CAST('2020-3' AS DATE) | CAST('2020-3-1 xyz' AS DATE) | CAST('2020-1-1 1:2:3.5' AS TIMESTAMP)
CAST('2020-01-01T10' AS TIMESTAMP) | CAST('2020-01-01 10:11:12 UTC' AS TIMESTAMP)
CAST('2020-01-01 10:11:12+1' AS TIMESTAMP) | CAST('2020-01-01 10:11:12 +01:30' AS TIMESTAMP) | CAST(' 7 ' AS INT)
CAST('1e3' AS DOUBLE) | CAST('yes' AS BOOLEAN) | CAST(1e10 AS STRING) | CAST(1.5e-10 AS STRING)
CAST(100000000D AS STRING) | CAST(1e-3 AS STRING) | DOUBLE('NaN') | INT('5') | STRING(i) | DATE(at) | BIGINT(dec)
-1::STRING | (i + 1)::STRING | CAST(2.5D AS INT) | CAST(-2.5 AS INT) | CAST(raw AS STRING) = 'abc'
"""
CONDITIONS = """
CASE WHEN i > 0 THEN 'pos' WHEN i < 0 THEN 'neg' ELSE 'none' END | CASE WHEN i > 0 THEN i END
CASE i WHEN 7 THEN 1 WHEN 0 THEN 2L ELSE 3 END | CASE WHEN yes THEN 1 ELSE 2.50 END | IF(yes, i, dec)
IF(i IS NULL, 'null', s) | IF(yes, day, at) | COALESCE(i, 5) | COALESCE(NULL, s, 'x') | COALESCE('1', i) | NVL(i, 5)
NVL(s, 'none') | IFNULL(dec, 0) | NVL2(i, 'a', 'b') | NULLIF(i, 7) | NULLIF(s, '') | NULLIF(i, 7.0) | ISNULL(i)
ISNOTNULL(i) | i IS NULL | i <=> NULL | i IS DISTINCT FROM 7 | i IS NOT DISTINCT FROM NULL | yes IS TRUE
yes IS NOT FALSE | (i > 0) IS UNKNOWN | yes IS NOT UNKNOWN | NOT yes | yes AND i > 0 | yes OR i > 0 | yes AND NULL
yes OR NULL | i IN (7, 0) | i IN (7, NULL) | i NOT IN (7, NULL) | i BETWEEN 0 AND 10 | i NOT BETWEEN 0 AND 10
i + 1 BETWEEN 0 AND 8 | i = n | i < n | n = 12 | n > 1.5 | d = '0.1' | dec = '12.34' | f = '1.5' | yes = 'true'
f = 0 | d > f | f = DOUBLE('NaN') | f > d | i <> 0 AND 10 / i > 1 | i = 0 OR 10 / i > 1 | IF(i = 0, 0, 10 DIV i)
CASE WHEN i <> 0 THEN 1 / i END | COALESCE(i, 0, 1 DIV i) | i IN (7, -7, 0, 1 DIV i) | 1 = 1.0 | 1 < 1.5 | 1L = 1
TRUE > FALSE | i = 7.0 | l = 10000000000 | dec < 1 | dec = 12.340 | wide > dec | TYPEOF(i) | TYPEOF(dec * 2)
TYPEOF(NULL)
"""
NESTED = """
nums[0] | ELEMENT_AT(nums, 1) | ELEMENT_AT(nums, -1) | SIZE(nums) | CARDINALITY(nums) | ARRAY_CONTAINS(nums, 3)
ARRAY_CONTAINS(nums, 5) | nums[i - i] | nums[NULL] | m['a'] | m['z'] | ELEMENT_AT(m, 'b') | SIZE(m)
SIZE(MAP_KEYS(m)) | ARRAY_CONTAINS(MAP_KEYS(m), 'a') | ARRAY_CONTAINS(MAP_VALUES(m), 26) | p.x | p.y | (p).x + 1
p.x + nums[0] | CONCAT(p.y, '!') | p.x IS NULL | nums IS NULL | TYPEOF(nums) | TYPEOF(m)
IF(SIZE(nums) > 2, nums[2], nums[0])
ARRAY(i, 1, NULL)[1] | SIZE(ARRAY()) | ARRAY(p.x, nums[0])[0] | ARRAY(ARRAY(1), ARRAY(i, 2))[1][0] | ARRAY('a', s)[1]
MAP('a', i, 'b', 2)['a'] | SIZE(MAP()) | MAP(1, ARRAY(i))[1][0] | NAMED_STRUCT('a', i, 'b', s).b
NAMED_STRUCT('a', NAMED_STRUCT('b', i)).a.b | ARRAY(NAMED_STRUCT('a', i), NAMED_STRUCT('a', NULL))[0].a
TYPEOF(ARRAY(1, 2.5)) | TYPEOF(NAMED_STRUCT('a', 1))
"""
TO_JSON = """
TO_JSON(p) | TO_JSON(nums) | TO_JSON(m) | TO_JSON(ARRAY(p, NULL, NAMED_STRUCT('x', 1L, 'y', s)))
TO_JSON(NAMED_STRUCT('b', b, 'sh', sh, 'i', i, 'l', l, 'f', f, 'd', d, 'dec', dec, 'wide', wide))
TO_JSON(NAMED_STRUCT('s', s, 'day', day, 'at', at, 'yes', yes, 'raw', raw, 'ntz', CAST(at AS TIMESTAMP_NTZ)))
TO_JSON(NAMED_STRUCT('a', 1e-5, 'b', 1e7, 'c', 123456.789D, 'd', 1.5e-8F, 'e', DOUBLE('-Infinity'), 'f', -0.0D))
TO_JSON(NAMED_STRUCT('d', 0.0000012, 'e', 0.00000012, 'f', 100.00, 'g', CAST(0 AS DECIMAL(38,10)), 'h', 5S))
TO_JSON(MAP(COALESCE(i, 1), s))
TO_JSON(MAP(1.50, NAMED_STRUCT('a', NULL))) | TO_JSON(MAP(COALESCE(d, 1.5e-8D), 1)) | TO_JSON(MAP(TRUE, dec))
TO_JSON(MAP(COALESCE(day, DATE'2020-01-02'), f)) | TO_JSON(MAP(COALESCE(at, TIMESTAMP'2020-01-02 03:04:05.6'), nums))
TO_JSON(MAP(CAST('0.0000000001' AS DECIMAL(38,10)), 'x')) | TO_JSON(MAP(1.5F, ARRAY(NULL, 'x'))) | TO_JSON(MAP())
TO_JSON(ARRAY()) | TO_JSON(NULL) | TO_JSON(ARRAY(ARRAY(i, NULL), NULL)) | TO_JSON(SPLIT(csv, ','))
TO_JSON(ARRAY(DATE'0001-01-01', DATE'+10000-01-01')) | TO_JSON(ARRAY(TIMESTAMP'1899-12-31 23:59:59.999999'))
TO_JSON(NAMED_STRUCT('a b', i, 'c', NAMED_STRUCT('d', s, 'e', m), 'n', nums, 'é', '"/<'))
TO_JSON(NAMED_STRUCT('a', i, 'p', p, 'm', m), MAP('ignoreNullFields', 'false'))
TO_JSON(ARRAY(NAMED_STRUCT('a', s)), MAP('IGNORENULLFIELDS', 'FALSE', 'timeZone', 'UTC'))
TO_JSON(NAMED_STRUCT('a', day, 'b', at), MAP('dateFormat', 'dd/MM/yyyy', 'timestampFormat', 'yyyy HH:mm:ss.SSSSSS'))
TO_JSON(NAMED_STRUCT('a', CAST(at AS TIMESTAMP_NTZ), 'b', at), MAP('timestampNTZFormat', 'yyyy', 'timeZone', '+05:30'))
TO_JSON(TRY_PARSE_JSON(n)) | TO_JSON(PARSE_JSON('{"b":1,"a":[1.50,null,"x",1e3,true]}')) | TO_JSON(PARSE_JSON('null'))
TO_JSON(NAMED_STRUCT('v', PARSE_JSON('null'), 'w', PARSE_JSON('{"z":null}'), 'x', TRY_PARSE_JSON(s)))
TO_JSON(ARRAY(PARSE_JSON('1'), PARSE_JSON('"é"'))) | TO_JSON(MAP('a', PARSE_JSON('[1e300]')))
SCHEMA_OF_VARIANT(PARSE_JSON('{"b":1,"a":[1.50,null,"x",1e3,true]}')) | SCHEMA_OF_VARIANT(PARSE_JSON('null'))
SCHEMA_OF_VARIANT(PARSE_JSON('[1,2.5]')) | SCHEMA_OF_VARIANT(PARSE_JSON('[1,2.5e0]'))
SCHEMA_OF_VARIANT(PARSE_JSON('[1.25,100.5]')) | SCHEMA_OF_VARIANT(PARSE_JSON('100.0'))
SCHEMA_OF_VARIANT(PARSE_JSON('0.001')) | SCHEMA_OF_VARIANT(PARSE_JSON('[1, 0.00000000000000000000000000000000000001]'))
SCHEMA_OF_VARIANT(PARSE_JSON('[{"a":1},{"b":"x"},{"a":null}]')) | SCHEMA_OF_VARIANT(PARSE_JSON('[[],[1]]'))
SCHEMA_OF_VARIANT(PARSE_JSON('[{"a":1},{"a":"x"},{"c":[]}]')) | SCHEMA_OF_VARIANT(PARSE_JSON('{}'))
SCHEMA_OF_VARIANT(PARSE_JSON('{"a b":1,"c.d":2,"e`f":3,"1a":4,"é":5,"select":6,"_x":7,"A":8}'))
SCHEMA_OF_VARIANT(NULL) | SCHEMA_OF_VARIANT(TRY_PARSE_JSON(n)) | SCHEMA_OF_VARIANT(PARSE_JSON('[{}, [], 1]'))
"""
JSON = '{"a":{"b c":[1,-2.50,"x",null,true]},"n":300,"big":12345678901234567890,"e":1e3,"u":"u","z":null}'
VARIANTS = """
VARIANT_GET(#, '$.n', 'int') | VARIANT_GET(#, '$.n', 'string') | VARIANT_GET(#, '$.a["b c"][1]', 'decimal(5,1)')
VARIANT_GET(#, '$.a["b c"][1]', 'string') | VARIANT_GET(#, '$.a["b c"][3]', 'int') | VARIANT_GET(#, '$.a', 'string')
VARIANT_GET(#, '$.a["b c"][4]', 'boolean') | VARIANT_GET(#, '$.a["b c"][5]', 'int') | VARIANT_GET(#, '$.no.more', 'int')
VARIANT_GET(#, '$.n.more', 'int') | VARIANT_GET(#, '$.big', 'decimal(20,0)') | VARIANT_GET(#, '$.e', 'double')
VARIANT_GET(#, '$.u', 'string') | VARIANT_GET(#, '$.e', 'string') | VARIANT_GET(#, '$.big', 'string')
TRY_VARIANT_GET(#, '$.u', 'int') | TRY_VARIANT_GET(#, '$.n', 'tinyint') | TRY_VARIANT_GET(#, '$.a', 'int')
TRY_VARIANT_GET(#, '$.e', 'int') | VARIANT_GET(#, '$.n', 'double') | VARIANT_GET(#, '$.n', 'timestamp')
#:n::int + 1 | #:a.`b c`[0]::bigint | #:a['b c'][2]::string | CAST(VARIANT_GET(#, '$.n') AS DOUBLE)
IS_VARIANT_NULL(#:z) | IS_VARIANT_NULL(#:n) | IS_VARIANT_NULL(#:no) | #:z IS NULL | #:no IS NULL
TRY_PARSE_JSON('{') IS NULL | PARSE_JSON('[1, 2]')::string | PARSE_JSON('"2024-01-31"')::date | PARSE_JSON('true')::int
TRY_PARSE_JSON(s)::string | TRY_PARSE_JSON(n)::int | PARSE_JSON('1.50')::string | PARSE_JSON('0.1')::double
""".replace("#", f"PARSE_JSON('{JSON}')")
FAILING = """
i / 0 | i DIV 0 | i % 0 | dec / 0 | 1D / i | 2147483647 + i | b - 1Y | l * 9223372036854775807 | ABS(b) | -b | b * b
CAST(s AS INT) | CAST(l AS INT) | CAST('x' AS DATE) | CAST(d AS INT) | nums[1] + nums[2] + nums[3]
ELEMENT_AT(nums, 0) | nums[-1] | s = 1 | s > 1.5 | SPLIT_PART(s, ',', 0) | n = DATE'2020-01-01'
CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0)) + i | TO_DATE(s, 'dd/MM/yyyy')
CAST(dec AS DECIMAL(3,2)) | MAKE_DATE(2021, 2, i * 9) | CAST('2020-02-30' AS DATE) | CAST('5.5' AS INT) | s AND yes
HEX(ENCODE(s, 'US-ASCII'))
TO_JSON(i) | TO_JSON(s) | TO_JSON(p, MAP()) | SCHEMA_OF_VARIANT(i)
i + yes | day + day | at + 1 | CASE WHEN i THEN 1 END | COALESCE(i, day) | UPPER(nums) | i[0] | SIZE(i)
"""


def split(text: str) -> list[str]:
    """Expressions are parted by " | "; those of the operator | are put together again."""
    parts = [part.strip() for line in text.strip().splitlines() for part in line.split(" | ")]
    joined: list[str] = []
    for part in parts:
        if joined and part in ("8", "2 + 1 & 3"):
            joined[-1] += f" | {part}"
        else:
            joined.append(part)
    return joined


KINDS = (ARITHMETIC, MATH, TEXT, TIME, CASTS, CONDITIONS, NESTED, TO_JSON, VARIANTS)
EXPRESSIONS = [e for text in KINDS for e in split(text)]


def literal(value, kind: str) -> str:
    """SQL text of a value of one of Spark's types, for this library."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, decimal.Decimal)):
        return f"CAST('{value:f}' AS {kind})" if isinstance(value, decimal.Decimal) else f"CAST('{value}' AS {kind})"
    if isinstance(value, float):
        return f"CAST('{value!r}' AS {kind})"
    if isinstance(value, datetime.datetime):
        return f"TIMESTAMP '{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"
    if isinstance(value, datetime.date):
        return f"DATE '{value:%Y-%m-%d}'"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    return "'" + value.replace("'", "''") + "'"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    uri = str(tmp_path_factory.mktemp("expressions") / "table")
    deltaic.write_deltalake(uri, ROWS)
    return deltaic.DeltaTable(uri)


@pytest.fixture(scope="module")
def answers(spark, table):
    """What Spark gives for each expression: its type and the values by id; all in a few queries."""
    found = {}
    # Parts that several columns share would be evaluated ahead, also where a column does not reach them.
    spark.conf.set("spark.sql.subexpressionElimination.enabled", "false")
    source = f"delta.`{table.table_uri}`"
    for start in range(0, len(EXPRESSIONS), 60):
        some = EXPRESSIONS[start : start + 60]
        columns = ", ".join(f"{expression} AS c{k}" for k, expression in enumerate(some))
        frame = spark.sql(f"SELECT {columns} FROM {source} ORDER BY id")
        kinds = dict(frame.dtypes)
        rows = frame.toArrow().to_pylist()
        for k, expression in enumerate(some):
            found[expression] = (kinds[f"c{k}"], [row[f"c{k}"] for row in rows])
    spark.conf.unset("spark.sql.subexpressionElimination.enabled")
    return found


def ids(table, predicate: str) -> list[int]:
    return sorted(pa.table(table.scan(["id"], predicate))["id"].to_pylist())


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_gives_what_spark_gives(table, answers, expression):
    kind, values = answers[expression]
    if kind == "void":
        kind = "string"
    else:
        assert ids(table, f"TYPEOF({expression}) = '{kind}'") == [0, 1, 2, 3], kind
    same = [f"(id = {row} AND ({expression}) <=> {literal(value, kind)})" for row, value in enumerate(values)]
    assert ids(table, " OR ".join(same)) == [0, 1, 2, 3], values


@pytest.mark.parametrize("expression", split(FAILING))
def test_fails_where_spark_fails(spark, table, expression):
    from pyspark.errors import PySparkException

    with pytest.raises(PySparkException):
        spark.sql(f"SELECT {expression} FROM delta.`{table.table_uri}`").collect()
    # What fails at a row comes out of the stream, as pyarrow's error.
    with pytest.raises((deltaic.exceptions.DeltaError, pa.ArrowInvalid)):
        ids(table, f"({expression}) IS NOT NULL OR TYPEOF({expression}) = 'x'")


CONDITIONS_OF_ROWS = """
i > 0 | YEAR(day) = 2020 | day + INTERVAL 1 MONTH < DATE'2020-06-01' | DATE_TRUNC('MONTH', at) = TIMESTAMP'2020-05-01'
LENGTH(s) > 3 | i + l > 0 | UPPER(p.y) = 'WHY' | m['a'] = 1 | nums[0] > 1 | dec * 2 < 20 | s RLIKE '[A-Z]'
COALESCE(i, 0) = 0 | CAST(at AS DATE) < DATE'2010-01-01' | NOT (i % 2 = 0)
CASE WHEN i > 0 THEN day ELSE DATE'1999-01-01' END > DATE'2000-01-01' | LEFT(s, 1) = 'H' | ABS(d) > 1
day - 1 >= '2020-01-01' | n + 0 > 0 | -i > 0
"""


@pytest.mark.parametrize("condition", split(CONDITIONS_OF_ROWS))
def test_finds_the_rows_that_spark_finds(spark, table, condition):
    rows = spark.sql(f"SELECT id FROM delta.`{table.table_uri}` WHERE {condition}").toArrow()
    assert ids(table, condition) == sorted(rows["id"].to_pylist())
