#include "ops/merge/merge_join.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_aggregate.h>
#include <arrow/compute/api_vector.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "data/eval/expression_eval.h"
#include "data/eval/row_filter.h"
#include "data/values/compute_kernels.h"
#include "data/values/value_arrays.h"
#include "expr/bind.h"
#include "ops/merge/key_ranges.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Pairs that are looked at together.
constexpr size_t kPairsAtOnce = 256 * 1024;
/// As many different keys are listed one by one: files and pages between them are passed over.
constexpr int64_t kMostListedKeys = 1000;
/// Of more keys, as many ranges: the gaps between them are passed over.
constexpr size_t kMostRanges = 16;

using Arrays = std::vector<std::shared_ptr<arrow::Array>>;

std::shared_ptr<arrow::Array> StructOf(const arrow::RecordBatch& batch) {
  return std::make_shared<arrow::StructArray>(arrow::struct_(batch.schema()->fields()),
                                              batch.num_rows(), batch.columns());
}

bool HasOrder(const DataType& type) {
  // NaN is not told by minima and maxima.
  return type.id() != TypeId::kFloat && type.id() != TypeId::kDouble &&
         type.id() != TypeId::kBoolean && type.id() != TypeId::kBinary;
}

ExprPtr KeyLiteral(const ExprPtr& column, const arrow::Array& keys, int64_t row) {
  return Expr::Literal(ValueAt(keys, row), column->type());
}

Result<ExprPtr> OneOf(const ExprPtr& column, const arrow::Array& keys) {
  DELTAIC_ASSIGN_OR_RETURN(const auto unique, arrow::compute::Unique(keys.data()));
  std::vector<ExprPtr> args = {column};
  for (int64_t row = 0; row < unique->length(); ++row) {
    if (unique->IsValid(row)) args.push_back(KeyLiteral(column, *unique, row));
  }
  return Expr::Call(Function::kIn, std::move(args), DataType::Primitive(TypeId::kBoolean));
}

ExprPtr WithinAny(const ExprPtr& column, const arrow::Array& keys,
                  const std::vector<KeyRange>& ranges) {
  const DataTypePtr boolean = DataType::Primitive(TypeId::kBoolean);
  const auto compare = [&](Function function, int64_t row) {
    return Expr::Call(function, {column, KeyLiteral(column, keys, row)}, boolean);
  };
  std::vector<ExprPtr> each;
  for (const KeyRange& range : ranges) {
    each.push_back(Expr::And(compare(Function::kGreaterEqual, range.least),
                             compare(Function::kLessEqual, range.greatest)));
  }
  return each.size() == 1 ? each.front() : Expr::Call(Function::kOr, std::move(each), boolean);
}

}  // namespace

Result<Arrays> EvaluateKeys(const std::vector<MergeKey>& keys, ExprPtr MergeKey::* side,
                            const arrow::RecordBatch& rows) {
  Arrays out;
  for (const MergeKey& key : keys) {
    DELTAIC_ASSIGN_OR_RETURN(auto values, EvaluateExpression(*(key.*side), rows));
    out.push_back(std::move(values));
  }
  return out;
}

std::vector<std::string> TargetKeyColumns(const MergePlan& plan) {
  std::vector<std::string> columns;
  for (const MergeKey& key : plan.keys) {
    for (const auto& path : ReferencedColumns(*key.target)) {
      if (std::ranges::find(columns, path.front()) == columns.end())
        columns.push_back(path.front());
    }
  }
  return columns;
}

Result<std::shared_ptr<arrow::RecordBatch>> TakeRows(
    const std::shared_ptr<arrow::RecordBatch>& batch, const std::vector<int64_t>& numbers) {
  const auto count = static_cast<int64_t>(numbers.size());
  bool is_all = count == batch->num_rows();
  for (int64_t i = 0; is_all && i < count; ++i) is_all = numbers[static_cast<size_t>(i)] == i;
  if (is_all) return batch;
  const arrow::Int64Array rows(count, arrow::Buffer::Wrap(numbers));
  DELTAIC_RETURN_IF_ERROR(EnsureComputeKernels());
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum taken,
                           arrow::compute::Take(arrow::Datum(batch), arrow::Datum(rows.data()),
                                                arrow::compute::TakeOptions::NoBoundsCheck()));
  return taken.record_batch();
}

