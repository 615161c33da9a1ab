"""The data that scenarios read: made once, and kept outside the tree (DELTAIC_BENCH_CACHE, ~/.cache/deltaic/bench)."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import deletion_vectors
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import synthetic_log
from sizes import CACHE, Size

FORMAT = "v1"  # to be raised when a maker changes, so that what older ones made is not taken for it


def _cached(name: str, make: Callable[[Path], None]) -> Path:
    path = CACHE / FORMAT / name
    if not path.exists():
        # Made beside its place and moved, so that an interrupted run leaves nothing half-made.
        unfinished = path.with_name(path.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        make(unfinished)
        unfinished.rename(path)
    return path


def lineitem(size: Size) -> Path:
    """A folder with TPC-H lineitem as lineitem.arrow: plain types, batches of 128 Ki rows."""

    def make(folder: Path) -> None:
        command = ["tpchgen-cli", "parquet", "--quiet", "--tables=lineitem", f"--scale-factor={size.tpch_scale}"]
        subprocess.run([*command, f"--output-dir={folder}"], check=True)
        source = pq.ParquetFile(folder / "lineitem.parquet")
        plain = [
            pa.field(f.name, pa.string() if pa.types.is_string_view(f.type) else f.type) for f in source.schema_arrow
        ]
        with pa.OSFile(str(folder / "lineitem.arrow"), "wb") as file, pa.ipc.new_file(file, pa.schema(plain)) as writer:
            writer.write_table(source.read().cast(pa.schema(plain)).combine_chunks(), max_chunksize=1 << 17)
        (folder / "lineitem.parquet").unlink()

    return _cached(f"lineitem-{size.tpch_scale}", make)


def load_lineitem(folder: Path) -> pa.Table:
    """Reads into memory that is exactly the buffers: nothing is decoded, so no garbage hides later growth."""
    with pa.OSFile(str(folder / "lineitem.arrow")) as file:
        return pa.ipc.open_file(file).read_all()


def lineitem_table(size: Size) -> Path:
    """lineitem as a table written by deltalake."""

    def make(folder: Path) -> None:
        from deltalake import write_deltalake

        write_deltalake(str(folder), load_lineitem(lineitem(size)))

    return _cached(f"lineitem-table-{size.tpch_scale}", make)


def _nullable(name: str, size: Size, null_every: int | None) -> Path:
    """A quarter of lineitem's rows or so in nullable columns, as pyarrow writes them."""

    def make(folder: Path) -> None:
        from deltalake import convert_to_deltalake

        source = sorted(lineitem_table(size).glob("*.parquet"))
        for path in source[: max(1, len(source) // 4)]:
            rows = pq.read_table(path)
            columns = rows.columns
            if null_every:
                keep = pa.array(np.arange(rows.num_rows) % null_every != 0)
                columns = [pc.if_else(keep, column, None) for column in columns]
            fields = [field.with_nullable(True) for field in rows.schema]
            pq.write_table(pa.table(columns, schema=pa.schema(fields)), folder / path.name)
        convert_to_deltalake(str(folder))

    return _cached(f"lineitem-{name}-{size.tpch_scale}", make)


def nullable_table(size: Size) -> Path:
    return _nullable("nullable", size, None)


def nulls_table(size: Size) -> Path:
    return _nullable("nulls", size, 20)


def own_lineitem_table(size: Size) -> Path:
    """lineitem as a table written by deltaic: made anew in each run, for the writer is what changes."""
    from deltaic import write_deltalake

    folder = CACHE / FORMAT / f"lineitem-own-table-{size.tpch_scale}"
    shutil.rmtree(folder, ignore_errors=True)
    write_deltalake(str(folder), load_lineitem(lineitem(size)))
    return folder


def ordered_table(size: Size) -> Path:
    """lineitem in z-order of part and day, in files of some 32 MiB."""

    def make(folder: Path) -> None:
        from deltalake import DeltaTable

        shutil.copytree(lineitem_table(size), folder, dirs_exist_ok=True)
        table = DeltaTable(str(folder))
        table.optimize.z_order(["l_partkey", "l_shipdate"], target_size=32 << 20)
        table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)

    return _cached(f"lineitem-ordered-{size.tpch_scale}", make)


def z_ordered_tables(size: Size, target_size: int | None = None) -> Path:
    """A folder with 400 files of lineitem that each package has put in z-order: ours anew in each run."""

    def in_z_order(package, folder: Path) -> None:
        shutil.copytree(lineitem_in_files(400)(size), folder)
        table = package.DeltaTable(str(folder))
        table.optimize.z_order(["l_partkey", "l_shipdate"], target_size=target_size)
        table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)

    def make(folder: Path) -> None:
        import deltalake

        in_z_order(deltalake, folder / "deltalake")

    import deltaic

    both = _cached(f"z-ordered-{target_size or 0}-{size.tpch_scale}", make)
    shutil.rmtree(both / "deltaic", ignore_errors=True)
    in_z_order(deltaic, both / "deltaic")
    return both


