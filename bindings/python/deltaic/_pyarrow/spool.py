"""A scan as the one file of a dataset, for what of pyarrow runs below Python and cannot run our scans."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from typing import Any

import pyarrow
import pyarrow.dataset
import pyarrow.fs
import pyarrow.ipc

SPOOLED = "rows.arrow"


class Spool(pyarrow.fs.FileSystemHandler):
    """A file system with one file, the rows of a dataset: written to the disk when it is opened first."""

    def __init__(self, make_dataset: Callable[[], pyarrow.dataset.Dataset]) -> None:
        self._make_dataset = make_dataset
        self._lock = threading.Lock()
        self._rows: pyarrow.Buffer | None = None

    def get_type_name(self) -> str:
        return "deltaic"

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: list[str]) -> list[pyarrow.fs.FileInfo]:
        return [
            pyarrow.fs.FileInfo(path, pyarrow.fs.FileType.File, size=self._open().size)
            if path == SPOOLED
            else pyarrow.fs.FileInfo(path, pyarrow.fs.FileType.NotFound)
            for path in paths
        ]

    def open_input_file(self, path: str) -> pyarrow.NativeFile:
        return pyarrow.BufferReader(self._open())

    open_input_stream = open_input_file

    def _open(self) -> pyarrow.Buffer:
        with self._lock:
            if self._rows is None:
                self._rows = _spooled(self._make_dataset())
            return self._rows

    def _refuse(self, *args: Any, **settings: Any) -> Any:
        raise NotImplementedError("the rows of a Delta table are read by scans; this dataset cannot be written to")

    copy_file = create_dir = delete_dir = delete_dir_contents = delete_file = delete_root_dir_contents = _refuse
    get_file_info_selector = move = open_append_stream = open_output_stream = _refuse


def _spooled(dataset: pyarrow.dataset.Dataset) -> pyarrow.Buffer:
    """The rows as an Arrow file that has no name any more, and so goes with its last reader."""
    descriptor, path = tempfile.mkstemp(suffix=".arrow")
    try:
        with os.fdopen(descriptor, "wb") as out, pyarrow.ipc.new_file(out, dataset.schema) as writer:
            for batch in dataset.to_batches():
                writer.write_batch(batch)
        return pyarrow.memory_map(path).read_buffer()
    finally:
        os.unlink(path)
