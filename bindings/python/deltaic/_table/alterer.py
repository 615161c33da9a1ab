"""ALTER TABLE."""

from __future__ import annotations

from typing import Any

from .._arguments import HOOK_THEN_COMMIT, by_position
from .._handle import HasTable
from .._options import options_of
from .._write.changes import change_values
from .._write.transaction import CommitProperties, PostCommitHookProperties
from ..features import TableFeatures
from ..schema import Field, Schema

__all__ = ["TableAlterer"]


class TableAlterer:
    """What changes a table but not its rows: ``table.alter.add_columns(...)``.

    All take `commit_properties`, metadata and retries of the commit, and `post_commithook_properties`, whether a
    checkpoint is written.
    """

    def __init__(self, table: HasTable) -> None:
        self.table = table

    def _alter(
        self, change: str, settings: dict[str, Any], values: dict[str, Any], lists: dict[str, Any] | None = None
    ) -> None:
        """One change; `settings` are those of the commit."""
        given = {"change": change, **values, **change_values(None, **settings)}
        self.table._table.native.alter(options_of(given, lists))

    def add_feature(
        self,
        feature: TableFeatures | list[TableFeatures],
        allow_protocol_versions_increase: bool = False,
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Turns table features on.

        Args:
            feature: one or several.
            allow_protocol_versions_increase: raise the protocol to versions with features.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        settings = by_position("add_feature", args, last)
        features = [feature] if isinstance(feature, TableFeatures) else list(feature)
        self._alter(
            "add_features",
            settings,
            {"raise_versions": allow_protocol_versions_increase},
            {"features": [TableFeatures(one).value for one in features]},
        )

    def drop_feature(
        self,
        feature: TableFeatures | str,
        truncate_history: bool = False,
        *,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Takes a table feature off, after what the table still does with it: files are written again where they
        cannot be read without it.

        Args:
            feature: one, or its name in the protocol.
            truncate_history: delete older versions, which must be a day old
                (``delta.dropFeatureTruncateHistory.retentionDuration``), rather than protect their checkpoints.
        """
        settings = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        name = feature.value if isinstance(feature, TableFeatures) else feature
        values = {"feature": name, "truncate_history": truncate_history}
        self._alter("drop_feature", settings, values)

    def add_columns(
        self,
        fields: Field | list[Field],
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Adds columns at the end, null in the rows there are.

        Args:
            fields: one or several. Members of a struct are added by naming the struct with them; columns that are
                there with the same type stay as they are.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        settings = by_position("add_columns", args, last)
        columns = [fields] if isinstance(fields, Field) else list(fields)
        values = {"schema_json": Schema(columns).to_json(), "if_not_exists": True}
        self._alter("add_columns", settings, values)

    def add_constraint(
        self,
        constraints: dict[str, str],
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Adds CHECK constraints that all rows must meet, those there are too.

        Args:
            constraints: SQL by name; all of them or none are added.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        settings = by_position("add_constraint", args, last, HOOK_THEN_COMMIT)
        if not constraints:
            raise ValueError("add_constraint() takes at least one constraint")
        (name, sql), *others = constraints.items()
        values = {"constraint": name, "condition": sql, **{f"constraint.{key}": value for key, value in others}}
        self._alter("add_constraint", settings, values)

    def drop_constraint(
        self,
        name: str,
        raise_if_not_exists: bool = True,
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Removes a CHECK constraint.

        Args:
            name: the constraint.
            raise_if_not_exists: an error where there is none of that name.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        settings = by_position("drop_constraint", args, last, HOOK_THEN_COMMIT)
        self._alter("drop_constraint", settings, {"constraint": name, "if_exists": not raise_if_not_exists})

    def drop_column_not_null(
        self,
        column_name: str,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Lets a column hold nulls.

        Args:
            column_name: the column.
        """
        settings = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        self._alter("change_column", settings, {"column": column_name, "nullable": True})

    def set_table_properties(
        self,
        properties: dict[str, str],
        raise_if_not_exists: bool = True,
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Sets table properties.

        Args:
            properties: values by key.
            raise_if_not_exists: refuse keys that no property has.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        settings = by_position("set_table_properties", args, last)
        values: dict[str, Any] = {f"property.{key}": value for key, value in properties.items()}
        self._alter("set_properties", settings, {**values, "allow_unknown": not raise_if_not_exists})

    def set_table_name(
        self,
        name: str,
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Names the table.

        Args:
            name: at most 255 characters.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        settings = by_position("set_table_name", args, last)
        self._alter("describe", settings, {"name": name})

    def set_table_description(
        self,
        description: str,
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Describes the table.

        Args:
            description: at most 4,000 characters.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        settings = by_position("set_table_description", args, last)
        self._alter("describe", settings, {"description": description})

    def set_column_metadata(
        self,
        column: str,
        metadata: dict[str, str],
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Sets metadata of a column, such as its comment.

        Args:
            column: the column.
            metadata: values by key.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        settings = by_position("set_column_metadata", args, last)
        self._alter("change_column", settings, {"column": quoted(column), **metadata_values(metadata)})


def quoted(column: str) -> str:
    """A column of the table by its name, whatever characters that has."""
    return f"`{column.replace('`', '``')}`"


def metadata_values(metadata: dict[str, str]) -> dict[str, Any]:
    """Options for the metadata of a column; its comment has one of its own."""
    return {"comment" if key == "comment" else f"metadata.{key}": value for key, value in metadata.items()}
