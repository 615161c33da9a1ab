"""The change data feed of a table of many small commits."""

import fixtures
from scenario import OURS, PEER, Job, Scenario


def _shown(rows) -> list:
    import pyarrow.compute as pc

    kinds = pc.value_counts(rows["_change_type"]).to_pylist()
    versions = pc.sum(rows["_commit_version"]).as_py()
    return [sorted((entry["values"], entry["counts"]) for entry in kinds), versions, pc.sum(rows["value"]).as_py()]


def _read(job: Job, package) -> list:
    import pyarrow as pa

    with job.measured():
        feed = package.DeltaTable(str(job.fixture)).load_cdf()
        rows = pa.RecordBatchReader.from_stream(feed).read_all()  # pa.table() would import pandas
    return _shown(rows)


def _deltaic(job: Job) -> list:
    import deltaic

    return _read(job, deltaic)


def _deltalake(job: Job) -> list:
    import deltalake

    return _read(job, deltalake)


SCENARIOS = [
    Scenario(
        name="changes",
        title="read the changes of 1,000 commits",
        sides={OURS: _deltaic, PEER: _deltalake},
        fixture=fixtures.changed_table,
        target=4,
        memory_target=None,
    )
]
