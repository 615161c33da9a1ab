"""A whole process of the command line."""

import os
import subprocess
import time

import fixtures
from scenario import OURS, Job, Scenario
from sizes import ROOT


def _info(job: Job) -> str:
    command = [ROOT / "build/release/bin/deltaic", "info", job.fixture]
    start = time.perf_counter()
    # This process is small, which matters: the peak of a child counts from the memory of the process that starts it.
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        raise RuntimeError(f"deltaic info ended with status {status}")
    peak = usage.ru_maxrss * 1024
    job.result |= {"seconds": seconds, "peak_bytes": peak, "grown_bytes": peak}
    return ""


SCENARIOS = [
    Scenario(
        name="info",
        title="`deltaic info` of a small table, the whole process",
        sides={OURS: _info},
        fixture=fixtures.small_table,
        memory_target=None,
        max_seconds=0.060,
        max_peak_bytes=60 << 20,
    )
]
