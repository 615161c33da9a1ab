"""Keeping tables in order: files put together and sorted, old ones deleted, and logs of many commits."""

import os
import shutil
import time
from pathlib import Path

import fixtures
from fixtures import lineitem_in_files as _in_files
from scenario import OURS, PEER, Job, Scenario

A_LONG_TIME = 400 * 86_400


def _copy(job: Job) -> str:
    """The fixture's log, of which nothing is shared with it."""
    shutil.copytree(job.fixture, job.scratch / "table")
    return str(job.scratch / "table")


def _history(job: Job, package) -> int:
    with job.measured():
        entries = package.DeltaTable(str(job.fixture)).history()
    return len(entries)


def _restore(job: Job, package) -> int:
    """Half way back: files go, and none comes back that would have to be there."""
    path = _copy(job)
    hook = package.PostCommitHookProperties(create_checkpoint=False)
    with job.measured():
        metrics = package.DeltaTable(path).restore(job.size.commits // 2, post_commithook_properties=hook)
    return metrics["numRemovedFile"]


def _cleanup(job: Job, package) -> int:
    """A log of which all but the last checkpoint is older than the retention."""
    import deltalake

    path = _copy(job)
    deltalake.DeltaTable(path).create_checkpoint()
    for entry in os.scandir(os.path.join(path, "_delta_log")):
        then = entry.stat().st_mtime - A_LONG_TIME
        os.utime(entry.path, (then, then))
    with job.measured():
        table = package.DeltaTable(path)
        table.cleanup_metadata()
    names = os.listdir(os.path.join(path, "_delta_log"))
    assert len([name for name in names if name.endswith(".json")]) < job.size.commits // 2
    return table.version()


def _linked(job: Job) -> str:
    """A table that may be changed: its log copied, and its data files, which nobody writes to, linked."""

    def link(file: str, place: str) -> None:
        Path(place).symlink_to(file) if file.endswith(".parquet") else shutil.copy(file, place)

    shutil.copytree(job.fixture, job.scratch / "table", copy_function=link)
    return str(job.scratch / "table")


def _compact(job: Job, package) -> int:
    table = package.DeltaTable(_linked(job))
    with job.measured():
        metrics = table.optimize.compact()
    return metrics["numFilesRemoved"]


def _z_order(job: Job, package) -> int:
    table = package.DeltaTable(_linked(job))
    with job.measured():
        metrics = table.optimize.z_order(["l_partkey", "l_shipdate"])
    return metrics["numFilesRemoved"]


def _vacuum(job: Job, package) -> int:
    """As many old files as the table with one checkpoint names, a tenth of them, that nobody names any more."""
    path = _copy(job)
    then = time.time() - A_LONG_TIME
    for i in range(job.size.files // 10):
        file = Path(path, f"part-{i:06}.parquet")
        file.write_bytes(b"x" * 1000)
        os.utime(file, (then, then))
    os.sync()
    table = package.DeltaTable(path)
    with job.measured():
        deleted = table.vacuum(dry_run=False, full=True)
    return len(deleted)


def _sides(work) -> dict:
    def deltaic_side(job: Job) -> object:
        import deltaic

        return work(job, deltaic)

    def deltalake_side(job: Job) -> object:
        import deltalake

        return work(job, deltalake)

    return {OURS: deltaic_side, PEER: deltalake_side}


SCENARIOS = [
    Scenario(name=name, title=title, sides=_sides(work), fixture=fixtures.uncheckpointed_table, target=5)
    for name, title, work in (
        ("history", "the history of 20,000 commits", _history),
        ("restore", "restore the table to half of them", _restore),
        ("cleanup", "delete the log before its checkpoint", _cleanup),
    )
] + [
    Scenario(name=name, title=title, sides=_sides(work), fixture=fixture, target=target, memory_target=1 / 4)
    for name, title, work, fixture, target in (
        ("compact", "compact 400 files of lineitem", _compact, _in_files(400), 2.5),
        (
            "compact-medium",
            "compact 40 files of lineitem, of large row groups",
            _compact,
            _in_files(40),
            2.5,
        ),
        ("z-order", "z-order 400 files of lineitem by two columns", _z_order, _in_files(400), 4),
        ("vacuum", "vacuum a tenth as many files as a large table has", _vacuum, fixtures.small_table, 3),
    )
]