std::shared_ptr<arrow::RecordBatch> ScopeRows(const MergePlan& plan,
                                              const arrow::RecordBatch* target,
                                              const arrow::RecordBatch* source) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  const auto add = [&](const std::string& alias, const arrow::RecordBatch* rows) {
    if (rows == nullptr) return;
    columns.push_back(StructOf(*rows));
    fields.push_back(arrow::field(alias, columns.back()->type()));
  };
  add(plan.target_alias, target);
  add(plan.source_alias, source);
  const int64_t num_rows = target != nullptr ? target->num_rows() : source->num_rows();
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), num_rows, std::move(columns));
}

Result<std::unique_ptr<const MergeJoin>> MergeJoin::Make(
    const MergePlan& plan, std::shared_ptr<arrow::RecordBatch> source) {
  std::unique_ptr<MergeJoin> join(new MergeJoin(plan, std::move(source)));
  DELTAIC_RETURN_IF_ERROR(join->Build());
  return std::unique_ptr<const MergeJoin>(std::move(join));
}

Status MergeJoin::Build() {
  if (plan_.source_filter != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(wanted_, EvaluatePredicate(*plan_.source_filter, *source_));
  }
  if (plan_.keys.empty()) return Status();
  DELTAIC_ASSIGN_OR_RETURN(source_keys_, EvaluateKeys(plan_.keys, &MergeKey::source, *source_));
  DELTAIC_ASSIGN_OR_RETURN(table_, KeyTable::Make(source_keys_, wanted_.get()));
  return Status();
}

Result<ExprPtr> MergeJoin::Bounds() const {
  DELTAIC_RETURN_IF_ERROR(EnsureComputeKernels());
  ExprPtr bounds = plan_.target_filter;
  for (size_t i = 0; i < plan_.keys.size(); ++i) {
    const ExprPtr& column = plan_.keys[i].target;
    if (column->kind() != ExprKind::kColumn || !HasOrder(*column->type())) continue;
    std::shared_ptr<arrow::Array> keys = source_keys_[i];
    if (wanted_ != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum some, arrow::compute::Filter(keys, wanted_));
      keys = some.make_array();
    }
    if (keys->length() == keys->null_count()) {
      // No key equals null.
      return Expr::Literal(false, DataType::Primitive(TypeId::kBoolean));
    }
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr bound, BoundOf(column, std::move(keys)));
    bounds = Expr::And(std::move(bounds), std::move(bound));
  }
  if (bounds == nullptr) return bounds;
  return BindPredicate(bounds, *plan_.target_schema);
}

/// What one column is where it equals one of these keys, which are not all null.
Result<ExprPtr> MergeJoin::BoundOf(const ExprPtr& column,
                                   std::shared_ptr<arrow::Array> keys) const {
  if (table_->num_keys() <= kMostListedKeys && keys->length() <= 4 * kMostListedKeys)
    return OneOf(column, *keys);
  std::vector<KeyRange> ranges = FindKeyRanges(*keys, kMostRanges);
  if (ranges.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum ends, arrow::compute::MinMax(keys));
    const auto& pair = static_cast<const arrow::StructScalar&>(*ends.scalar());
    DELTAIC_ASSIGN_OR_RETURN(const auto least, arrow::MakeArrayFromScalar(*pair.value[0], 1));
    DELTAIC_ASSIGN_OR_RETURN(const auto greatest, arrow::MakeArrayFromScalar(*pair.value[1], 1));
    DELTAIC_ASSIGN_OR_RETURN(keys, arrow::Concatenate({least, greatest}));
    ranges.push_back({.least = 0, .greatest = 1});
  }
  return WithinAny(column, *keys, ranges);
}

