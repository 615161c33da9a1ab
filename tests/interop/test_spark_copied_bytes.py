"""Files with column chunks that we copied as compressed bytes: read by other engines, and changed by Spark."""

import pathlib
import urllib.parse

import deltaic
import deltalake
import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

ROWS = 600_000  # so that files are above the 4 MiB from which they are copied
GROUP_ROWS = 300_000  # and row groups above an eighth of a full one, the last of a file aside


def rows(start):
    """Every kind of storage: dictionaries and none, nulls, fixed and free widths, lists and structs."""
    ids = np.arange(start, start + ROWS, dtype=np.int64)
    noise = np.random.default_rng(start).integers(0, 1 << 40, ROWS)
    texts = pa.array([f"text {n:x}" for n in noise.tolist()])
    return pa.table(
        {
            "id": ids,
            "few": pa.array(ids % 7, mask=ids % 5 == 0).cast(pa.int32()),
            "name": pa.array([f"n{n % 13}" for n in ids.tolist()], mask=ids % 11 == 0),
            "text": texts,
            "price": pa.array(noise % 100_000).cast(pa.decimal128(21, 2)).cast(pa.decimal128(12, 2)),
            "ratio": noise / 3.0,
            "at": pa.array(noise, pa.timestamp("us", tz="UTC")),
            "tags": pa.ListArray.from_arrays(np.arange(0, 2 * ROWS + 1, 2, dtype=np.int32), np.repeat(ids, 2)),
        }
    )


def live_files(uri):
    adds = deltalake.DeltaTable(uri).get_add_actions(flatten=True)
    return [pathlib.Path(uri, urllib.parse.unquote(path)) for path in pa.table(adds)["path"].to_pylist()]


SUMS = (
    "count(*) AS n, sum(id) AS ids, sum(few) AS few, count(few) AS fews, count(name) AS names, "
    "sum(length(name)) AS lengths, sum(length(text)) AS texts, cast(sum(price) AS string) AS prices, "
    "min(ratio) AS low, max(ratio) AS high, max(text) AS last"
)


def spark_sums(spark, uri, where="true"):
    return [tuple(row) for row in spark.sql(f"SELECT {SUMS} FROM delta.`{uri}` WHERE {where}").collect()]


def duckdb_sums(uri, where="true"):
    files = [str(file) for file in live_files(uri)]
    return duckdb.sql(
        f"SELECT {SUMS.replace('AS string', 'AS varchar')} FROM read_parquet({files}) WHERE {where}"
    ).fetchall()


def our_rows(uri):
    return deltaic.DeltaTable(uri).to_pyarrow_table().sort_by("id")


def check(spark, uri, expected):
    """All engines read the same rows, with the footers' and the log's statistics put to use."""
    assert our_rows(uri).equals(expected)
    files = pa.concat_tables([pq.read_table(file) for file in live_files(uri)]).sort_by("id")
    assert files.cast(expected.schema).equals(expected)
    assert deltalake.DeltaTable(uri).to_pyarrow_table().sort_by("id").cast(expected.schema).equals(expected)
    for where in ["true", "id < 1000", "few = 77", "name = 'n3' AND id > 500000", "few IS NULL"]:
        assert spark_sums(spark, uri, where) == duckdb_sums(uri, where), where


@pytest.fixture
def table(uri):
    properties = deltaic.WriterProperties(max_row_group_size=GROUP_ROWS)
    for start in (0, ROWS):
        deltaic.write_deltalake(uri, rows(start), mode="append", writer_properties=properties)
    assert all(file.stat().st_size > 4 << 20 for file in live_files(uri))
    return deltaic.DeltaTable(uri)


def test_engines_read_what_update_delete_and_optimize_copied(spark, uri, table):
    expected = our_rows(uri)
    old = {file.name: pq.ParquetFile(file).metadata for file in live_files(uri)}

    table.update({"few": "77", "name": "concat(name, '!')"}, predicate="id % 1000 = 3 AND id < 100000")
    ids = expected["id"].to_numpy()
    hit = pa.array((ids % 1000 == 3) & (ids < 100_000))
    names = pa.array([name and name + "!" for name in expected["name"].to_pylist()])
    few = pc.if_else(hit, pa.scalar(77, pa.int32()), expected["few"].combine_chunks())
    expected = expected.set_column(1, expected.schema.field(1), few)
    expected = expected.set_column(
        2, expected.schema.field(2), pc.if_else(hit, names, expected["name"].combine_chunks())
    )
    check(spark, uri, expected)
    (changed,) = [file for file in live_files(uri) if file.name not in old]
    # Rows stayed where they were: the text's chunks are the very bytes that they were.
    new = pq.ParquetFile(changed).metadata
    (source,) = [m for name, m in old.items() if name not in {file.name for file in live_files(uri)}]
    text = source.schema.names.index("text")
    for group in range(source.num_row_groups):
        before, after = source.row_group(group).column(text), new.row_group(group).column(text)
        assert before.total_compressed_size == after.total_compressed_size

    table.delete("id % 1000 = 5 AND id > 900000")
    expected = expected.filter(pa.array((ids % 1000 != 5) | (ids <= 900_000)))
    check(spark, uri, expected)

    table.optimize.compact()
    joined = [pq.ParquetFile(file).metadata for file in live_files(uri)]
    assert len(joined) < len(old)
    # Row groups of a good size are copied, smaller ones beside each other are merged.
    assert 1 < sum(m.num_row_groups for m in joined) < sum(m.num_row_groups for m in old.values())
    check(spark, uri, expected)

    spark.sql(f"UPDATE delta.`{uri}` SET few = -1 WHERE id = 8")
    spark.sql(f"OPTIMIZE delta.`{uri}`")
    assert our_rows(uri)["few"][8].as_py() == -1
    assert our_rows(uri).drop_columns(["few"]).equals(expected.drop_columns(["few"]))
