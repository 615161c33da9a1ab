#include "data/values/variant_column.h"

#include "data/read/data_file_testing.h"
#include "data/values/value_text.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::ArrayOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::ReadFile;
using testing::SpecOf;
using testing::StatusIs;
using testing::TableOf;
using testing::Type;
using testing::WriteParquet;

/// The group around a value: struct<value, typed_value>.
std::shared_ptr<arrow::DataType> Shredded(const std::shared_ptr<arrow::DataType>& typed) {
  return arrow::struct_(
      {arrow::field("value", arrow::binary()), arrow::field("typed_value", typed)});
}

std::shared_ptr<arrow::DataType> Variant(const std::shared_ptr<arrow::DataType>& typed) {
  return arrow::struct_({arrow::field("metadata", arrow::binary(), false),
                         arrow::field("value", arrow::binary()),
                         arrow::field("typed_value", typed)});
}

/// One shredded variant of each element, assembled and as a JSON list.
Result<std::string> Assembled(const std::shared_ptr<arrow::DataType>& type,
                              const std::string& json) {
  // Of a slice, so that offsets count.
  const auto array = ArrayOf(type, "[null, " + json.substr(1))->Slice(1);
  DELTAIC_ASSIGN_OR_RETURN(const auto variants, AssembleVariants(array));
  EXPECT_TRUE(variants->ValidateFull().ok()) << variants->ValidateFull().ToString();
  const auto field = VariantAwareField("v", variants->type(), true, true);
  std::string out = "[";
  for (int64_t row = 0; row < variants->length(); ++row) {
    if (row > 0) out += ", ";
    DELTAIC_RETURN_IF_ERROR(AppendJsonValue(out, *field, *variants, row));
  }
  return out + "]";
}

// Metadata without names, and with "a", "b", "c". Texts of JSON stand for bytes.
constexpr const char* kNone = R"("metadata": "\u0001\u0000\u0000")";
constexpr const char* kAbc = R"("metadata": "\u0001\u0003\u0000\u0001\u0002\u0003abc")";

struct TypedValue {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string value;
  std::string json;
};

class AssembleTypedValue : public ::testing::TestWithParam<TypedValue> {};

TEST_P(AssembleTypedValue, StandsForTheValue) {
  const std::string rows = std::string("[{") + kNone + R"(, "typed_value": )" + GetParam().value +
                           "}, {" + kNone + R"(, "value": "\u000c\u0005"}, {)" + kNone + "}, null]";
  EXPECT_THAT(Assembled(Variant(GetParam().type), rows),
              IsOkAndHolds("[" + GetParam().json + ", 5, null, null]"));
}

INSTANTIATE_TEST_SUITE_P(
    All, AssembleTypedValue,
    ::testing::Values(
        TypedValue{"Boolean", arrow::boolean(), "true", "true"},
        TypedValue{"Int8", arrow::int8(), "-1", "-1"},
        TypedValue{"Int16", arrow::int16(), "-300", "-300"},
        TypedValue{"Int32", arrow::int32(), "70000", "70000"},
        TypedValue{"Int64", arrow::int64(), "-5000000000", "-5000000000"},
        TypedValue{"Float", arrow::float32(), "0.5", "0.5"},
        TypedValue{"Double", arrow::float64(), "-1e300", "-1.0E300"},
        TypedValue{"Decimal4", arrow::decimal128(9, 2), "\"-1.50\"", "-1.5"},
        TypedValue{"Decimal8", arrow::decimal128(18, 2), "\"1.25\"", "1.25"},
        TypedValue{"Decimal16", arrow::decimal128(38, 0), "\"-12345678901234567890123456789\"",
                   "-12345678901234567890123456789"},
        TypedValue{"Date", arrow::date32(), "19753", "\"2024-01-31\""},
        TypedValue{"Time", arrow::time64(arrow::TimeUnit::MICRO), "1000000", "\"00:00:01\""},
        TypedValue{"Timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "1",
                   "\"1970-01-01 00:00:00.000001+00:00\""},
        TypedValue{"TimestampNtz", arrow::timestamp(arrow::TimeUnit::MICRO), "1",
                   "\"1970-01-01 00:00:00.000001\""},
        TypedValue{"TimestampNanos", arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), "1",
                   "\"1970-01-01 00:00:00.000000001+00:00\""},
        TypedValue{"TimestampMillis", arrow::timestamp(arrow::TimeUnit::MILLI), "1",
                   "\"1970-01-01 00:00:00.001\""},
        TypedValue{"Binary", arrow::binary(), "\"hello\"", "\"aGVsbG8=\""},
        TypedValue{"BinaryView", arrow::binary_view(), "\"hello\"", "\"aGVsbG8=\""},
        TypedValue{"String", arrow::utf8(), "\"x\"", "\"x\""},
        TypedValue{"LargeString", arrow::large_utf8(), "\"x\"", "\"x\""},
        TypedValue{"Uuid", arrow::fixed_size_binary(16), "\"0123456789abcdef\"",
                   "\"30313233-3435-3637-3839-616263646566\""},
        TypedValue{"List", arrow::list(Shredded(arrow::int32())),
                   R"([{"typed_value": 1}, {"value": "\u0005x"}, {}, {"value": "\u0000"}])",
                   R"([1,"x",null,null])"},
        TypedValue{"LargeList", arrow::large_list(Shredded(arrow::int32())), "[]", "[]"}),
    [](const auto& info) { return info.param.name; });