std::optional<RowTest> MergeJoin::Test() const {
  if (!table_) return std::nullopt;
  RowTest test{.columns = TargetKeyColumns(plan_), .test = {}};
  // Rows that pass are within the bounds, which then serve to pass over pages alone.
  test.implies_predicate = plan_.target_filter == nullptr;
  test.test =
      [this](const arrow::RecordBatch& rows) -> Result<std::shared_ptr<arrow::BooleanArray>> {
    DELTAIC_ASSIGN_OR_RETURN(const Arrays keys, EvaluateKeys(plan_.keys, &MergeKey::target, rows));
    std::vector<int32_t> first;
    DELTAIC_RETURN_IF_ERROR(table_->Find(keys, first));
    DELTAIC_ASSIGN_OR_RETURN(auto bits, arrow::AllocateEmptyBitmap(rows.num_rows()));
    uint8_t* out = bits->mutable_data();
    for (size_t i = 0; i < first.size(); ++i)
      out[i >> 3] |= static_cast<uint8_t>((first[i] != KeyTable::kNone ? 1 : 0) << (i & 7));
    return std::make_shared<arrow::BooleanArray>(rows.num_rows(), std::move(bits));
  };
  return test;
}

Result<RowPairs> MergeJoin::Match(const arrow::RecordBatch& rows) const {
  RowPairs all;
  std::vector<int32_t> first;
  if (table_) {
    DELTAIC_ASSIGN_OR_RETURN(const Arrays keys, EvaluateKeys(plan_.keys, &MergeKey::target, rows));
    DELTAIC_RETURN_IF_ERROR(table_->Find(keys, first));
  }
  const auto is_wanted = [&](int64_t source) {
    return wanted_ == nullptr || (wanted_->IsValid(source) && wanted_->Value(source));
  };
  RowPairs pairs;
  const auto flush = [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(FilterPairs(rows, pairs));
    all.target.insert(all.target.end(), pairs.target.begin(), pairs.target.end());
    all.source.insert(all.source.end(), pairs.source.begin(), pairs.source.end());
    pairs = {};
    return Status();
  };
  const auto add = [&](int64_t target, int64_t source) -> Status {
    pairs.target.push_back(target);
    pairs.source.push_back(source);
    return pairs.target.size() < kPairsAtOnce ? Status() : flush();
  };
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    if (table_) {
      for (int32_t source = first[static_cast<size_t>(row)]; source != KeyTable::kNone;
           source = table_->Next(source)) {
        DELTAIC_RETURN_IF_ERROR(add(row, source));
      }
      continue;
    }
    for (int64_t source = 0; source < source_->num_rows(); ++source) {
      if (is_wanted(source)) DELTAIC_RETURN_IF_ERROR(add(row, source));
    }
  }
  DELTAIC_RETURN_IF_ERROR(flush());
  return all;
}

/// Keeps the pairs that make the rest of ON true.
Status MergeJoin::FilterPairs(const arrow::RecordBatch& rows, RowPairs& pairs) const {
  if (pairs.target.empty() || (plan_.residual == nullptr && plan_.target_filter == nullptr))
    return Status();
  const auto shared = arrow::RecordBatch::Make(rows.schema(), rows.num_rows(), rows.columns());
  DELTAIC_ASSIGN_OR_RETURN(const auto target, TakeRows(shared, pairs.target));
  std::vector<std::shared_ptr<arrow::BooleanArray>> outcomes;
  if (plan_.target_filter != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(auto outcome, EvaluatePredicate(*plan_.target_filter, *target));
    outcomes.push_back(std::move(outcome));
  }
  if (plan_.residual != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(const auto source, TakeRows(source_, pairs.source));
    const auto scope = ScopeRows(plan_, target.get(), source.get());
    DELTAIC_ASSIGN_OR_RETURN(auto outcome, EvaluatePredicate(*plan_.residual, *scope));
    outcomes.push_back(std::move(outcome));
  }
  size_t kept = 0;
  for (size_t i = 0; i < pairs.target.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const bool keep = std::ranges::all_of(
        outcomes, [&](const auto& outcome) { return outcome->IsValid(at) && outcome->Value(at); });
    if (!keep) continue;
    pairs.target[kept] = pairs.target[i];
    pairs.source[kept++] = pairs.source[i];
  }
  pairs.target.resize(kept);
  pairs.source.resize(kept);
  return Status();
}

}  // namespace deltaic
