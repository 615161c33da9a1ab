#include "data/eval/row_filter.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "data/values/value_arrays.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "storage/arrow_status.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::StatusIs;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

DataTypePtr Of(TypeId id) { return DataType::Primitive(id); }

/// One column named x.
struct Column {
  DataTypePtr type;
  std::shared_ptr<arrow::Array> array;
};

Column MakeColumn(DataTypePtr type, const std::vector<Value>& values) {
  auto array = ArrayFromValues(values, *type);
  EXPECT_THAT(array, IsOk());
  return {std::move(type), *array};
}

Column AsDictionary(const Column& column) {
  return {column.type, arrow::compute::DictionaryEncode(column.array)->make_array()};
}

/// The outcomes as text, one letter a row: T, F or N.
Result<std::string> Outcomes(std::string_view sql, const SchemaPtr& schema,
                             const std::shared_ptr<arrow::RecordBatch>& batch) {
  DELTAIC_ASSIGN_OR_RETURN(const ExprPtr parsed, ParsePredicate(sql));
  DELTAIC_ASSIGN_OR_RETURN(const ExprPtr bound, BindPredicate(parsed, *schema));
  DELTAIC_ASSIGN_OR_RETURN(const auto outcome, EvaluatePredicate(*bound, *batch));
  std::string out;
  for (int64_t row = 0; row < outcome->length(); ++row) {
    out.push_back(outcome->IsNull(row) ? 'N' : (outcome->Value(row) ? 'T' : 'F'));
  }
  return out;
}

Result<std::string> Outcomes(std::string_view sql, const Column& column) {
  const SchemaPtr schema = DataType::Struct({{"x", column.type, true, {}}});
  return Outcomes(sql, schema,
                  arrow::RecordBatch::Make(arrow::schema({arrow::field("x", column.array->type())}),
                                           column.array->length(), {column.array}));
}

/// Plain, as a dictionary, and as a slice, all must agree.
void ExpectOutcomes(std::string_view sql, const Column& column, const std::string& expected) {
  SCOPED_TRACE(std::string(sql));
  EXPECT_THAT(Outcomes(sql, column), IsOkAndHolds(expected));
  EXPECT_THAT(Outcomes(sql, AsDictionary(column)), IsOkAndHolds(expected));
  for (const Column& whole : {column, AsDictionary(column)}) {
    EXPECT_THAT(Outcomes(sql, Column{whole.type, whole.array->Slice(1)}),
                IsOkAndHolds(expected.substr(1)));
  }
}

TEST(EvaluatePredicate, IntegersFollowThreeValuedLogic) {
  const Column x = MakeColumn(Of(TypeId::kLong), {int64_t{1}, int64_t{2}, {}, int64_t{3}});
  ExpectOutcomes("x = 2", x, "FTNF");
  ExpectOutcomes("x <> 2", x, "TFNT");
  ExpectOutcomes("2 < x", x, "FFNT");
  ExpectOutcomes("x <= 2", x, "TTNF");
  ExpectOutcomes("x <=> NULL", x, "FFTF");
  ExpectOutcomes("x <=> 2", x, "FTFF");
  ExpectOutcomes("NOT (x <=> 2)", x, "TFTT");
  ExpectOutcomes("x = NULL", x, "NNNN");
  ExpectOutcomes("x IS NULL", x, "FFTF");
  ExpectOutcomes("x IS NOT NULL", x, "TTFT");
  ExpectOutcomes("x = 1 OR x IS NULL", x, "TFTF");
  ExpectOutcomes("x = 1 OR NULL", x, "TNNN");
  ExpectOutcomes("x = 1 AND NULL", x, "NFNF");
  ExpectOutcomes("x = x", x, "TTNT");
  ExpectOutcomes("x <=> x", x, "TTTT");
  ExpectOutcomes("TRUE", x, "TTTT");
  ExpectOutcomes("NULL", x, "NNNN");
  ExpectOutcomes("1 = 2", x, "FFFF");
  ExpectOutcomes("x < 2.5", x, "TTNF");
  ExpectOutcomes("(x = 2) = FALSE", x, "TFNT");
  ExpectOutcomes("(x = 2) IS NULL", x, "FFTF");
}

