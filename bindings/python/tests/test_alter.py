"""alter changes tables as deltalake's does."""

import json

import deltaic
import deltalake
import pyarrow as pa
import pytest
from deltaic.exceptions import DeltaError

ROWS = pa.table({"id": [1, 2, 3], "s": [{"x": 1}] * 3})


def changed(module, uri):
    """The same changes by either package: schema, configuration, name, description, rows."""
    schema = module.schema
    module.write_deltalake(uri, ROWS)
    table = module.DeltaTable(uri)
    table.alter.add_columns(
        [
            schema.Field("n", schema.PrimitiveType("integer")),
            schema.Field(
                "s",
                schema.StructType(
                    [schema.Field("x", schema.PrimitiveType("long")), schema.Field("y", schema.PrimitiveType("string"))]
                ),
            ),
        ]
    )
    table.alter.add_columns(schema.Field("n", schema.PrimitiveType("integer")))
    table.alter.add_constraint({"positive": "id > 0"})
    table.alter.add_constraint({"small": "id < 100"})
    table.alter.drop_constraint("small")
    table.alter.drop_constraint("small", raise_if_not_exists=False)
    table.alter.set_table_properties({"delta.enableChangeDataFeed": "true"})
    table.alter.set_table_properties({"my.own": "1"}, raise_if_not_exists=False)
    table.alter.set_table_name("cities")
    table.alter.set_table_description("of the world")
    table.alter.set_column_metadata("id", {"comment": "a number", "unit": "none"})
    metadata = table.metadata()
    rows = pa.table(table.to_pyarrow_table()).to_pylist()
    return json.loads(table.schema().to_json()), metadata.configuration, metadata.name, metadata.description, rows


def test_changes_leave_what_those_of_deltalake_leave(tmp_path):
    assert changed(deltaic, str(tmp_path / "mine")) == changed(deltalake, str(tmp_path / "theirs"))


@pytest.fixture
def table(uri):
    deltaic.write_deltalake(uri, ROWS)
    return deltaic.DeltaTable(uri)


REFUSED = {
    "a column of another type": lambda a: a.add_columns(deltaic.Field("id", "string")),
    "a column that is not nullable": lambda a: a.add_columns(deltaic.Field("n", "long", nullable=False)),
    "a constraint that a row breaks": lambda a: a.add_constraint({"c": "id > 1"}),
    "a constraint on no column": lambda a: a.add_constraint({"c": "nope > 1"}),
    "no such constraint": lambda a: a.drop_constraint("nope"),
    "an unknown property": lambda a: a.set_table_properties({"delta.nope": "1"}),
    "a bad value": lambda a: a.set_table_properties({"delta.enableChangeDataFeed": "wrong"}),
    "a version that does not exist": lambda a: a.set_table_properties({"delta.minWriterVersion": "8"}),
    "a long name": lambda a: a.set_table_name("n" * 256),
    "no name": lambda a: a.set_table_name(""),
    "a long description": lambda a: a.set_table_description("n" * 4001),
    "no such column": lambda a: a.set_column_metadata("nope", {"comment": "x"}),
    "nullable already": lambda a: a.drop_column_not_null("id"),
    "versions must rise": lambda a: a.add_feature(deltaic.TableFeatures.DeletionVectors),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_deltalake_refuses_too(table, what):
    with pytest.raises(DeltaError):
        REFUSED[what](table.alter)
    table.update_incremental()
    assert table.version() == 0


def test_constraints_are_added_together_or_not_at_all(table):
    with pytest.raises(DeltaError, match="b "):
        table.alter.add_constraint({"a": "id > 0", "b": "id > 1"})
    with pytest.raises(ValueError, match="at least one"):
        table.alter.add_constraint({})
    table.update_incremental()
    assert table.version() == 0
    table.alter.add_constraint({"a": "id > 0", "b": "id < 100"})
    assert table.version() == 1
    added = {"delta.constraints.a": "id > 0", "delta.constraints.b": "id < 100"}
    assert table.metadata().configuration.items() >= added.items()


def test_features_are_added(table):
    table.alter.add_feature(
        [deltaic.TableFeatures.DeletionVectors, deltaic.TableFeatures.ChangeDataFeed],
        allow_protocol_versions_increase=True,
    )
    protocol = table.protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (3, 7)
    assert {"deletionVectors", "changeDataFeed"} <= set(protocol.writer_features)
    assert table.history(1)[0]["operation"] == "ADD FEATURE"


def test_a_column_may_become_nullable(uri):
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False)])
    deltaic.DeltaTable.create(uri, schema)
    table = deltaic.DeltaTable(uri)
    table.alter.drop_column_not_null("id")
    assert table.schema().fields[0].nullable
    deltaic.write_deltalake(table, pa.table({"id": pa.array([None], pa.int64())}), mode="append")


def test_commit_metadata_and_transactions_are_kept(table):
    commit = deltaic.CommitProperties(custom_metadata={"why": "test"}, app_transactions=[deltaic.Transaction("app", 7)])
    table.alter.set_table_name("n", commit_properties=commit)
    assert table.history(1)[0]["why"] == "test"
    assert table.transaction_version("app") == 7
