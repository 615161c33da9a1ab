"""Scans that need little of a table: few rows, few columns, or all but the deleted rows.

Batches are taken as they come and summed up, so memory is what a scan needs, not what it returns. The peer reads by
`DeltaTable.scan`, its engine that knows deletion vectors and prunes by statistics.
"""

import fixtures
import pyarrow as pa
import pyarrow.compute as pc
from scenario import OURS, PEER, Job, Scenario


def _sides(key: str, columns: list[str] | None = None, predicate: str | None = None, own: bool = False) -> dict:
    """The fixture is a table, or a folder with one of each package's `own`."""

    def scan(job: Job, package) -> tuple:
        import pyarrow.dataset  # noqa: F401  (packages import it on their first read)

        rows, total = 0, 0
        path = job.fixture / package.__name__ if own else job.fixture
        with job.measured():
            stream = package.DeltaTable(str(path)).scan(columns, predicate)
            for batch in pa.RecordBatchReader.from_stream(stream):
                rows += batch.num_rows
                total += pc.sum(batch[key]).as_py() or 0
        return (rows, round(total))

    def deltaic_side(job: Job) -> tuple:
        import deltaic

        return scan(job, deltaic)

    def deltalake_side(job: Job) -> tuple:
        import deltalake

        return scan(job, deltalake)

    return {OURS: deltaic_side, PEER: deltalake_side}


# A tenth of the parts in a tenth of the days.
_FEW_ROWS = "l_partkey BETWEEN 100000 AND 140000 AND l_shipdate >= DATE '1994-06-01' AND l_shipdate < DATE '1995-02-01'"

SCENARIOS = [
    Scenario(
        name="scan-selective",
        title="scan 1 % of the rows of a z-ordered table",
        sides=_sides("l_orderkey", predicate=_FEW_ROWS),
        fixture=fixtures.ordered_table,
        target=3,
        memory_target=1 / 2,
    ),
    Scenario(
        name="scan-own-order",
        title="the same rows, each of the table that it put in z-order itself",
        sides=_sides("l_orderkey", predicate=_FEW_ROWS, own=True),
        fixture=fixtures.z_ordered_tables,
        target=3,
        memory_target=1 / 2,
    ),
    Scenario(
        name="scan-wide",
        title="scan 3 of 200 columns",
        sides=_sides("c100", columns=["c003", "c100", "c199"]),
        fixture=fixtures.wide_table,
        target=2,
        memory_target=1 / 2,
    ),
    Scenario(
        name="scan-vectors",
        title="scan 12 million rows, 5 % deleted by deletion vectors",
        sides=_sides("l_orderkey", columns=["l_orderkey", "l_extendedprice", "l_shipdate", "l_returnflag"]),
        fixture=fixtures.vectors_table,
        target=2,
        memory_target=1 / 2,
    ),
]
