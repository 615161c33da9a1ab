"""Row changes and maintenance on S3 while requests fail: the table is as before or as after, and no row is lost.

Once each request of an operation in turn fails for good, before the server has carried it out or after; once five of a
hundred fail and are sent again.
"""

import dataclasses
from collections.abc import Callable

import deltalake
import pyarrow as pa
import pytest
from deltaic import DeltaTable, write_deltalake
from deltaic.exceptions import DeltaError

MOST_REQUESTS = 60  # an operation here takes fewer
NO_RETRIES = {"max_retries": "0", "retry_timeout": "1s"}
FIVE_OF_A_HUNDRED = [
    {"probability": 0.015, "action": "status", "code": 503},
    {"probability": 0.015, "action": "status_after", "code": 503},
    {"probability": 0.01, "action": "reset"},
    {"probability": 0.01, "action": "reset_after"},
]


@dataclasses.dataclass
class Operation:
    run: Callable  # of a table and the number of the round
    then: Callable  # the rows after it, of the rows before and the number of the round
    most_commits: int = 1


def merge(table: DeltaTable, n: int):
    source = pa.table({"id": [10 * n, 10 * n + 5], "value": [-n, -n]}, schema=rows_of({}).schema)
    merging = table.merge(source, "t.id = s.id", source_alias="s", target_alias="t")
    merging.when_matched_update_all().when_not_matched_insert_all().execute()


def without(rows: dict, gone: int) -> dict:
    return {key: value for key, value in rows.items() if key != gone}


def same(rows: dict, _n: int) -> dict:
    return rows


OPERATIONS = {
    "delete": Operation(lambda table, n: table.delete(f"id = {10 * n}"), lambda rows, n: without(rows, 10 * n)),
    "update": Operation(
        lambda table, n: table.update({"value": "value + 1000"}, predicate=f"id = {10 * n}"),
        lambda rows, n: rows | {10 * n: rows[10 * n] + 1000},
    ),
    "merge": Operation(merge, lambda rows, n: rows | {10 * n: -n, 10 * n + 5: -n}),
    "compact": Operation(lambda table, _n: table.optimize.compact(), same),
    "z-order": Operation(lambda table, _n: table.optimize.z_order(["value"]), same),
    "restore": Operation(
        lambda table, n: table.restore(table.version() - 1),
        lambda rows, n: without(without(rows, 10 * n + 1), 10 * n + 2),
    ),
    "vacuum": Operation(
        lambda table, _n: table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False), same, 2
    ),
    "checkpoint": Operation(lambda table, _n: table.create_checkpoint(), same, 0),
}


def rows_of(rows: dict) -> pa.Table:
    return pa.table({"id": pa.array(rows.keys(), pa.int64()), "value": pa.array(rows.values(), pa.int64())})


def append(uri: str, options: dict, rows: dict) -> dict:
    write_deltalake(uri, rows_of(rows), mode="append", storage_options=options)
    return rows


def add_rows(uri: str, options: dict, rows: dict, n: int) -> dict:
    """Two more small files."""
    first = append(uri, options, {10 * n: n})
    return rows | first | append(uri, options, {10 * n + 1: n, 10 * n + 2: n})


def read(uri: str, options: dict, package=DeltaTable) -> dict:
    table = pa.table(package(uri, storage_options=options).to_pyarrow_table())
    assert len(set(table["id"].to_pylist())) == table.num_rows
    return dict(zip(table["id"].to_pylist(), table["value"].to_pylist(), strict=True))


def attempt(operation: Operation, uri: str, faulty: dict, n: int) -> bool:
    """Whether it went well, as far as it says."""
    try:
        operation.run(DeltaTable(uri, storage_options=faulty), n)
    except DeltaError:
        return False
    return True


def check(operation: Operation, uri: str, options: dict, before: dict, version: int, n: int, ok: bool) -> dict:
    """The rows there are, which must be those before or those after."""
    after, found = operation.then(before, n), read(uri, options)
    assert found == after or (not ok and found == before)
    assert DeltaTable(uri, storage_options=options).version() <= version + operation.most_commits
    return found


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_request_fails_once_for_good(name, uri, options, faulty, faults):
    operation, rows, failed = OPERATIONS[name], {}, 0
    for n in range(MOST_REQUESTS):
        rows = add_rows(uri, options, rows, n)
        version = DeltaTable(uri, storage_options=options).version()
        kind = {"action": "status", "code": 503} if n % 2 else {"action": "reset_after"}
        faults.rules({"skip": n, "times": 1, **kind})
        ok = attempt(operation, uri, faulty | NO_RETRIES, n)
        acted = faults.acted()
        faults.rules()
        failed += not ok
        rows = check(operation, uri, options, rows, version, n, ok)
        if not acted:
            break
    assert not acted and ok and failed > 1
    assert read(uri, options, deltalake.DeltaTable) == rows


def test_five_of_a_hundred_requests_fail(uri, options, faulty, faults):
    rows, acted = {}, 0
    for n in range(4 * len(OPERATIONS)):
        operation = list(OPERATIONS.values())[n % len(OPERATIONS)]
        rows = add_rows(uri, options, rows, n)
        version = DeltaTable(uri, storage_options=options).version()
        faults.rules(*FIVE_OF_A_HUNDRED)
        ok = attempt(operation, uri, faulty, n)
        acted += faults.acted()
        faults.rules()
        rows = check(operation, uri, options, rows, version, n, ok)
        assert ok
    assert acted > 5
    assert read(uri, options, deltalake.DeltaTable) == rows
