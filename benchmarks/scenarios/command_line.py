"""A whole process of the command line."""

import subprocess
import sys

import fixtures
from scenario import OURS, Job, Scenario
from sizes import ROOT

# The peak of a child counts from the memory of the process that starts it, so a bare interpreter does.
_LAUNCHER = """
import os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
seconds = time.perf_counter() - start
print(status, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
"""


def _run(job: Job, *arguments: str) -> str:
    command = [sys.executable, "-I", "-S", "-c", _LAUNCHER, ROOT / "build/release/bin/deltaic", *arguments, job.fixture]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    status, seconds, cpu_seconds, peak = done.stdout.split()
    if status != "0":
        raise RuntimeError(f"deltaic {arguments[0]} ended with status {status}: {done.stderr.strip()}")
    job.result |= {"seconds": float(seconds), "cpu_seconds": float(cpu_seconds)}
    job.result |= {"peak_bytes": int(peak), "grown_bytes": int(peak)}
    return ""


def _info(job: Job) -> str:
    return _run(job, "info")


def _files(job: Job) -> str:
    return _run(job, "files", "--json")


SCENARIOS = [
    Scenario(
        name="info",
        title="`deltaic info` of a small table, the whole process",
        sides={OURS: _info},
        fixture=fixtures.small_table,
        memory_target=None,
        max_seconds=0.060,
        max_peak_bytes=60 << 20,
    ),
    Scenario(
        name="files-large",
        title="`deltaic files` of 10,000,000 files in sidecars, the whole process",
        sides={OURS: _files},
        fixture=fixtures.sidecar_table,
        memory_target=None,
        max_peak_bytes=700_000_000,
    ),
]
