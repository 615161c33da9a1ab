"""DELETE, UPDATE and MERGE on 12 million rows of lineitem in 16 files, with and without deletion vectors.

deltalake writes no deletion vectors: on both kinds of table it writes the files again, so it works on a copy without.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import fixtures
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scenario import OURS, PEER, Job, Scenario
from sizes import Size

FILES = 16
ON = "t.l_orderkey = s.l_orderkey AND t.l_linenumber = s.l_linenumber"


def files_table(size: Size) -> Path:
    """lineitem in 16 files, each with rows of all keys, as a table that deltalake wrote."""

    def make(folder: Path) -> None:
        from deltalake import write_deltalake

        rows = fixtures.load_lineitem(fixtures.lineitem(size))
        for part in range(FILES):
            share = rows.take(pa.array(np.arange(part, rows.num_rows, FILES)))
            write_deltalake(str(folder), share, mode="append", target_file_size=1 << 40)

    return fixtures._cached(f"lineitem-{FILES}-files-{size.tpch_scale}", make)


def narrow_table(size: Size) -> Path:
    """100 million rows (id, value) in 16 files by ranges of id."""

    def make(folder: Path) -> None:
        from deltalake import write_deltalake

        share = size.narrow_rows // FILES
        for part in range(FILES):
            ids = np.arange(part * share, (part + 1) * share, dtype=np.int64)
            rows = pa.table({"id": ids, "value": ids % 1000})
            write_deltalake(str(folder), rows, mode="append", target_file_size=1 << 40)

    return fixtures._cached(f"narrow-{size.narrow_rows}", make)


def _copy(job: Job) -> str:
    """A table that may be changed: its log copied, and its data files, which nobody writes to, linked."""
    target = job.scratch / "table"

    def link(file: str, place: str) -> None:
        Path(place).symlink_to(file) if file.endswith(".parquet") else shutil.copy(file, place)

    shutil.copytree(job.fixture, target, copy_function=link)
    return str(target)


def _with_vectors(uri: str) -> None:
    """Turns deletion vectors on, by a commit of its own."""
    import json

    log = Path(uri, "_delta_log")
    lines = [json.loads(line) for line in (log / f"{0:020}.json").read_text().splitlines()]
    metadata = next(line for line in lines if "metaData" in line)
    metadata["metaData"]["configuration"]["delta.enableDeletionVectors"] = "true"
    features = {"minReaderVersion": 3, "minWriterVersion": 7}
    features |= {
        "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors", "appendOnly", "invariants"],
    }
    newest = max(int(file.stem) for file in log.glob("*.json"))
    commit = [{"commitInfo": {"timestamp": 0, "operation": "SET TBLPROPERTIES"}}, {"protocol": features}, metadata]
    (log / f"{newest + 1:020}.json").write_text("".join(json.dumps(line) + "\n" for line in commit))


def _spread_source(job: Job) -> pa.Table:
    """1 % of the rows with another price, and as many new ones."""
    rows = fixtures.load_lineitem(fixtures.lineitem(job.size))
    old = rows.take(pa.array(np.arange(0, rows.num_rows, 100)))
    return _changed_and_new(old, rows)


def _ranged_source(job: Job) -> pa.Table:
    """The same of the first keys."""
    rows = fixtures.load_lineitem(fixtures.lineitem(job.size))
    return _changed_and_new(rows.slice(0, rows.num_rows // 100), rows)


def _changed_and_new(old: pa.Table, rows: pa.Table) -> pa.Table:
    price = rows.schema.get_field_index("l_comment")
    old = old.set_column(price, "l_comment", pa.array(["changed"] * old.num_rows, pa.string()))
    beyond = pc.max(rows["l_orderkey"]).as_py() + 1
    new = old.set_column(0, "l_orderkey", pa.array(np.arange(beyond, beyond + old.num_rows, dtype=np.int64)))
    return pa.concat_tables([old, new]).combine_chunks()


def _ours(vectors: bool, change: Callable[[Job, object, object], dict], prepare: Callable | None = None) -> Callable:
    def run(job: Job) -> object:
        from deltaic import DeltaTable

        uri = _copy(job)
        if vectors:
            _with_vectors(uri)
        source = prepare(job) if prepare else None
        with job.measured():
            metrics = change(DeltaTable(uri), source)
        return _shown(metrics)

    return run


def _theirs(change: Callable, prepare: Callable | None = None) -> Callable:
    def run(job: Job) -> object:
        from deltalake import DeltaTable

        uri = _copy(job)
        source = prepare(job) if prepare else None
        with job.measured():
            metrics = change(DeltaTable(uri), source)
        return _shown(metrics)

    return run


def _shown(metrics: dict) -> dict:
    keys = ["num_deleted_rows", "num_updated_rows", "num_target_rows_updated", "num_target_rows_inserted"]
    return {key: metrics[key] for key in keys if key in metrics}


def _merge(table, source) -> dict:
    merge = table.merge(source, ON, source_alias="s", target_alias="t")
    return merge.when_matched_update_all().when_not_matched_insert_all().execute()


def _merge_narrow(table, source) -> dict:
    merge = table.merge(source, "t.id = s.id", source_alias="s", target_alias="t")
    return merge.when_matched_update_all().when_not_matched_insert_all().execute()


def _narrow_source(job: Job) -> pa.Table:
    ids = np.random.default_rng(7).choice(job.size.narrow_rows, 1000, replace=False).astype(np.int64)
    return pa.table({"id": ids, "value": np.full(1000, -1, np.int64)})


def _delete(table, _source) -> dict:
    return table.delete("l_orderkey % 1000 = 7")


def _update(table, _source) -> dict:
    return table.update({"l_tax": "l_tax + 0.01"}, predicate="l_orderkey % 1000 = 7")


CASES = [
    ("merge-spread", "MERGE 1 % updates and 1 % inserts, spread", _merge, _spread_source, files_table, (3, 12)),
    ("merge-range", "the same in one key range", _merge, _ranged_source, files_table, (8, 20)),
    ("delete-spread", "DELETE 0.1 % of the rows, spread", _delete, None, files_table, (3, 25)),
    ("update-spread", "UPDATE one column of 0.1 % of the rows, spread", _update, None, files_table, (6, 8)),
    (
        "merge-narrow",
        "MERGE 1,000 rows into 100 million narrow rows",
        _merge_narrow,
        _narrow_source,
        narrow_table,
        (10, 30),
    ),
]
SCENARIOS = [
    Scenario(
        name=name + suffix,
        title=title + kind,
        sides={OURS: _ours(vectors, change, prepare), PEER: _theirs(change, prepare)},
        fixture=fixture,
        target=targets[vectors],
        memory_target=1 / 4,
    )
    for name, title, change, prepare, fixture, targets in CASES
    for vectors, suffix, kind in [(False, "", ""), (True, "-vectors", ", deletion vectors")]
]