TEST(EvaluatePredicate, InFollowsThreeValuedLogic) {
  const Column x = MakeColumn(Of(TypeId::kInteger), {int64_t{1}, int64_t{2}, {}});
  ExpectOutcomes("x IN (1, 5)", x, "TFN");
  ExpectOutcomes("x IN (1, NULL)", x, "TNN");
  ExpectOutcomes("x NOT IN (1, NULL)", x, "FNN");
  ExpectOutcomes("x IN (NULL)", x, "NNN");
  ExpectOutcomes("x IN (x, 7)", x, "TTN");
  ExpectOutcomes("1 IN (x, 7)", x, "TFN");
  ExpectOutcomes("1 IN (1, 7)", x, "TTT");
}

TEST(EvaluatePredicate, NanEqualsNanAndIsGreatest) {
  for (const TypeId id : {TypeId::kDouble, TypeId::kFloat}) {
    const Column x = MakeColumn(Of(id), {1.0, kNan, kInfinity, -0.0, {}});
    ExpectOutcomes("x = 'NaN'", x, "FTFFN");
    ExpectOutcomes("x <> 'NaN'", x, "TFTTN");
    ExpectOutcomes("x < 'NaN'", x, "TFTTN");
    ExpectOutcomes("x <= 'NaN'", x, "TTTTN");
    ExpectOutcomes("x > 'NaN'", x, "FFFFN");
    ExpectOutcomes("x >= 'NaN'", x, "FTFFN");
    ExpectOutcomes("x > 1.0", x, "FTTFN");
    ExpectOutcomes("x <= 1.0", x, "TFFTN");
    ExpectOutcomes("x <> 1.0", x, "FTTTN");
    ExpectOutcomes("x >= 'Infinity'", x, "FTTFN");
    ExpectOutcomes("x = 0", x, "FFFTN");
    ExpectOutcomes("x IN (0.0)", x, "FFFTN");
    ExpectOutcomes("x IN ('NaN', 1)", x, "TTFFN");
    ExpectOutcomes("x IN ('NaN', NULL)", x, "NTNNN");
    ExpectOutcomes("x <=> 'NaN'", x, "FTFFF");
    ExpectOutcomes("x = x", x, "TTTTN");
  }
}

TEST(EvaluatePredicate, TextComparesByBytesAndMatchesPatterns) {
  const Column x = MakeColumn(
      Of(TypeId::kString),
      {std::string("a%b"), std::string("añb"), std::string(), std::string("line\nbreak"), {}});
  ExpectOutcomes("x > 'a~'", x, "FTFTN");
  ExpectOutcomes("x = ''", x, "FFTFN");
  ExpectOutcomes("x LIKE 'a_b'", x, "TTFFN");
  ExpectOutcomes("x LIKE 'a\\%b'", x, "TFFFN");
  ExpectOutcomes("x LIKE '%'", x, "TTTTN");
  ExpectOutcomes("x LIKE 'line%k'", x, "FFFTN");
  ExpectOutcomes("x NOT LIKE 'a%'", x, "FFTTN");
  ExpectOutcomes("x LIKE ''", x, "FFTFN");
  ExpectOutcomes("x LIKE NULL", x, "NNNNN");
  ExpectOutcomes("x IN ('', 'a%b')", x, "TFTFN");
  ExpectOutcomes("'abc' LIKE '%c'", x, "TTTTT");
}

TEST(EvaluatePredicate, DecimalsCompareExactly) {
  const Column x = MakeColumn(DataType::Decimal(10, 2), {Int128{100}, Int128{-155}, {}});
  ExpectOutcomes("x = 1", x, "TFN");
  ExpectOutcomes("x < 0", x, "FTN");
  ExpectOutcomes("x > -1.555", x, "TTN");
  ExpectOutcomes("x = '1.001'", x, "FFN");
  ExpectOutcomes("x IN (1, -1.55)", x, "TTN");
  ExpectOutcomes("x = -1.55e0", x, "FTN");
  ExpectOutcomes("CAST(x AS INT) = -1", x, "FTN");
}

