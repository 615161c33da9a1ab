"""Opening tables of many files, listing them, and writing their checkpoint.

The peer reads the whole file list when it opens a table and keeps it; deltaic reads it when it is asked for. So listing
is measured from the table's path on, which is what a job does that starts, not on a table already read by one.
"""

import os
import shutil

import fixtures
import synthetic_log
from scenario import OURS, PEER, Job, Scenario


def _open(job: Job, package) -> int:
    with job.measured():
        table = package.DeltaTable(str(job.fixture))
    return table.version()


def _list(job: Job, package) -> int:
    """By `get_add_actions`, which stays in Arrow: for the peer some twenty times cheaper than `file_uris`."""
    with job.measured():
        files = package.DeltaTable(str(job.fixture)).get_add_actions()
    return files.num_rows


def _list_uris(job: Job, package) -> int:
    with job.measured():
        uris = package.DeltaTable(str(job.fixture)).file_uris()
    return len(set(uris))


def _list_partition(job: Job, package) -> list[str]:
    day = synthetic_log.partition_value(job.size.partitions // 2)
    with job.measured():
        uris = package.DeltaTable(str(job.fixture)).file_uris(partition_filters=[("day", "=", day)])
    return sorted(uri.rsplit("/", 1)[1] for uri in uris)[:3] + [len(uris)]


def _list_by_statistics(job: Job, package) -> list[str]:
    low = job.size.files // 2 * 10_000
    with job.measured():
        uris = package.DeltaTable(str(job.fixture)).file_uris(
            file_pruning_predicate=f"id >= {low} AND id < {low + 1_000_000}"
        )
    return sorted(uri.rsplit("/", 1)[1] for uri in uris)[:3] + [len(uris)]


def _refresh(job: Job, package) -> int:
    path = job.scratch / "table"
    shutil.copytree(job.fixture, path, copy_function=os.link)
    table = package.DeltaTable(str(path))
    synthetic_log.write_commit(path, 11, 5, job.size.partitions)
    with job.measured():
        table.update_incremental()
    return table.version()


def _table_to_checkpoint(job: Job) -> str:
    """The fixture with one more commit, so that there is something to write."""
    table = job.scratch / "table"
    shutil.copytree(job.fixture, table, copy_function=os.link)
    synthetic_log.write_commit(table, 11, 5, job.size.partitions)
    return str(table)


def _checkpoint(job: Job, package) -> int:
    table = package.DeltaTable(_table_to_checkpoint(job))
    with job.measured():
        table.create_checkpoint()
    return _rows_of_checkpoint(job)


def _open_and_checkpoint(job: Job, package) -> int:
    path = _table_to_checkpoint(job)
    with job.measured():
        package.DeltaTable(path).create_checkpoint()
    return _rows_of_checkpoint(job)


def _rows_of_checkpoint(job: Job) -> int:
    import pyarrow.parquet as pq

    return sum(
        pq.read_metadata(file).num_rows
        for file in (job.scratch / "table/_delta_log").glob(f"{11:020}.checkpoint*.parquet")
    )


def _sides(work) -> dict:
    def deltaic_side(job: Job) -> object:
        import deltaic

        return work(job, deltaic)

    def deltalake_side(job: Job) -> object:
        import deltalake

        return work(job, deltalake)

    return {OURS: deltaic_side, PEER: deltalake_side}


def _scenario(name: str, title: str, work, target: float, fixture=fixtures.checkpointed_table) -> Scenario:
    return Scenario(name=name, title=title, sides=_sides(work), fixture=fixture, target=target)


SCENARIOS = [
    _scenario("open", "open a table of 1,000,000 files", _open, 50),
    _scenario("list", "list its files", _list, 8),
    _scenario("list-uris", "list its files as Python strings", _list_uris, 8),
    _scenario("list-partition", "list one of its 1,000 partitions", _list_partition, 20),
    _scenario("list-commits", "list 100,000 files of 20,000 commits", _list, 10, fixtures.uncheckpointed_table),
    _scenario("list-statistics", "list those of them that a predicate's statistics leave", _list_by_statistics, 5),
    Scenario(
        name="refresh",
        title="refresh the open table by one commit",
        sides=_sides(_refresh),
        fixture=fixtures.checkpointed_table,
        max_seconds=0.020,
        memory_target=1 / 2,
    ),
    _scenario("checkpoint", "write the checkpoint of 1,000,000 files", _checkpoint, 4),
    _scenario("open-checkpoint", "the same, opening the table", _open_and_checkpoint, 4),
]
