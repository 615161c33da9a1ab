"""Delta Lake tables from Python, with the names of ``deltalake`` and no dependency.

::

    from deltaic import DeltaTable, write_deltalake

    write_deltalake("flights", data, partition_by=["month"])
    DeltaTable("flights").to_pandas(filters=[("month", "=", 12)])
"""

from . import _logging, _native, exceptions
from ._process import enable_nanosecond_timestamps, init_tracing, rust_core_version
from .data_catalog import DataCatalog
from .features import TableFeatures
from .query import QueryBuilder
from .schema import ArrayType, DataType, Field, MapType, PrimitiveType, Schema, StructType, VariantType
from .stream import Stream
from .table import DeltaTable, Metadata, ProtocolVersions
from .task import ScanTask
from .transaction import CommitProperties, PostCommitHookProperties, Transaction
from .writer import (
    BloomFilterProperties,
    ColumnProperties,
    WriterProperties,
    convert_to_deltalake,
    write_deltalake,
)
from .written_files import WrittenFiles

__version__: str = _native.version()
_logging.connect()

__all__ = [
    "ArrayType",
    "BloomFilterProperties",
    "ColumnProperties",
    "CommitProperties",
    "DataCatalog",
    "DataType",
    "DeltaTable",
    "Field",
    "MapType",
    "Metadata",
    "PostCommitHookProperties",
    "PrimitiveType",
    "ProtocolVersions",
    "QueryBuilder",
    "ScanTask",
    "Schema",
    "Stream",
    "StructType",
    "TableFeatures",
    "Transaction",
    "VariantType",
    "WriterProperties",
    "WrittenFiles",
    "__version__",
    "convert_to_deltalake",
    "enable_nanosecond_timestamps",
    "exceptions",
    "init_tracing",
    "rust_core_version",
    "write_deltalake",
]
