"""Settings of the Parquet files that are written."""

from .._write.properties import (
    BloomFilterProperties,
    ColumnProperties,
    Compression,
    Encoding,
    WriterProperties,
)

__all__ = ["BloomFilterProperties", "ColumnProperties", "Compression", "Encoding", "WriterProperties"]
