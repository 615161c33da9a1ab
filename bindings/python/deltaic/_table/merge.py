"""MERGE."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .. import _native
from .._arguments import HOOK_THEN_COMMIT, by_position
from .._handle import HasTable, TableHandle
from .._options import options_of
from .._tolerance import takes_what_is_never_reached
from .._write.changes import MERGE_METRICS, change_metrics, change_values
from .._write.data import schema_of_stream, stream_capsule_of
from .._write.properties import WriterProperties
from .._write.transaction import CommitProperties, PostCommitHookProperties
from .._write.tried import tried, tried_columns

__all__ = ["TableMerger"]


@dataclass
class Clause:
    """A WHEN clause."""

    when: Literal["matched", "not matched", "not matched by source"]
    then: Literal["update", "insert", "delete"]
    predicate: str | None = None
    assignments: dict[str, str] | None = None
    """SQL by column; None for all columns of the source, and for delete."""
    except_columns: list[str] = field(default_factory=list)
    """Of the source's columns, those that are left out."""

    def options(self) -> _native.Options:
        """As the C interface has it."""
        values: dict[str, Any] = {
            "when": self.when.replace(" ", "_"),
            "then": self.then,
            "condition": self.predicate,
            **{f"set.{name}": sql for name, sql in (self.assignments or {}).items()},
        }
        if self.assignments is None and self.then != "delete":
            values |= {"all_columns": True, "skip_missing": True}
        return options_of(values, {"except_columns": self.except_columns or None})


@dataclass
class MergePlan:
    """What `DeltaTable.merge` was given, and the clauses in their order."""

    source: object
    """An Arrow stream capsule."""
    predicate: str
    source_alias: str | None
    target_alias: str | None
    merge_schema: bool
    error_on_type_mismatch: bool
    writer_properties: WriterProperties | None
    streamed_exec: bool
    max_spill_size: int | None
    max_temp_directory_size: int | None
    commit_properties: CommitProperties | None
    post_commithook_properties: PostCommitHookProperties | None
    clauses: list[Clause] = field(default_factory=list)


def _reached(clauses: list[Clause]) -> list[Clause]:
    """Without those of a kind that stand after one that takes all rows."""
    reached: list[Clause] = []
    ended: set[str] = set()
    for clause in clauses:
        if clause.when not in ended:
            reached.append(clause)
        if clause.predicate is None:
            ended.add(clause.when)
    return reached


