#include "data/eval/expression_eval.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "data/eval/branch_rows.h"
#include "data/eval/column_functions.h"
#include "data/eval/predicate_kernels.h"
#include "data/values/array_cast.h"
#include "data/values/compute_kernels.h"
#include "data/values/type_mapping.h"
#include "data/values/value_arrays.h"
#include "expr/function_definition.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Walks a bound tree. Values are scalars (literals) or arrays of the batch's length.
class Evaluator {
 public:
  explicit Evaluator(std::shared_ptr<arrow::RecordBatch> batch) : batch_(std::move(batch)) {}

  Result<arrow::Datum> Evaluate(const Expr& expr) const {
    switch (expr.kind()) {
      case ExprKind::kLiteral:
        return EvaluateLiteral(expr);
      case ExprKind::kColumn:
        return EvaluateColumn(expr);
      case ExprKind::kCall:
        return EvaluateCall(expr);
    }
    return Status::Internal("a predicate with a node of unknown kind");
  }

  /// One value a row, also for literals.
  Result<std::shared_ptr<arrow::Array>> EvaluateRows(const Expr& expr) const {
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum value, Evaluate(expr));
    return AsRows(value);
  }

 private:
  Result<std::shared_ptr<arrow::Array>> AsRows(const arrow::Datum& value) const {
    if (value.is_array()) return value.make_array();
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> rows,
                             arrow::MakeArrayFromScalar(*value.scalar(), batch_->num_rows()));
    return rows;
  }

  static Result<arrow::Datum> EvaluateLiteral(const Expr& literal) {
    if (literal.type() == nullptr) return Status::Internal("the predicate is not bound");
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Scalar> scalar,
                             ScalarFromValue(literal.value(), *literal.type()));
    return arrow::Datum(std::move(scalar));
  }

  Result<std::shared_ptr<arrow::Array>> FindColumn(const Expr& column) const {
    const std::vector<std::string>& path = column.path();
    std::shared_ptr<arrow::Array> array = batch_->GetColumnByName(path[0]);
    for (size_t i = 1; i < path.size() && array != nullptr; ++i) {
      const auto* parent = dynamic_cast<const arrow::StructArray*>(array.get());
      const int index = parent == nullptr ? -1 : parent->struct_type()->GetFieldIndex(path[i]);
      if (index < 0) {
        array = nullptr;
        break;
      }
      // Flattened: where the parent is null, so is the member.
      DELTAIC_ASSIGN_OR_RETURN(array, parent->GetFlattenedField(index));
    }
    if (array == nullptr) {
      return Status::SchemaMismatch("the predicate needs the column ", column.ToSql(),
                                    ", which the data lacks");
    }
    return array;
  }

  Result<arrow::Datum> EvaluateColumn(const Expr& column) const {
    if (column.type() == nullptr) return Status::Internal("the predicate is not bound");
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array, FindColumn(column));
    // Functions of these look at the form themselves.
    if (!column.type()->is_primitive() || column.type()->id() == TypeId::kVariant) {
      return arrow::Datum(std::move(array));
    }
    DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::DataType> expected,
                             ToArrowType(*column.type()));
    if (const auto* dictionary = dynamic_cast<const arrow::DictionaryArray*>(array.get())) {
      if (dictionary->dictionary()->type()->Equals(*expected))
        return arrow::Datum(std::move(array));
    }
    if (!array->type()->Equals(*expected)) {
      DELTAIC_ASSIGN_OR_RETURN(array, DecodeArray(std::move(array)));
      DELTAIC_ASSIGN_OR_RETURN(array, CastLeaf(array, expected, column.ToSql()));
    }
    return arrow::Datum(std::move(array));
  }

  Result<arrow::Datum> EvaluateCall(const Expr& call) const {
    switch (call.function()) {
      case Function::kAnd:
        return Fold(call, "and_kleene");
      case Function::kOr:
        return Fold(call, "or_kleene");
      case Function::kNot:
        return Invert(EvaluateCondition(*call.args()[0]));
      case Function::kIsNull:
        return IsNull(call);
      case Function::kIsNotNull:
        return Invert(IsNull(call));
      case Function::kIn:
        return In(call);
      case Function::kLike:
        return Like(call);
      case Function::kCast:
      case Function::kTryCast:
        return Cast(call);
      case Function::kNamed:
        return Named(call);
      default:
        return Comparison(call);
    }
  }

  /// A condition's outcome, never dictionary-encoded.
  Result<arrow::Datum> EvaluateCondition(const Expr& expr) const {
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum value, Evaluate(expr));
    return kernels::Decode(value);
  }

  /// AND and OR. Where the outcome is decided, what follows is not evaluated if it may fail.
  Result<arrow::Datum> Fold(const Expr& call, const char* function) const {
    const bool decisive = call.function() == Function::kOr;
    DELTAIC_ASSIGN_OR_RETURN(arrow::Datum all, EvaluateCondition(*call.args()[0]));
    for (size_t i = 1; i < call.args().size(); ++i) {
      const Expr& arg = *call.args()[i];
      Result<arrow::Datum> next =
          MayFail(arg) ? EvaluateUnless(all, decisive, arg) : EvaluateCondition(arg);
      if (!next.ok()) return next;
      DELTAIC_ASSIGN_OR_RETURN(all, kernels::CallArrow(function, {all, *next}));
    }
    return all;
  }

  /// `expr` for the rows where `condition` is not `value`; null for the others.
  Result<arrow::Datum> EvaluateUnless(const arrow::Datum& condition, bool value,
                                      const Expr& expr) const {
    DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> rows, AsRows(condition));
    const auto& outcomes = static_cast<const arrow::BooleanArray&>(*rows);
    RowNumbers wanted;
    for (int64_t row = 0; row < outcomes.length(); ++row) {
      if (outcomes.IsNull(row) || outcomes.Value(row) != value) wanted.push_back(row);
    }
    BranchRows branches(batch_->num_rows());
    DELTAIC_RETURN_IF_ERROR(AddBranch(expr, wanted, branches));
    return FinishBranches(expr, branches);
  }

  /// Evaluates `expr` for these rows alone.
  Result<std::shared_ptr<arrow::Array>> EvaluateAt(const Expr& expr, const RowNumbers& rows) const {
    DELTAIC_ASSIGN_OR_RETURN(auto narrow, NarrowBatch(batch_, expr, rows));
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> values,
                             Evaluator(std::move(narrow)).EvaluateRows(expr));
    return DecodeArray(std::move(values));
  }

  Status AddBranch(const Expr& expr, const RowNumbers& rows, BranchRows& branches) const {
    if (rows.empty()) return Status::Ok();
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> values, EvaluateAt(expr, rows));
    branches.Add(rows, std::move(values));
    return Status::Ok();
  }

  static Result<arrow::Datum> FinishBranches(const Expr& expr, const BranchRows& branches) {
    DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::DataType> type,
                             ToArrowType(*expr.type()));
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> out, branches.Finish(type));
    return arrow::Datum(std::move(out));
  }

  Result<arrow::Datum> Named(const Expr& call) const {
    const FunctionDefinition& function = *call.definition();
    if (function.notation == Notation::kCase) return Case(call);
    if (function.name == "COALESCE") return Coalesce(call);
    DELTAIC_ASSIGN_OR_RETURN(std::vector<arrow::Datum> args, Arguments(call));
    kernels::ColumnCall columns{call, std::move(args), batch_->num_rows()};
    return CallColumns(columns);
  }

  /// The arguments in Spark's order: where one is null, those after it are not evaluated if they
  /// may fail and the call is null anyway.
  Result<std::vector<arrow::Datum>> Arguments(const Expr& call) const {
    const FunctionDefinition& function = *call.definition();
    const bool is_strict =
        !function.takes_null && function.signature.find("...") == std::string_view::npos;
    std::vector<size_t> order(call.args().size());
    std::iota(order.begin(), order.end(), size_t{0});
    if (DividesBySecond(function)) std::swap(order[0], order[1]);
    std::vector<arrow::Datum> args(order.size());
    std::vector<arrow::Datum> before;
    for (const size_t i : order) {
      const Expr& arg = *call.args()[i];
      DELTAIC_ASSIGN_OR_RETURN(
          args[i], is_strict && MayFail(arg) ? EvaluateBeside(before, arg) : Evaluate(arg));
      before.push_back(args[i]);
    }
    return args;
  }

  /// `expr` for the rows where none of `others` is null; null for the rest.
  Result<arrow::Datum> EvaluateBeside(const std::vector<arrow::Datum>& others,
                                      const Expr& expr) const {
    std::vector<bool> is_null(static_cast<size_t>(batch_->num_rows()));
    for (const arrow::Datum& other : others) {
      if (other.null_count() == 0 && !IsDictionary(other)) continue;
      DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum decoded, kernels::Decode(other));
      DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> rows, AsRows(decoded));
      for (size_t row = 0; row < is_null.size(); ++row) {
        if (rows->IsNull(static_cast<int64_t>(row))) is_null[row] = true;
      }
    }
    RowNumbers wanted;
    for (size_t row = 0; row < is_null.size(); ++row) {
      if (!is_null[row]) wanted.push_back(static_cast<int64_t>(row));
    }
    if (wanted.size() == is_null.size()) return Evaluate(expr);
    BranchRows branches(batch_->num_rows());
    DELTAIC_RETURN_IF_ERROR(AddBranch(expr, wanted, branches));
    return FinishBranches(expr, branches);
  }

  static bool IsDictionary(const arrow::Datum& value) {
    return value.is_array() && value.type()->id() == arrow::Type::DICTIONARY;
  }

  /// Spark looks at the divisor first.
  static bool DividesBySecond(const FunctionDefinition& function) {
    return function.name == "/" || function.name == "%" || function.name == "DIV" ||
           function.name == "PMOD";
  }

  static Result<arrow::Datum> CallColumns(kernels::ColumnCall& call) {
    if (const auto dictionary = OnlyDictionary(call)) return CallOverDictionary(call, dictionary);
    for (arrow::Datum& arg : call.args) {
      DELTAIC_ASSIGN_OR_RETURN(arg, kernels::Decode(arg));
    }
    if (const auto function = kernels::FindColumnFunction(call.call.definition()->name)) {
      DELTAIC_ASSIGN_OR_RETURN(std::optional<arrow::Datum> out, function(call));
      if (out) return *std::move(out);
    }
    return kernels::EvaluateEachRow(call);
  }

  /// The dictionary-encoded argument, if running over its entries is less work, and gives the same:
  /// entries that no row uses must not fail, and a null row must give null.
  static std::shared_ptr<arrow::DictionaryArray> OnlyDictionary(const kernels::ColumnCall& call) {
    if (MayFail(call.call) || call.call.definition()->takes_null) return nullptr;
    std::shared_ptr<arrow::DictionaryArray> found;
    for (const arrow::Datum& arg : call.args) {
      if (!arg.is_array()) continue;
      auto dictionary = std::dynamic_pointer_cast<arrow::DictionaryArray>(arg.make_array());
      if (dictionary == nullptr || found != nullptr) return nullptr;
      found = std::move(dictionary);
    }
    const bool shorter = found != nullptr && found->dictionary()->length() <= found->length();
    return shorter ? found : nullptr;
  }

  static Result<arrow::Datum> CallOverDictionary(
      const kernels::ColumnCall& call, const std::shared_ptr<arrow::DictionaryArray>& rows) {
    kernels::ColumnCall entries{call.call, call.args, rows->dictionary()->length()};
    for (arrow::Datum& arg : entries.args) {
      if (arg.is_array()) arg = arrow::Datum(rows->dictionary());
    }
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum values, CallColumns(entries));
    if (values.is_scalar()) return values;
    DELTAIC_ASSIGN_OR_RETURN(arrow::Datum out,
                             kernels::CallArrow("take", {values, rows->indices()}));
    return out;
  }

  /// Each condition is evaluated where all before it were not true, and a value where its own is.
  Result<arrow::Datum> Case(const Expr& call) const {
    const std::vector<ExprPtr>& args = call.args();
    BranchRows branches(batch_->num_rows());
    RowNumbers left = AllRows(batch_->num_rows());
    for (size_t i = 0; i + 1 < args.size() && !left.empty(); i += 2) {
      DELTAIC_ASSIGN_OR_RETURN(const auto condition, EvaluateAt(*args[i], left));
      const auto& outcomes = static_cast<const arrow::BooleanArray&>(*condition);
      RowNumbers hits;
      RowNumbers others;
      for (size_t row = 0; row < left.size(); ++row) {
        const auto at = static_cast<int64_t>(row);
        (outcomes.IsValid(at) && outcomes.Value(at) ? hits : others).push_back(left[row]);
      }
      DELTAIC_RETURN_IF_ERROR(AddBranch(*args[i + 1], hits, branches));
      left = std::move(others);
    }
    if (args.size() % 2 == 1) DELTAIC_RETURN_IF_ERROR(AddBranch(*args.back(), left, branches));
    return FinishBranches(call, branches);
  }

  /// Each argument where all before it were null.
  Result<arrow::Datum> Coalesce(const Expr& call) const {
    BranchRows branches(batch_->num_rows());
    RowNumbers left = AllRows(batch_->num_rows());
    for (const ExprPtr& arg : call.args()) {
      if (left.empty()) break;
      DELTAIC_ASSIGN_OR_RETURN(const auto values, EvaluateAt(*arg, left));
      branches.Add(left, values);
      RowNumbers nulls;
      for (size_t row = 0; row < left.size(); ++row) {
        if (values->IsNull(static_cast<int64_t>(row))) nulls.push_back(left[row]);
      }
      left = std::move(nulls);
    }
    return FinishBranches(call, branches);
  }

  static Result<arrow::Datum> Invert(Result<arrow::Datum> condition) {
    if (!condition.ok()) return condition;
    DELTAIC_ASSIGN_OR_RETURN(arrow::Datum out, kernels::CallArrow("invert", {*condition}));
    return out;
  }

  Result<arrow::Datum> IsNull(const Expr& call) const {
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum value, Evaluate(*call.args()[0]));
    return kernels::IsNull(value);
  }

  Result<arrow::Datum> Comparison(const Expr& call) const {
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum left, Evaluate(*call.args()[0]));
    const Expr& other = *call.args()[1];
    const bool passes_nulls = call.function() != Function::kNullSafeEqual && MayFail(other);
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum right,
                             passes_nulls ? EvaluateBeside({left}, other) : Evaluate(other));
    return kernels::Compare(call.function(), left, right);
  }

  Result<arrow::Datum> In(const Expr& call) const {
    const std::vector<ExprPtr> list(call.args().begin() + 1, call.args().end());
    const bool all_literals = std::all_of(list.begin(), list.end(), [](const ExprPtr& element) {
      return element->kind() == ExprKind::kLiteral;
    });
    if (all_literals) {
      DELTAIC_ASSIGN_OR_RETURN(const auto rows, EvaluateRows(*call.args()[0]));
      return kernels::InLiterals(rows, list);
    }
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum value, Evaluate(*call.args()[0]));
    // Nothing is in the list where the value is null: such rows are decided like those found.
    DELTAIC_ASSIGN_OR_RETURN(arrow::Datum decided, kernels::IsNull(value));
    arrow::Datum any(false);
    for (const ExprPtr& element : list) {
      Result<arrow::Datum> other =
          MayFail(*element) ? EvaluateUnless(decided, true, *element) : Evaluate(*element);
      if (!other.ok()) return other;
      DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum equal,
                               kernels::Compare(Function::kEqual, value, *other));
      DELTAIC_ASSIGN_OR_RETURN(any, kernels::CallArrow("or_kleene", {any, equal}));
      DELTAIC_ASSIGN_OR_RETURN(decided, kernels::CallArrow("or_kleene", {decided, equal}));
    }
    return any;
  }

  Result<arrow::Datum> Like(const Expr& call) const {
    const auto* pattern = std::get_if<std::string>(&call.args()[1]->value());
    if (pattern == nullptr) return arrow::Datum(std::make_shared<arrow::BooleanScalar>());
    DELTAIC_ASSIGN_OR_RETURN(const auto rows, EvaluateRows(*call.args()[0]));
    return kernels::Like(rows, *pattern);
  }

  Result<arrow::Datum> Cast(const Expr& call) const {
    const Expr& operand = *call.args()[0];
    if (operand.type() == nullptr) return Status::Internal("the predicate is not bound");
    DELTAIC_ASSIGN_OR_RETURN(const auto rows, EvaluateRows(operand));
    const bool null_on_failure = call.function() == Function::kTryCast;
    Result<arrow::Datum> out =
        kernels::Cast(rows, *operand.type(), *call.type(), null_on_failure, call.zone());
    return out.ok() ? out : out.status().WithContext(call.ToSql());
  }

  std::shared_ptr<arrow::RecordBatch> batch_;
};

}  // namespace

Result<std::shared_ptr<arrow::Array>> EvaluateExpression(const Expr& expr,
                                                         const arrow::RecordBatch& batch) {
  DELTAIC_RETURN_IF_ERROR(EnsureComputeKernels());
  // The columns are shared; the batch itself is the caller's.
  const auto shared = arrow::RecordBatch::Make(batch.schema(), batch.num_rows(), batch.columns());
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> rows,
                           Evaluator(shared).EvaluateRows(expr));
  return DecodeArray(std::move(rows));
}

}  // namespace deltaic
