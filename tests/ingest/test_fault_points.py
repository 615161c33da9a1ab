"""Killed at every point where a run changes the disk: before and after each folder, file, link and flush to it.

strace counts the calls of each thread and kills the process when one enters its nth, so between any two changes there
is a run that came this far and no further: after a file and before the commit that names it, between dead letters and
rows, between a commit and the group's offsets.
"""

import collections
import itertools
import shutil
import subprocess

import pytest
from conftest import ENVIRONMENT, PROGRAM, rows

CHANGES = "mkdir,mkdirat,link,linkat,rename,renameat2,unlink,unlinkat,fsync,fdatasync"
KILLED = -9
MESSAGES, BAD = 60, 7


def can_trace() -> bool:
    if not shutil.which("strace"):
        return False
    command = ["strace", "-qq", "-o", "/dev/null", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_trace(), reason="strace is not installed, or may not trace (dev/setup test)")
groups = itertools.count()


def run(broker, topic: str, folder, kill_at: int | None = None) -> int:
    """A run in a group of its own: one that was killed would hold the partitions till its session ends."""
    flags = ["-k", broker.address, "-e", "--schema", "id long", "--dlq-table", folder / "dlq", "-g"]
    command = [PROGRAM, topic, folder / "t", *flags, f"{topic}-{next(groups)}"]
    if kill_at is not None:
        trace = ["strace", "-f", "-qq", "-o", folder / "trace", "-e", f"trace={CHANGES}"]
        command = [*trace, "-e", f"inject={CHANGES}:signal=SIGKILL:when={kill_at}", *command]
    done = subprocess.run(list(map(str, command)), env=ENVIRONMENT, capture_output=True, timeout=60, check=False)
    assert done.returncode in (0, KILLED, 137), done.stderr.decode()
    return done.returncode


def produce(broker, topic: str, first: int) -> None:
    broker.produce(topic, [b"{broken" if i == BAD else {"id": first + i} for i in range(MESSAGES)], 2)


def assert_each_once(folder, batches: int) -> None:
    ids = collections.Counter(row["id"] for row in rows(folder / "t", ["id"]))
    assert set(ids.values()) == {1}
    assert set(ids) == {i for i in range(batches * MESSAGES) if i % MESSAGES != BAD}
    letters = [(row["partition"], row["offset"]) for row in rows(folder / "dlq")]
    assert len(letters) == len(set(letters)) == batches


def test_first_run(broker, tmp_path):
    """Where no table is there yet."""
    topic = broker.topic(2)
    produce(broker, topic, 0)
    for point in itertools.count(1):
        folder = tmp_path / f"at-{point}"
        folder.mkdir()
        was_killed = run(broker, topic, folder, point) != 0
        if was_killed:
            assert run(broker, topic, folder) == 0
        assert_each_once(folder, 1)
        if not was_killed:
            break
    # Two tables with a commit that makes each and one that has rows: a folder or two, a file and its link, flushes.
    assert point > 10


def test_later_runs(broker, tmp_path):
    """Where it goes on from the table's positions: each run is killed a point later, with new messages before it."""
    topic = broker.topic(2)
    produce(broker, topic, 0)
    assert run(broker, topic, tmp_path) == 0
    batches = 1
    for point in itertools.count(1):
        produce(broker, topic, batches * MESSAGES)
        batches += 1
        if run(broker, topic, tmp_path, point) == 0:
            break
    assert point > 5
    assert run(broker, topic, tmp_path) == 0
    assert_each_once(tmp_path, batches)
