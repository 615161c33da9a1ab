"""Streams cast to what their consumer asks for."""

from __future__ import annotations

import pyarrow


class Capsule:
    """An object that hands out a capsule which is there already."""

    def __init__(self, stream: object | None = None, schema: object | None = None) -> None:
        self._stream = stream
        self._schema = schema

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._stream

    def __arrow_c_schema__(self) -> object:
        return self._schema


def cast_stream(stream: object, requested_schema: object) -> object:
    """A stream capsule with the types of a schema capsule.

    Raises:
        ValueError: the schema has other columns, or types that these columns cannot be cast to.
    """
    reader = pyarrow.RecordBatchReader.from_stream(Capsule(stream=stream))
    wanted = pyarrow.schema(Capsule(schema=requested_schema))
    if wanted.equals(reader.schema):
        return reader.__arrow_c_stream__()
    try:
        return reader.cast(wanted).__arrow_c_stream__()
    except (pyarrow.ArrowException, NotImplementedError) as error:
        raise ValueError(f"the rows cannot be given with the schema that was requested: {error}") from None
