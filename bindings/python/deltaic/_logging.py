"""The library's log messages, as messages of the Python logger "deltaic"."""

from __future__ import annotations

import atexit
import logging

from . import _native

_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
_logger = logging.getLogger("deltaic")


def _log(level: int, message: str) -> None:
    _logger.log(_LEVELS[level], "%s", message)


def connect() -> None:
    """Sends messages to the logger from now on, until Python exits."""
    _native.set_log_callback(_log)
    atexit.register(_native.set_log_callback, None)
