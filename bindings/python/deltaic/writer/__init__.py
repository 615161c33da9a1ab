"""Writing rows."""

from .convert_to import convert_to_deltalake
from .properties import BloomFilterProperties, ColumnProperties, WriterProperties
from .writer import write_deltalake

__all__ = [
    "BloomFilterProperties",
    "ColumnProperties",
    "WriterProperties",
    "convert_to_deltalake",
    "write_deltalake",
]
