"""Functions that hand out credentials of a storage, as the C interface asks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

__all__ = ["CredentialProvider", "fresh_credentials_of", "with_provider"]

# A mapping of storage options, with "expires_at" (a datetime) where that is known, as obstore has it; or such a mapping
# and the second since 1970 when they expire, as Polars has it.
CredentialProvider = Callable[[], Mapping[str, Any] | tuple[Mapping[str, Any], int | None]]


def fresh_credentials_of(provider: CredentialProvider) -> Callable[[], dict[str, str]]:
    """The function that the C interface calls; what it raises is one line."""
    if not callable(provider):
        raise TypeError(f"credential_provider is a function that returns options, not {type(provider).__name__}")

    def ask() -> dict[str, str]:
        try:
            return _as_options(provider())
        except Exception as error:
            # Without the traceback that the native layer would add, which may show what the function works on.
            lines = str(error).strip().splitlines()
            raise RuntimeError(f"{type(error).__name__}: {lines[0] if lines else ''}".rstrip(": ")) from None

    return ask


def with_provider(storage_options: Mapping[str, Any] | None, provider: CredentialProvider) -> dict[str, Any]:
    """Settings of a storage, and who hands out its credentials."""
    if storage_options and "credential_provider" in storage_options:
        raise ValueError("credential_provider is given twice: by itself and within storage_options")
    return {**(storage_options or {}), "credential_provider": provider}


def _as_options(given: Any) -> dict[str, str]:
    expires: Any = None
    if isinstance(given, tuple):
        given, expires = given
    if not isinstance(given, Mapping):
        raise TypeError(f"the credential_provider returned {type(given).__name__}, not a dict of storage options")
    options = dict(given)
    expires = options.pop("expires_at", expires)
    out = {}
    for key, value in options.items():
        if value is None:
            continue
        if not isinstance(value, str):
            raise TypeError(f"the credential_provider returned no text for {key!r}")
        out[key] = value
    if expires is not None:
        out["expires_at_ms"] = str(_milliseconds(expires))
    return out


def _milliseconds(expires: Any) -> int:
    if isinstance(expires, str):
        expires = datetime.fromisoformat(expires.replace("Z", "+00:00"))
    if isinstance(expires, datetime):
        expires = (expires if expires.tzinfo else expires.replace(tzinfo=timezone.utc)).timestamp()
    return int(expires * 1000)
