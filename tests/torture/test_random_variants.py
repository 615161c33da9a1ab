"""Random operations on a table with variants, shredded now and then, do to it what they do to a dict in memory."""

import json
import random

import deltaic
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltaic import Field, Schema, StructType, VariantType
from variants import decode, encode

STEPS_OF_A_TABLE = 40
VARIANT = pa.struct([pa.field("metadata", pa.binary(), False), pa.field("value", pa.binary(), False)])
EXTENSION = {"ARROW:extension:name": "arrow.parquet.variant", "ARROW:extension:metadata": ""}
SCHEMA = Schema([Field("id", "long"), Field("v", VariantType()), Field("s", StructType([Field("w", VariantType())]))])
START = [
    {"delta.enableVariantShredding": "true"},
    {"delta.enableVariantShredding": "true", "delta.enableDeletionVectors": "true"},
    {"delta.enableVariantShredding": "true", "delta.columnMapping.mode": "name"},
    {"delta.enableChangeDataFeed": "true"},
]


def random_value(rng, depth=0):
    kind = rng.random()
    if depth == 3 or kind < 0.35:
        return rng.choice([None, True, 0, 1, -300, 2**53 + 1, 1.5, -0.125, 1e200, "x", "ö", "", "longer than 63 " * 9])
    if kind < 0.55:
        return [random_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {name: random_value(rng, depth + 1) for name in ["a", "b", "c d", "é", "A"] if rng.random() < 0.5}


def variants(values):
    """Where a value is the text NULL there is no variant."""
    parts = [None if value == "NULL" else dict(zip(VARIANT.names, encode(value), strict=True)) for value in values]
    return pa.array(parts, VARIANT)


def arrow(rows):
    """\\param rows  pairs of variants by id."""
    w = pa.field("w", VARIANT, metadata=EXTENSION)
    structs = pa.StructArray.from_arrays([variants([b for _, b in rows.values()])], fields=[w])
    fields = [pa.field("id", pa.int64()), pa.field("v", VARIANT, metadata=EXTENSION), pa.field("s", structs.type)]
    columns = [pa.array(list(rows), pa.int64()), variants([a for a, _ in rows.values()]), structs]
    return pa.table(columns, schema=pa.schema(fields))


def decoded(cell):
    return "NULL" if cell is None else decode(cell["metadata"], cell["value"])


def read(table):
    rows = pa.table(table.scan()).to_pylist()
    found = {row["id"]: (decoded(row["v"]), decoded(row["s"]["w"])) for row in rows}
    assert len(found) == len(rows)
    return found


class Play:
    def __init__(self, uri: str, seed: int):
        self.rng = random.Random(seed)
        self.uri = uri
        self.next_id = 0
        self.num_shredded = 0
        properties = START[seed % len(START)]
        self.told = [f"seed {seed}, {properties}"]
        deltaic.DeltaTable.create(uri, SCHEMA, configuration=properties)
        self.rows = {}
        self.append()

    @property
    def table(self):
        return deltaic.DeltaTable(self.uri)

    def step(self) -> None:
        kinds = [self.append, self.append, self.delete, self.update, self.update, self.merge, self.overwrite]
        self.rng.choice([*kinds, self.compact, self.switch, self.switch])()
        assert read(self.table) == self.rows, self.told
        self.num_shredded += any("typed_value" in leaf for leaf in self.leaves(self.table.file_uris()))

    @staticmethod
    def leaves(files):
        schemas = [pq.ParquetFile(file).schema for file in files]
        return {schema.column(n).path for schema in schemas for n in range(len(schema.names))}

    # ---- what can happen to a table

    def some(self) -> dict:
        """New rows, most of one form."""
        form = random_value(self.rng)
        out = {}
        for _ in range(self.rng.randrange(1, 20)):
            one = [form if self.rng.random() < 0.6 else random_value(self.rng) for _ in range(2)]
            out[self.next_id] = tuple("NULL" if self.rng.random() < 0.1 else value for value in one)
            self.next_id += 1
        return out

    def append(self) -> None:
        new = self.some()
        self.told.append(f"append {new}")
        deltaic.write_deltalake(self.uri, arrow(new), mode="append")
        self.rows |= new

    def overwrite(self) -> None:
        self.rows = self.some()
        self.told.append(f"overwrite {self.rows}")
        deltaic.write_deltalake(self.uri, arrow(self.rows), mode="overwrite")

    def condition(self):
        """SQL, and the ids that it holds for."""
        n, k = self.rng.randrange(2, 6), self.rng.randrange(6)
        return f"id % {n} = {k}", [id for id in self.rows if id % n == k]

    def delete(self) -> None:
        sql, ids = self.condition()
        self.told.append(f"delete {sql}")
        self.table.delete(sql)
        for id in ids:
            del self.rows[id]

    def update(self) -> None:
        sql, ids = self.condition()
        value = random_value(self.rng)
        self.told.append(f"update {value} where {sql}")
        self.table.update({"v": f"parse_json({quoted(value)})"}, predicate=sql)
        for id in ids:
            self.rows[id] = (value, self.rows[id][1])

    def merge(self) -> None:
        old = self.rng.sample(list(self.rows), min(len(self.rows), 5))
        source = {id: random_value(self.rng) for id in [*old, self.next_id]}
        self.next_id += 1
        self.told.append(f"merge {source}")
        rows = pa.table({"key": pa.array(list(source), pa.int64()), "j": [json.dumps(v) for v in source.values()]})
        (
            self.table.merge(rows, "id = key")
            .when_matched_delete("key % 4 = 0")
            .when_matched_update({"v": "parse_json(j)"})
            .when_not_matched_insert({"id": "key", "v": "parse_json(j)", "s": "named_struct('w', parse_json('[1]'))"})
            .execute()
        )
        for id, value in source.items():
            if id not in self.rows:
                self.rows[id] = (value, [1])
            elif id % 4 == 0:
                del self.rows[id]
            else:
                self.rows[id] = (value, self.rows[id][1])

    def compact(self) -> None:
        self.told.append("compact")
        self.table.optimize.compact()

    def switch(self) -> None:
        """Files that are there stay; new ones follow the property."""
        key = self.rng.choice(["delta.enableVariantShredding"] * 2 + ["delta.enableDeletionVectors"])
        value = self.rng.choice(["true", "false"])
        self.told.append(f"{key} = {value}")
        self.table.alter.set_table_properties({key: value})
        before = set(self.table.file_uris())
        self.append()
        self.delete()
        new = set(self.table.file_uris()) - before
        if self.table.metadata().configuration.get("delta.enableVariantShredding") != "true":
            assert not any("typed_value" in leaf for leaf in self.leaves(new)), self.told


def quoted(value):
    return "'" + json.dumps(value, ensure_ascii=False).replace("'", "''") + "'"


def test_the_coder_is_right_by_itself():
    rng = random.Random(1)
    for value in (random_value(rng) for _ in range(200)):
        assert decode(*encode(value)) == value


@pytest.mark.parametrize("start", range(len(START)), ids=lambda n: ",".join(START[n]))
def test_a_table_of_variants_and_a_dict_stay_the_same(tmp_path, start, factor):
    for round_ in range(factor):
        play = Play(str(tmp_path / f"t{round_}"), start + len(START) * round_)
        for _ in range(STEPS_OF_A_TABLE):
            play.step()
        assert play.num_shredded > 0
