"""What libraries take from deltalake's native module, although it is none of their business."""

from .. import _native
from .._handle import TableHandle as RawDeltaTable
from .._process import rust_core_version
from ..exceptions import (
    CommitFailedError,
    DeltaError,
    DeltaProtocolError,
    SchemaMismatchError,
    TableNotFoundError,
)
from ..features import TableFeatures
from ..schema import ArrayType, Field, MapType, PrimitiveType, Schema, StructType, VariantType
from ..transaction import RemoveAction, Transaction, create_table_with_add_actions

__version__ = _native.version()
_NANOSECOND_TIMESTAMPS = False

__all__ = [
    "ArrayType",
    "CommitFailedError",
    "DeltaError",
    "DeltaProtocolError",
    "Field",
    "MapType",
    "PrimitiveType",
    "RawDeltaTable",
    "RemoveAction",
    "Schema",
    "SchemaMismatchError",
    "StructType",
    "TableFeatures",
    "TableNotFoundError",
    "Transaction",
    "VariantType",
    "create_table_with_add_actions",
    "rust_core_version",
]