def lineitem_in_files(count: int) -> Callable[[Size], Path]:
    """lineitem in so many files, each of neighbouring rows, as deltalake appends them."""

    def fixture(size: Size) -> Path:
        def make(folder: Path) -> None:
            from deltalake import write_deltalake

            rows = load_lineitem(lineitem(size))
            share = rows.num_rows // count
            for part in range(count):
                write_deltalake(str(folder), rows.slice(part * share, share), mode="append", target_file_size=1 << 40)

        return _cached(f"lineitem-in-{count}-{size.tpch_scale}", make)

    return fixture


def wide_table(size: Size) -> Path:
    """200 columns, a third each of integers, numbers and text, in ten files."""

    def column(number: int, rng: np.random.Generator, rows: int) -> pa.Array:
        if number % 3 == 0:
            return pa.array(rng.integers(0, 1 << 40, rows))
        if number % 3 == 1:
            return pa.array(rng.normal(size=rows))
        return pa.array(rng.integers(0, 100_000, rows)).cast(pa.string())

    def make(folder: Path) -> None:
        from deltalake import write_deltalake

        rng = np.random.default_rng(20_240_229)
        for _ in range(10):
            rows = {f"c{i:03}": column(i, rng, size.wide_rows // 10) for i in range(200)}
            write_deltalake(str(folder), pa.table(rows), mode="append")

    return _cached(f"wide-{size.wide_rows}", make)


def vectors_table(size: Size) -> Path:
    """lineitem as deltalake writes it, each twentieth row deleted."""

    def make(folder: Path) -> None:
        shutil.copytree(lineitem_table(size), folder, dirs_exist_ok=True)
        deletion_vectors.delete_rows(folder, 20)

    return _cached(f"lineitem-vectors-{size.tpch_scale}", make)


def sidecar_table(size: Size) -> Path:
    return _cached(
        f"sidecars-{size.sidecars}-{size.files}",
        lambda folder: synthetic_log.write_sidecar_table(folder, size.sidecars, size.files, size.partitions),
    )


def checkpointed_table(size: Size) -> Path:
    return _cached(
        f"checkpointed-{size.files}-{size.partitions}",
        lambda folder: synthetic_log.write_checkpointed_table(folder, size.files, size.partitions),
    )


def uncheckpointed_table(size: Size) -> Path:
    return _cached(
        f"uncheckpointed-{size.commits}-{size.files_per_commit}",
        lambda folder: synthetic_log.write_uncheckpointed_table(
            folder, size.commits, size.files_per_commit, size.partitions
        ),
    )


def small_table(size: Size) -> Path:
    """Five appends of ten rows, written by deltalake."""

    def make(folder: Path) -> None:
        from deltalake import write_deltalake

        for i in range(5):
            write_deltalake(str(folder), pa.table({"id": range(i * 10, i * 10 + 10)}), mode="append")

    return _cached("small-table", make)


def changed_table(size: Size) -> Path:
    """A change data feed of deltalake: of five commits three append 200 rows each, one updates 20, one deletes 10."""

    def make(folder: Path) -> None:
        from deltalake import DeltaTable, write_deltalake

        rows = 0
        for version in range(size.changes):
            kind = version % 5
            if kind < 3:
                ids = pa.array(range(rows, rows + 200), pa.int64())
                data = pa.table({"id": ids, "name": [f"row {i}" for i in range(200)], "value": [0.5] * 200})
                feed = {"delta.enableChangeDataFeed": "true"}
                write_deltalake(str(folder), data, mode="append", configuration=feed if version == 0 else None)
                rows += 200
            elif kind == 3:
                DeltaTable(str(folder)).update({"value": "value + 1"}, predicate=f"id >= {rows - 20}")
            else:
                DeltaTable(str(folder)).delete(f"id >= {rows - 10}")

    return _cached(f"changes-{size.changes}", make)
