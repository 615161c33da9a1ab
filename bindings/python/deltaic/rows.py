"""Rows as Python values, without pyarrow."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Iterator
from itertools import chain
from keyword import iskeyword
from typing import Any, Literal

from . import _native
from .exceptions import InvalidArgumentError, of_reading

__all__ = ["Rows"]

Shape = Literal["dict", "tuple", "namedtuple"]

# Rows are made so many at a time: few enough that they die young.
_CHUNK_ROWS = 1024


class Rows:
    """Rows that are read while they are consumed, once; memory stays flat.

    Iteration gives a row at a time, `batches` lists of rows. ``close``, or the end of a ``with`` block, stops the
    reading early and frees what was read ahead; so does dropping the object. One thread at a time.
    """

    def __init__(self, stream: object, scan: _native.Scan | None, shape: Shape = "dict") -> None:
        if shape not in ("dict", "tuple", "namedtuple"):
            raise InvalidArgumentError(f'rows are of the shape "dict", "tuple" or "namedtuple", not {shape!r}')
        self._scan = scan
        self._reader = _native.RowReader(stream, scan, shape != "dict")
        self._columns = self._reader.columns()
        self._make = _named(self._columns)._make if shape == "namedtuple" else None
        self._rows = chain.from_iterable(self._chunks(_CHUNK_ROWS))

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._columns)

    def batches(self, size: int = _CHUNK_ROWS) -> Iterator[list[Any]]:
        """The rows that are left as lists of `size` rows, the last of them with fewer. Not to be mixed with iteration
        by row.

        Args:
            size: rows of a list, at least 1.
        """
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InvalidArgumentError(f"a batch has at least one row, not {size!r}")
        return self._batches(size)

    def _batches(self, size: int) -> Iterator[list[Any]]:
        rows: list[Any] = []
        while (more := self._next(size - len(rows))) is not None:
            rows = rows + more if rows else more
            if len(rows) == size:
                yield rows
                rows = []
        if rows:
            yield rows

    def _chunks(self, size: int) -> Iterator[list[Any]]:
        while (rows := self._next(size)) is not None:
            yield rows

    def _next(self, limit: int) -> list[Any] | None:
        try:
            rows = self._reader.next(limit)
        except RuntimeError:
            # Why the scan failed, with its own class and code.
            error = self._scan.error() if self._scan else None
            if error is None:
                raise
            raise of_reading(error) from None
        return rows if rows is None or self._make is None else list(map(self._make, rows))

    def close(self) -> None:
        """Stops reading. Rows that were handed out stay as they are."""
        self._reader.close()

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def __next__(self) -> Any:
        return next(self._rows)

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Rows({', '.join(self._columns)})"


def _named(columns: list[str]) -> Any:
    """A class of tuples with the columns as names; a column whose name cannot be one is ``_`` and its position."""
    usable = re.compile(r"[A-Za-z]\w*\Z", re.ASCII)
    names = [name if usable.match(name) and not iskeyword(name) else "" for name in columns]
    return namedtuple("Row", names, rename=True)
