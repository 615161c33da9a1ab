#include "data/eval/evaluation_cases.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include <limits>
#include <utility>
#include <vector>

#include "data/eval/expression_eval.h"
#include "data/values/value_arrays.h"
#include "expr/bind.h"
#include "expr/parser.h"
#include "expr/value_cast.h"
#include "storage/arrow_status.h"
#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using I = int64_t;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

DataTypePtr Of(TypeId id) { return DataType::Primitive(id); }
Value Text(const char* text) { return std::string(text); }

struct TestColumn {
  std::string name;
  DataTypePtr type;
  std::shared_ptr<arrow::Array> array;
};

TestColumn Primitive(const char* name, DataTypePtr type, const std::vector<Value>& values) {
  auto array = ArrayFromValues(values, *type);
  EXPECT_THAT(array, IsOk());
  return {name, std::move(type), *array};
}

std::shared_ptr<arrow::Array> Offsets(const std::vector<Value>& offsets) {
  return *ArrayFromValues(offsets, *Of(TypeId::kInteger));
}

/// Two rows, the second of nulls, so that each case shows what becomes of null.
std::vector<TestColumn> MakeColumns() {
  std::vector<TestColumn> columns = {
      Primitive("b", Of(TypeId::kByte), {I{5}, {}}),
      Primitive("sh", Of(TypeId::kShort), {I{300}, {}}),
      Primitive("i", Of(TypeId::kInteger), {I{7}, {}}),
      Primitive("big", Of(TypeId::kInteger), {I{2147483647}, {}}),
      Primitive("zero", Of(TypeId::kInteger), {I{0}, {}}),
      Primitive("l", Of(TypeId::kLong), {I{-9}, {}}),
      Primitive("f", Of(TypeId::kFloat), {1.5, {}}),
      Primitive("d", Of(TypeId::kDouble), {-2.5, {}}),
      Primitive("nan", Of(TypeId::kDouble), {kNan, {}}),
      Primitive("dec", DataType::Decimal(10, 2), {Int128{1234}, {}}),
      Primitive("wide", DataType::Decimal(38, 10), {Int128{10'000'000'000}, {}}),
      Primitive("s", Of(TypeId::kString), {Text("hello"), {}}),
      Primitive("t", Of(TypeId::kString), {Text(" äb c "), {}}),
      Primitive("n", Of(TypeId::kString), {Text("12"), {}}),
      Primitive("when", Of(TypeId::kString), {Text("2020-05-06"), {}}),
      Primitive("day", Of(TypeId::kDate), {I{18388}, {}}),                 // 2020-05-06
      Primitive("end", Of(TypeId::kDate), {I{18292}, {}}),                 // 2020-01-31
      Primitive("at", Of(TypeId::kTimestamp), {I{1588759872500000}, {}}),  // 10:11:12.5 of day
      Primitive("local", Of(TypeId::kTimestampNtz), {I{1588759872500000}, {}}),
      Primitive("yes", Of(TypeId::kBoolean), {true, {}}),
      Primitive("raw", Of(TypeId::kBinary), {std::string("\x0a\xff"), {}}),
  };
  const auto valid = *arrow::AllocateBitmap(2);
  valid->mutable_data()[0] = 0b01;
  const auto numbers = *ArrayFromValues({I{1}, Value(), I{3}}, *Of(TypeId::kInteger));
  columns.push_back({"nums", DataType::Array(Of(TypeId::kInteger), true),
                     *arrow::ListArray::FromArrays(*Offsets({I{0}, I{3}, I{3}}), *numbers,
                                                   arrow::default_memory_pool(), valid)});
  const auto keys = *ArrayFromValues({Text("a"), Text("b")}, *Of(TypeId::kString));
  const auto items = *ArrayFromValues({I{1}, Value()}, *Of(TypeId::kInteger));
  columns.push_back({"m", DataType::Map(Of(TypeId::kString), Of(TypeId::kInteger), true),
                     *arrow::MapArray::FromArrays(Offsets({I{0}, Value(), I{2}}), keys, items)});
  const auto members = *ArrayFromValues({I{4}, I{5}}, *Of(TypeId::kInteger));
  columns.push_back(
      {"p", DataType::Struct({{"x", Of(TypeId::kInteger), true, {}}}),
       *arrow::StructArray::Make({members}, {arrow::field("x", arrow::int32())}, valid, 1)});
  return columns;
}

std::string ValueText(const arrow::Array& array, int64_t row, const DataType& type) {
  const Value value = ValueAt(array, row);
  if (IsNull(value)) return "NULL";
  const Result<Value> text = CastValue(value, type, *Of(TypeId::kString));
  return text.ok() ? std::get<std::string>(*text) : text.status().message();
}

}  // namespace

EvaluatedTable MakeEvaluatedTable(bool dictionaries) {
  std::vector<StructField> fields;
  arrow::FieldVector arrow_fields;
  arrow::ArrayVector arrays;
  for (const TestColumn& column : MakeColumns()) {
    std::shared_ptr<arrow::Array> array = column.array;
    if (dictionaries && column.type->is_primitive()) {
      array = arrow::compute::DictionaryEncode(array)->make_array();
    }
    fields.push_back({column.name, column.type, true, {}});
    arrow_fields.push_back(arrow::field(column.name, array->type()));
    arrays.push_back(array);
  }
  return {DataType::Struct(fields),
          arrow::RecordBatch::Make(arrow::schema(arrow_fields), 2, arrays)};
}

Result<ExprPtr> BindSql(std::string_view sql, const Schema& schema) {
  DELTAIC_ASSIGN_OR_RETURN(const ExprPtr parsed, ParsePredicate(sql));
  return BindExpression(parsed, schema, {.now_micros = kNow});
}

Result<std::string> EvaluateSql(std::string_view sql, const EvaluatedTable& table) {
  DELTAIC_ASSIGN_OR_RETURN(const ExprPtr bound, BindSql(sql, *table.schema));
  DELTAIC_ASSIGN_OR_RETURN(const auto array, EvaluateExpression(*bound, *table.batch));
  std::string out = bound->type()->ToString() + ":";
  for (int64_t row = 0; row < array->length(); ++row) {
    out += (row == 0 ? " " : " | ") + ValueText(*array, row, *bound->type());
  }
  return out;
}

TEST_P(Evaluation, GivesSparksTypeAndValues) {
  for (const bool dictionaries : {false, true}) {
    const EvaluatedTable table = MakeEvaluatedTable(dictionaries);
    EXPECT_THAT(EvaluateSql(GetParam().sql, table), IsOkAndHolds(GetParam().result))
        << GetParam().sql;
    // Bound text reads back as what binds alike.
    const Result<ExprPtr> bound = BindSql(GetParam().sql, *table.schema);
    ASSERT_THAT(bound, IsOk());
    if ((*bound)->type()->is_primitive()) {
      EXPECT_THAT(EvaluateSql((*bound)->ToSql(), table), IsOkAndHolds(GetParam().result))
          << (*bound)->ToSql();
    }
  }
}

}  // namespace deltaic::testing
