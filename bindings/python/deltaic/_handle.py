"""A table as the package holds it: its place, the storage's settings, and the version that is loaded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from . import _native
from ._options import file_of, options_of, storage_of
from ._tolerance import storage_options_of, table_uri_of
from .exceptions import DeltaError, InvalidArgumentError, TableNotFoundError, of_reading
from .schema import Schema

_T = TypeVar("_T")


class TableHandle:
    """What the rooms of this package work on. `DeltaTable` is it with the methods that people call.

    Safe to share between threads. `native` is the table of the C interface.
    """

    def __init__(
        self,
        native: _native.Table,
        storage_options: dict[str, str] | None = None,
        catalog: dict[str, Any] | None = None,
        place: str | None = None,
    ) -> None:
        self.native = native
        # As it was named, which for a table of a catalog is not where it lies.
        self.place = place
        self.storage_options = storage_options
        self.catalog = catalog or {}

    @classmethod
    def at(cls, uri: str, storage_options: dict[str, str] | None = None) -> TableHandle:
        """A place where no version is loaded yet, and perhaps no table is."""
        return cls(_native.Table.at(uri, _storage_of(uri, storage_options)), storage_options, place=uri)

    @classmethod
    def open(
        cls,
        uri: str,
        storage_options: dict[str, str] | None = None,
        version: int | None = None,
        catalog: dict[str, Any] | None = None,
    ) -> TableHandle:
        """A table with `version` loaded, the newest by default.

        Args:
            catalog: of a table that a catalog manages, "catalog_commits" and "max_catalog_version".
        """
        if version is None and not catalog:
            return cls(_native.Table.open(uri, _storage_of(uri, storage_options)), storage_options, place=uri)
        handle = cls.at(uri, storage_options)
        if catalog:
            handle.catalog = catalog
            handle.native.set_catalog(_catalog_options(**catalog))
        handle.native.load() if version is None else handle.load_version(version)
        return handle

    def copy(self) -> TableHandle:
        """The same version, whatever this one loads later."""
        return TableHandle(self.native.copy(), self.storage_options, self.catalog, self.place)

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes load the same version again."""
        return (TableHandle.open, (self._named(), self.storage_options, self.version(), self.catalog))

    def _named(self) -> str:
        """What opens it in another process: a relative path would mean another place there."""
        named_by_catalog = self.place is not None and self.place.startswith(("uc://", "glue://"))
        return self.place if named_by_catalog and self.place else self.uri()

    # ---- what is loaded

    def version(self) -> int:
        """The version that is loaded; -1 for none."""
        return self.native.version()

    def uri(self) -> str:
        """The root, as a URI without credentials and without a slash at its end."""
        return self.native.uri()

    def schema(self) -> Schema:
        """The columns."""
        return Schema.from_json(self.native.schema_json())

    def metadata(self) -> dict[str, Any]:
        """id, name, description, partitionColumns, createdTime, configuration."""
        return json.loads(self.native.metadata_json())

    def protocol(self) -> dict[str, Any]:
        """minReaderVersion, minWriterVersion, and the features, None before there were any."""
        return json.loads(self.native.protocol_json())

    def get_add_file_sizes(self) -> dict[str, int]:
        """Bytes of each file by its path below the root. Polars asks for them by this name."""
        rows = _native.text_rows(self.native.files(options_of({"format": "actions_flat"})))
        return {file_of(self.uri(), row[0] or ""): int(row[1] or 0) for row in rows}

    def table_uri(self) -> str:
        """The root as `DeltaTable.table_uri` has it."""
        return table_uri_of(self.uri())

    def create_write_transaction(
        self,
        actions: list[Any],
        mode: str,
        partition_by: list[str],
        schema: Any,
        partitions_filters: Any = None,
        commit_properties: Any = None,
        post_commithook_properties: Any = None,
    ) -> None:
        """`DeltaTable.create_write_transaction`, as daft and dask call it."""
        from ._write.files import commit_actions

        commit_actions(
            self,
            actions,
            mode,
            schema,
            partition_by,
            partitions_filters,
            commit_properties,
            post_commithook_properties,
        )

    # ---- loading

    def load_version(self, version: int) -> None:
        """Loads `version`, in place of the one before."""
        try:
            self.native.load_version(version)
        except TableNotFoundError as error:
            raise self.missing_version(error) from None

    def load_timestamp(self, timestamp_ms: int) -> None:
        """Loads the newest version committed at that time or before, in milliseconds since 1970-01-01 UTC."""
        try:
            self.native.load_timestamp(timestamp_ms)
        except InvalidArgumentError:
            newest = json.loads(self.native.history_json(options_of({"limit": 1})))
            if not newest or timestamp_ms < newest[0]["timestamp"]:
                raise
            self.native.load()  # a time after the last commit: what it left is what there is

    def missing_version(self, error: TableNotFoundError) -> DeltaError:
        """`error` as it is raised where the table is there, only not this version of it."""
        if not self.native.exists():
            return error
        missing = DeltaError(str(error))
        missing.code, missing.code_name = error.code, error.code_name
        return missing

    # ---- reading

    def count(self, predicate: str | None) -> int:
        """The rows that match, from the log alone where it knows."""
        return reading(lambda: self.native.count(options_of({"where": predicate})))


class HasTable(Protocol):
    """Anything with a handle: a `DeltaTable`, for the rooms below it."""

    _table: TableHandle


def reading(call: Callable[[], _T]) -> _T:
    """Runs a call on a loaded table, where what is missing is a file, and no table."""
    try:
        return call()
    except TableNotFoundError as error:
        raise of_reading(error) from None


def _storage_of(uri: str, storage_options: dict[str, str] | None) -> _native.Options | None:
    return storage_of(storage_options_of(uri, storage_options))


def _catalog_options(
    catalog_commits: Iterable[str | tuple[int, str]] | None, max_catalog_version: int | None
) -> _native.Options:
    commits = catalog_commits and [
        commit if isinstance(commit, str) else f"{commit[0]}={commit[1]}" for commit in catalog_commits
    ]
    return options_of({"max_catalog_version": max_catalog_version}, {"catalog_commits": commits})