TEST(AssembleVariants, ObjectsAreMergedFromTypedFieldsAndTheRest) {
  const auto type = Variant(arrow::struct_(
      {arrow::field("c", Shredded(arrow::utf8())), arrow::field("a", Shredded(arrow::int64()))}));
  // The rest is {"b": 1} where there is one.
  const std::string rest = R"("value": "\u0002\u0001\u0001\u0000\u0002\u000c\u0001")";
  const auto row = [](const std::string& parts) { return std::string("{") + kAbc + parts + "}"; };
  const std::string rows =
      "[" + row(", " + rest + R"(, "typed_value": {"c": {"typed_value": "z"}, "a": {}})") + "," +
      row(R"(, "typed_value": {"c": {}, "a": {"value": "\u0000"}})") + "," +
      row(R"(, "typed_value": {"c": {}, "a": {}})") + "," +
      row(", " + rest + R"(, "typed_value": {"c": {}, "a": {"typed_value": 7}})") + "," +
      row(", " + rest) + "," + row(R"(, "value": "\u0005x")") + "]";
  EXPECT_THAT(Assembled(type, rows),
              IsOkAndHolds(R"([{"b":1,"c":"z"}, {"a":null}, {}, {"a":7,"b":1}, {"b":1}, "x"])"));
}

TEST(AssembleVariants, TheTypedFieldWinsOverOneInTheRest) {
  const auto type = Variant(arrow::struct_({arrow::field("b", Shredded(arrow::int64()))}));
  EXPECT_THAT(Assembled(type, std::string("[{") + kAbc +
                                  R"(, "value": "\u0002\u0001\u0001\u0000\u0002\u000c\u0001",)"
                                  R"( "typed_value": {"b": {"typed_value": 2}}}])"),
              IsOkAndHolds(R"([{"b":2}])"));
}

TEST(AssembleVariants, ObjectsAndListsNest) {
  const auto point = arrow::struct_({arrow::field("a", Shredded(arrow::float64()))});
  const auto type =
      Variant(arrow::struct_({arrow::field("b", Shredded(arrow::list(Shredded(point))))}));
  EXPECT_THAT(
      Assembled(type,
                std::string("[{") + kAbc +
                    R"(, "typed_value": {"b": {"typed_value": [)"
                    R"({"typed_value": {"a": {"typed_value": 1.5}}}, {"value": "\u0000"}]}}}])"),
      IsOkAndHolds(R"([{"b":[{"a":1.5},null]}])"));
}

TEST(AssembleVariants, WithoutTypedPartsSharesTheBytes) {
  const auto type = arrow::struct_({arrow::field("value", arrow::binary(), false),
                                    arrow::field("metadata", arrow::binary(), false)});
  const auto array = ArrayOf(type, std::string(R"([{"value": "\u0005x", )") + kNone + "}]");
  const auto variants = AssembleVariants(array);
  ASSERT_THAT(variants, IsOk());
  const auto& from = static_cast<const arrow::StructArray&>(*array);
  const auto& to = static_cast<const arrow::StructArray&>(**variants);
  EXPECT_EQ(to.field(1)->data()->buffers[2], from.field(0)->data()->buffers[2]);
  EXPECT_TRUE(to.type()->Equals(*VariantArrowType()));
}

