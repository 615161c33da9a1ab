"""The data files of the version that is loaded."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from .. import _native
from .._filters import FilePruningPredicateType, FilterType, to_sql
from .._first_use import FIRST_USE
from .._handle import HasTable, TableHandle
from .._scan import list_files, list_uris
from ..stream import Stream
from .statistics import columns_with_statistics

if TYPE_CHECKING:
    import pyarrow


def file_uris(
    self: HasTable,
    partition_filters: FilterType | None = None,
    *,
    file_pruning_predicate: FilePruningPredicateType | None = None,
) -> list[str]:
    """The data files, as absolute paths or URIs.

    Args:
        partition_filters: deprecated; use `file_pruning_predicate`.
        file_pruning_predicate: SQL, or tuples such as ``[("year", "=", 2021), ("month", "in", [1, 2])]``, a list of
            such lists meaning "or". Files that cannot hold a matching row are left out.
    """
    return list_uris(self._table, pruning(self._table, partition_filters, file_pruning_predicate))


def partitions(
    self: HasTable,
    partition_filters: FilterType | None = None,
    *,
    file_pruning_predicate: FilePruningPredicateType | None = None,
) -> list[dict[str, str]]:
    """The partitions that have files, each a dict from column to value as text.

    Args:
        partition_filters: deprecated; use `file_pruning_predicate`.
        file_pruning_predicate: as for `file_uris`.
    """
    columns = self._table.metadata()["partitionColumns"]
    if not columns:
        return []
    where = pruning(self._table, partition_filters, file_pruning_predicate)
    stream = list_files(self._table, "actions_flat", where)
    names = [field.name for field in stream.schema.fields]
    places = [names.index(f"partition.{column}") for column in columns]
    rows = _native.text_rows(stream.__arrow_c_stream__())
    distinct = dict.fromkeys(tuple(row[place] for place in places) for row in rows)
    kinds = {field.name: field.type.type for field in self._table.schema().fields}
    return [
        {name: _partition_text(value, kinds[name]) for name, value in zip(columns, values, strict=True)}
        for values in distinct
    ]


def _partition_text(text: str | None, kind: str) -> Any:
    """A partition value as the log has it, from the text that stands for its typed value."""
    if text is not None and kind == "binary":
        return bytes.fromhex(text).decode(errors="replace")
    return text.removesuffix("Z") if text is not None and kind == "timestamp" else text


def get_add_actions(self: HasTable, flatten: bool = False) -> pyarrow.Table | Stream:
    """The data files, a row each: path, size_bytes, modification_time, num_records, null_count, min, max,
    partition.

    A pyarrow table where pyarrow is installed, else a Stream, which has columns of statistics for all columns of the
    table: the pyarrow table for those only that have statistics (``delta.dataSkippingStatsColumns``).

    Args:
        flatten: the last four as columns "null_count.a", "min.a", "max.a", "partition.a" in place of structs.
    """
    stream = list_files(self._table, "actions_flat" if flatten else "actions")
    try:
        with FIRST_USE:
            from .._pyarrow.actions import only_statistics_of
    except ImportError:
        return stream
    return only_statistics_of(stream._read_all(), columns_with_statistics(self._table), flatten)


def deletion_vectors(self: HasTable) -> Stream:
    """The files that have a deletion vector: ``filepath``, and ``selection_vector``, false for each deleted row."""
    return list_files(self._table, "deletion_vectors")


def pruning(
    table: TableHandle, deprecated: FilterType | None, predicate: FilePruningPredicateType | None
) -> str | None:
    """The SQL of a method's two parameters for one thing."""
    if deprecated is not None:
        if predicate is not None:
            raise ValueError("`partition_filters` is deprecated; pass only `file_pruning_predicate`")
        warnings.warn(
            "`partition_filters` is deprecated; pass the filters to `file_pruning_predicate` instead",
            DeprecationWarning,
            stacklevel=3,
        )
        predicate = deprecated
    return None if predicate is None else to_sql(predicate, table.schema(), empty_is_null=True)
