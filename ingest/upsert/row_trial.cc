#include "ingest/upsert/row_trial.h"

#include <arrow/array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <string>
#include <utility>

#include "data/values/compute_kernels.h"
#include "ingest/commit/computed_columns.h"
#include "ingest/upsert/change_options.h"
#include "ingest/upsert/newest_rows.h"
#include "storage/arrow_status.h"

namespace deltaic::ingest {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

Result<BatchPtr> TakeRows(const BatchPtr& rows, const std::vector<int64_t>& places) {
  DELTAIC_RETURN_IF_ERROR(EnsureComputeKernels());
  const auto indices = std::make_shared<arrow::Int64Array>(static_cast<int64_t>(places.size()),
                                                           arrow::Buffer::Wrap(places));
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum taken,
                           arrow::compute::Take(arrow::Datum(rows), arrow::Datum(indices)));
  return taken.record_batch();
}

/// The columns that the table has.
Result<BatchPtr> ColumnsOf(const Schema& schema, BatchPtr rows) {
  for (int i = rows->num_columns() - 1; i >= 0; --i) {
    if (schema.FindField(rows->schema()->field(i)->name()) != nullptr) continue;
    DELTAIC_ASSIGN_OR_RETURN(rows, rows->RemoveColumn(i));
  }
  return rows;
}

/// Where rows are that say all of what they put.
Result<std::vector<int64_t>> WholePuts(const arrow::RecordBatch& rows) {
  const auto puts =
      std::static_pointer_cast<arrow::Int8Array>(rows.GetColumnByName(std::string(kPutColumn)));
  if (puts == nullptr) return Status::Internal("rows without ", kPutColumn);
  std::vector<int64_t> out;
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    if (puts->Value(row) != 0 && !HoldsUnavailable(rows, row)) out.push_back(row);
  }
  return out;
}

}  // namespace

Result<BatchPtr> WithoutComputed(BatchPtr rows, const Schema& schema) {
  for (const StructField& field : schema.fields()) {
    const int position = IsComputed(field) ? rows->schema()->GetFieldIndex(field.name) : -1;
    if (position < 0 || rows->column(position)->null_count() < rows->num_rows()) continue;
    DELTAIC_ASSIGN_OR_RETURN(rows, rows->RemoveColumn(position));
  }
  return rows;
}

Result<RowTrial> RowTrial::Make(const Snapshot& snapshot) {
  DELTAIC_ASSIGN_OR_RETURN(RowRules rules, RowRules::Make(TargetOf(snapshot)));
  return RowTrial(snapshot.schema(), std::move(rules));
}

Result<BatchPtr> RowTrial::Keep(const BatchPtr& rows, const BadRow& bad_row) {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<int64_t> places, WholePuts(*rows));
  if (places.empty()) return rows;
  DELTAIC_ASSIGN_OR_RETURN(BatchPtr tried, ColumnsOf(*schema_, rows));
  if (static_cast<int64_t>(places.size()) < rows->num_rows()) {
    DELTAIC_ASSIGN_OR_RETURN(tried, TakeRows(tried, places));
  }
  std::vector<int64_t> bad;
  DELTAIC_RETURN_IF_ERROR(Try(tried, places.data(), bad_row, bad));
  if (bad.empty()) return rows;
  std::vector<int64_t> kept;
  for (int64_t row = 0; row < rows->num_rows(); ++row) {
    if (!std::ranges::binary_search(bad, row)) kept.push_back(row);
  }
  return TakeRows(rows, kept);
}

Status RowTrial::Try(const BatchPtr& rows, const int64_t* places, const BadRow& bad_row,
                     std::vector<int64_t>& bad) {
  DELTAIC_ASSIGN_OR_RETURN(const BatchPtr given, WithoutComputed(rows, *schema_));
  const Status passed = rules_.Apply(given, RowOrigin::kSupplied).status();
  if (passed.ok()) return Status();
  if (!IsOfRow(passed)) return passed;
  if (rows->num_rows() == 1) {
    bad.push_back(*places);
    return bad_row(*places, passed);
  }
  // One row costs itself alone: look for it by halves, in order.
  const int64_t half = rows->num_rows() / 2;
  DELTAIC_RETURN_IF_ERROR(Try(rows->Slice(0, half), places, bad_row, bad));
  return Try(rows->Slice(half), places + half, bad_row, bad);
}

}  // namespace deltaic::ingest
