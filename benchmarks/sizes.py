"""How much data a run uses: `full` is what the targets speak of, `small` shows in seconds that everything runs."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("DELTAIC_BENCH_CACHE", Path.home() / ".cache/deltaic/bench"))


@dataclass(frozen=True)
class Size:
    tpch_scale: float  # TPC-H scale factor: 1 has 6 million rows of lineitem
    appends: int  # commits of ten rows
    files: int  # live files of the table with one checkpoint
    partitions: int
    commits: int  # commits of the table without a checkpoint
    files_per_commit: int
    sidecars: int  # of `files` files each, of the table with a checkpoint in parts
    wide_rows: int  # of 200 columns
    changes: int  # commits of the table with a change data feed
    narrow_rows: int  # of the table that a merge of a thousand rows goes into


SIZES = {
    "full": Size(
        tpch_scale=2,
        appends=300,
        files=1_000_000,
        partitions=1_000,
        commits=20_000,
        files_per_commit=5,
        sidecars=10,
        wide_rows=500_000,
        changes=1_000,
        narrow_rows=100_000_000,
    ),
    "small": Size(
        tpch_scale=0.01,
        appends=20,
        files=10_000,
        partitions=100,
        commits=200,
        files_per_commit=5,
        sidecars=2,
        wide_rows=2_000,
        changes=20,
        narrow_rows=100_000,
    ),
}