TEST(EvaluatePredicate, DatesAndTimestampsCompareAcrossTypes) {
  const Column day = MakeColumn(Of(TypeId::kDate), {int64_t{19723}, int64_t{19724}, {}});
  ExpectOutcomes("x = '2024-01-01'", day, "TFN");
  ExpectOutcomes("x < TIMESTAMP '2024-01-01 12:00:00'", day, "TFN");
  ExpectOutcomes("x IN (DATE '2024-01-02')", day, "FTN");
  for (const TypeId id : {TypeId::kTimestamp, TypeId::kTimestampNtz}) {
    const Column at = MakeColumn(Of(id), {int64_t{1704067200000000}, int64_t{-1}, {}});
    ExpectOutcomes("x = '2024-01-01 00:00:00'", at, "TFN");
    ExpectOutcomes("x = TIMESTAMP '2024-01-01 01:00:00+01:00'", at, "TFN");
    ExpectOutcomes("x >= DATE '2024-01-01'", at, "TFN");
    ExpectOutcomes("CAST(x AS DATE) = '1969-12-31'", at, "FTN");
    ExpectOutcomes("x IN ('2024-01-01')", at, "TFN");
  }
}

TEST(EvaluatePredicate, BooleansAndBinary) {
  const Column flag = MakeColumn(Of(TypeId::kBoolean), {true, false, {}});
  ExpectOutcomes("x", flag, "TFN");
  ExpectOutcomes("NOT x", flag, "FTN");
  ExpectOutcomes("x IS NOT TRUE", flag, "FTT");
  ExpectOutcomes("x = 'false'", flag, "FTN");
  ExpectOutcomes("x > FALSE", flag, "TFN");
  ExpectOutcomes("x IN (TRUE, NULL)", flag, "TNN");
  const Column raw =
      MakeColumn(Of(TypeId::kBinary), {std::string("\x00\xff", 2), std::string("a"), {}});
  ExpectOutcomes("x = X'00ff'", raw, "TFN");
  ExpectOutcomes("x < 'a'", raw, "TFN");
}

TEST(EvaluatePredicate, CastsThatFailNameTheValue) {
  const Column x = MakeColumn(Of(TypeId::kString), {std::string("1"), std::string("one")});
  EXPECT_THAT(Outcomes("CAST(x AS INT) = 1", x),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("CAST(x AS INT): 'one' is not of type integer")));
}

TEST(EvaluatePredicate, DictionaryEntriesThatNoRowUsesDoNotFailACast) {
  const Column x = AsDictionary(
      MakeColumn(Of(TypeId::kString), {std::string("one"), std::string("1"), std::string("1")}));
  EXPECT_THAT(Outcomes("CAST(x AS INT) = 1", Column{x.type, x.array->Slice(1)}),
              IsOkAndHolds("TT"));
}

TEST(EvaluatePredicate, NullEntriesOfADictionaryAreNull) {
  const auto entries = *ArrayFromValues({std::string("a"), Value()}, *Of(TypeId::kString));
  const auto indices = *ArrayFromValues({int64_t{0}, int64_t{1}, Value()}, *Of(TypeId::kInteger));
  const auto array = arrow::DictionaryArray::FromArrays(
      arrow::dictionary(arrow::int32(), arrow::utf8()), indices, entries);
  ASSERT_TRUE(array.ok());
  const Column x{Of(TypeId::kString), *array};
  EXPECT_THAT(Outcomes("x IS NULL", x), IsOkAndHolds("FTT"));
  EXPECT_THAT(Outcomes("x <=> NULL", x), IsOkAndHolds("FTT"));
  EXPECT_THAT(Outcomes("x = 'a'", x), IsOkAndHolds("TNN"));
  EXPECT_THAT(Outcomes("x IN ('a')", x), IsOkAndHolds("TNN"));
}

