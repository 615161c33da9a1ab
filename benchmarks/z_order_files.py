#!/usr/bin/env python3
"""How many files and bytes ten selective queries read after each package's z-order: z_order_files.py [--scale small].

lineitem in 400 files is put in z-order of part and day by deltaic and by deltalake, each in files of 16 MiB. A file is
read where its statistics in the log leave it, which delta-rs judges for both tables.
"""

import argparse
import datetime

import fixtures
import pyarrow.dataset as ds
from deltalake import DeltaTable
from sizes import SIZES

TARGET_SIZE = 16 << 20
PARTS = 200_000  # for each unit of TPC-H's scale factor
BY_PARTS = [(0, 0.005), (0.125, 0.225), (0.98, 1)]  # of all parts
BY_DAYS = [("1992-02-01", "1992-03-01"), ("1994-01-01", "1995-01-01"), ("1996-02-29", "1996-02-29")]
BY_BOTH = [((0, 0.1), ("1995-06-01", "1995-06-07")), ((0.25, 0.35), ("1994-06-01", "1995-02-01")),
           ((0.5, 0.55), ("1998-01-01", "1998-12-31")), ((0.3, 0.3), ("1996-02-29", "1996-02-29"))]  # fmt: skip


def queries(scale: float):
    """Three of a range of parts, three of days, four of both."""

    def of_parts(low: float, high: float):
        first, last = int(low * scale * PARTS), int(high * scale * PARTS)
        return f"parts {first} to {last}", (ds.field("l_partkey") >= first) & (ds.field("l_partkey") <= last)

    def of_days(first: str, last: str):
        day = ds.field("l_shipdate")
        of = datetime.date.fromisoformat
        return f"days {first} to {last}", (day >= of(first)) & (day <= of(last))

    for parts in BY_PARTS:
        yield of_parts(*parts)
    for days in BY_DAYS:
        yield of_days(*days)
    for parts, days in BY_BOTH:
        (some, in_parts), (others, in_days) = of_parts(*parts), of_days(*days)
        yield f"{some}, {others}", in_parts & in_days


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", choices=SIZES, default="full")
    size = SIZES[parser.parse_args().scale]
    both = fixtures.z_ordered_tables(size, TARGET_SIZE)
    tables = {name: DeltaTable(str(both / name)) for name in ("deltaic", "deltalake")}
    datasets = {name: table.to_pyarrow_dataset() for name, table in tables.items()}
    sizes = {name: dict(zip(*_paths_and_sizes(table), strict=True)) for name, table in tables.items()}
    print(f"{'query':60} " + " ".join(f"{name:>22}" for name in tables))
    total = dict.fromkeys(tables, 0)
    for title, predicate in queries(size.tpch_scale):
        cells = []
        for name in tables:
            read = [fragment.path for fragment in datasets[name].get_fragments(predicate)]
            total[name] += len(read)
            mib = sum(sizes[name][path.rsplit("/", 1)[-1]] for path in read) / 2**20
            cells.append(f"{len(read):4} of {len(sizes[name]):3}, {mib:5.0f} MiB")
        print(f"{title:60} " + " ".join(f"{cell:>22}" for cell in cells))
    print(f"{'files read':60} " + " ".join(f"{total[name]:22}" for name in tables))


def _paths_and_sizes(table: DeltaTable):
    adds = table.get_add_actions(flatten=True)
    column = {field.name: i for i, field in enumerate(adds.schema)}
    paths = [str(path).rsplit("/", 1)[-1] for path in adds.column(column["path"]).to_pylist()]
    return paths, adds.column(column["size_bytes"]).to_pylist()


if __name__ == "__main__":
    main()
