"""A table's files and rows as streams, for the rooms above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import _native
from ._handle import TableHandle
from ._options import names_of, options_of
from .stream import Stream


def open_scan(
    table: TableHandle,
    columns: list[str] | None,
    predicate: str | None,
    metadata_columns: Sequence[str] | None = None,
    dictionary_strings: bool | list[str] = False,
    **settings: Any,
) -> Stream:
    """The rows that match `predicate`, SQL. `settings` are those of the C interface."""
    named = not isinstance(dictionary_strings, bool)
    values = {"where": predicate, "dictionary_strings": False if named else dictionary_strings, **settings}
    lists = {
        "columns": columns,
        "metadata_columns": metadata_columns,
        "dictionary_columns": names_of(dictionary_strings) if named else None,
    }
    return Stream(table.native.scan(options_of(values, lists)))


def list_files(table: TableHandle, form: str, where: str | None = None) -> Stream:
    """The files that may hold rows that match, in one of the forms of the C interface."""
    return Stream(table.native.files(options_of({"format": form, "where": where})))


def list_uris(table: TableHandle, where: str | None) -> list[str]:
    """The files that may hold rows that match, as absolute paths or URIs."""
    return _native.text_column(table.native.files(options_of({"format": "uris", "where": where})), "file://")
