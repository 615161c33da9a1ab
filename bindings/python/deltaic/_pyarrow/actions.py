"""Listings of files as pyarrow tables."""

from __future__ import annotations

import pyarrow
import pyarrow.compute

_STATISTICS = ("null_count", "min", "max")


def only_statistics_of(rows: pyarrow.Table, columns: list[tuple[str, ...]], flat: bool) -> pyarrow.Table:
    """`rows` without statistics of other columns than `columns`, and without partition values where there are none.

    Args:
        rows: files, as the C interface lists them.
        columns: paths.
        flat: whether the statistics are columns of their own, "min.a", not structs.
    """
    if flat:
        kept = {f"{kind}.{'.'.join(path)}" for kind in _STATISTICS for path in columns}
        of_statistics = tuple(f"{kind}." for kind in _STATISTICS)
        return rows.select([n for n in rows.column_names if n in kept or not n.startswith(of_statistics)])
    out = {}
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if name in _STATISTICS:
            array = _select(column.combine_chunks(), columns)
            if array is not None:
                out[name] = array
        elif name != "partition" or column.type.num_fields:
            out[name] = column
    schema = [pyarrow.field(name, out[name].type, rows.schema.field(name).nullable) for name in out]
    return pyarrow.table(list(out.values()), schema=pyarrow.schema(schema))


def _select(array: pyarrow.Array, paths: list[tuple[str, ...]]) -> pyarrow.Array | None:
    """The struct array with those members only that lead to one of `paths`; None where none does."""
    fields, members = [], []
    for field in array.type:
        below = [path[1:] for path in paths if path and path[0] == field.name]
        member = pyarrow.compute.struct_field(array, field.name) if below else None
        if member is not None and pyarrow.types.is_struct(field.type):
            member = _select(member, below)
        if member is not None:
            members.append(member)
            fields.append(field.with_type(member.type))
    return pyarrow.StructArray.from_arrays(members, fields=fields, mask=array.is_null()) if members else None
