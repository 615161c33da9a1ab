"""Keeps a table of PostgreSQL, or keys of Redis, in step with a Delta table, over a connection of your own.

How far it has come is kept in the target and moves with the rows, in one transaction: whatever dies leaves the target
at a version.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from . import _native
from ._options import names_of, options_of
from .exceptions import CommitFailedError, DeltaProtocolError, InvalidArgumentError
from .table import DeltaTable

__all__ = ["SyncResult", "sync"]

Mode = Literal["mirror", "upsert", "append", "update"]

# Runs of others in the meantime, after which a run gives up.
_MAX_TRIES = 100
_KEYS_AT_ONCE = 1000


@dataclass
class SyncResult:
    """What a run did.

    Attributes:
        action: "nothing", "snapshot" (all rows were sent) or "incremental" (net changes were).
        from_version: what the target had; None before the first run.
        to_version: what it has now.
        sent: rows on their way to the target.
        upserted: rows of the target that were new or changed; of Redis, all that were sent.
        deleted: rows of the target that went, or were marked.
        rejected: rows that went to the file `rejects`.
        reasons: why all rows were sent.
    """

    action: str
    from_version: int | None
    to_version: int
    sent: int = 0
    upserted: int = 0
    deleted: int = 0
    rejected: int = 0
    reasons: list[str] = field(default_factory=list)


def sync(
    table: DeltaTable | str,
    *,
    to: Any,
    into: str,
    key: str | Iterable[str],
    mode: Mode = "mirror",
    name: str | None = None,
    columns: Iterable[str] | Mapping[str, str] | None = None,
    where: str | None = None,
    on_gap: Literal["snapshot", "error"] = "snapshot",
    new_columns: Literal["ignore", "add", "error"] | None = None,
    nul: Literal["error", "strip"] | None = None,
    value: Literal["hash", "json"] | None = None,
    source: Literal["auto", "files", "feed"] | None = None,
    soft_delete: str | None = None,
    rejects: str | os.PathLike[str] | None = None,
    max_rejects: int | None = None,
    full: bool = False,
    resync: bool = False,
    dry_run: bool = False,
    storage_options: dict[str, str] | None = None,
) -> SyncResult:
    """Brings the target to the table's loaded version; a place gets its newest.

    Args:
        table: the source, or its place.
        to: a psycopg connection, whose open transaction is joined; or a redis-py client.
        into: the target's table, ``"scores"`` or ``"public.scores"``; of Redis, what keys begin with.
        key: columns that name a row. PostgreSQL has a unique index over them.
        mode: "mirror": the target gets the source's rows and no others; "upsert": none is deleted; "append": nor
            updated; "update": none is deleted or inserted.
        name: what the cursor is kept under; `into` by default.
        columns: the source's columns, or a mapping of them to the target's; by default those that both have.
        where: SQL over the source: only these rows.
        on_gap: where versions since the last run are gone, send all rows or fail.
        new_columns: PostgreSQL: what to do with columns that the target lacks; "add" also makes the target. "ignore" by
            default.
        nul: NUL in texts, which PostgreSQL cannot hold; "error" by default.
        value: Redis: a row as a hash (default) or as JSON.
        source: what net changes are found from.
        soft_delete: PostgreSQL, mode "mirror": a column of the target, boolean or timestamp, that is set where a row
            would be deleted, and reset where it comes again.
        rejects: a file to append rows to, as JSON lines, that the target cannot hold, or whose key is null or, in
            PostgreSQL, there twice; by default they fail the run.
        max_rejects: more of them fail the run; 10,000 by default.
        full: all rows are sent.
        resync: the cursor counts for nothing: the source was made anew.
        dry_run: says what would be done, and leaves the target as it is.
        storage_options: of a place.
    """
    opened = table if isinstance(table, DeltaTable) else DeltaTable(table, storage_options=storage_options)
    is_redis = hasattr(to, "execute_command")
    if not is_redis and not (hasattr(to, "cursor") and hasattr(to, "transaction")):
        raise InvalidArgumentError(f"to: takes a psycopg connection or a redis-py client, not {type(to).__name__}")
    pairs = [f"{one}={other}" for one, other in columns.items()] if isinstance(columns, Mapping) else columns
    begin = {"target": "redis" if is_redis else "postgres", "into": into, "name": name}
    lists = {"key": names_of(key), "columns": pairs}
    values = {**begin, "mode": mode, "where": where, "on_gap": on_gap, "new_columns": new_columns, "nul": nul}
    values.update(value=value, source=source, full=full or None, resync=resync or None, soft_delete=soft_delete)
    values["max_rejects"] = max_rejects
    values["rejects"] = None if rejects is None else os.fspath(rejects)
    if is_redis:
        values["commands"] = "json"
    run = _Run(opened, _native.sync_start_json(options_of(begin, lists)), values, lists)
    return run.to_redis(to, dry_run) if is_redis else run.to_postgres(to, dry_run)


class _Run:
    def __init__(self, table: DeltaTable, start: str, values: dict[str, Any], lists: dict[str, Any]) -> None:
        self._table = table
        self._start = json.loads(start)
        self._values = values
        self._lists = lists

    def _plan(self, found: dict[str, Any]) -> tuple[_native.SyncPlan, dict[str, Any], SyncResult]:
        options = options_of({**self._values, **found}, self._lists)
        made = _native.sync_plan(self._table._table.native, options)
        plan = json.loads(made.json())
        return made, plan, SyncResult(plan["action"], plan["from"], plan["to"], reasons=plan["reasons"])

    # ---- PostgreSQL

    def to_postgres(self, connection: Any, dry_run: bool) -> SyncResult:
        with connection.transaction(force_rollback=dry_run), connection.cursor() as cursor:
            return self._bring(cursor)

    def _bring(self, cursor: Any) -> SyncResult:
        for sql in self._start["begin"]:
            cursor.execute(sql)
        found = {}
        for row in cursor.execute(self._start["cursor"]).fetchall():
            found.update(zip(("cursor_table_id", "cursor_version", "cursor_spec"), _values(row), strict=False))
        for row in cursor.execute(self._start["columns"]).fetchall():
            column, kind = _values(row)[:2]
            found[f"target_column.{column}"] = kind
        found["has_unique_key"] = cursor.execute(self._start["unique"]).fetchone() is not None
        made, plan, result = self._plan(found)
        if plan["action"] != "nothing":
            self._send(cursor, made, plan, result)
        return result

    def _send(self, cursor: Any, made: _native.SyncPlan, plan: dict[str, Any], result: SyncResult) -> None:
        for sql in plan["prepare"]:
            cursor.execute(sql)
        rows = made.copy()
        with cursor.copy(plan["copy"]) as copy:
            while (data := rows.next()) is not None:
                copy.write(data)
        result.sent, result.rejected = rows.num_rows(), rows.num_rejected()
        for sql in plan["checks"]:
            wrong = cursor.execute(sql).fetchone()
            if wrong is not None:
                raise _violated(str(_values(wrong)[0]))
        for step in plan["apply"]:
            cursor.execute(step["sql"])
            if step["counts"] == "told":
                deleted, upserted = map(int, _values(cursor.fetchone()))
                result.deleted, result.upserted = result.deleted + deleted, result.upserted + upserted
            elif step["counts"] == "rejected":
                result.rejected += _append_rejects(self._values["rejects"], cursor)
            elif step["counts"] in ("upserted", "deleted"):
                setattr(result, step["counts"], getattr(result, step["counts"]) + max(cursor.rowcount, 0))
        for sql in plan["finish"]:
            cursor.execute(sql)

    # ---- Redis

    def to_redis(self, client: Any, dry_run: bool) -> SyncResult:
        from redis.exceptions import WatchError

        key = self._start["cursorKey"]
        for _ in range(_MAX_TRIES):
            with client.pipeline(transaction=True) as pipe:
                pipe.watch(key)
                cursor = {_text(name): _text(value) for name, value in pipe.hgetall(key).items()}
                found = {f"cursor_{name}": cursor[name] for name in ("table_id", "version", "spec") if name in cursor}
                made, plan, result = self._plan(found)
                if plan["action"] == "nothing":
                    return result
                gone = [*client.scan_iter(plan["clear"], count=_KEYS_AT_ONCE)] if plan["clear"] else []
                pipe.multi()
                for at in range(0, len(gone), _KEYS_AT_ONCE):
                    pipe.delete(*gone[at : at + _KEYS_AT_ONCE])
                rows = made.copy()
                for command in [*_commands(rows), *plan["finish"]]:
                    pipe.execute_command(*command)
                result.sent = result.upserted = rows.num_rows()
                result.rejected = rows.num_rejected()
                if dry_run:
                    return result
                try:
                    pipe.execute()
                except WatchError:
                    continue
                return result
        error = CommitFailedError("other runs moved the cursor again and again; run it when they are done")
        error.code, error.code_name = 8, "Conflict"
        raise error


def _values(row: Any) -> list[Any]:
    """A row of any row factory."""
    return list(row.values()) if isinstance(row, Mapping) else list(row)


def _append_rejects(path: str, rows: Iterable[Any]) -> int:
    count = 0
    with open(path, "a", encoding="utf-8") as file:
        for count, row in enumerate(rows, 1):  # noqa: B007
            file.write(f"{_values(row)[0]}\n")
    return count


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _commands(rows: _native.SyncCopy) -> Iterator[list[str]]:
    while (data := rows.next()) is not None:
        for line in data.splitlines():
            yield json.loads(line)


def _violated(message: str) -> DeltaProtocolError:
    error = DeltaProtocolError(message)
    error.code, error.code_name = 5, "ConstraintViolated"
    return error
