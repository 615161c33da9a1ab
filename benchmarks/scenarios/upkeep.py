"""Going back, looking back and cleaning up in a log of many commits, from the table's path on."""

import os
import shutil

import fixtures
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
]
