"""Random operations on random tables do to the table what they do to a list of rows in memory."""

import collections
import random

import deltaic
import pyarrow as pa
import pytest
from model import COLUMNS, PARTS, arrow, compare, counted, random_condition, random_row

STEPS_OF_A_TABLE = 40
FEATURES = [
    {},
    {"delta.enableDeletionVectors": "true"},
    {"delta.enableChangeDataFeed": "true"},
    {"delta.enableDeletionVectors": "true", "delta.enableChangeDataFeed": "true"},
    {"delta.columnMapping.mode": "name"},
    {"delta.columnMapping.mode": "name", "delta.enableDeletionVectors": "true"},
    {"delta.enableInCommitTimestamps": "true", "delta.checkpointInterval": "3"},
    {"delta.enableDeletionVectors": "true", "delta.checkpointInterval": "2", "delta.checkpointPolicy": "v2"},
]


class Play:
    """One table and its model, and what happened so far, told where they part."""

    def __init__(self, uri: str, seed: int):
        self.rng = random.Random(seed)
        self.uri = uri
        self.properties = FEATURES[seed % len(FEATURES)]
        self.feed = "delta.enableChangeDataFeed" in self.properties
        self.rows = [random_row(self.rng) for _ in range(self.rng.randrange(1, 60))]
        self.partitions = self.rng.choice([None, ["part"]])
        self.past = {}
        self.told = [f"seed {seed}, {self.properties}, partitioned by {self.partitions}"]
        deltaic.write_deltalake(uri, arrow(self.rows), partition_by=self.partitions, configuration=self.properties)
        self.table = deltaic.DeltaTable(uri)

    def step(self) -> None:
        before = collections.Counter(self.rows)
        version = self.table.version()
        kinds = [self.append, self.append, self.delete, self.delete, self.update, self.update, self.merge, self.merge]
        self.rng.choice([*kinds, self.overwrite, self.replace_partition, self.checkpoint])()
        self.table = deltaic.DeltaTable(self.uri) if self.rng.random() < 0.5 else self.table
        self.table.update_incremental()
        self.check(before, version)

    def check(self, before: collections.Counter, version: int) -> None:
        after = collections.Counter(self.rows)
        assert counted(self.table.to_pyarrow_table()) == after, self.told
        assert self.table.count() == len(self.rows), self.told
        condition = random_condition(self.rng)
        found = pa.table(self.table.scan(predicate=condition.sql))
        assert counted(found) == collections.Counter(r for r in self.rows if condition.holds(r) is True), [
            *self.told,
            condition.sql,
        ]
        self.past[self.table.version()] = after
        then = self.rng.choice(list(self.past))
        assert counted(deltaic.DeltaTable(self.uri, version=then).to_pyarrow_table()) == self.past[then], self.told
        if self.feed and self.table.version() > version:
            changes = pa.table(self.table.load_cdf(starting_version=version + 1))
            change = changes["_change_type"].to_pylist()
            for row, kind in zip(zip(*(changes[c].to_pylist() for c in COLUMNS), strict=True), change, strict=True):
                before[row] += 1 if kind in ("insert", "update_postimage") else -1
            assert {row: n for row, n in before.items() if n} == dict(after), self.told

    # ---- what can happen to a table

    def append(self) -> None:
        new = [random_row(self.rng) for _ in range(self.rng.randrange(1, 20))]
        self.told.append(f"append {new}")
        deltaic.write_deltalake(self.uri, arrow(new), mode="append")
        self.rows += new

    def overwrite(self) -> None:
        self.rows = [random_row(self.rng) for _ in range(self.rng.randrange(1, 40))]
        self.told.append(f"overwrite {self.rows}")
        deltaic.write_deltalake(self.uri, arrow(self.rows), mode="overwrite")

    def replace_partition(self) -> None:
        part = self.rng.choice([p for p in PARTS if p])
        where = compare("part", "=", part)
        new = [(*random_row(self.rng)[:3], part) for _ in range(self.rng.randrange(1, 8))]
        self.told.append(f"replace where {where.sql}: {new}")
        if self.partitions:
            deltaic.write_deltalake(self.uri, arrow(new), mode="overwrite", predicate=where.sql)
            self.rows = [r for r in self.rows if where.holds(r) is not True] + new

    def delete(self) -> None:
        condition = random_condition(self.rng)
        self.told.append(f"delete {condition.sql}")
        gone = [r for r in self.rows if condition.holds(r) is True]
        metrics = self.table.delete(condition.sql)
        if metrics.get("num_deleted_rows") is not None:
            assert metrics["num_deleted_rows"] in (len(gone), 0), self.told
        self.rows = [r for r in self.rows if condition.holds(r) is not True]

    def update(self) -> None:
        condition = random_condition(self.rng)
        sets, change = self.rng.choice(
            [
                ({"amount": "amount + 1"}, lambda r: (r[0], r[1], None if r[2] is None else r[2] + 1, r[3])),
                ({"amount": "NULL"}, lambda r: (r[0], r[1], None, r[3])),
                ({"name": "'new'", "id": "id + 1"}, lambda r: (r[0] + 1, "new", r[2], r[3])),
                ({"part": "'x'"}, lambda r: (r[0], r[1], r[2], "x")),
            ]
        )
        self.told.append(f"update {sets} where {condition.sql}")
        changed = sum(condition.holds(r) is True for r in self.rows)
        metrics = self.table.update(updates=sets, predicate=condition.sql)
        assert metrics["num_updated_rows"] == changed, self.told
        self.rows = [change(r) if condition.holds(r) is True else r for r in self.rows]

    def merge(self) -> None:
        ids = self.rng.sample(range(70), self.rng.randrange(1, 15))
        source = {i: (i, *random_row(self.rng)[1:]) for i in ids}
        kinds = self.rng.sample(
            ["update", "delete", "insert", "source_update", "source_delete"], self.rng.randrange(1, 4)
        )
        self.told.append(f"merge {kinds} {list(source.values())}")
        merger = self.table.merge(
            arrow(list(source.values())), "target.id = source.id", source_alias="source", target_alias="target"
        )
        # Conditions make two clauses of a kind possible; the first that holds wins.
        if "update" in kinds:
            merger = merger.when_matched_update(
                {"name": "source.name", "amount": "source.amount"}, predicate="source.amount >= 0"
            )
        if "delete" in kinds:
            merger = merger.when_matched_delete(predicate="target.amount IS NOT NULL")
        if "insert" in kinds:
            merger = merger.when_not_matched_insert_all(predicate="source.id < 65")
        if "source_update" in kinds:
            merger = merger.when_not_matched_by_source_update(
                {"amount": "target.amount - 1"}, predicate="target.id < 5"
            )
        if "source_delete" in kinds:
            merger = merger.when_not_matched_by_source_delete(predicate="target.id > 55")
        merger.execute()
        self.rows = list(self.merged(source, kinds))

    def merged(self, source, kinds):
        matched = set()
        for row in self.rows:
            other = source.get(row[0])
            if other is not None:
                matched.add(row[0])
                if "update" in kinds and other[2] is not None and other[2] >= 0:
                    yield (row[0], other[1], other[2], row[3])
                elif not ("delete" in kinds and row[2] is not None):
                    yield row
            elif "source_update" in kinds and row[0] < 5:
                yield (row[0], row[1], None if row[2] is None else row[2] - 1, row[3])
            elif not ("source_delete" in kinds and row[0] > 55):
                yield row
        if "insert" in kinds:
            yield from (other for i, other in source.items() if i not in matched and i < 65)

    def checkpoint(self) -> None:
        self.told.append("checkpoint")
        self.table.create_checkpoint()


@pytest.mark.parametrize("feature", range(len(FEATURES)), ids=lambda n: ",".join(FEATURES[n]) or "plain")
def test_a_table_and_a_list_of_rows_stay_the_same(tmp_path, feature, factor):
    for round_ in range(factor):
        play = Play(str(tmp_path / f"t{round_}"), feature + len(FEATURES) * round_)
        for _ in range(STEPS_OF_A_TABLE):
            play.step()
