"""What a `DeltaTable` can do, a module for each kind of thing.

The functions that begin with `self` are its methods: `table.py` lists them. Nothing here imports `table.py`; they need
no more of it than the handle that `HasTable` promises.
"""
