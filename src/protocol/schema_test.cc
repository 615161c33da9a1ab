#include "protocol/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/schema_json.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::testing::HasSubstr;

std::string OneColumn(std::string_view type, std::string_view metadata = "{}") {
  return Concat(R"({"type":"struct","fields":[{"name":"a","type":)", type,
                R"(,"nullable":true,"metadata":)", metadata, "}]}");
}

DataTypePtr ParseColumnType(std::string_view type) {
  const Result<SchemaPtr> schema = ParseSchema(OneColumn(type));
  EXPECT_THAT(schema, IsOk()) << type;
  return schema.ok() ? (*schema)->fields()[0].type : nullptr;
}

// Schemas as other writers have put them into logs; each is already in the form that FormatSchema
// gives.
constexpr std::string_view kRealSchemas[] = {
    R"({"type":"struct","fields":[]})",
    R"j({"type":"struct","fields":[{"name":"as_int","type":"integer","nullable":true,"metadata":{}},{"name":"as_long","type":"long","nullable":true,"metadata":{}},{"name":"as_byte","type":"byte","nullable":true,"metadata":{}},{"name":"as_short","type":"short","nullable":true,"metadata":{}},{"name":"as_boolean","type":"boolean","nullable":true,"metadata":{}},{"name":"as_float","type":"float","nullable":true,"metadata":{}},{"name":"as_double","type":"double","nullable":true,"metadata":{}},{"name":"as_string","type":"string","nullable":true,"metadata":{}},{"name":"as_date","type":"date","nullable":true,"metadata":{}},{"name":"as_timestamp","type":"timestamp","nullable":true,"metadata":{}},{"name":"as_big_decimal","type":"decimal(1,0)","nullable":true,"metadata":{}},{"name":"as_list_of_records","type":{"type":"array","elementType":{"type":"struct","fields":[{"name":"val","type":"integer","nullable":true,"metadata":{}}]},"containsNull":true},"nullable":true,"metadata":{}}]})j",
    R"({"type":"struct","fields":[{"name":"map","type":{"type":"map","keyType":"string","valueType":{"type":"array","elementType":"timestamp_ntz","containsNull":false},"valueContainsNull":false},"nullable":false,"metadata":{"comment":"\"quoted\" \\ back","delta.columnMapping.id":4,"delta.columnMapping.physicalName":"col-3877fd94-0973-4941-ac6b-646849a1ff65"}}]})",
    R"({"type":"struct","fields":[{"name":"value","type":"integer","nullable":true,"metadata":{"delta.typeChanges":[{"fromType":"short","tableVersion":1,"toType":"integer"}]}},{"name":"v","type":"variant","nullable":true,"metadata":{}},{"name":"n","type":"void","nullable":true,"metadata":{}},{"name":"b","type":"binary","nullable":true,"metadata":{"__COLLATIONS":{"b":"spark.UTF8_LCASE"}}}]})",
    R"({"type":"struct","fields":[{"name":"id","type":"long","nullable":false,"metadata":{"delta.identity.allowExplicitInsert":false,"delta.identity.highWaterMark":10,"delta.identity.start":1,"delta.identity.step":1}}]})",
};

TEST(SchemaJson, RealSchemasRoundTripByteForByte) {
  for (const std::string_view json : kRealSchemas) {
    const Result<SchemaPtr> schema = ParseSchema(json);
    ASSERT_THAT(schema, IsOk()) << json;
    EXPECT_EQ(FormatSchema(**schema), json);
  }
}

TEST(SchemaJson, EveryPrimitiveRoundTrips) {
  for (const std::string_view name :
       {"string", "long", "integer", "short", "byte", "float", "double", "boolean", "binary",
        "date", "timestamp", "timestamp_ntz", "variant", "void", "decimal(38,38)",
        "decimal(1,0)"}) {
    const std::string json = Concat('"', name, '"');
    const DataTypePtr type = ParseColumnType(json);
    ASSERT_NE(type, nullptr);
    EXPECT_EQ(type->ToString(), name);
    EXPECT_EQ(FormatType(*type), json);
    EXPECT_TRUE(type->is_primitive());
  }
}

