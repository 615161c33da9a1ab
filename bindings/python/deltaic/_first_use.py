"""Imports that wait for their first use, guarded for fork.

A child that is forked while another thread imports a module would wait for that module for ever: the thread that
imports it is not in the child. So such imports hold this lock, and a fork waits for it::

    with FIRST_USE:
        import pyarrow
"""

from __future__ import annotations

import os
import threading

FIRST_USE = threading.RLock()

os.register_at_fork(before=FIRST_USE.acquire, after_in_parent=FIRST_USE.release, after_in_child=FIRST_USE.release)
