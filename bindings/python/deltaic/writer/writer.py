"""``write_deltalake``."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from .._handle import TableHandle
from .._options import names_of, options_of, uri_of
from .._tolerance import configuration_of
from .._write.commit import commit_values, property_values, transaction_values
from .._write.data import schema_of_stream, stream_capsule_of
from ..exceptions import TableNotFoundError
from ..table import DeltaTable
from ..transaction import CommitProperties, PostCommitHookProperties
from .properties import WriterProperties

__all__ = ["try_get_table_and_table_uri", "write_deltalake"]


def write_deltalake(
    table_or_uri: str | Path | DeltaTable,
    data: Any | Sequence[Any],
    *,
    partition_by: list[str] | str | None = None,
    mode: Literal["error", "append", "overwrite", "ignore"] = "error",
    name: str | None = None,
    description: str | None = None,
    configuration: Mapping[str, str | None] | None = None,
    schema_mode: Literal["merge", "overwrite"] | None = None,
    storage_options: dict[str, str] | None = None,
    predicate: str | None = None,
    target_file_size: int | None = None,
    writer_properties: WriterProperties | None = None,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
    max_memory_bytes: int | None = None,
) -> None:
    """Writes all rows of `data` as one commit, and creates the table where there is none.

    Args:
        table_or_uri: a path, a URI, or a DeltaTable, which is at the new version afterwards.
        data: an Arrow table, record batch or reader, a data frame (polars, pandas), a duckdb relation, or a sequence
            of record batches;
            a reader is read as it is written, with bounded memory.
        partition_by: columns that a new table is partitioned by.
        mode: where the table exists: "error" raises, "append" adds, "overwrite" replaces, "ignore" does nothing.
        name: of a new table. Where the table exists, a warning says that these three have no effect.
        description: of a new table.
        configuration: properties of a new table.
        schema_mode: "merge" adds columns of `data` that the table lacks; "overwrite", with mode "overwrite", takes
            the schema of `data`.
        storage_options: settings of the storage, for a path or URI.
        predicate: with mode "overwrite", replace only the rows that match, as all new ones must.
        target_file_size: bytes of a data file.
        writer_properties: settings of the Parquet files.
        commit_properties: metadata, retries and application transactions of the commit.
        post_commithook_properties: whether checkpoints are written.
        max_memory_bytes: what rows may take that are not in files yet; 512 MiB by default.

    Raises:
        SchemaMismatchError: a column of `data` does not fit the table's.
        CommitFailedError: another writer committed something that this depends on.
        DeltaProtocolError: the data breaks a rule of the table, or the table needs a feature that is missing here.
        DeltaError: the table exists and mode is "error".
    """
    table = _handle_of(table_or_uri, storage_options)
    if mode in ("append", "overwrite"):
        _warn_of_settings_of_new_tables(table, name, description, configuration)
    rows = stream_capsule_of(data)
    configuration = configuration_of(lambda: schema_of_stream(rows), configuration)
    values = {
        "mode": mode,
        "schema_mode": schema_mode,
        "name": name,
        "description": description,
        "replace_where": predicate,
        "target_file_size_bytes": target_file_size,
        "max_memory_bytes": max_memory_bytes,
        **property_values(configuration),
        **commit_values(commit_properties, post_commithook_properties),
        **transaction_values(commit_properties),
        **(writer_properties._values() if writer_properties else {}),
    }
    options = options_of(values, {"partition_by": names_of(partition_by)})
    table.native.write(rows, options)


def _warn_of_settings_of_new_tables(
    table: TableHandle, name: str | None, description: str | None, configuration: Mapping[str, str | None] | None
) -> None:
    """Says which settings have no effect, where the table exists and has others."""
    wanted = {"name": name, "description": description, **(configuration or {})}
    wanted = {key: value for key, value in wanted.items() if value is not None}
    if not wanted or (table.version() < 0 and not table.native.exists()):
        return
    if table.version() < 0:
        table.native.load()
    metadata = table.metadata()
    known = {"name": metadata["name"], "description": metadata["description"], **metadata["configuration"]}
    ignored = [key for key, value in wanted.items() if known.get(key) != str(value)]
    if ignored:
        warnings.warn(
            f"the table exists and keeps its settings: {', '.join(ignored)} have no effect here",
            UserWarning,
            stacklevel=3,
        )


def _handle_of(table_or_uri: str | Path | DeltaTable, storage_options: dict[str, str] | None) -> TableHandle:
    if isinstance(table_or_uri, DeltaTable):
        return table_or_uri._table
    if not isinstance(table_or_uri, (str, Path)):
        raise ValueError("table_or_uri must be a str, Path or DeltaTable")
    return TableHandle.at(uri_of(table_or_uri), storage_options)


def try_get_table_and_table_uri(
    table_or_uri: str | Path | DeltaTable, storage_options: dict[str, str] | None = None
) -> tuple[DeltaTable | None, str]:
    """A table, None where there is none, and its place.

    Raises:
        ValueError: `table_or_uri` is none of these.
    """
    if isinstance(table_or_uri, DeltaTable):
        return table_or_uri, table_or_uri.table_uri
    if not isinstance(table_or_uri, (str, Path)):
        raise ValueError("table_or_uri must be a str, Path or DeltaTable")
    try:
        return DeltaTable(table_or_uri, storage_options=storage_options), str(table_or_uri)
    except TableNotFoundError:
        return None, str(table_or_uri)
