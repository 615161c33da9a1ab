"""What the log says of the rows of each file, as expressions by which pyarrow leaves files out."""

from __future__ import annotations

from typing import Any

import pyarrow
import pyarrow.dataset

# Bounds of other types are rounded in the log by some writers, or leave values out (NaN).
_EXACT = (
    pyarrow.types.is_integer,
    pyarrow.types.is_date,
    pyarrow.types.is_string,
    pyarrow.types.is_large_string,
    pyarrow.types.is_timestamp,
)
# Writers cut timestamps in the log to milliseconds.
_MILLISECOND = {"s": 1, "ms": 1, "us": 1000, "ns": 1_000_000}


def guarantees(files: pyarrow.Table, schema: pyarrow.Schema, partition_columns: list[str]) -> list[Any]:
    """For each file what holds for all of its rows; None for nothing.

    Args:
        files: a row each, as "actions_flat" has them.
        schema: of the dataset.
    """
    columns = [
        _Partition(schema.field(name), files) if name in partition_columns else _Bounds(schema.field(name), files)
        for name in schema.names
        if name in partition_columns or _has_bounds(schema.field(name), files)
    ]
    return [_joined([column.at(row) for column in columns]) for row in range(files.num_rows)]


def _has_bounds(field: pyarrow.Field, files: pyarrow.Table) -> bool:
    return f"min.{field.name}" in files.column_names and any(test(field.type) for test in _EXACT)


def _joined(parts: list[Any]) -> Any:
    whole = None
    for part in parts:
        if part is not None:
            whole = part if whole is None else whole & part
    return whole


class _Partition:
    """A partition column: one value a file."""

    def __init__(self, field: pyarrow.Field, files: pyarrow.Table) -> None:
        self._column = pyarrow.dataset.field(field.name)
        self._values = list(files[f"partition.{field.name}"].cast(field.type))

    def at(self, row: int) -> Any:
        value = self._values[row]
        return self._column == value if value.is_valid else self._column.is_null()


class _Bounds:
    """A column with a minimum, a maximum and a number of nulls for each file, any of which may be unknown."""

    def __init__(self, field: pyarrow.Field, files: pyarrow.Table) -> None:
        self._column = pyarrow.dataset.field(field.name)
        self._min = list(files[f"min.{field.name}"].cast(field.type))
        self._max = list(files[f"max.{field.name}"].cast(field.type))
        self._nulls = files[f"null_count.{field.name}"].to_pylist()
        self._rows = files["num_records"].to_pylist()

    def at(self, row: int) -> Any:
        nulls = self._nulls[row]
        if nulls is not None and nulls > 0 and nulls == self._rows[row]:
            return self._column.is_null()
        low, high = self._min[row], self._max[row]
        if pyarrow.types.is_timestamp(low.type):
            low, high = _moved(low, -1), _moved(high, 1)
        parts = ([self._column >= low] if low.is_valid else []) + ([self._column <= high] if high.is_valid else [])
        bounds = _joined(parts)
        return bounds if bounds is None or nulls == 0 else bounds | self._column.is_null()


def _moved(time: pyarrow.Scalar, milliseconds: int) -> pyarrow.Scalar:
    """A time some milliseconds later; null, so no bound, for null and where there is no such time."""
    value = time.value + milliseconds * _MILLISECOND[time.type.unit] if time.is_valid else None
    return pyarrow.scalar(value if value is not None and -(2**63) <= value < 2**63 else None, time.type)
