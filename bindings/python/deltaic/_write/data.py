"""What can be written: any object that speaks the Arrow PyCapsule interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import _native
from .._first_use import FIRST_USE
from ..schema import Schema, _Capsule


def stream_capsule_of(data: Any) -> object:
    """`data` as an Arrow stream capsule.

    Takes tables, record batches, readers and data frames (``__arrow_c_stream__`` or ``__arrow_c_array__``), a
    sequence of record
    batches, and data frames of pandas before 2.2 where pyarrow is installed.
    """
    if hasattr(data, "__arrow_c_stream__"):
        return data.__arrow_c_stream__()
    if hasattr(data, "__arrow_c_array__"):
        return _native.stream_from_arrays([data.__arrow_c_array__()])
    if type(data).__module__.split(".")[0] == "pandas":
        with FIRST_USE:
            import pyarrow

        return pyarrow.Table.from_pandas(data).__arrow_c_stream__()
    batches = _batches_of(data)
    if batches:
        return _native.stream_from_arrays([batch.__arrow_c_array__() for batch in batches])
    raise TypeError(
        "data must be an Arrow table, record batch or reader, a data frame, or a sequence of record batches "
        f"(an object with __arrow_c_stream__ or __arrow_c_array__), not {type(data).__name__}"
    )


def schema_of_stream(capsule: object) -> Schema:
    """The columns of an Arrow stream, which is not read."""
    return Schema.from_arrow(_Capsule(_native.stream_schema(capsule)))


def _batches_of(data: Any) -> list[Any] | None:
    """The record batches of a sequence; None for anything else."""
    if not isinstance(data, Sequence) or isinstance(data, (str, bytes)):
        return None
    batches = [batch for batch in data]  # not list(): it asks for a length, which wrapped generators lack
    return batches if all(hasattr(batch, "__arrow_c_array__") for batch in batches) else None
