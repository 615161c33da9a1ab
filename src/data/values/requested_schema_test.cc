#include "data/values/requested_schema.h"

#include <arrow/api.h>
#include <arrow/compute/cast.h>

#include <string>
#include <vector>

#include "storage/arrow_status.h"
#include "support/arrays.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using arrow::TimeUnit;
using testing::ArrayOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;
using TypePtr = std::shared_ptr<arrow::DataType>;
using ReaderPtr = std::shared_ptr<arrow::RecordBatchReader>;

const TypePtr kUtc = arrow::timestamp(TimeUnit::MICRO, "UTC");
const TypePtr kNtz = arrow::timestamp(TimeUnit::MICRO);
const TypePtr kTextDictionary = arrow::dictionary(arrow::int32(), arrow::utf8());

TypePtr PairOf(const TypePtr& text) {
  return arrow::struct_({arrow::field("a", text), arrow::field("b", arrow::int64())});
}

/// Two batches of one column "c", the second a slice.
ReaderPtr Rows(const TypePtr& type, const std::string& json) {
  const auto schema = arrow::schema({arrow::field("c", type)});
  const auto array = ArrayOf(type, json);
  const auto batch = arrow::RecordBatch::Make(schema, array->length(), {array});
  return *arrow::RecordBatchReader::Make({batch, batch->Slice(1)}, schema);
}

Result<ReaderPtr> Request(const ReaderPtr& rows, const TypePtr& type) {
  return WithRequestedSchema(rows, *arrow::schema({arrow::field("c", type)}));
}

struct Honoured {
  std::string name;
  TypePtr have;
  std::string values;
  TypePtr wanted;
  std::string expected;
};

/// Dictionaries of equal values may differ, so these are compared as what they were made of.
std::shared_ptr<arrow::Array> WithoutDictionaries(const std::shared_ptr<arrow::Array>& array,
                                                  const Honoured& param) {
  if (param.wanted->ToString().find("dictionary") == std::string::npos) return array;
  return *arrow::compute::Cast(*array, param.have);
}

class HonouredTest : public ::testing::TestWithParam<Honoured> {};

TEST_P(HonouredTest, RowsComeInTheRequestedType) {
  const Honoured& param = GetParam();
  const auto given = Request(Rows(param.have, param.values), param.wanted);
  ASSERT_THAT(given, IsOk());
  EXPECT_TRUE((*given)->schema()->field(0)->type()->Equals(*param.wanted))
      << (*given)->schema()->ToString();
  const auto batches = (*given)->ToRecordBatches();
  ASSERT_TRUE(batches.ok()) << batches.status().ToString();
  ASSERT_EQ(batches->size(), 2u);
  const auto expected = ArrayOf(param.wanted, param.expected);
  for (const int64_t skip : {0, 1}) {
    const auto& batch = *(*batches)[static_cast<size_t>(skip)];
    EXPECT_TRUE(batch.ValidateFull().ok());
    EXPECT_TRUE(batch.schema()->Equals(*(*given)->schema()));
    ASSERT_TRUE(batch.column(0)->type()->Equals(*param.wanted));
    const auto got = WithoutDictionaries(batch.column(0), param);
    EXPECT_TRUE(got->Equals(*WithoutDictionaries(expected->Slice(skip), param))) << got->ToString();
  }
}

const std::string kTexts = R"(["x", null, "longer than a view holds itself"])";
const std::string kLists = R"([["x", null], null, [], ["y"]])";
const std::string kPairs = R"([{"a": "x", "b": 1}, null, {"a": null, "b": 2}])";
const std::string kMaps = R"([[["k", "x"]], null, [["l", null], ["m", "y"]]])";

