"""``DeltaTable``: a table, and the version of it that is loaded.

The class is a table of contents. Its methods are functions of the modules in ``_table``, with their documentation.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ._credentials import CredentialProvider, with_provider
from ._filters import (
    FilePruningPredicateType,
    FilterConjunctionType,
    FilterDNFType,
    FilterLiteralType,
    FilterType,
    PartitionFilterType,
)
from ._handle import TableHandle
from ._options import uri_of
from ._table import actions, create, delete, facts, files, frames, maintenance, merge, rows, travel, update
from ._table.alterer import TableAlterer
from ._table.facts import DeltaTableConfig, Metadata, ProtocolVersions
from ._table.merge import TableMerger
from ._table.optimizer import TableOptimizer
from .data_catalog import DataCatalog
from .features import TableFeatures
from .schema import Schema
from .transaction import CommitProperties, PostCommitHookProperties

__all__ = [
    "DeltaTable",
    "DeltaTableConfig",
    "FilePruningPredicateType",
    "FilterConjunctionType",
    "FilterDNFType",
    "FilterLiteralType",
    "FilterType",
    "Metadata",
    "PartitionFilterType",
    "ProtocolVersions",
    "TableAlterer",
    "TableFeatures",
    "TableMerger",
    "TableOptimizer",
]

# What the files of a table need of a reader that is not this package: polars and others ask before they read them.
MAX_SUPPORTED_READER_VERSION = 3
NOT_SUPPORTED_READER_VERSION = 2
SUPPORTED_READER_FEATURES = {"timestampNtz", "variantType", "variantType-preview"}
# What a table needs of a writer whose files are committed by `create_write_transaction`.
MAX_SUPPORTED_PYARROW_WRITER_VERSION = 7
NOT_SUPPORTED_PYARROW_WRITER_VERSIONS = [3, 4, 5, 6]
SUPPORTED_WRITER_FEATURES = {"appendOnly", "invariants", "timestampNtz", "variantType", "variantType-preview"}
FSCK_METRICS_FILES_REMOVED_LABEL = "files_removed"


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
        credential_provider: CredentialProvider | None = None,
    ) -> None:
        """Loads the newest version, or the one asked for.

        Args:
            table_uri: a path, a URI of a storage, or a table of a catalog: "uc://catalog.schema.table" (Unity Catalog),
                "glue://database.table" (AWS Glue).
            version: the version to load.
            storage_options: settings of the storage.
            without_files: ignored; files are read when they are asked for.
            log_buffer_size: ignored.
            skip_stats: ignored.
            catalog_commits: of a table that a catalog manages, the commits it has ratified and may not have published:
                names of files in ``_delta_log/_staged_commits``, or ``(version, content)``.
            max_catalog_version: the newest version that the catalog has ratified; that of `catalog_commits` by default.
            credential_provider: a function that returns fresh credentials as storage options, with "expires_at" (a
                datetime), or a tuple of them and the second since 1970 when they expire. It is asked again before that,
                on any thread. The same as the entry "credential_provider" of `storage_options`.

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
        if credential_provider is not None:
            storage_options = with_provider(storage_options, credential_provider)
        catalog = None
        if catalog_commits is not None or max_catalog_version is not None:
            catalog = {"catalog_commits": catalog_commits, "max_catalog_version": max_catalog_version}
        self._table = TableHandle.open(uri_of(table_uri), storage_options, version, catalog)

    @classmethod
    def from_data_catalog(
        cls,
        data_catalog: DataCatalog,
        database_name: str,
        table_name: str,
        data_catalog_id: str | None = None,
        version: int | None = None,
        storage_options: dict[str, str] | None = None,
    ) -> DeltaTable:
        """The table of this name in a catalog.

        Args:
            data_catalog: which catalog.
            database_name: the database, which Unity Catalog calls schema.
            table_name: the table.
            data_catalog_id: of Unity Catalog, the catalog; of Glue, the account whose catalog it is.
            version: the version to load; the newest by default.
            storage_options: settings of catalog and storage.
        """
        uri = data_catalog.uri_of(database_name, table_name, data_catalog_id)
        return cls(uri, version=version, storage_options=storage_options)

    @staticmethod
    def is_deltatable(table_uri: str | Path | os.PathLike[str], storage_options: dict[str, str] | None = None) -> bool:
        """Whether there is a Delta table at this place."""
        return TableHandle.at(uri_of(table_uri), storage_options).native.exists()

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
        return cls._of(
            create.create_table(
                TableHandle.at(uri_of(table_uri), storage_options),
                schema,
                mode,
                partition_by,
                name,
                description,
                configuration,
                args,
                commit_properties,
                post_commithook_properties,
                raise_if_key_not_exists,
            )
        )

    @classmethod
    def _of(cls, handle: TableHandle) -> DeltaTable:
        made = cls.__new__(cls)
        made._table = handle
        return made

    @property
    def _storage_options(self) -> dict[str, str] | None:
        """Read by polars and others."""
        return self._table.storage_options

    # ---- what is loaded
    version = facts.version
    table_uri = property(facts.table_uri)
    schema = facts.schema
    metadata = facts.metadata
    protocol = facts.protocol
    history = facts.history
    table_config = property(facts.table_config)
    transaction_version = facts.transaction_version
    domain_metadata = facts.domain_metadata

    # ---- other versions
    load_as_version = travel.load_as_version
    update_incremental = travel.update_incremental

    # ---- files
    file_uris = files.file_uris
    partitions = files.partitions
    get_add_actions = files.get_add_actions
    deletion_vectors = files.deletion_vectors

    # ---- rows
    count = rows.count
    scan = rows.scan
    scan_tasks = rows.scan_tasks
    explain = rows.explain
    load_cdf = rows.load_cdf
    __arrow_c_stream__ = rows.arrow_c_stream
    __arrow_c_schema__ = rows.arrow_c_schema
    __datafusion_table_provider__ = rows.datafusion_table_provider
    rows = rows.rows  # last: the module has the same name
    to_pyarrow_table = frames.to_pyarrow_table
    to_pandas = frames.to_pandas
    to_polars = frames.to_polars
    to_pyarrow_dataset = frames.to_pyarrow_dataset

    # ---- changes of rows
    delete = delete.delete
    update = update.update
    merge = merge.merge
    create_write_transaction = actions.create_write_transaction
    write_files = actions.write_files
    commit_files = actions.commit_files
    discard_files = actions.discard_files

    # ---- changes of the table
    optimize = property(TableOptimizer)
    alter = property(TableAlterer)
    restore = maintenance.restore

    # ---- housekeeping
    create_checkpoint = maintenance.create_checkpoint
    vacuum = maintenance.vacuum
    repair = maintenance.repair
    doctor = maintenance.doctor
    clone = maintenance.clone
    generate = maintenance.generate
    cleanup_metadata = maintenance.cleanup_metadata
    compact_logs = maintenance.compact_logs

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes load the same version again."""
        return (type(self)._of, (self._table,))

    def __repr__(self) -> str:
        return f"DeltaTable({self.table_uri!r}, version={self.version()})"
