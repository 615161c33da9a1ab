"""Delta Lake tables from Python, with the names of ``deltalake`` and no dependency.

::

    from deltaic import DeltaTable, write_deltalake

    write_deltalake("flights", data, partition_by=["month"])
    DeltaTable("flights").to_pandas(filters=[("month", "=", 12)])
"""

from . import _logging, _native, exceptions
from .query import QueryBuilder
from .schema import ArrayType, DataType, Field, MapType, PrimitiveType, Schema, StructType, VariantType
from .stream import Stream
from .table import DeltaTable, Metadata, ProtocolVersions
from .task import ScanTask
from .transaction import CommitProperties, PostCommitHookProperties, Transaction
from .writer import BloomFilterProperties, ColumnProperties, WriterProperties, write_deltalake

__version__: str = _native.version()
_logging.connect()

__all__ = [
    "ArrayType",
    "BloomFilterProperties",
    "ColumnProperties",
    "CommitProperties",
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
    "Transaction",
    "VariantType",
    "WriterProperties",
    "__version__",
    "exceptions",
    "write_deltalake",
]
