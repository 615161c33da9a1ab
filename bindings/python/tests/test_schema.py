import json

import deltalake.schema
import pyarrow as pa
import pytest
from deltaic.schema import ArrayType, Field, MapType, PrimitiveType, Schema, StructType, VariantType

PRIMITIVES = {
    "string": pa.string(),
    "long": pa.int64(),
    "integer": pa.int32(),
    "short": pa.int16(),
    "byte": pa.int8(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "timestamp_ntz": pa.timestamp("us"),
    "decimal(12,3)": pa.decimal128(12, 3),
}

NESTED = Schema(
    [
        Field("a", ArrayType("integer", contains_null=False)),
        Field("m", MapType("string", "long"), nullable=False, metadata={"x": 1, "note": "text"}),
        Field("s", StructType([Field("inner", ArrayType(MapType("string", "date", value_contains_null=False)))])),
        Field("d", "decimal(10, 2)"),
    ]
)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_primitive_type_goes_to_arrow_and_back(name):
    assert PrimitiveType(name).to_arrow() == PRIMITIVES[name]
    assert PrimitiveType.from_arrow(PRIMITIVES[name]) == PrimitiveType(name)


@pytest.mark.parametrize(
    "arrow, name",
    [
        (pa.large_string(), "string"),
        (pa.string_view(), "string"),
        (pa.large_binary(), "binary"),
        (pa.binary(4), "binary"),
        (pa.uint8(), "short"),
        (pa.uint16(), "integer"),
        (pa.uint32(), "long"),
        (pa.uint64(), "long"),
        (pa.float16(), "float"),
        (pa.date64(), "date"),
        (pa.timestamp("ns"), "timestamp_ntz"),
        (pa.timestamp("ms", "Europe/Berlin"), "timestamp"),
        (pa.dictionary(pa.int32(), pa.string()), "string"),
    ],
)
def test_arrow_type_without_a_twin_becomes_the_type_it_is_written_as(arrow, name):
    assert PrimitiveType.from_arrow(arrow) == PrimitiveType(name)


@pytest.mark.parametrize("arrow", [pa.time64("us"), pa.duration("s"), pa.decimal256(50, 2), pa.list_(pa.int32())])
def test_arrow_type_without_a_primitive_delta_type_is_refused(arrow):
    with pytest.raises(TypeError):
        PrimitiveType.from_arrow(arrow)


@pytest.mark.parametrize("name", ["int", "", "decimal(39,1)", "decimal(2,3)", "decimal(0,0)", "list"])
def test_unknown_primitive_name_is_refused(name):
    with pytest.raises(ValueError, match="invalid type string"):
        PrimitiveType(name)


def test_json_is_that_of_deltalake():
    assert json.loads(deltalake.schema.Schema.from_json(NESTED.to_json()).to_json()) == json.loads(NESTED.to_json())
    assert Schema.from_json(NESTED.to_json()) == NESTED


def test_repr_is_that_of_deltalake():
    theirs = deltalake.schema.Schema.from_json(NESTED.to_json())
    plain = [field for field in NESTED.fields if not field.metadata]
    for field in plain:
        assert repr(field) == repr(next(other for other in theirs.fields if other.name == field.name))


def test_nested_schema_goes_to_arrow_and_back():
    assert Schema.from_arrow(NESTED.to_arrow()) == NESTED
    assert pa.schema(NESTED) == pa.schema(deltalake.schema.Schema.from_json(NESTED.to_json()))


def test_variant_is_the_arrow_extension():
    variant = VariantType()
    schema = Schema([Field("v", variant, metadata={"k": 1}), Field("l", ArrayType("variant"), nullable=False)])
    assert Schema.from_json(schema.to_json()) == schema == Schema.from_arrow(schema.to_arrow())
    assert json.loads(variant.to_json()) == json.loads(deltalake.schema.VariantType().to_json()) == "variant"
    assert VariantType.from_json('"variant"') == variant == Field("v", "variant").type
    assert repr(Field("v", "variant")) == repr(deltalake.schema.Field("v", deltalake.schema.VariantType()))
    storage = pa.schema(deltalake.schema.Schema([deltalake.schema.Field("v", deltalake.schema.VariantType())]))
    assert getattr(schema.to_arrow().field("v").type, "storage_type", schema.to_arrow().field("v").type) == (
        storage.field("v").type
    )
    with pytest.raises(TypeError):
        VariantType.from_arrow(pa.struct([("metadata", pa.binary())]))


def test_large_types_have_64_bit_offsets():
    schema = Schema([Field("s", "string"), Field("a", ArrayType("binary"))]).to_arrow(as_large_types=True)
    assert schema.types == [pa.large_string(), pa.large_list(pa.field("element", pa.large_binary()))]


def test_field_keeps_nullability_and_metadata_through_arrow():
    field = Field("a", "long", nullable=False, metadata={"k": {"deep": [1, 2]}})
    assert Field.from_arrow(field.to_arrow()) == field


@pytest.mark.parametrize(
    "text", ["{", '{"type":"array"}', '{"type":"nothing"}', "[1]", '{"type":"struct","fields":[{}]}']
)
def test_broken_json_is_a_value_error(text):
    with pytest.raises(ValueError):
        Schema.from_json(text)


def test_json_of_another_type_is_refused():
    with pytest.raises(TypeError):
        ArrayType.from_json('"long"')


def test_equal_types_have_equal_hashes():
    assert len({PrimitiveType("long"), PrimitiveType("long"), ArrayType("long"), ArrayType("long")}) == 2
    assert PrimitiveType("long") != "long"


def test_invariants_name_column_and_expression():
    rule = json.dumps({"expression": {"expression": "a > 3"}})
    assert Schema([Field("a", "long", metadata={"delta.invariants": rule})]).invariants == [("a", "a > 3")]


def test_wrong_arguments_are_type_errors():
    for wrong in (lambda: Field(1, "long"), lambda: Field("a", 1), lambda: Schema(["a"]), lambda: Schema.from_arrow(3)):
        with pytest.raises(TypeError):
            wrong()


def test_schema_as_a_dict_is_deprecated_as_in_deltalake():
    schema = Schema([Field("a", "long")])
    with pytest.warns(DeprecationWarning, match="to_json"):
        assert schema.json() == json.loads(schema.to_json())