TEST(SchemaJson, DecimalSpellings) {
  for (const std::string_view json :
       {R"j("decimal(10,2)")j", R"j("decimal(10, 2)")j", R"j("decimal( 10 , 2 )")j"}) {
    EXPECT_EQ(ParseColumnType(json)->ToString(), "decimal(10,2)");
  }
  EXPECT_EQ(ParseColumnType(R"("decimal")")->ToString(), "decimal(10,0)");
}

TEST(SchemaJson, VoidHadAnotherName) {
  EXPECT_EQ(ParseColumnType(R"("null")")->ToString(), "void");
}

TEST(SchemaJson, MembersInAnyOrderAndUnknownOnesAreTaken) {
  const auto schema = ParseSchema(
      R"( {"x":[1,{"y":null}],"fields":[ {"metadata":null,"future":1e400,"type":{"valueType":"long",)"
      R"("keyType":"string","type":"map"},"name":"a"} ],"type":"struct"} )");
  ASSERT_THAT(schema, IsOk());
  const StructField& field = (*schema)->fields()[0];
  EXPECT_TRUE(field.nullable);
  EXPECT_TRUE(field.metadata.empty());
  EXPECT_EQ(field.type->ToString(), "map<string,long>");
  EXPECT_TRUE(field.type->contains_null());
}

TEST(SchemaJson, UnknownMetadataIsKeptAsWrittenButCompact) {
  const auto schema = ParseSchema(OneColumn(
      R"("long")",
      R"({ "a" : [ 1.10 , -0, 123456789012345678901234567890, 1E+5, true , null ], "b\n":{"x" : "\u00e9\/"}, "e":{} })"));
  ASSERT_THAT(schema, IsOk());
  const auto& metadata = (*schema)->fields()[0].metadata;
  const std::map<std::string, std::string> expected = {
      {"a", "[1.10,-0,123456789012345678901234567890,1E+5,true,null]"},
      {"b\n", "{\"x\":\"\xC3\xA9/\"}"},
      {"e", "{}"}};
  EXPECT_EQ(metadata, expected);
  const auto again = ParseSchema(FormatSchema(**schema));
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE((*again)->Equals(**schema));
}

struct BadSchema {
  std::string name;
  std::string json;
  StatusCode code;
  std::string message;

  friend void PrintTo(const BadSchema& schema, std::ostream* out) {
    *out << schema.json.substr(0, 200);
  }
};

std::string NestedArrays(int depth) {
  std::string json;
  for (int i = 0; i < depth; ++i) json += R"({"type":"array","containsNull":true,"elementType":)";
  json += "\"long\"";
  json.append(static_cast<size_t>(depth), '}');
  return json;
}

std::string NestedStructs(int depth) {
  std::string json = "\"long\"";
  for (int i = 0; i < depth; ++i) {
    json = Concat(R"({"type":"struct","fields":[{"name":"s","type":)", json, "}]}");
  }
  return json;
}

std::string NestedMetadata(int depth) {
  return Concat("{\"k\":", std::string(static_cast<size_t>(depth), '['),
                std::string(static_cast<size_t>(depth), ']'), "}");
}

class BadSchemaTest : public ::testing::TestWithParam<BadSchema> {};

TEST_P(BadSchemaTest, IsRefused) {
  EXPECT_THAT(ParseSchema(GetParam().json),
              StatusIs(GetParam().code, HasSubstr(GetParam().message)));
}

constexpr StatusCode kCorrupt = StatusCode::kCorruption;
constexpr StatusCode kUnsupported = StatusCode::kUnsupported;

