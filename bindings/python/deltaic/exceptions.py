"""The exceptions of this package: those of ``deltalake``, and a few that say more.

Every one carries ``code``, a number that never changes (see ``include/deltaic/deltaic.h``), and ``code_name``, its
name.
"""

from __future__ import annotations

from ._tolerance import message_of

__all__ = [
    "AppendOnlyError",
    "CancelledError",
    "CommitFailedError",
    "DataFileNotFoundError",
    "DeltaError",
    "DeltaProtocolError",
    "InvalidArgumentError",
    "NotYetSupportedError",
    "SchemaMismatchError",
    "StorageError",
    "StoragePermissionError",
    "TableNotFoundError",
]


class DeltaError(Exception):
    """The base of them all. Raised itself where the table is there already, and for bugs of the library."""

    code: int = 14
    code_name: str = "Internal"


class TableNotFoundError(DeltaError):
    """There is no Delta table at this place."""


class DeltaProtocolError(DeltaError):
    """The table needs a feature this version lacks, breaks the specification, or the data breaks a rule of the
    table."""


class CommitFailedError(DeltaError):
    """Another writer committed something that this commit depends on; or whether it was committed is not known."""


class SchemaMismatchError(DeltaError):
    """The data does not have the table's schema."""


class InvalidArgumentError(DeltaError, ValueError):
    """The call itself is wrong: an unknown column, a predicate that does not parse, a setting out of range."""


class AppendOnlyError(InvalidArgumentError, CommitFailedError):
    """Rows of an append-only table cannot be removed: `delta.appendOnly` is true."""


class StorageError(DeltaError, OSError):
    """The storage failed; ``code_name`` "Unavailable" means that the same call may work later."""


class DataFileNotFoundError(StorageError, FileNotFoundError):
    """A file that the log names is gone: removed by hand, or by a vacuum since the version that is loaded."""


class StoragePermissionError(StorageError, PermissionError):
    """The storage refused the credentials."""


class NotYetSupportedError(DeltaError, NotImplementedError):
    """An operation that ``deltalake`` has and this version has not. Nothing was done."""

    code = 6
    code_name = "Unsupported"


class CancelledError(DeltaError):
    """The call was cancelled."""


_CLASSES: dict[int, type[DeltaError]] = {
    1: InvalidArgumentError,
    2: TableNotFoundError,
    3: DeltaError,
    4: SchemaMismatchError,
    5: DeltaProtocolError,
    6: DeltaProtocolError,
    7: DeltaProtocolError,
    8: CommitFailedError,
    9: CommitFailedError,
    10: StorageError,
    11: StorageError,
    12: StoragePermissionError,
    13: CancelledError,
}


def error_of(code: int, code_name: str, message: str) -> DeltaError:
    """The exception for a code of the C interface."""
    cls = _CLASSES.get(code, DeltaError)
    if cls is InvalidArgumentError and "delta.appendOnly=true" in message:
        cls = AppendOnlyError
    error = cls(message_of(message))
    error.code = code
    error.code_name = code_name
    return error


def of_reading(error: DeltaError) -> DeltaError:
    """The same as reading a table raises it once it is loaded: what is missing then is a file, and no table."""
    if not isinstance(error, TableNotFoundError):
        return error
    missing = DataFileNotFoundError(str(error))
    missing.code, missing.code_name = error.code, error.code_name
    return missing


def not_yet(operation: str) -> NotYetSupportedError:
    """The exception for a name of ``deltalake`` that does nothing here yet."""
    return NotYetSupportedError(f"{operation} is not supported by this version of deltaic yet; nothing was changed")
