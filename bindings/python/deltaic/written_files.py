"""Data files that a commit is still to name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ._write.transaction import AddAction

__all__ = ["WrittenFiles"]


class WrittenFiles:
    """Files that `DeltaTable.write_files` has written, for `DeltaTable.commit_files` here or in another process.

    Pickle it, or send its `bytes`. Files that are never committed are removed by `DeltaTable.discard_files`, or by a
    vacuum once they are older than its retention.
    """

    def __init__(self, data: bytes) -> None:
        """From the bytes of another; bytes of several may be put together."""
        self._bytes = data

    @property
    def bytes(self) -> bytes:
        """The list of the files, for another process: JSON lines."""
        return self._bytes

    @property
    def actions(self) -> list[AddAction]:
        """The files one by one."""
        lines = (json.loads(line) for line in self._bytes.splitlines() if line.strip())
        return [
            AddAction(
                path=add["path"],
                size=add["size"],
                partition_values=add["partitionValues"],
                modification_time=add["modificationTime"],
                data_change=add["dataChange"],
                stats=add.get("stats", ""),
            )
            for add in (line["add"] for line in lines if "add" in line)
        ]

    def __len__(self) -> int:
        return sum(line.startswith(b'{"add"') for line in self._bytes.splitlines())

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self._bytes,))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WrittenFiles) and self._bytes == other._bytes

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __repr__(self) -> str:
        return f"WrittenFiles({len(self)} files)"


def text_of(files: WrittenFiles | Iterable[WrittenFiles]) -> str:
    """One list of all files."""
    lists = [files] if isinstance(files, WrittenFiles) else list(files)
    for written in lists:
        if not isinstance(written, WrittenFiles):
            raise TypeError(f"files must be WrittenFiles, not {type(written).__name__}")
    return b"\n".join(written.bytes for written in lists).decode()
