"""What holds for the whole process."""

from __future__ import annotations

from . import _native
from .exceptions import not_yet


def rust_core_version() -> str:
    """The version of the library below; there is no Rust in it."""
    return f"deltaic-{_native.version()}"


def init_tracing(endpoint: str | None = None) -> None:
    """Raises NotYetSupportedError: messages of the library go to the logger ``deltaic``; there are no traces.

    Args:
        endpoint: of an OpenTelemetry collector.
    """
    raise not_yet("init_tracing")


def enable_nanosecond_timestamps() -> None:
    """Raises RuntimeError, as builds of ``deltalake`` without nanosecond timestamps do."""
    raise RuntimeError("this version of deltaic has no timestamps with nanoseconds; they are microseconds in tables")
