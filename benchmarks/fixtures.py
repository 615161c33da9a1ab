"""The data that scenarios read: made once, and kept outside the tree (DELTAIC_BENCH_CACHE, ~/.cache/deltaic/bench)."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
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


def own_lineitem_table(size: Size) -> Path:
    """lineitem as a table written by deltaic: made anew in each run, for the writer is what changes."""
    from deltaic import write_deltalake

    folder = CACHE / FORMAT / f"lineitem-own-table-{size.tpch_scale}"
    shutil.rmtree(folder, ignore_errors=True)
    write_deltalake(str(folder), load_lineitem(lineitem(size)))
    return folder


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
