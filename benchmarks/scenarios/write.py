"""Rows from Arrow memory to a new table."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fixtures
from scenario import ARROW, OURS, PEER, Job, Scenario


def _rows_on_disk(folder: Path) -> int:
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(file).num_rows for file in folder.glob("*.parquet"))


def _deltaic(job: Job) -> int:
    from deltaic import write_deltalake

    rows = fixtures.load_lineitem(job.fixture)
    with job.measured():
        write_deltalake(str(job.scratch), rows)
    return _rows_on_disk(job.scratch)


def _deltalake(job: Job) -> int:
    from deltalake import write_deltalake

    rows = fixtures.load_lineitem(job.fixture)
    with job.measured():
        write_deltalake(str(job.scratch), rows)
    return _rows_on_disk(job.scratch)


def _arrow(job: Job) -> int:
    """Arrow's Parquet writer encodes a file on one core; a file a core, all at once, is its fastest way."""
    import pyarrow.parquet as pq

    rows = fixtures.load_lineitem(job.fixture)
    cores = len(os.sched_getaffinity(0))
    share = -(-rows.num_rows // cores)

    def write(core: int) -> None:
        pq.write_table(rows.slice(core * share, share), job.scratch / f"{core}.parquet", compression="snappy")

    with job.measured(), ThreadPoolExecutor(cores) as pool:
        list(pool.map(write, range(cores)))
    return _rows_on_disk(job.scratch)


SCENARIOS = [
    Scenario(
        name="write",
        title="write 12 million rows",
        sides={OURS: _deltaic, PEER: _deltalake, ARROW: _arrow},
        fixture=fixtures.lineitem,
        target=2,
        arrow_limit=1.2,
        memory_target=None,
    )
]