INSTANTIATE_TEST_SUITE_P(
    Types, HonouredTest,
    ::testing::ValuesIn(std::vector<Honoured>{
        {"View", arrow::utf8(), kTexts, arrow::utf8_view(), kTexts},
        {"OfView", arrow::utf8_view(), kTexts, arrow::utf8(), kTexts},
        {"LargeText", arrow::utf8(), kTexts, arrow::large_utf8(), kTexts},
        {"TextAsBytes", arrow::utf8(), kTexts, arrow::binary(), kTexts},
        {"LargeBytes", arrow::binary(), kTexts, arrow::large_binary(), kTexts},
        {"BytesAsView", arrow::binary(), kTexts, arrow::binary_view(), kTexts},
        {"Dictionary", arrow::utf8(), kTexts, kTextDictionary, kTexts},
        {"DictionaryOfLargeTexts", arrow::utf8(), kTexts,
         arrow::dictionary(arrow::int8(), arrow::large_utf8()), kTexts},
        {"OtherIndices", kTextDictionary, kTexts, arrow::dictionary(arrow::int64(), arrow::utf8()),
         kTexts},
        {"PlainOfDictionary", kTextDictionary, kTexts, arrow::utf8(), kTexts},
        {"ViewOfDictionary", kTextDictionary, kTexts, arrow::utf8_view(), kTexts},
        {"NarrowInteger", arrow::int64(), "[-128, null, 127]", arrow::int8(), "[-128, null, 127]"},
        {"Unsigned", arrow::int32(), "[0, null, 255]", arrow::uint8(), "[0, null, 255]"},
        {"IntegerAsDouble", arrow::int64(), "[7, null]", arrow::float64(), "[7, null]"},
        {"IntegerAsDecimal", arrow::int32(), "[7, null]", arrow::decimal128(12, 2),
         R"(["7.00", null])"},
        {"FloatAsDouble", arrow::float32(), "[0.5, null]", arrow::float64(), "[0.5, null]"},
        {"WideDecimal", arrow::decimal128(9, 2), R"(["1.25", null])", arrow::decimal256(40, 3),
         R"(["1.250", null])"},
        {"NarrowDecimal", arrow::decimal128(9, 2), R"(["1.25", null])", arrow::decimal64(4, 2),
         R"(["1.25", null])"},
        {"Date64", arrow::date32(), "[1, null]", arrow::date64(), "[86400000, null]"},
        {"Nanoseconds", kUtc, "[1, null]", arrow::timestamp(TimeUnit::NANO, "UTC"), "[1000, null]"},
        {"WholeSecondsElsewhere", kUtc, "[-1000000, null]",
         arrow::timestamp(TimeUnit::SECOND, "Asia/Tokyo"), "[-1, null]"},
        {"LocalMilliseconds", kNtz, "[2000, null]", arrow::timestamp(TimeUnit::MILLI), "[2, null]"},
        {"LargeList", arrow::list(arrow::utf8()), kLists, arrow::large_list(arrow::utf8_view()),
         kLists},
        {"ListOfDictionaries", arrow::list(arrow::utf8()), kLists, arrow::list(kTextDictionary),
         kLists},
        {"Struct", PairOf(arrow::utf8()), kPairs, PairOf(arrow::large_utf8()), kPairs},
        {"ListOfStructs", arrow::list(PairOf(arrow::utf8())),
         R"([[{"a": "x", "b": 1}, null], null])", arrow::large_list(PairOf(arrow::utf8_view())),
         R"([[{"a": "x", "b": 1}, null], null])"},
        {"Map", arrow::map(arrow::utf8(), arrow::utf8()), kMaps,
         arrow::map(arrow::utf8_view(), arrow::large_utf8()), kMaps},
    }),
    [](const auto& info) { return info.param.name; });

struct Ignored {
  std::string name;
  TypePtr have;
  TypePtr wanted;
};

class IgnoredTest : public ::testing::TestWithParam<Ignored> {};

TEST_P(IgnoredTest, RowsComeAsTheyAre) {
  const ReaderPtr rows = Rows(GetParam().have, "[null, null]");
  const auto given = Request(rows, GetParam().wanted);
  ASSERT_THAT(given, IsOk());
  EXPECT_EQ(*given, rows) << (*given)->schema()->ToString();
}

