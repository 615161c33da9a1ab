"""Names and signatures are those of deltalake."""

import inspect

import deltaic
import deltaic.exceptions
import deltaic.schema
import deltaic.writer
import deltalake
import deltalake.exceptions
import deltalake.schema
import deltalake.writer
import pytest

# Parameters of ours that deltalake does not have: keyword only, so that they never take another's place.
EXTRA = {
    ("to_pyarrow_table", "dictionary_strings"),
    ("to_pyarrow_table", "metadata_columns"),
    ("scan", "metadata_columns"),
    ("scan", "max_memory_bytes"),
    ("scan", "timezone"),
    ("write_deltalake", "max_memory_bytes"),
    ("repair", "deep"),
    ("__init__", "catalog_commits"),
    ("__init__", "max_catalog_version"),
    ("__init__", "credential_provider"),
}

# Methods of ours that deltalake does not have.
EXTRA_METHODS = {"domain_metadata", "explain", "rows", "scan_tasks", "to_polars"}
EXTRA_METHODS |= {"write_files", "commit_files", "discard_files", "doctor", "from_data_catalog", "clone"}

METHODS = [
    name
    for name, member in vars(deltaic.DeltaTable).items()
    if not name.startswith("_")
    and name not in EXTRA_METHODS
    and (callable(member) or isinstance(member, (staticmethod, classmethod)))
]


def parameters(function) -> list[tuple[str, str, str]]:
    """Name, kind and default of each. A default of deltalake may be a marker that only looks like its value."""
    return [(p.name, p.kind.name, repr(p.default)) for p in inspect.signature(function).parameters.values()]


def without_extra(function) -> list[tuple[str, str, str]]:
    return [entry for entry in parameters(function) if (function.__name__, entry[0]) not in EXTRA]


@pytest.mark.parametrize("name", [*METHODS, "__init__"])
def test_method_of_delta_table_has_the_signature_of_deltalake(name):
    assert without_extra(getattr(deltaic.DeltaTable, name)) == parameters(getattr(deltalake.DeltaTable, name))


def test_extra_parameters_are_keyword_only():
    for function, name in EXTRA:
        owner = deltaic if function == "write_deltalake" else deltaic.DeltaTable
        parameter = inspect.signature(getattr(owner, function)).parameters[name]
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize(
    "name",
    ["CommitProperties", "PostCommitHookProperties", "WriterProperties", "BloomFilterProperties", "ColumnProperties"],
)
def test_settings_class_has_the_signature_of_deltalake(name):
    assert parameters(getattr(deltaic, name)) == parameters(getattr(deltalake, name))


@pytest.mark.parametrize("name", ["__init__", "register", "execute"])
def test_query_builder_has_the_signature_of_deltalake(name):
    assert parameters(getattr(deltaic.QueryBuilder, name)) == parameters(getattr(deltalake.QueryBuilder, name))


def test_write_deltalake_has_the_signature_of_deltalake():
    assert without_extra(deltaic.write_deltalake) == parameters(deltalake.write_deltalake)


@pytest.mark.parametrize(
    "name", ["PrimitiveType", "ArrayType", "MapType", "StructType", "VariantType", "Field", "Schema"]
)
def test_schema_class_has_the_methods_of_deltalake(name):
    ours, theirs = getattr(deltaic.schema, name), getattr(deltalake.schema, name)
    public = {"to_json", "from_json", "to_arrow", "from_arrow", "__arrow_c_schema__"}
    assert public <= set(dir(ours)) & set(dir(theirs))


@pytest.mark.parametrize("name", deltalake.exceptions.__all__)
def test_exception_has_the_base_of_deltalake(name):
    ours, theirs = getattr(deltaic.exceptions, name), getattr(deltalake.exceptions, name)
    assert [base.__name__ for base in ours.__bases__] == [base.__name__ for base in theirs.__bases__]


def test_transaction_has_the_attributes_of_deltalake():
    ours, theirs = deltaic.Transaction("app", 3, 5), deltalake.Transaction("app", 3, 5)
    assert (ours.app_id, ours.version, ours.last_updated) == (theirs.app_id, theirs.version, theirs.last_updated)
