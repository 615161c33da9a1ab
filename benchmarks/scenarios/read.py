"""All rows of a table into Arrow memory."""

import fixtures
from scenario import ARROW, OURS, PEER, Job, Scenario


def _shown(rows, with_types: bool) -> tuple:
    return (rows.num_rows, [str(kind) for kind in rows.schema.types] if with_types else rows.schema.names)


def _deltaic(job: Job) -> tuple:
    import pyarrow.dataset  # noqa: F401  (deltaic imports it on its first read)
    from deltaic import DeltaTable

    with job.measured():
        rows = DeltaTable(str(job.fixture)).to_pyarrow_table()
    return _shown(rows, True)


def _deltaic_dictionaries(job: Job) -> tuple:
    import pyarrow.dataset  # noqa: F401  (deltaic imports it on its first read)
    from deltaic import DeltaTable

    with job.measured():
        rows = DeltaTable(str(job.fixture)).to_pyarrow_table(dictionary_strings=True)
    return _shown(rows, False)


def _read_peer(job: Job):
    import pyarrow.dataset  # noqa: F401  (the peer imports it on its first read)
    from deltalake import DeltaTable

    with job.measured():
        rows = DeltaTable(str(job.fixture)).to_pyarrow_table()
    return rows


def _deltalake(job: Job) -> tuple:
    return _shown(_read_peer(job), True)


def _deltalake_plain(job: Job) -> tuple:
    return _shown(_read_peer(job), False)


def _read_arrow(job: Job):
    import pyarrow.dataset  # noqa: F401  (read_table imports it on its first call)
    import pyarrow.parquet as pq

    with job.measured():
        rows = pq.read_table(sorted(job.fixture.glob("*.parquet")))
    return rows


def _arrow(job: Job) -> tuple:
    return _shown(_read_arrow(job), True)


def _arrow_plain(job: Job) -> tuple:
    return _shown(_read_arrow(job), False)


SCENARIOS = [
    Scenario(
        name="read",
        title="read 12 million rows",
        sides={OURS: _deltaic, PEER: _deltalake, ARROW: _arrow},
        fixture=fixtures.lineitem_table,
        target=1,
        memory_target=None,
    ),
    Scenario(
        name="read-own",
        title="the same, of files written by deltaic",
        sides={OURS: _deltaic, PEER: _deltalake, ARROW: _arrow},
        fixture=fixtures.own_lineitem_table,
        target=1,
        memory_target=None,
    ),
    Scenario(
        name="read-dictionaries",
        title="read, low-cardinality strings as dictionaries",
        sides={OURS: _deltaic_dictionaries, PEER: _deltalake_plain, ARROW: _arrow_plain},
        fixture=fixtures.lineitem_table,
        target=1.5,
        memory_target=None,
    ),
]