INSTANTIATE_TEST_SUITE_P(
    Types, IgnoredTest,
    ::testing::ValuesIn(std::vector<Ignored>{
        {"Same", arrow::utf8(), arrow::utf8()},
        {"TextAsNumber", arrow::utf8(), arrow::int64()},
        {"NumberAsText", arrow::int64(), arrow::utf8()},
        {"BytesAsText", arrow::binary(), arrow::utf8()},
        {"InstantWithoutZone", kUtc, kNtz},
        {"ClockWithZone", kNtz, kUtc},
        {"DoubleAsFloat", arrow::float64(), arrow::float32()},
        {"DoubleAsInteger", arrow::float64(), arrow::int64()},
        {"DecimalAsDouble", arrow::decimal128(9, 2), arrow::float64()},
        {"BooleanAsInteger", arrow::boolean(), arrow::int8()},
        {"OtherFields", PairOf(arrow::utf8()),
         arrow::struct_({arrow::field("b", arrow::utf8()), arrow::field("a", arrow::int64())})},
        {"FewerFields", PairOf(arrow::utf8()), arrow::struct_({arrow::field("a", arrow::utf8())})},
        {"ListAsText", arrow::list(arrow::utf8()), arrow::utf8()},
        {"RunEnds", arrow::utf8(), arrow::run_end_encoded(arrow::int32(), arrow::utf8())},
        {"NumbersOfDictionary", kTextDictionary, arrow::int64()},
    }),
    [](const auto& info) { return info.param.name; });

TEST(RequestedSchemaTest, WhatIsAskedOfOneChildIsHonouredBesideWhatIsNot) {
  const auto wanted =
      arrow::struct_({arrow::field("a", arrow::utf8_view()), arrow::field("b", arrow::boolean())});
  const auto given = Request(Rows(PairOf(arrow::utf8()), kPairs), wanted);
  ASSERT_THAT(given, IsOk());
  EXPECT_TRUE((*given)->schema()->field(0)->type()->Equals(*PairOf(arrow::utf8_view())));
  EXPECT_TRUE((*given)->ToTable().ok());
}

TEST(RequestedSchemaTest, AValueThatDoesNotFitEndsTheStreamAndNamesItsColumn) {
  const std::vector<std::pair<TypePtr, TypePtr>> losses = {
      {arrow::int64(), arrow::int16()},
      {arrow::int64(), arrow::float64()},
      {kNtz, arrow::timestamp(TimeUnit::NANO)},
      {kNtz, arrow::timestamp(TimeUnit::SECOND)}};
  for (const auto& [have, wanted] : losses) {
    const auto given = Request(Rows(have, "[0, 9300000000000001]"), wanted);
    ASSERT_THAT(given, IsOk());
    std::shared_ptr<arrow::RecordBatch> batch;
    const Status status = AsStatus((*given)->ReadNext(&batch));
    EXPECT_THAT(status, StatusIs(StatusCode::kSchemaMismatch, HasSubstr("column c")));
    EXPECT_THAT(status.message(), HasSubstr(wanted->ToString()));
  }
}

TEST(RequestedSchemaTest, NullabilityIsNeverPromisedAndMayBeGivenUp) {
  const auto nullable = [](bool have, bool wanted) {
    const auto schema = arrow::schema({arrow::field("c", arrow::utf8(), have)});
    const auto rows = *arrow::RecordBatchReader::Make({}, schema);
    const auto given =
        WithRequestedSchema(rows, *arrow::schema({arrow::field("c", arrow::utf8_view(), wanted)}));
    return (*given)->schema()->field(0)->nullable();
  };
  EXPECT_TRUE(nullable(true, false));
  EXPECT_TRUE(nullable(false, true));
  EXPECT_FALSE(nullable(false, false));
}

TEST(RequestedSchemaTest, MetadataStaysThatOfTheRows) {
  const auto comment = arrow::key_value_metadata({"comment"}, {"of the rows"});
  const auto schema = arrow::schema({arrow::field("c", arrow::utf8())->WithMetadata(comment)});
  const auto rows = *arrow::RecordBatchReader::Make({}, schema->WithMetadata(comment));
  const auto given = Request(rows, arrow::utf8_view());
  ASSERT_THAT(given, IsOk());
  EXPECT_TRUE((*given)->schema()->metadata()->Equals(*comment));
  EXPECT_TRUE((*given)->schema()->field(0)->metadata()->Equals(*comment));
}

TEST(RequestedSchemaTest, OtherColumnsAreRefused) {
  const ReaderPtr rows = Rows(arrow::utf8(), kTexts);
  const auto text = arrow::field("c", arrow::utf8());
  EXPECT_THAT(WithRequestedSchema(rows, *arrow::schema({text, text})),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("2 columns")));
  EXPECT_THAT(WithRequestedSchema(rows, *arrow::schema({text->WithName("d")})),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("is d")));
}

}  // namespace
}  // namespace deltaic
