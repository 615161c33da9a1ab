#include "data/eval/column_functions.h"

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/util.h>
#include <arrow/compute/exec.h>
#include <arrow/scalar.h>

#include <map>
#include <utility>

#include "base/made_once.h"
#include "data/eval/predicate_kernels.h"
#include "data/values/value_arrays.h"
#include "expr/value_cast.h"
#include "storage/arrow_status.h"

namespace deltaic::kernels {
namespace {

bool IsNumber(const arrow::Datum& values) {
  const arrow::Type::type id = values.type()->id();
  return arrow::is_signed_integer(id) || id == arrow::Type::FLOAT || id == arrow::Type::DOUBLE;
}

/// Arrow's checked arithmetic, which fails where ours does; the row by row evaluation then says on
/// what. Decimals have types of their own there.
Result<std::optional<arrow::Datum>> Checked(const ColumnCall& call, const char* function) {
  if (!IsNumber(call.args[0]) || !call.args[0].type()->Equals(call.args[1].type())) {
    return std::optional<arrow::Datum>();
  }
  arrow::Result<arrow::Datum> out = CallArrow(function, call.args);
  if (!out.ok()) return std::optional<arrow::Datum>();
  return std::optional<arrow::Datum>(*std::move(out));
}

/// The argument's values at rows, or its one value.
template <typename Array>
class NumbersOf {
 public:
  explicit NumbersOf(std::shared_ptr<arrow::Array> values, bool is_one)
      : values_(std::static_pointer_cast<Array>(std::move(values))), step_(is_one ? 0 : 1) {}
  bool IsNull(int64_t row) const { return values_->IsNull(row * step_); }
  typename Array::value_type Value(int64_t row) const { return values_->Value(row * step_); }

 private:
  const std::shared_ptr<Array> values_;
  const int64_t step_;
};

/// Arrow has no remainders. Unset where one is divided by zero.
template <typename Type>
Result<std::optional<arrow::Datum>> Remainders(const ColumnCall& call) {
  using Numbers = NumbersOf<arrow::NumericArray<Type>>;
  std::vector<Numbers> args;
  for (const arrow::Datum& arg : call.args) {
    if (arg.is_array()) {
      args.emplace_back(arg.make_array(), false);
      continue;
    }
    DELTAIC_ASSIGN_OR_RETURN(auto one, arrow::MakeArrayFromScalar(*arg.scalar(), 1));
    args.emplace_back(std::move(one), true);
  }
  arrow::NumericBuilder<Type> out;
  DELTAIC_RETURN_IF_ERROR(out.Reserve(call.num_rows));
  for (int64_t row = 0; row < call.num_rows; ++row) {
    if (args[0].IsNull(row) || args[1].IsNull(row)) {
      out.UnsafeAppendNull();
      continue;
    }
    const auto divisor = args[1].Value(row);
    if (divisor == 0) return std::optional<arrow::Datum>();
    // The least number has no counterpart to be divided by -1.
    using Number = decltype(args[0].Value(row));
    out.UnsafeAppend(divisor == -1 ? Number{0} : static_cast<Number>(args[0].Value(row) % divisor));
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array, out.Finish());
  return std::optional(arrow::Datum(std::move(array)));
}

}  // namespace

ColumnFunction FindColumnFunction(std::string_view name) {
  const auto& functions = MadeOnce([] {
    return std::map<std::string_view, ColumnFunction>{
        {"+", AddColumns},
        {"-", SubtractColumns},
        {"*", MultiplyColumns},
        {"/", DivideColumns},
        {"%", RemainderOfColumns},
        {"LOWER", LowerColumn},
        {"UPPER", UpperColumn},
        {"LENGTH", LengthOfColumn},
        {"ILIKE", MatchLikeIgnoringCase},
        {"RLIKE", MatchRegex},
        {"REGEXP_REPLACE", ReplaceRegex},
        {"REGEXP_EXTRACT", ExtractRegex},
        {"SPLIT", SplitByRegex},
        {"[]", ItemOf},
        {"ELEMENT_AT", ElementAt},
        {".", MemberOf},
        {"SIZE", SizeOf},
        {"ARRAY_CONTAINS", ArrayContains},
        {"ARRAY", MakeArray},
        {"MAP", MakeMap},
        {"NAMED_STRUCT", MakeStruct},
        {"MAP_KEYS", MapKeys},
        {"MAP_VALUES", MapValues},
        {"VARIANT_GET", VariantGet},
        {"TRY_VARIANT_GET", TryVariantGet},
        {"PARSE_JSON", ParseJson},
        {"TRY_PARSE_JSON", TryParseJson},
        {"IS_VARIANT_NULL", IsVariantNull},
        {"SCHEMA_OF_VARIANT", SchemaOfVariantColumn},
        {"TO_JSON", ToJson},
    };
  });
  const auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second;
}

Value ArgAt(const arrow::Datum& arg, int64_t row) {
  if (arg.is_array()) return ValueAt(*arg.make_array(), row);
  const auto array = arrow::MakeArrayFromScalar(*arg.scalar(), 1);
  return array.ok() ? ValueAt(**array, 0) : Value();
}

Result<std::shared_ptr<arrow::Array>> ArgAsArray(const ColumnCall& call, size_t index) {
  const arrow::Datum& arg = call.args[index];
  if (arg.is_array()) return arg.make_array();
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> rows,
                           arrow::MakeArrayFromScalar(*arg.scalar(), call.num_rows));
  return rows;
}

