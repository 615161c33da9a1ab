"""``import deltaic.as_deltalake`` makes this package answer to the name ``deltalake`` in this process.

For libraries that import ``deltalake`` by name: polars, daft, dlt, dask-deltatable, ray. Import it before them::

    import deltaic.as_deltalake
    import polars

    polars.scan_delta("flights")

Classes are the same by both names. ``deltalake.__version__`` is that of the `deltalake` whose names these are,
``deltalake.__deltaic_version__`` ours. What `deltalake` tolerates and this package does not (storage options of other
storages; a slash after ``table_uri``, to which libraries add paths) is tolerated from then on.

Raises:
    ImportError: the real ``deltalake`` has been imported already.
"""

from ._deltalake import install

install()
