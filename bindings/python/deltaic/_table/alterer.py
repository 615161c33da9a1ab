"""ALTER TABLE."""

from __future__ import annotations

from typing import Any

from .._arguments import HOOK_THEN_COMMIT, by_position
from .._handle import HasTable
from .._write.transaction import CommitProperties, PostCommitHookProperties
from ..exceptions import not_yet
from ..features import TableFeatures
from ..schema import Field

__all__ = ["TableAlterer"]


class TableAlterer:
    """What changes a table but not its rows: ``table.alter.add_columns(...)``.

    All take `commit_properties`, metadata and retries of the commit, and `post_commithook_properties`, whether a
    checkpoint is written.
    """

    def __init__(self, table: HasTable) -> None:
        self.table = table

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
        by_position("add_feature", args, last)
        raise not_yet("DeltaTable.alter.add_feature")

    def add_columns(
        self,
        fields: Field | list[Field],
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Adds columns at the end, null in the rows there are.

        Args:
            fields: one or several.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        by_position("add_columns", args, last)
        raise not_yet("DeltaTable.alter.add_columns")

    def add_constraint(
        self,
        constraints: dict[str, str],
        *args: Any,
        commit_properties: CommitProperties | None = None,
        post_commithook_properties: PostCommitHookProperties | None = None,
    ) -> None:
        """Adds CHECK constraints that all rows must meet, those there are too.

        Args:
            constraints: SQL by name.
        """
        last = {"commit_properties": commit_properties, "post_commithook_properties": post_commithook_properties}
        by_position("add_constraint", args, last, HOOK_THEN_COMMIT)
        raise not_yet("DeltaTable.alter.add_constraint")

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
        by_position("drop_constraint", args, last, HOOK_THEN_COMMIT)
        raise not_yet("DeltaTable.alter.drop_constraint")

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
        raise not_yet("DeltaTable.alter.drop_column_not_null")

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
        by_position("set_table_properties", args, last)
        raise not_yet("DeltaTable.alter.set_table_properties")

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
        by_position("set_table_name", args, last)
        raise not_yet("DeltaTable.alter.set_table_name")

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
        by_position("set_table_description", args, last)
        raise not_yet("DeltaTable.alter.set_table_description")

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
        by_position("set_column_metadata", args, last)
        raise not_yet("DeltaTable.alter.set_column_metadata")
