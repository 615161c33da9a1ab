"""What can be written: any object that speaks the Arrow PyCapsule interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import _native


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
        import pyarrow

        return pyarrow.Table.from_pandas(data).__arrow_c_stream__()
    if _is_sequence_of_arrays(data):
        return _native.stream_from_arrays([batch.__arrow_c_array__() for batch in data])
    raise TypeError(
        "data must be an Arrow table, record batch or reader, a data frame, or a sequence of record batches "
        f"(an object with __arrow_c_stream__ or __arrow_c_array__), not {type(data).__name__}"
    )


def _is_sequence_of_arrays(data: Any) -> bool:
    return isinstance(data, Sequence) and len(data) > 0 and all(hasattr(batch, "__arrow_c_array__") for batch in data)
