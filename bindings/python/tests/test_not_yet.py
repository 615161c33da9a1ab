"""What is not there yet says so by name when it is called, before anything is changed."""

import warnings

import deltaic
import pyarrow as pa
import pytest
from deltaic import DeltaTable, write_deltalake
from deltaic.exceptions import DeltaError, NotYetSupportedError

ONE = pa.table({"a": [1]})

CALLS = {
    "DeltaTable.__datafusion_table_provider__": lambda t: t.__datafusion_table_provider__(),
    "init_tracing": lambda t: deltaic.init_tracing(),
}


@pytest.mark.parametrize("name", CALLS)
def test_call_names_what_is_missing(uri, name):
    write_deltalake(uri, ONE)
    table = DeltaTable(uri)
    with pytest.raises(NotYetSupportedError, match=f"^{name} is not supported") as raised:
        CALLS[name](table)
    assert isinstance(raised.value, DeltaError) and isinstance(raised.value, NotImplementedError)
    assert raised.value.code_name == "Unsupported"
    table.update_incremental()
    assert table.version() == 0


def test_last_arguments_by_position_are_deprecated(uri):
    write_deltalake(uri, ONE)
    table, commit, hook = DeltaTable(uri), deltaic.CommitProperties(), deltaic.PostCommitHookProperties()
    with pytest.warns(DeprecationWarning, match="positionally"):
        assert table.delete(None, None, hook, commit)["num_deleted_rows"] == 1
    with pytest.raises(TypeError, match="multiple values"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table.delete(None, None, hook, post_commithook_properties=hook)
    with pytest.raises(TypeError, match="at most 2"):
        table.delete(None, None, hook, commit, 3)


def test_creation_takes_last_arguments_by_position(uri):
    with pytest.warns(DeprecationWarning, match="positionally"):
        table = DeltaTable.create(
            uri, ONE.schema, "error", None, None, None, None, None, deltaic.CommitProperties({"why": "test"})
        )
    assert table.history()[0]["why"] == "test"


def test_nanosecond_timestamps_are_refused_as_by_builds_without_them():
    with pytest.raises(RuntimeError, match="nanoseconds"):
        deltaic.enable_nanosecond_timestamps()


def test_core_version_names_this_package():
    assert "deltaic" in deltaic.rust_core_version()
