"""All that needs pyarrow, which is imported only where a call comes here."""

import contextlib

import pyarrow.compute
import pyarrow.dataset
import pyarrow.parquet

# What pyarrow itself would import later, when a fork may come between.
with contextlib.suppress(ImportError):
    import pyarrow.acero  # noqa: F401