INSTANTIATE_TEST_SUITE_P(
    Schemas, BadSchemaTest,
    ::testing::Values(
        BadSchema{"Empty", "", kCorrupt, "JSON"}, BadSchema{"Blank", "  ", kCorrupt, "JSON"},
        BadSchema{"Null", "null", kCorrupt, "schema: is not an object"},
        BadSchema{"Text", "\"struct\"", kCorrupt, "schema: is not an object"},
        BadSchema{"List", "[]", kCorrupt, "schema: is not an object"},
        BadSchema{"EmptyObject", "{}", kCorrupt, "no type"},
        BadSchema{"NoFields", R"({"type":"struct"})", kCorrupt, "no fields"},
        BadSchema{"FieldsNoList", R"({"type":"struct","fields":{}})", kCorrupt, "is not an array"},
        BadSchema{"RootArray", NestedArrays(1), kCorrupt, "schema: is not a struct"},
        BadSchema{"Truncated", R"({"type":"struct","fields":[)", kCorrupt, "broken JSON"},
        BadSchema{"Unclosed", R"({"type":"struct","fields":[])", kCorrupt, "broken JSON"},
        BadSchema{"Trailing", R"({"type":"struct","fields":[]}])", kCorrupt, "broken JSON"},
        BadSchema{"TwoDocuments", R"({"type":"struct","fields":[]}{})", kCorrupt, "broken JSON"},
        BadSchema{"TrailingComma", R"({"type":"struct","fields":[],})", kCorrupt, "broken JSON"},
        BadSchema{"FieldIsText", R"({"type":"struct","fields":["a"]})", kCorrupt,
                  "column number 1: is not an object"},
        BadSchema{"FieldIsNull", R"({"type":"struct","fields":[null]})", kCorrupt,
                  "column number 1: is not an object"},
        BadSchema{"NoName", R"({"type":"struct","fields":[{"type":"long"}]})", kCorrupt,
                  "column number 1 has no name"},
        BadSchema{"NameIsNumber", R"({"type":"struct","fields":[{"name":1,"type":"long"}]})",
                  kCorrupt, "column number 1: name: is not text"},
        BadSchema{"NoType", R"({"type":"struct","fields":[{"name":"a"}]})", kCorrupt,
                  "column 'a' has no type"},
        BadSchema{"TypeIsNumber", OneColumn("5"), kCorrupt, "column 'a': type: is not text"},
        BadSchema{"TypeIsNull", OneColumn("null"), kCorrupt, "type: is not text"},
        BadSchema{"NullableIsText",
                  R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":"true"}]})",
                  kCorrupt, "'a'"},
        BadSchema{"NullableIsNumber",
                  R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":1}]})",
                  kCorrupt, "neither true nor false"},
        BadSchema{"MetadataIsList", OneColumn("\"long\"", "[]"), kCorrupt,
                  "metadata: is not an object"},
        BadSchema{"MetadataIsBroken", OneColumn("\"long\"", "{\"k\":tru}"), kCorrupt,
                  "broken JSON"},
        BadSchema{"MetadataNumberIsBroken", OneColumn("\"long\"", "{\"k\":01}"), kCorrupt,
                  "broken JSON"},
        BadSchema{"MetadataNumberHasTail", OneColumn("\"long\"", "{\"k\":1.}"), kCorrupt,
                  "broken JSON"},
        BadSchema{"MetadataTwoNumbers", OneColumn("\"long\"", "{\"k\":1 2}"), kCorrupt,
                  "broken JSON"},
        BadSchema{"MetadataLoneSurrogate", OneColumn("\"long\"", R"({"k":"\ud800"})"), kCorrupt,
                  "broken JSON"},
        BadSchema{"InvalidUtf8", OneColumn("\"long\"", "{\"k\":\"\xFF\"}"), kCorrupt, "JSON"},
        BadSchema{"ControlCharacter", OneColumn("\"long\"", "{\"k\":\"\n\"}"), kCorrupt, "JSON"},
        BadSchema{
            "NamesRepeat",
            R"({"type":"struct","fields":[{"name":"ab","type":"long"},{"name":"aB","type":"long"}]})",
            kCorrupt, "'aB' occurs twice"},
        BadSchema{
            "NestedNamesRepeat",
            OneColumn(
                R"({"type":"struct","fields":[{"name":"x","type":"long"},{"name":"x","type":"long"}]})"),
            kCorrupt, "column 'a': column name 'x' occurs twice"},
        BadSchema{"ArrayWithoutElement", OneColumn(R"({"type":"array"})"), kCorrupt,
                  "no elementType"},
        BadSchema{"MapWithoutValue", OneColumn(R"({"type":"map","keyType":"long"})"), kCorrupt,
                  "valueType"},
        BadSchema{"DecimalTooWide", OneColumn("\"decimal(39,0)\""), kCorrupt, "decimal(39,0)"},
        BadSchema{"DecimalScaleTooBig", OneColumn("\"decimal(3,4)\""), kCorrupt, "decimal(3,4)"},
        BadSchema{"DecimalNegativeScale", OneColumn("\"decimal(3,-1)\""), kCorrupt, "decimal"},
        BadSchema{"DecimalOverflow", OneColumn("\"decimal(99999999999,0)\""), kCorrupt, "decimal"},
        BadSchema{"DecimalEmpty", OneColumn("\"decimal()\""), kCorrupt, "decimal"},
        BadSchema{"Geometry", OneColumn("\"geometry(OGC:CRS84)\""), kUnsupported,
                  "column 'a': type geometry(OGC:CRS84)"},
        BadSchema{"Interval", OneColumn("\"interval day to second\""), kUnsupported,
                  "interval day to second"},
        BadSchema{"Char", OneColumn("\"char(3)\""), kUnsupported, "char(3)"},
        BadSchema{"UpperCase", OneColumn("\"LONG\""), kUnsupported, "LONG"},
        BadSchema{"UserType", OneColumn(R"({"type":"udt","class":"x"})"), kUnsupported, "udt"},
        BadSchema{"ArraysTooDeep", OneColumn(NestedArrays(100)), kCorrupt, "deep"},
        BadSchema{"StructsTooDeep", NestedStructs(101), kCorrupt, "deep"},
        BadSchema{"StructsFarTooDeep", NestedStructs(2000), kCorrupt, ""},
        BadSchema{"MetadataTooDeep", OneColumn("\"long\"", NestedMetadata(101)), kCorrupt, "deep"},
        BadSchema{"MetadataFarTooDeep", OneColumn("\"long\"", NestedMetadata(100'000)), kCorrupt,
                  ""}),
    [](const auto& info) { return info.param.name; });

TEST(SchemaJson, DeepestNestingsAreTaken) {
  EXPECT_THAT(ParseSchema(OneColumn(NestedArrays(98))), IsOk());
  EXPECT_THAT(ParseSchema(NestedStructs(99)), IsOk());
  EXPECT_THAT(ParseSchema(OneColumn("\"long\"", NestedMetadata(100))), IsOk());
}

// Every cut through a real schema is an error, not a crash.
TEST(SchemaJson, TruncatedSchemasAreRefused) {
  const std::string_view json = kRealSchemas[2];
  for (size_t size = 0; size < json.size(); ++size) {
    EXPECT_THAT(ParseSchema(json.substr(0, size)), StatusIs(kCorrupt)) << size;
  }
}

SchemaPtr ThreeColumns() {
  const DataTypePtr text = DataType::Primitive(TypeId::kString);
  const DataTypePtr inner = DataType::Struct({{"x", text}, {"y", DataType::Decimal(10, 2)}});
  return DataType::Struct({{"Id", DataType::Primitive(TypeId::kLong), false},
                           {"list", DataType::Array(inner, true)},
                           {"s", inner},
                           {"map", DataType::Map(text, text, false)}});
}

TEST(Schema, ToStringNamesNestedTypes) {
  EXPECT_EQ(ThreeColumns()->ToString(),
            "struct<Id:long,list:array<struct<x:string,y:decimal(10,2)>>,"
            "s:struct<x:string,y:decimal(10,2)>,map:map<string,string>>");
}

TEST(Schema, CountLeavesTakesListsAndMapsAsOne) {
  EXPECT_EQ(CountLeaves(*ThreeColumns()), 5);
  EXPECT_EQ(CountLeaves(*DataType::Primitive(TypeId::kLong)), 1);
  EXPECT_EQ(CountLeaves(*DataType::Struct({})), 0);
}

TEST(Schema, FindFieldPrefersTheExactName) {
  const DataTypePtr type = DataType::Primitive(TypeId::kLong);
  const SchemaPtr schema = DataType::Struct({{"a", type}, {"A", type}, {"b", type}});
  EXPECT_EQ(schema->FindField("A"), &schema->fields()[1]);
  EXPECT_EQ(schema->FindField("B"), &schema->fields()[2]);
  EXPECT_EQ(schema->FindField("c"), nullptr);
  EXPECT_EQ(DataType::Struct({{"ab", type}, {"Ab", type}})->FindField("AB"), nullptr);
}

TEST(Schema, EqualityWithAndWithoutNullability) {
  const DataTypePtr type = DataType::Primitive(TypeId::kLong);
  const SchemaPtr base = DataType::Struct({{"a", DataType::Array(type, true), true}});
  const SchemaPtr required = DataType::Struct({{"a", DataType::Array(type, true), false}});
  const SchemaPtr no_nulls = DataType::Struct({{"a", DataType::Array(type, false), true}});
  const SchemaPtr described =
      DataType::Struct({{"a", DataType::Array(type, true), true, {{"comment", "\"c\""}}}});
  for (const SchemaPtr& other : {required, no_nulls, described}) {
    EXPECT_FALSE(base->Equals(*other)) << FormatSchema(*other);
    EXPECT_TRUE(base->EqualsIgnoringNullability(*other)) << FormatSchema(*other);
  }
  EXPECT_TRUE(base->Equals(*DataType::Struct({{"a", DataType::Array(type, true), true}})));
  for (const SchemaPtr& other :
       {DataType::Struct({}), DataType::Struct({{"A", DataType::Array(type, true)}}),
        DataType::Struct({{"a", type}}),
        DataType::Struct({{"a", DataType::Array(DataType::Decimal(3, 1), true)}})}) {
    EXPECT_FALSE(base->EqualsIgnoringNullability(*other)) << FormatSchema(*other);
  }
  EXPECT_FALSE(DataType::Decimal(10, 2)->Equals(*DataType::Decimal(10, 3)));
}

TEST(StructField, MetadataTextUndoesQuotesAndEscapes) {
  const DataTypePtr type = DataType::Primitive(TypeId::kLong);
  const StructField field{"a",
                          type,
                          true,
                          {{"text", R"("plain")"},
                           {"escaped", R"("a\"b\\\u00e9\n")"},
                           {"broken", R"("\x")"},
                           {"number", "17"},
                           {"null", "null"},
                           {"list", "[1]"}}};
  EXPECT_EQ(field.MetadataText("text"), "plain");
  EXPECT_EQ(field.MetadataText("escaped"), "a\"b\\\xC3\xA9\n");
  EXPECT_EQ(field.MetadataText("broken"), std::nullopt);
  EXPECT_EQ(field.MetadataText("number"), "17");
  EXPECT_EQ(field.MetadataText("null"), std::nullopt);
  EXPECT_EQ(field.MetadataText("list"), "[1]");
  EXPECT_EQ(field.MetadataText("absent"), std::nullopt);
}

TEST(StructField, ColumnMappingIdAndPhysicalName) {
  StructField field{"a", DataType::Primitive(TypeId::kLong)};
  EXPECT_EQ(field.physical_name(), "a");
  EXPECT_EQ(field.column_mapping_id(), std::nullopt);
  field.metadata = {{std::string(kPhysicalNameKey), "\"col-1\""},
                    {std::string(kColumnMappingIdKey), "12"}};
  EXPECT_EQ(field.physical_name(), "col-1");
  EXPECT_EQ(field.column_mapping_id(), 12);
  for (const char* bad : {"\"12\"", "1.5", "99999999999", "", "12x", "null"}) {
    field.metadata[std::string(kColumnMappingIdKey)] = bad;
    EXPECT_EQ(field.column_mapping_id(), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace deltaic
