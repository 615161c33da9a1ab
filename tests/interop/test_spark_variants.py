"""Shredded variants: Spark reads ours value for value and changes them, we read and change Spark's."""

import json
import random

import deltaic
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltaic import Field, Schema, VariantType

SHREDDED = {"delta.enableVariantShredding": "true"}
# What Spark can cast to a variant, several values of each type, so that a column of it is worth while.
TYPED = {
    "boolean": ["true", "false"],
    "tinyint": ["-128", "127"],
    "smallint": ["-32768", "32767"],
    "int": ["-2147483648", "2147483647"],
    "bigint": ["'-9223372036854775808'", "9223372036854775807"],
    "float": ["0.1", "'NaN'", "'-Infinity'"],
    "double": ["-0.0", "1e300", "0.1"],
    "decimal(9, 2)": ["1.50", "-9999999.99", "0"],
    "decimal(18, 4)": ["12345678901234.5678", "-0.0001"],
    "decimal(38, 0)": ["99999999999999999999999999999999999999", "-1"],
    "decimal(38, 38)": ["0.99999999999999999999999999999999999999", "-0.1"],
    "date": ["'1969-12-31'", "'9999-12-31'", "'0001-01-01'"],
    "timestamp": ["'1969-12-31 23:59:59.999999'", "'9999-12-31 23:59:59'", "'0001-01-01 00:00:00'"],
    "timestamp_ntz": ["'1900-01-01 00:00:00.000001'", "'2024-02-29 12:34:56'"],
    "binary": ["x'00FF'", "x''"],
    "string": ["''", "'größe 🦆'", "repeat('long', 100)"],
}
TEXTS = [
    '{"a": 1, "b": {"c": "x", "d": 1.5}}',
    '{"a": "other", "e": [1, 2.25, null, "x", {"f": []}]}',
    '{"a": null, "b": {"c": null, "d": 2}}',
    '{"a": 70000, "b": 7, "größe": true, "a.b": [[], [[1]]]}',
    '{"A": 1, "a": 2}',
    '{"": 1}',
    "{}",
    "[]",
    "[1, 2, 3]",
    "5",
    "null",
    '"text"',
]


def random_texts(rng, count):
    """JSON of objects mostly, so that it is worth while to shred them."""
    values = [random_object(rng, 0) if rng.random() < 0.8 else random_value(rng) for _ in range(count)]
    return [json.dumps(value, ensure_ascii=False) for value in values]


def random_object(rng, depth):
    """Fields that are of one kind mostly."""
    kinds = {
        "a": lambda: rng.randrange(100),
        "b": lambda: rng.choice(["x", "ö", ""]),
        "c": lambda: [rng.randrange(10) / 8 for _ in range(rng.randrange(3))],
        "d": lambda: random_object(rng, depth + 1),
        "e": lambda: [random_object(rng, depth + 2)],
    }
    chosen = [name for name in kinds if rng.random() < (0.8 if depth < 3 else 0.3)]
    return {name: kinds[name]() if rng.random() < 0.8 else random_value(rng, depth + 1) for name in chosen}


