"""A table's folder as a file system of pyarrow."""

from .fs_handler import DeltaStorageHandler

__all__ = ["DeltaStorageHandler"]
