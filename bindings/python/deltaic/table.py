"""``DeltaTable``: a table, and the version of it that is loaded."""

from __future__ import annotations

import functools
import json
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from . import _native
from ._filters import FilePruningPredicateType, FilterType, to_sql
from ._options import names_of, options_of, storage_of, uri_of
from .exceptions import DeltaError, InvalidArgumentError, TableNotFoundError, of_reading
from .schema import Schema
from .stream import Stream
from .task import ScanTask
from .writer._commit import commit_values, property_values

if TYPE_CHECKING:
    import pandas
    import pyarrow
    import pyarrow.dataset
    import pyarrow.fs

    from .transaction import CommitProperties, PostCommitHookProperties

__all__ = ["DeltaTable", "Metadata", "ProtocolVersions"]

MetadataColumn = Literal["file_path", "row_index", "row_id", "row_commit_version"]


def _catalog_options(
    catalog_commits: Iterable[str | tuple[int, str]] | None, max_catalog_version: int | None
) -> _native.Options:
    commits = catalog_commits and [
        commit if isinstance(commit, str) else f"{commit[0]}={commit[1]}" for commit in catalog_commits
    ]
    return options_of({"max_catalog_version": max_catalog_version}, {"catalog_commits": commits})


def _time_text(time: str | datetime | None) -> str | None:
    """A time as the C interface reads it; UTC where it has no zone."""
    if not isinstance(time, datetime):
        return time
    return (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).isoformat()


class Metadata:
    """What the log says about the table as a whole."""

    def __init__(self, table: DeltaTable) -> None:
        self._values: dict[str, Any] = json.loads(table._table.metadata_json())

    @property
    def id(self) -> str:
        """The unique identifier of the table."""
        return self._values["id"]

    @property
    def name(self) -> str | None:
        """The name that a user gave."""
        return self._values["name"]

    @property
    def description(self) -> str | None:
        """The description that a user gave."""
        return self._values["description"]

    @property
    def partition_columns(self) -> list[str]:
        """The columns that the table is partitioned by."""
        return self._values["partitionColumns"]

    @property
    def created_time(self) -> int | None:
        """When the table was created, in milliseconds since 1970-01-01 UTC."""
        return self._values["createdTime"]

    @property
    def configuration(self) -> dict[str, str]:
        """The table's properties."""
        return self._values["configuration"]

    def __repr__(self) -> str:
        return (
            f"Metadata(id: {self.id}, name: {self.name}, description: {self.description}, "
            f"partition_columns: {self.partition_columns}, created_time: {self.created_time}, "
            f"configuration: {self.configuration})"
        )


class ProtocolVersions(NamedTuple):
    """What a reader and a writer of the table must know."""

    min_reader_version: int
    min_writer_version: int
    writer_features: list[str] | None
    reader_features: list[str] | None


class DeltaTableConfig(NamedTuple):
    """How a table was loaded: files are always read when they are asked for, and the log through its own buffers."""

    without_files: bool
    log_buffer_size: int
    skip_stats: bool = False


def _partition_text(text: str | None, kind: str) -> Any:
    """A partition value as the log has it, from the text that stands for its typed value."""
    if text is not None and kind == "binary":
        return bytes.fromhex(text).decode(errors="replace")
    return text.removesuffix("Z") if text is not None and kind == "timestamp" else text


def _history_entry(version: int, timestamp: int, info: dict[str, Any]) -> dict[str, Any]:
    entry = {"timestamp": timestamp, **info, "version": version}
    if "inCommitTimestamp" in info:
        entry["timestamp"] = timestamp
    return entry