class TableMerger:
    """The clauses of a MERGE, made by `DeltaTable.merge`::

        table.merge(source, "t.id = s.id", source_alias="s", target_alias="t").when_matched_update_all().execute()

    Of several clauses for a row, the first whose predicate holds counts. Nothing happens before `execute`.
    """

    def __init__(self, builder: MergePlan, table: TableHandle) -> None:
        self._builder = builder
        self._table = table

    def _add(self, clause: Clause) -> TableMerger:
        self._builder.clauses.append(clause)
        return self

    def when_matched_update(self, updates: dict[str, str], predicate: str | None = None) -> TableMerger:
        """Changes rows of the table that a row of the source matches.

        Args:
            updates: SQL over source and table for each column that changes.
            predicate: more SQL that must hold.
        """
        return self._add(Clause("matched", "update", predicate, dict(updates)))

    def when_matched_update_all(
        self, predicate: str | None = None, except_cols: list[str] | None = None
    ) -> TableMerger:
        """The same with all columns of the source.

        Args:
            predicate: more SQL that must hold.
            except_cols: columns of the source that are left out.
        """
        return self._add(Clause("matched", "update", predicate, None, list(except_cols or [])))

    def when_matched_delete(self, predicate: str | None = None) -> TableMerger:
        """Deletes rows of the table that a row of the source matches.

        Args:
            predicate: more SQL that must hold.
        """
        return self._add(Clause("matched", "delete", predicate))

    def when_not_matched_insert(self, updates: dict[str, str], predicate: str | None = None) -> TableMerger:
        """Inserts rows of the source that match none of the table.

        Args:
            updates: SQL over the source for each column.
            predicate: more SQL that must hold.
        """
        return self._add(Clause("not matched", "insert", predicate, dict(updates)))

    def when_not_matched_insert_all(
        self, predicate: str | None = None, except_cols: list[str] | None = None
    ) -> TableMerger:
        """The same with all columns of the source.

        Args:
            predicate: more SQL that must hold.
            except_cols: columns of the source that are left out.
        """
        return self._add(Clause("not matched", "insert", predicate, None, list(except_cols or [])))

    def when_not_matched_by_source_update(self, updates: dict[str, str], predicate: str | None = None) -> TableMerger:
        """Changes rows of the table that no row of the source matches.

        Args:
            updates: SQL over the table for each column that changes.
            predicate: more SQL that must hold.
        """
        return self._add(Clause("not matched by source", "update", predicate, dict(updates)))

    def when_not_matched_by_source_delete(self, predicate: str | None = None) -> TableMerger:
        """Deletes rows of the table that no row of the source matches.

        Args:
            predicate: more SQL that must hold.
        """
        return self._add(Clause("not matched by source", "delete", predicate))

    def execute(self) -> dict[str, Any]:
        """Runs the MERGE as one commit.

        Returns:
            num_source_rows, num_target_rows_inserted, num_target_rows_updated, num_target_rows_deleted,
            num_target_rows_copied, num_output_rows, num_target_files_scanned,
            num_target_files_skipped_during_scan, num_target_files_added, num_target_files_removed,
            execution_time_ms, scan_time_ms, rewrite_time_ms.
        """
        plan = self._builder
        if not plan.error_on_type_mismatch:
            self._try_casts()
        values = {
            "on": plan.predicate,
            "target_alias": plan.target_alias,
            "source_alias": plan.source_alias,
            "merge_schema": plan.merge_schema,
            "max_source_bytes": plan.max_spill_size,
            "max_spill_bytes": plan.max_temp_directory_size,
            **change_values(plan.writer_properties, plan.commit_properties, plan.post_commithook_properties),
        }
        clauses = _reached(plan.clauses) if takes_what_is_never_reached() else plan.clauses
        metrics = self._table.native.merge(plan.source, [clause.options() for clause in clauses], options_of(values))
        return change_metrics(metrics, MERGE_METRICS)

    def _try_casts(self) -> None:
        """Makes values null that do not fit their column. New columns (`merge_schema`) take what there is."""
        plan, schema = self._builder, self._table.schema()
        plan.source_alias = plan.source_alias or "source"
        for clause in plan.clauses:
            if clause.assignments is not None:
                clause.assignments = tried(clause.assignments, schema)
            elif clause.then != "delete" and not plan.merge_schema:
                left_out = {name.lower() for name in clause.except_columns}
                columns = [field.name for field in schema_of_stream(plan.source).fields]
                columns = [name for name in columns if name.lower() not in left_out]
                clause.assignments = tried_columns(columns, schema, plan.source_alias)
                clause.except_columns = []


def merge(
    self: HasTable,
    source: Any,
    predicate: str,
    source_alias: str | None = None,
    target_alias: str | None = None,
    merge_schema: bool = False,
    error_on_type_mismatch: bool = True,
    writer_properties: WriterProperties | None = None,
    streamed_exec: bool = True,
    max_spill_size: int | None = None,
    max_temp_directory_size: int | None = None,
    *args: Any,
    commit_properties: CommitProperties | None = None,
    post_commithook_properties: PostCommitHookProperties | None = None,
) -> TableMerger:
    """Begins a MERGE: rows of `source` update, delete or are inserted, as the clauses of the result say.

    Args:
        source: rows, as `write_deltalake` takes them.
        predicate: SQL over both that tells which rows match.
        source_alias: the name of the source in SQL.
        target_alias: the name of the table in SQL.
        merge_schema: columns of the source that the table lacks are added to it.
        error_on_type_mismatch: an error where a value does not fit its column, in place of null.
        writer_properties: settings of the Parquet files that are written.
        streamed_exec: the source is read once, as it comes.
        max_spill_size: bytes of memory for the source's rows before they go to disk.
        max_temp_directory_size: bytes of disk for such rows.
        commit_properties: metadata and retries of the commit.
        post_commithook_properties: whether a checkpoint is written.
    """
    last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
    plan = MergePlan(
        stream_capsule_of(source),
        predicate,
        source_alias,
        target_alias,
        merge_schema,
        error_on_type_mismatch,
        writer_properties,
        streamed_exec,
        max_spill_size,
        max_temp_directory_size,
        **by_position("merge", args, last, HOOK_THEN_COMMIT),
    )
    return TableMerger(plan, self._table)