TEST(EvaluatePredicate, OtherFormsOfAColumnAreConverted) {
  const Column text = MakeColumn(Of(TypeId::kString), {std::string("a"), {}});
  for (const auto& type : {arrow::large_utf8(), arrow::utf8_view()}) {
    const Column x{text.type, *arrow::compute::Cast(*text.array, type)};
    EXPECT_THAT(Outcomes("x = 'a'", x), IsOkAndHolds("TN")) << type->ToString();
  }
  const Column narrow = MakeColumn(Of(TypeId::kInteger), {int64_t{1}, {}});
  EXPECT_THAT(Outcomes("x = 1", Column{Of(TypeId::kLong), narrow.array}), IsOkAndHolds("TN"));
}

TEST(EvaluatePredicate, MembersOfNullStructsAreNull) {
  const DataTypePtr city = Of(TypeId::kString);
  const SchemaPtr schema = DataType::Struct(
      {{"a",
        DataType::Struct({{"b", DataType::Struct({{"c", city, true, {}}}), true, {}}}),
        true,
        {}}});
  const auto leaf = *ArrayFromValues({std::string("x"), std::string("x"), std::string("y")}, *city);
  const auto inner = *arrow::StructArray::Make({leaf}, {arrow::field("c", arrow::utf8())});
  const auto valid = *arrow::AllocateBitmap(3);
  valid->mutable_data()[0] = 0b101;
  const auto outer =
      *arrow::StructArray::Make({inner}, {arrow::field("b", inner->type())}, valid, 1);
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("a", outer->type())}), 3, {outer});
  EXPECT_THAT(Outcomes("a.b.c = 'x'", schema, batch), IsOkAndHolds("TNF"));
  EXPECT_THAT(Outcomes("a IS NULL", schema, batch), IsOkAndHolds("FTF"));
  EXPECT_THAT(Outcomes("a.b IS NULL", schema, batch), IsOkAndHolds("FTF"));
  EXPECT_THAT(Outcomes("A.B.C <=> NULL", schema, batch), IsOkAndHolds("FTF"));
}

TEST(EvaluatePredicate, ColumnTheBatchLacksIsNamed) {
  const Column x = MakeColumn(Of(TypeId::kLong), {int64_t{1}});
  const SchemaPtr schema = DataType::Struct({{"gone", x.type, true, {}}});
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("x", x.array->type())}), 1, {x.array});
  EXPECT_THAT(Outcomes("gone = 1", schema, batch),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("column gone")));
}

TEST(EvaluatePredicate, RowsOfNullAreNotTrue) {
  const Column x = MakeColumn(Of(TypeId::kLong), {int64_t{1}, {}, int64_t{3}, int64_t{4}});
  const SchemaPtr schema = DataType::Struct({{"x", x.type, true, {}}});
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("x", x.array->type())}), 4, {x.array});
  const auto num_true = [&](std::string_view sql) {
    const ExprPtr bound = *BindPredicate(*ParsePredicate(sql), *schema);
    const auto outcome = *EvaluatePredicate(*bound, *batch);
    EXPECT_EQ(outcome->length(), 4);
    return outcome->true_count();
  };
  EXPECT_EQ(num_true("x <> 3"), 2);
  EXPECT_EQ(num_true("TRUE"), 4);
  EXPECT_EQ(num_true("x > 9"), 0);
}

TEST(EvaluatePredicate, BatchWithoutColumnsKeepsItsLength) {
  const auto batch = arrow::RecordBatch::Make(arrow::schema(arrow::FieldVector()), 4,
                                              std::vector<std::shared_ptr<arrow::Array>>());
  const auto all = EvaluatePredicate(*Expr::Literal(true, Of(TypeId::kBoolean)), *batch);
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ((*all)->length(), 4);
  EXPECT_EQ((*all)->true_count(), 4);
}

}  // namespace
}  // namespace deltaic
