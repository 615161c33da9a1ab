"""Every public name of deltalake imports from the same module of deltaic, with the same parameters."""

import enum
import importlib
import inspect
import pkgutil

import deltaic
import deltalake
import pytest

# Of the peer's modules, names that are of other packages, or of its own inside.
NOT_PUBLIC = {
    "RawDeltaTable",
    "PyMergeBuilder",
    "PyQueryBuilder",
    "DeltaField",
    "DeltaSchema",
    "PYARROW_AVAILABLE",
    "BaseDeltaStorageHandler",
    "deprecate_positional_commit_args",
    "encode_partition_value",
    "write_deltalake_rust",
    "try_get_deltatable",
}

# Parameters of ours that the peer does not have: keyword only, so that they never take another's place.
EXTRA = {
    "DeltaTable.__init__": {"catalog_commits", "max_catalog_version", "credential_provider"},
    "DeltaTable.repair": {"deep"},
    "DeltaTable.scan": {"max_memory_bytes", "metadata_columns", "timezone"},
    "DeltaTable.to_pyarrow_table": {"dictionary_strings", "metadata_columns"},
    "convert_to_deltalake": {"iceberg_metadata"},
    "write_deltalake": {"max_memory_bytes"},
}


def public_modules() -> list[str]:
    names = ["deltalake", *(module.name for module in pkgutil.walk_packages(deltalake.__path__, "deltalake."))]
    return [name for name in names if not any(part.startswith("_") for part in name.split("."))]


def of_the_peer(value: object) -> bool:
    module = getattr(value, "__module__", None) or "deltalake"
    return module.split(".")[0] in ("deltalake", "builtins")


def public_names() -> list[tuple[str, str]]:
    found = []
    for module_name in public_modules():
        module = importlib.import_module(module_name)
        listed = getattr(module, "__all__", None)
        for name, value in vars(module).items():
            if inspect.ismodule(value) or name in NOT_PUBLIC or name in ("TYPE_CHECKING", "annotations"):
                continue
            if (listed and name in listed) or (not name.startswith("_") and of_the_peer(value)):
                found.append((module_name, name))
    return sorted(set(found))


def ours_of(module_name: str, name: str) -> object:
    return getattr(importlib.import_module(module_name.replace("deltalake", "deltaic", 1)), name)


def parameters(function: object, extra: set[str] = frozenset()) -> list[tuple[str, str, str]]:
    """Name, kind and default of each. A default of deltalake may be a marker that only looks like its value."""
    return [
        (p.name, p.kind.name, repr(p.default))
        for p in inspect.signature(function).parameters.values()
        if p.name not in extra and p.name != "self"  # which is only by position in Rust
    ]


def test_there_are_names_to_compare():
    found = public_names()
    assert len(public_modules()) >= 12
    assert len(found) > 60
    assert ("deltalake.table", "TableMerger") in found
    assert ("deltalake.fs", "DeltaStorageHandler") in found


@pytest.mark.parametrize(("module_name", "name"), public_names(), ids="-".join)
def test_name_imports(module_name, name):
    ours = ours_of(module_name, name)
    theirs = getattr(importlib.import_module(module_name), name)
    assert inspect.isclass(ours) == inspect.isclass(theirs)
    assert inspect.isroutine(ours) == inspect.isroutine(theirs)


def plain_classes() -> list[str]:
    """Classes of the peer that are written in Python."""
    names = [(module, name) for module, name in public_names() if inspect.isclass(ours_of(module, name))]
    classes = {getattr(importlib.import_module(module), name): (module, name) for module, name in names}
    return sorted(f"{m}:{n}" for c, (m, n) in classes.items() if inspect.isfunction(getattr(c, "__init__", None)))


@pytest.mark.parametrize("place", plain_classes())
def test_members_have_the_signatures_of_the_peer(place):
    module_name, name = place.split(":")
    ours, theirs = ours_of(module_name, name), getattr(importlib.import_module(module_name), name)
    for member, value in inspect.getmembers_static(theirs):
        if member.startswith("_") and member not in ("__init__", "__datafusion_table_provider__"):
            continue
        if issubclass(theirs, enum.Enum) and member in ("name", "value"):
            continue
        assert hasattr(ours, member), member
        if isinstance(value, (staticmethod, classmethod)) or inspect.isfunction(value):
            if issubclass(theirs, enum.Enum) and member == "__init__":
                continue
            extra = EXTRA.get(f"{name}.{member}", set())
            assert parameters(getattr(ours, member), extra) == parameters(getattr(theirs, member)), member


def functions() -> list[str]:
    return [f"{m}:{n}" for m, n in public_names() if inspect.isfunction(getattr(importlib.import_module(m), n))]


@pytest.mark.parametrize("place", functions())
def test_function_has_the_signature_of_the_peer(place):
    module_name, name = place.split(":")
    theirs = getattr(importlib.import_module(module_name), name)
    assert parameters(ours_of(module_name, name), EXTRA.get(name, set())) == parameters(theirs)


# Classes of the peer that are written in Rust: their signatures stand in text.
NATIVE = {
    "PrimitiveType": ("long",),
    "ArrayType": ("long", False),
    "MapType": ("string", "long", False),
    "StructType": ([],),
    "Schema": ([],),
    "Field": ("a", "long", False, {"comment": "c"}),
    "VariantType": (),
}


@pytest.mark.parametrize("name", NATIVE)
def test_schema_class_has_the_parameters_of_the_peer(name):
    ours, theirs = getattr(deltaic.schema, name), getattr(deltalake.schema, name)
    assert parameters(ours) == parameters(theirs)
    for member in vars(theirs):
        if member.startswith("_"):
            continue
        value = getattr(theirs, member)
        assert hasattr(ours(*NATIVE[name]), member), member
        if callable(value):
            assert parameters(getattr(ours, member)) == parameters(value), member


@pytest.mark.parametrize("name", ["Transaction", "RemoveAction"])
def test_action_has_the_parameters_of_the_peer(name):
    assert parameters(getattr(deltaic.transaction, name)) == parameters(getattr(deltalake.transaction, name))


def test_table_features_are_those_of_the_peer():
    theirs = {name for name in vars(deltalake.TableFeatures) if not name.startswith("_")}
    assert {feature.name for feature in deltaic.TableFeatures} == theirs


@pytest.mark.parametrize("name", ["Compression", "Encoding"])
def test_enumeration_is_that_of_the_peer(name):
    ours, theirs = getattr(deltaic.writer.properties, name), getattr(deltalake.writer.properties, name)
    assert {member.name: member.value for member in ours} == {member.name: member.value for member in theirs}
    for member in theirs:
        assert ours.from_str(member.value.lower()) is ours[member.name]
    with pytest.raises(ValueError, match="is not a valid"):
        ours.from_str("nonsense")
    if name == "Compression":
        for member in theirs:
            for method in ("get_level_range", "get_default_level"):
                try:
                    expected = getattr(member, method)()
                except KeyError:
                    with pytest.raises(KeyError):
                        getattr(ours[member.name], method)()
                else:
                    assert getattr(ours[member.name], method)() == expected


def test_extra_parameters_are_keyword_only():
    for place, names in EXTRA.items():
        owner, _, method = place.rpartition(".")
        signature = inspect.signature(getattr(deltaic.DeltaTable if owner else deltaic, method))
        for name in names:
            assert signature.parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
