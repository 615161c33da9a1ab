#include "data/row_filter.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "data/array_cast.h"
#include "data/compute_kernels.h"
#include "data/predicate_kernels.h"
#include "data/type_mapping.h"
#include "data/value_arrays.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Walks a bound tree. Values are scalars (literals) or arrays of the batch's length.
class Evaluator {
 public:
  explicit Evaluator(const arrow::RecordBatch& batch) : batch_(batch) {}

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
    if (value.is_array()) return value.make_array();
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> rows,
                             arrow::MakeArrayFromScalar(*value.scalar(), batch_.num_rows()));
    return rows;
  }

 private:
  static Result<arrow::Datum> EvaluateLiteral(const Expr& literal) {
    if (literal.type() == nullptr) return Status::Internal("the predicate is not bound");
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Scalar> scalar,
                             ScalarFromValue(literal.value(), *literal.type()));
    return arrow::Datum(std::move(scalar));
  }

  Result<std::shared_ptr<arrow::Array>> FindColumn(const Expr& column) const {
    const std::vector<std::string>& path = column.path();
    std::shared_ptr<arrow::Array> array = batch_.GetColumnByName(path[0]);
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
    // Only IS [NOT] NULL takes these, and any form will do.
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
        return Cast(call);
      default:
        return Comparison(call);
    }
  }

  /// A condition's outcome, never dictionary-encoded.
  Result<arrow::Datum> EvaluateCondition(const Expr& expr) const {
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum value, Evaluate(expr));
    return kernels::Decode(value);
  }

  Result<arrow::Datum> Fold(const Expr& call, const char* function) const {
    DELTAIC_ASSIGN_OR_RETURN(arrow::Datum all, EvaluateCondition(*call.args()[0]));
    for (size_t i = 1; i < call.args().size(); ++i) {
      DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum next, EvaluateCondition(*call.args()[i]));
      DELTAIC_ASSIGN_OR_RETURN(all, kernels::CallArrow(function, {all, next}));
    }
    return all;
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
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum right, Evaluate(*call.args()[1]));
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
    arrow::Datum any(false);
    for (const ExprPtr& element : list) {
      DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum other, Evaluate(*element));
      DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum equal,
                               kernels::Compare(Function::kEqual, value, other));
      DELTAIC_ASSIGN_OR_RETURN(any, kernels::CallArrow("or_kleene", {any, equal}));
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
    Result<arrow::Datum> out = kernels::Cast(rows, *operand.type(), *call.type());
    return out.ok() ? out : out.status().WithContext(call.ToSql());
  }

  const arrow::RecordBatch& batch_;
};

}  // namespace

Result<std::shared_ptr<arrow::BooleanArray>> EvaluatePredicate(const Expr& predicate,
                                                               const arrow::RecordBatch& batch) {
  DELTAIC_RETURN_IF_ERROR(EnsureComputeKernels());
  DELTAIC_ASSIGN_OR_RETURN(const auto rows, Evaluator(batch).EvaluateRows(predicate));
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum decoded, kernels::Decode(rows));
  auto outcome = std::dynamic_pointer_cast<arrow::BooleanArray>(decoded.make_array());
  if (outcome == nullptr) {
    return Status::Internal("the predicate ", predicate.ToSql(), " gives no boolean");
  }
  return outcome;
}

Result<std::shared_ptr<arrow::RecordBatch>> FilterBatch(
    const Expr& predicate, const std::shared_ptr<arrow::RecordBatch>& batch) {
  DELTAIC_ASSIGN_OR_RETURN(const auto outcome, EvaluatePredicate(predicate, *batch));
  const int64_t kept = outcome->true_count();
  if (kept == batch->num_rows()) return batch;
  if (kept == 0) return batch->Slice(0, 0);
  // Arrow's filter takes the number of rows from the columns.
  if (batch->num_columns() == 0) return batch->Slice(0, kept);
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum filtered, arrow::compute::Filter(batch, outcome));
  return filtered.record_batch();
}

}  // namespace deltaic
