"""Writing rows."""

from .properties import BloomFilterProperties, ColumnProperties, WriterProperties
from .writer import write_deltalake

__all__ = ["BloomFilterProperties", "ColumnProperties", "WriterProperties", "write_deltalake"]
