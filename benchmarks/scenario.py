"""What a scenario is, and what its sides are given."""

import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sizes import Size

OURS = "deltaic"
PEER = "deltalake"
ARROW = "arrow"
POLARS = "polars"
DUCKDB = "duckdb"
BEFORE = "before"  # an older deltaic
ALL_SIDES = (OURS, PEER, ARROW, POLARS, DUCKDB, BEFORE)


@dataclass
class Job:
    """One run of one side, in a process of its own. The side does its work inside `with job.measured():`, once."""

    size: Size
    fixture: Path | None
    scratch: Path  # an empty folder, removed afterwards
    result: dict = field(default_factory=dict)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Wall and processor time, and the peak of resident memory: in all, and above what it was at the start."""
        os.sync()
        _reset_peak()
        before = _status_bytes("VmRSS")
        start, busy = time.perf_counter(), time.process_time()
        yield
        self.result |= {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - busy}
        peak = _peak()
        self.result |= {"peak_bytes": peak, "grown_bytes": max(peak - before, 0)}


@dataclass(frozen=True)
class Scenario:
    """The same work done by several sides; each returns a value that shows its work, which must be the same for all."""

    name: str
    title: str
    sides: dict[str, Callable[[Job], object]]
    fixture: Callable[[Size], Path] | None = None
    target: float | None = None  # how many times faster than the peer
    arrow_limit: float | None = None  # how many times Arrow's time is allowed
    memory_target: float | None = 1 / 3  # of the peer's growth
    max_seconds: float | None = None
    max_peak_bytes: int | None = None


def _status_bytes(key: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


def _reset_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # the peak then is the one since the start of the process, which no side gains by


def _peak() -> int:
    try:
        return _status_bytes("VmHWM")
    except KeyError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