struct Damage {
  std::string name;
  std::shared_ptr<arrow::DataType> type;
  std::string parts;
  std::string message;
};

class AssembleDamaged : public ::testing::TestWithParam<Damage> {};

TEST_P(AssembleDamaged, IsCorruption) {
  EXPECT_THAT(Assembled(Variant(GetParam().type),
                        std::string("[{") + kAbc + ", " + GetParam().parts + "}]"),
              StatusIs(StatusCode::kCorruption, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, AssembleDamaged,
    ::testing::Values(
        Damage{"UnknownType", arrow::uint32(), R"("typed_value": 1)", "uint32"},
        Damage{"FieldWithoutName", arrow::struct_({arrow::field("x", Shredded(arrow::int8()))}),
               R"("typed_value": {"x": {"typed_value": 1}})", "field x"},
        Damage{"FieldThatIsNoGroup", arrow::struct_({arrow::field("a", arrow::int8())}),
               R"("typed_value": {"a": 1})", "group"},
        Damage{"RestThatIsNoObject", arrow::struct_({arrow::field("a", Shredded(arrow::int8()))}),
               R"("value": "\u0005x", "typed_value": {"a": {"typed_value": 1}})", "none"},
        Damage{"ValueCutOff", arrow::int8(), R"("value": "\u0009x")", "cut off"}),
    [](const auto& info) { return info.param.name; });

TEST(ReadVariants, FromFilesWhoseFormsDiffer) {
  const auto store = MakeMemoryStore();
  const auto plain = arrow::struct_({arrow::field("value", arrow::binary(), false),
                                     arrow::field("metadata", arrow::binary(), false)});
  WriteParquet(*store, "plain.parquet",
               *TableOf({{arrow::field("v", plain),
                          std::string(R"([{"value": "\u0005x", )") + kNone + "}, null]"}}));
  WriteParquet(
      *store, "shredded.parquet",
      *TableOf({{arrow::field("v", Variant(arrow::int64())),
                 std::string("[{") + kNone + R"(, "typed_value": 7}, {)" + kNone + "}]"}}));
  WriteParquet(*store, "without.parquet", *TableOf({{arrow::field("id", arrow::int64()), "[1]"}}));
  DataReadSpec spec = SpecOf(DataType::Struct({{"v", Type(TypeId::kVariant)}}));
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"plain.parquet", "\"x\" null "},
      {"shredded.parquet", "7 null "},
      {"without.parquet", "null "}};
  for (const auto& [path, values] : expected) {
    const auto table = ReadFile(store, spec, {path});
    ASSERT_THAT(table, IsOk());
    ASSERT_TRUE((*table)->ValidateFull().ok());
    const arrow::Field& field = *(*table)->schema()->field(0);
    EXPECT_TRUE(IsVariantField(field));
    std::string out;
    for (int64_t row = 0; row < (*table)->num_rows(); ++row) {
      ASSERT_THAT(AppendJsonValue(out, field, *(*table)->column(0)->chunk(0), row), IsOk());
      out += ' ';
    }
    EXPECT_EQ(out, values);
  }

  spec.predicate = Expr::Call(Function::kIsNull, {Expr::Column({"v"}, Type(TypeId::kVariant))});
  const auto nulls = ReadFile(store, spec, {"plain.parquet"});
  ASSERT_THAT(nulls, IsOk());
  EXPECT_EQ((*nulls)->num_rows(), 1);
}

TEST(ReadVariants, FromAnythingElseIsCorruption) {
  const auto store = MakeMemoryStore();
  WriteParquet(*store, "p.parquet", *TableOf({{arrow::field("v", arrow::utf8()), R"(["x"])"}}));
  EXPECT_THAT(
      ReadFile(store, SpecOf(DataType::Struct({{"v", Type(TypeId::kVariant)}})), {"p.parquet"}),
      StatusIs(StatusCode::kCorruption, HasSubstr("column v is string in the file")));
}

}  // namespace
}  // namespace deltaic