class DeltaTable:
    """A Delta table, and the version of it that is loaded. Safe to share between threads.

    Any Arrow library reads it as it is: ``polars.DataFrame(dt)``, ``pyarrow.table(dt)``, ``duckdb.from_arrow(dt)``.
    """

    def __init__(
        self,
        table_uri: str | Path | os.PathLike[str],
        version: int | None = None,
        storage_options: dict[str, str] | None = None,
        without_files: bool = False,
        log_buffer_size: int | None = None,
        skip_stats: bool = False,
        *,
        catalog_commits: Sequence[str | tuple[int, str]] | None = None,
        max_catalog_version: int | None = None,
    ) -> None:
        """Loads the newest version, or the one asked for.

        Args:
            table_uri: a path, "file:///...", or "memory://name/t".
            version: the version to load.
            storage_options: settings of the storage.
            without_files: ignored; files are read when they are asked for.
            log_buffer_size: ignored.
            skip_stats: ignored.
            catalog_commits: of a table that a catalog manages, the commits it has ratified and may not have published:
                names of files in ``_delta_log/_staged_commits``, or ``(version, content)``.
            max_catalog_version: the newest version that the catalog has ratified; that of `catalog_commits` by default.

        Raises:
            TableNotFoundError: there is no table.
            DeltaProtocolError: the table needs a reader feature that is missing here.
        """
        for name, given in [
            ("without_files", without_files),
            ("log_buffer_size", log_buffer_size is not None),
            ("skip_stats", skip_stats),
        ]:
            if given:
                warnings.warn(f"The {name!r} parameter is ignored.", DeprecationWarning, stacklevel=2)
        self._storage_options = storage_options
        self._catalog: dict[str, Any] = {}
        if catalog_commits is not None or max_catalog_version is not None:
            self._catalog = {"catalog_commits": catalog_commits, "max_catalog_version": max_catalog_version}
            self._table = _native.Table.at(uri_of(table_uri), storage_of(storage_options))
            self._table.set_catalog(_catalog_options(**self._catalog))
            self._table.load() if version is None else self._load_version(version)
        elif version is None:
            self._table = _native.Table.open(uri_of(table_uri), storage_of(storage_options))
        else:
            self._table = _native.Table.at(uri_of(table_uri), storage_of(storage_options))
            self._load_version(version)

    @staticmethod
    def is_deltatable(table_uri: str | Path | os.PathLike[str], storage_options: dict[str, str] | None = None) -> bool:
        """Whether there is a Delta table at this place."""
        return _native.Table.at(uri_of(table_uri), storage_of(storage_options)).exists()

    @classmethod
    def create(
        cls,
        table_uri: str | Path,
        schema: Schema | Any,
        mode: Literal["error", "append", "overwrite", "ignore"] = "error",
        partition_by: list[str] | str | None = None,
        name: str | None = None,
        description: str | None = None,
        configuration: Mapping[str, str | None] | None = None,
        storage_options: dict[str, str] | None = None,
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
        raise_if_key_not_exists: bool = True,
    ) -> DeltaTable:
        """Creates an empty table.

        Args:
            table_uri: where.
            schema: a Schema, or any object with ``__arrow_c_schema__``.
            mode: where a table exists: "error" and "append" raise, "overwrite" replaces it by a new version, "ignore"
                leaves it.
            partition_by: the columns to partition by.
            name: a name for the table.
            description: a description.
            configuration: table properties.
            storage_options: settings of the storage.
            commit_properties: metadata and retries of the commit.
            post_commithook_properties: whether a checkpoint is written.
            raise_if_key_not_exists: refuse properties outside ``delta.``.
        """
        if args:
            raise TypeError("create() takes commit_properties and what follows as keyword arguments")
        foreign = [key for key in configuration or {} if not key.startswith("delta.")]
        if raise_if_key_not_exists and foreign:
            raise InvalidArgumentError(
                f"not a Delta table property: {', '.join(foreign)}; pass raise_if_key_not_exists=False to set it anyway"
            )
        values = {
            "mode": "error" if mode == "append" else mode,
            "name": name,
            "description": description,
            "schema_json": schema.to_json() if isinstance(schema, Schema) else None,
            **property_values(configuration),
            **commit_values(commit_properties, post_commithook_properties),
        }
        table = cls._of(_native.Table.at(uri_of(table_uri), storage_of(storage_options)), storage_options)
        capsule = None if isinstance(schema, Schema) else schema.__arrow_c_schema__()
        table._table.create(capsule, options_of(values, {"partition_by": names_of(partition_by)}))
        return table

    @classmethod
    def _of(cls, table: _native.Table, storage_options: dict[str, str] | None) -> DeltaTable:
        made = cls.__new__(cls)
        made._storage_options = storage_options
        made._catalog = {}
        made._table = table
        return made

    def _copy(self) -> DeltaTable:
        """The same version, whatever this one loads later."""
        copy = self._of(self._table.copy(), self._storage_options)
        copy._catalog = self._catalog
        return copy

    # ---- what is loaded

    def version(self) -> int:
        """The version that is loaded."""
        return self._table.version()

    @property
    def table_uri(self) -> str:
        """The root of the table, as a URI without credentials."""
        return self._table.uri()

    def schema(self) -> Schema:
        """The columns."""
        return Schema.from_json(self._table.schema_json())

    def metadata(self) -> Metadata:
        """Identifier, name, partition columns, properties."""
        return Metadata(self)

    def protocol(self) -> ProtocolVersions:
        """What a reader and a writer of the table must know."""
        protocol = json.loads(self._table.protocol_json())
        return ProtocolVersions(
            protocol["minReaderVersion"],
            protocol["minWriterVersion"],
            protocol["writerFeatures"],
            protocol["readerFeatures"],
        )

    def history(self, limit: int | None = None) -> list[dict[str, Any]]:
        """The commits that the log still has, newest first: each one's ``commitInfo`` with its version.

        Where commits have a time of their own (``inCommitTimestamp``), that is their ``timestamp``: time travel goes by
        it.

        Args:
            limit: how many at most.
        """
        entries = json.loads(self._table.history_json(-1 if limit is None else limit))
        return [_history_entry(entry["version"], entry["timestamp"], entry["commitInfo"] or {}) for entry in entries]

    @property
    def table_config(self) -> DeltaTableConfig:
        """Settings of loading, all of which are fixed here."""
        return DeltaTableConfig(without_files=False, log_buffer_size=0)

    def transaction_version(self, app_id: str) -> int | None:
        """The last version that application `app_id` committed; None for none."""
        version = self._table.transaction_version(app_id)
        return None if version < 0 else version

    # ---- time travel

    def domain_metadata(self) -> dict[str, str]:
        """The configuration of each domain that has metadata, as the log has it, mostly JSON."""
        return json.loads(self._table.domains_json())

    def load_as_version(self, version: int | str | datetime) -> None:
        """Loads another version, by its number or as of a time.

        Args:
            version: a number; or a time, as a datetime (UTC where it has no zone) or text such as
                "2024-01-31T10:00:00Z": the
                newest version committed then or before.
        """
        if isinstance(version, bool) or not isinstance(version, (int, str, datetime)):
            raise TypeError("Invalid datatype provided for version, only int, str or datetime are accepted.")
        if isinstance(version, int):
            self._load_version(version)
        else:
            self._load_timestamp(_native.parse_timestamp(_time_text(version)))

    def _load_version(self, version: int) -> None:
        try:
            self._table.load_version(version)
        except TableNotFoundError as error:
            raise self._missing_version(error) from None

    def _missing_version(self, error: TableNotFoundError) -> DeltaError:
        if not self._table.exists():
            return error
        missing = DeltaError(str(error))  # the table is there, only not this version of it
        missing.code, missing.code_name = error.code, error.code_name
        return missing

    def _load_timestamp(self, timestamp_ms: int) -> None:
        try:
            self._table.load_timestamp(timestamp_ms)
        except InvalidArgumentError:
            newest = json.loads(self._table.history_json(1))
            if not newest or timestamp_ms < newest[0]["timestamp"]:
                raise
            self._table.load()  # a time after the last commit: what it left is what there is

    def update_incremental(self) -> None:
        """Loads the newest version, reading only what is new in the log."""
        self._table.load()

    # ---- files

    def file_uris(
        self,
        partition_filters: FilterType | None = None,
        *,
        file_pruning_predicate: FilePruningPredicateType | None = None,
    ) -> list[str]:
        """The data files, as absolute paths or URIs.

        Args:
            partition_filters: deprecated; use `file_pruning_predicate`.
            file_pruning_predicate: SQL, or tuples such as ``[("year", "=", 2021), ("month", "in", [1, 2])]``, a list
                of such lists
                meaning "or". Files that cannot hold a matching row are left out.
        """
        where = self._pruning(partition_filters, file_pruning_predicate)
        return _native.text_column(self._table.files(options_of({"format": "uris", "where": where})), "file://")

    def partitions(
        self,
        partition_filters: FilterType | None = None,
        *,
        file_pruning_predicate: FilePruningPredicateType | None = None,
    ) -> list[dict[str, str]]:
        """The partitions that have files, each a dict from column to value as text.

        Args:
            partition_filters: deprecated; use `file_pruning_predicate`.
            file_pruning_predicate: as for `file_uris`.
        """
        columns = self.metadata().partition_columns
        if not columns:
            return []
        where = self._pruning(partition_filters, file_pruning_predicate)
        stream = Stream(self._table.files(options_of({"format": "actions_flat", "where": where})))
        names = [field.name for field in stream.schema.fields]
        places = [names.index(f"partition.{column}") for column in columns]
        rows = _native.text_rows(stream.__arrow_c_stream__())
        distinct = dict.fromkeys(tuple(row[place] for place in places) for row in rows)
        kinds = {field.name: field.type.type for field in self.schema().fields}
        return [
            {name: _partition_text(value, kinds[name]) for name, value in zip(columns, values, strict=True)}
            for values in distinct
        ]

    def get_add_actions(self, flatten: bool = False) -> pyarrow.Table | Stream:
        """The data files, a row each: path, size_bytes, modification_time, num_records, null_count, min, max,
        partition.

        A pyarrow table where pyarrow is installed, else a Stream.

        Args:
            flatten: the last four as columns "null_count.a", "min.a", "max.a", "partition.a" in place of structs.
        """
        stream = Stream(self._table.files(options_of({"format": "actions_flat" if flatten else "actions"})))
        try:
            return stream.read_all()
        except ImportError:
            return stream

    def deletion_vectors(self) -> Stream:
        """The files that have a deletion vector: ``filepath``, and ``selection_vector``, false for each deleted row."""
        return Stream(self._table.files(options_of({"format": "deletion_vectors"})))

    def _pruning(self, deprecated: FilterType | None, predicate: FilePruningPredicateType | None) -> str | None:
        if deprecated is not None:
            if predicate is not None:
                raise ValueError("`partition_filters` is deprecated; pass only `file_pruning_predicate`")
            warnings.warn(
                "`partition_filters` is deprecated; pass the filters to `file_pruning_predicate` instead",
                DeprecationWarning,
                stacklevel=3,
            )
            predicate = deprecated
        return None if predicate is None else to_sql(predicate, self.schema(), empty_is_null=True)

    # ---- rows

    def count(self) -> int:
        """The number of rows, from the log alone where it knows."""
        return self._count(None)

    def _count(self, predicate: str | None) -> int:
        try:
            return self._table.count(options_of({"where": predicate}))
        except TableNotFoundError as error:
            raise of_reading(error) from None

    def scan(
        self,
        columns: list[str] | None = None,
        predicate: str | None = None,
        *,
        metadata_columns: list[MetadataColumn] | None = None,
    ) -> Stream:
        """The rows, read while they are consumed. The order is not guaranteed.

        Args:
            columns: the columns to read; all by default.
            predicate: SQL; exactly the rows that match.
            metadata_columns: more columns, of what rows are, named ``_metadata.row_id`` and so on. ``row_id`` and
                ``row_commit_version`` need a table with row tracking; ``row_index`` counts deleted rows too.
        """
        return self._scan(columns, predicate, metadata_columns)

    def _scan(
        self,
        columns: list[str] | None,
        predicate: str | None,
        metadata_columns: Sequence[str] | None = None,
        dictionary_strings: bool | list[str] = False,
        **settings: Any,
    ) -> Stream:
        named = not isinstance(dictionary_strings, bool)
        values = {"where": predicate, "dictionary_strings": False if named else dictionary_strings, **settings}
        lists = {
            "columns": columns,
            "metadata_columns": metadata_columns,
            "dictionary_columns": names_of(dictionary_strings) if named else None,
        }
        options = options_of(values, lists)
        return Stream(self._table.scan(options))

    def scan_tasks(
        self,
        columns: list[str] | None = None,
        predicate: str | None = None,
        *,
        metadata_columns: list[MetadataColumn] | None = None,
        tasks: int | None = None,
        target_bytes: int | None = None,
    ) -> list[ScanTask]:
        """A scan in parts of about equal size, which other processes can run. Their rows together are those of the
        scan.

        Args:
            columns: the columns to read; all by default.
            predicate: SQL; exactly the rows that match. ``CURRENT_TIMESTAMP`` in it is the time of this call.
            metadata_columns: as for `scan`.
            tasks: how many parts at most. Large files are cut, but not their row groups, so a part may have no row.
            target_bytes: the size of a part, in place of `tasks`; 128 MiB by default.
        """
        values = {"where": predicate, "tasks": tasks, "target_bytes": target_bytes}
        options = options_of(values, {"columns": columns, "metadata_columns": metadata_columns})
        return [ScanTask(data) for data in self._table.scan_tasks(options)]

    def explain(self, columns: list[str] | None = None, predicate: str | None = None) -> dict[str, Any]:
        """What `scan` with these arguments would read. Files are listed and opened, but no row is read.

        Returns:
            columns, columnsRead (from data files: without partition columns), predicate (SQL as it was understood, or
            None), filesTotal, filesPrunedByPartition, filesPrunedByStats, filesToRead, rowGroupsTotal and
            rowGroupsSkipped (of the files to read), rowsToRead (at most), bytesToRead (of the columns, as stored); also
            table and version.
        """
        try:
            return json.loads(self._table.explain_scan(options_of({"where": predicate}, {"columns": columns})))
        except TableNotFoundError as error:
            raise of_reading(error) from None

    def load_cdf(
        self,
        starting_version: int = 0,
        ending_version: int | None = None,
        starting_timestamp: str | None = None,
        ending_timestamp: str | None = None,
        columns: list[str] | None = None,
        predicate: str | None = None,
        allow_out_of_range: bool = False,
    ) -> Stream:
        """The change data feed: the rows that a range of versions inserted, deleted and updated.

        The columns are the table's at the last version of the range, then ``_change_type`` ("insert", "delete",
        "update_preimage", "update_postimage"), ``_commit_version`` and ``_commit_timestamp``. Rows come by version,
        read while they are consumed. ``delta.enableChangeDataFeed`` must have been on in all of the range.

        Args:
            starting_version: the first version.
            ending_version: the last version; the newest by default, and where it is beyond it.
            starting_timestamp: from the first commit at or after this time on, such as "2024-01-31T10:00:00Z".
            ending_timestamp: up to the last commit at or before this time. Of a version and a time for the same end,
                the narrower counts.
            columns: the columns to read; all by default.
            predicate: SQL over all of these columns; files and versions that cannot match are not read.
            allow_out_of_range: no rows instead of an exception where the range is outside of the table's versions.
        """
        options = options_of(
            {
                "from_version": None if starting_timestamp is not None and starting_version == 0 else starting_version,
                "from_timestamp": _time_text(starting_timestamp),
                "to_version": ending_version,
                "to_timestamp": _time_text(ending_timestamp),
                "where": predicate,
                "allow_out_of_range": allow_out_of_range,
            },
            {"columns": columns},
        )
        try:
            return Stream(self._table.changes(options))
        except TableNotFoundError as error:
            raise self._missing_version(error) from None

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """All rows as an Arrow stream capsule; a new scan each time."""
        return self.scan().__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """The columns as an Arrow schema capsule."""
        return self._table.schema()

    def to_pyarrow_table(
        self,
        partitions: FilterType | None = None,
        columns: list[str] | None = None,
        filesystem: str | pyarrow.fs.FileSystem | None = None,
        filters: FilterType | pyarrow.dataset.Expression | None = None,
        *,
        dictionary_strings: bool | list[str] = False,
        metadata_columns: list[MetadataColumn] | None = None,
    ) -> pyarrow.Table:
        """The rows as a pyarrow table, in the order of the files.

        Args:
            partitions: deprecated; use `filters`.
            columns: the columns, in this order, repeated where they are named twice.
            filesystem: where the files are, rooted at the table: pyarrow reads them, as `to_pyarrow_dataset` says. By
                default they are read through the table's own storage.
            filters: tuples such as ``[("a", ">", 1)]``, SQL, or a pyarrow expression. They leave out files and row
                groups too.
            dictionary_strings: columns of strings that come as dictionaries: less memory and time where values
                repeat. A list names them. True takes partition columns, and those of which one of the first files,
                the largest, has few values.
            metadata_columns: as for `scan`; they come last.
        """
        from ._pyarrow import read_table, read_table_through

        if partitions is not None:
            warnings.warn("`partitions` is deprecated; use `filters` instead", DeprecationWarning, stacklevel=2)
        if filesystem is not None:
            return read_table_through(self, columns, partitions, filters, filesystem)
        return read_table(self, columns, [partitions, filters], dictionary_strings, metadata_columns)

    def to_pandas(
        self,
        partitions: FilterType | None = None,
        columns: list[str] | None = None,
        filesystem: str | pyarrow.fs.FileSystem | None = None,
        filters: FilterType | pyarrow.dataset.Expression | None = None,
        types_mapper: Callable[[pyarrow.DataType], Any] | None = None,
    ) -> pandas.DataFrame:
        """The rows as a pandas data frame. Arguments as for `to_pyarrow_table`.

        Args:
            types_mapper: from a pyarrow type to a pandas extension type.
        """
        table = self.to_pyarrow_table(partitions, columns, filesystem, filters)
        return table.to_pandas(types_mapper=types_mapper)

    def to_pyarrow_dataset(
        self,
        partitions: FilterType | None = None,
        filesystem: str | pyarrow.fs.FileSystem | None = None,
        parquet_read_options: pyarrow.dataset.ParquetReadOptions | None = None,
        schema: pyarrow.Schema | None = None,
        as_large_types: bool = False,
        file_pruning_predicate: FilePruningPredicateType | None = None,
    ) -> pyarrow.dataset.Dataset:
        """The rows of this version as a pyarrow dataset, for duckdb, polars, pyarrow and others.

        Each read is a scan of this package: it streams, applies deletion vectors and column mapping, and leaves out
        the files, row groups and columns that the reader's expressions do not need. With `filesystem` or
        `parquet_read_options` it is a dataset that pyarrow itself reads, which is not for tables with column mapping or
        deletion vectors.

        Args:
            partitions: deprecated; use `file_pruning_predicate`.
            filesystem: where the files are, rooted at the table.
            parquet_read_options: pyarrow's.
            schema: in place of the table's: columns are cast, and those it lacks are left out.
            as_large_types: strings, binaries and lists with 64 bit offsets.
            file_pruning_predicate: as for `file_uris`; rows that do not match are left out too where this package
                reads.
        """
        where = self._pruning(partitions, file_pruning_predicate)
        if filesystem is None and parquet_read_options is None:
            from ._dataset import Dataset

            return Dataset(self, where, schema, as_large_types)
        from ._pyarrow import make_dataset

        schema = schema or self.schema().to_arrow(as_large_types=as_large_types)
        return make_dataset(self, where, filesystem, parquet_read_options, schema)

    # ---- housekeeping

    def create_checkpoint(self) -> None:
        """Writes a checkpoint of the version that is loaded."""
        self._table.checkpoint()

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes load the same version again."""
        make = functools.partial(type(self), **self._catalog)
        return (make, (self.table_uri, self.version(), self._storage_options))

    def __repr__(self) -> str:
        return f"DeltaTable({self.table_uri!r}, version={self.version()})"