def random_value(rng, depth=0):
    if depth == 3 or rng.random() < 0.3:
        return rng.choice([None, True, 1, -300, 2**40, 1.5, -0.125, 1e200, "x", "ö", ""])
    if rng.random() < 0.4:
        return [random_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return random_object(rng, depth)


def leaves(uri):
    names = set()
    for file in deltaic.DeltaTable(uri).file_uris():
        schema = pq.ParquetFile(file).schema
        names |= {schema.column(n).path for n in range(len(schema.names))}
    return names


@pytest.fixture
def by_spark(spark):
    """What Spark finds in a table: texts and types of the variants by id."""

    def read(uri):
        query = f"SELECT id, to_json(v) AS j, schema_of_variant(v) AS t FROM delta.`{uri}`"
        rows = spark.sql(query).toArrow().to_pylist()
        found = {row["id"]: (row["j"], row["t"]) for row in rows}
        assert len(found) == len(rows)
        return found

    return read


@pytest.fixture
def by_us(by_spark, tmp_path):
    """The same of what we read: the rows go to a table without shredding first. Our own text of a variant agrees."""

    def read(uri):
        copy = str(tmp_path / f"copy-{len(list(tmp_path.glob('copy-*')))}")
        deltaic.write_deltalake(copy, deltaic.DeltaTable(uri).scan(columns=["id", "v"]))
        assert leaves(copy) == {"id", "v.metadata", "v.value"}
        found = by_spark(copy)
        for id, (text, _) in list(found.items())[::7]:
            condition = "v IS NULL" if text is None else f"parse_json({quoted(text)})::string = v::string"
            rows = pa.table(deltaic.DeltaTable(uri).scan(columns=["id"], predicate=condition))
            assert id in rows["id"].to_pylist() or text == "null", condition
        return found

    return read


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


@pytest.fixture
def source(uri, sql):
    """A table of Spark's with variants that are not shredded, from SQL expressions."""

    def make(values):
        sql("CREATE TABLE TABLE_ (id LONG, v VARIANT) USING delta")
        rows = ", ".join(f"({n}L, {value})" for n, value in enumerate(values))
        sql(f"INSERT INTO TABLE_ SELECT * FROM VALUES {rows} t(id, v)")
        return deltaic.DeltaTable(uri)

    return make


@pytest.mark.parametrize("kind", TYPED)
def test_values_of_a_type(kind, uri, source, by_spark):
    casts = [f"CAST(CAST({value} AS {kind}) AS VARIANT)" for value in TYPED[kind]]
    others = ["CAST(NULL AS VARIANT)", "parse_json('null')"]
    table = source([*casts, *(f"to_variant_object(named_struct('a', array({c})))" for c in casts), *others])
    plain, nested = str(uri) + "-plain", str(uri) + "-nested"
    expected = by_spark(uri)
    count = len(casts)
    for copy, predicate in [(plain, f"id < {count} OR id >= {2 * count}"), (nested, f"id >= {count}")]:
        deltaic.write_deltalake(copy, table.scan(predicate=predicate), configuration=SHREDDED)
        assert by_spark(copy) == {id: found for id, found in expected.items() if id in by_spark(copy)}
    assert set(by_spark(plain)) | set(by_spark(nested)) == set(expected)
    assert "v.typed_value" in leaves(plain)
    assert "v.typed_value.a.typed_value.list.element.typed_value" in leaves(nested)


def test_values_of_all_sorts(uri, source, by_spark, by_us):
    rng = random.Random(11)
    texts = [*TEXTS, *random_texts(rng, 150)]
    table = source([*(f"parse_json('{text}')" for text in texts), "NULL"])
    copy = uri + "-shredded"
    deltaic.write_deltalake(copy, table.scan(), configuration=SHREDDED)
    assert "v.typed_value.a.value" in leaves(copy)
    expected = by_spark(uri)
    assert by_spark(copy) == expected
    assert by_us(copy) == expected


def test_paths_are_read_from_typed_columns(uri, source, spark):
    table = source([f"parse_json('{text}')" for text in TEXTS])
    copy = uri + "-shredded"
    deltaic.write_deltalake(copy, table.scan(), configuration=SHREDDED)
    got = ", ".join(
        f"try_variant_get(v, '{path}', '{kind}')"
        for path, kind in [("$.a", "int"), ("$.b.c", "string"), ("$.b.d", "decimal(5,2)"), ("$.e[1]", "double")]
    )
    query = f"SELECT id, {got} FROM delta.`{{}}` ORDER BY id"
    assert spark.sql(query.format(copy)).toArrow() == spark.sql(query.format(uri)).toArrow()


@pytest.mark.parametrize("vectors", ["false", "true"])
def test_rows_change_on_both_sides(vectors, uri, source, spark, by_spark, by_us):
    rng = random.Random(5)
    texts = [*TEXTS, *random_texts(rng, 60)]
    rows = source([*(f"parse_json('{text}')" for text in texts), "NULL"])
    copy = uri + "-shredded"
    fields = [Field("id", "long"), Field("v", VariantType()), Field("s", "string")]
    configuration = SHREDDED | {"delta.enableDeletionVectors": vectors}
    deltaic.DeltaTable.create(copy, Schema(fields), configuration=configuration)
    deltaic.write_deltalake(copy, rows.scan(predicate="id < 40"), mode="append")
    deltaic.write_deltalake(copy, rows.scan(predicate="id >= 40"), mode="append")
    model = by_spark(uri)
    table = f"delta.`{copy}`"
    five, six = ('{"a":5}', "OBJECT<a: BIGINT>"), ('[{"a":6}]', "ARRAY<OBJECT<a: BIGINT>>")

    def agrees():
        assert by_spark(copy) == model
        assert by_us(copy) == model

    def ours():
        return deltaic.DeltaTable(copy)

    agrees()
    ours().delete("id % 5 = 0")
    model = {id: found for id, found in model.items() if id % 5}
    ours().update({"s": "'new'"}, predicate="id % 7 = 0")
    ours().update({"v": "parse_json('{\"a\": 5}')"}, predicate="id = 3")
    model[3] = five
    agrees()
    (
        ours()
        .merge(pa.table({"key": pa.array([4, 6, 1000], pa.int64())}), "id = key")
        .when_matched_delete("key = 4")
        .when_matched_update({"v": "parse_json('[{\"a\": 6}]')"})
        .when_not_matched_insert({"id": "key", "v": "parse_json('{\"a\": 5}')"})
        .execute()
    )
    del model[4]
    model[6], model[1000] = six, five
    agrees()
    ours().optimize.compact()
    agrees()

    spark.sql(f"INSERT INTO {table} SELECT 2000, parse_json('{{\"a\": 5}}'), 's'")
    spark.sql(f"UPDATE {table} SET v = parse_json('[{{\"a\": 6}}]') WHERE id = 1")
    spark.sql(f"DELETE FROM {table} WHERE id % 3 = 2")
    model[2000], model[1] = five, six
    model = {id: found for id, found in model.items() if id % 3 != 2}
    agrees()
    spark.sql(
        f"MERGE INTO {table} USING (SELECT 7L AS key UNION ALL SELECT 3000L) ON id = key "
        "WHEN MATCHED THEN UPDATE SET v = NULL "
        "WHEN NOT MATCHED THEN INSERT (id, v) VALUES (key, parse_json('{\"a\": 5}'))"
    )
    model[7], model[3000] = (None, None), five
    agrees()
    spark.sql(f"OPTIMIZE {table}")
    agrees()
    ours().delete("id = 3000")
    del model[3000]
    agrees()