Result<arrow::Datum> EvaluateEachRow(const ColumnCall& call) {
  const FunctionDefinition& function = *call.call.definition();
  if (function.evaluate == nullptr) {
    return Status::Internal("the function ", function.name, " has no evaluation");
  }
  std::vector<std::shared_ptr<arrow::Array>> columns;
  std::vector<Value> values;
  for (const arrow::Datum& arg : call.args) {
    columns.push_back(arg.is_array() ? arg.make_array() : nullptr);
    values.push_back(arg.is_array() ? Value() : ArgAt(arg, 0));
  }
  std::vector<Value> out(static_cast<size_t>(call.num_rows));
  for (int64_t row = 0; row < call.num_rows; ++row) {
    bool any_null = false;
    for (size_t i = 0; i < values.size(); ++i) {
      if (columns[i] != nullptr) values[i] = ValueAt(*columns[i], row);
      any_null = any_null || deltaic::IsNull(values[i]);
    }
    if (any_null && !function.takes_null) continue;
    DELTAIC_ASSIGN_OR_RETURN(out[static_cast<size_t>(row)], function.evaluate(call.call, values));
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array,
                           ArrayFromValues(out, *call.call.type()));
  return arrow::Datum(std::move(array));
}

Result<std::optional<arrow::Datum>> AddColumns(const ColumnCall& call) {
  return Checked(call, "add_checked");
}
Result<std::optional<arrow::Datum>> SubtractColumns(const ColumnCall& call) {
  return Checked(call, "subtract_checked");
}
Result<std::optional<arrow::Datum>> MultiplyColumns(const ColumnCall& call) {
  return Checked(call, "multiply_checked");
}

/// Of doubles: whole numbers are not divided by /.
Result<std::optional<arrow::Datum>> DivideColumns(const ColumnCall& call) {
  return Checked(call, "divide_checked");
}

/// Of whole numbers; the others go row by row.
Result<std::optional<arrow::Datum>> RemainderOfColumns(const ColumnCall& call) {
  if (!call.args[0].type()->Equals(call.args[1].type())) return std::optional<arrow::Datum>();
  switch (call.args[0].type()->id()) {
    case arrow::Type::INT8:
      return Remainders<arrow::Int8Type>(call);
    case arrow::Type::INT16:
      return Remainders<arrow::Int16Type>(call);
    case arrow::Type::INT32:
      return Remainders<arrow::Int32Type>(call);
    case arrow::Type::INT64:
      return Remainders<arrow::Int64Type>(call);
    default:
      return std::optional<arrow::Datum>();
  }
}

}  // namespace deltaic::kernels
