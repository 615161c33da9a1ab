#include "ingest/upsert/newest_rows.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/exec.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <string_view>
#include <unordered_map>
#include <utility>

#include "data/values/compute_kernels.h"
#include "ingest/upsert/change_options.h"
#include "storage/arrow_status.h"

namespace deltaic::ingest {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

/// Appends a value so that equal ones, and no others, give the same bytes.
void AppendKey(const arrow::Array& array, int64_t row, std::string& out) {
  if (array.IsNull(row)) {
    out += '\0';
    return;
  }
  out += '\1';
  if (array.type_id() == arrow::Type::STRING || array.type_id() == arrow::Type::BINARY) {
    const auto view = static_cast<const arrow::BinaryArray&>(array).GetView(row);
    const auto size = static_cast<uint32_t>(view.size());
    out.append(reinterpret_cast<const char*>(&size), sizeof(size));
    out += view;
  } else if (array.type_id() == arrow::Type::BOOL) {
    out += static_cast<const arrow::BooleanArray&>(array).Value(row) ? '\1' : '\0';
  } else {
    const auto width = static_cast<size_t>(array.type()->byte_width());
    const auto* values = reinterpret_cast<const char*>(array.data()->buffers[1]->data());
    out.append(values + static_cast<size_t>(array.offset() + row) * width, width);
  }
}

bool IsUnavailable(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return false;
  return static_cast<const arrow::BinaryArray&>(array).GetView(row) == kUnavailable;
}

bool HoldsTexts(const arrow::Array& array) {
  return array.type_id() == arrow::Type::STRING || array.type_id() == arrow::Type::BINARY;
}

/// Rows as one batch; a batch that was made before a column came has null in it.
Result<BatchPtr> Combine(const std::vector<BatchPtr>& batches) {
  const auto& schema = batches.back()->schema();
  arrow::ArrayVector columns;
  int64_t rows = 0;
  for (const BatchPtr& batch : batches) rows += batch->num_rows();
  for (const auto& field : schema->fields()) {
    arrow::ArrayVector parts;
    for (const BatchPtr& batch : batches) {
      auto part = batch->GetColumnByName(field->name());
      if (part == nullptr) {
        DELTAIC_ASSIGN_OR_RETURN(part, arrow::MakeArrayOfNull(field->type(), batch->num_rows()));
      }
      parts.push_back(std::move(part));
    }
    DELTAIC_ASSIGN_OR_RETURN(auto column, arrow::Concatenate(parts));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(schema, rows, std::move(columns));
}

/// Whether the later row's sequence is smaller.
class Sequence {
 public:
  static Result<Sequence> Make(const arrow::RecordBatch& rows, const std::string& name) {
    Sequence out;
    if (name.empty()) return out;
    const auto column = rows.GetColumnByName(name);
    if (column == nullptr) return out;
    DELTAIC_RETURN_IF_ERROR(EnsureComputeKernels());
    // The rank of each value: comparing those is comparing values, of whatever type.
    const arrow::compute::RankOptions options(arrow::compute::SortOrder::Ascending,
                                              arrow::compute::NullPlacement::AtEnd,
                                              arrow::compute::RankOptions::Dense);
    DELTAIC_ASSIGN_OR_RETURN(
        const auto ranks, arrow::compute::CallFunction("rank", {arrow::Datum(column)}, &options));
    out.values_ = column;
    out.ranks_ = std::static_pointer_cast<arrow::UInt64Array>(ranks.make_array());
    return out;
  }
  bool IsOlder(int64_t row, int64_t than) const {
    if (ranks_ == nullptr || values_->IsNull(row) || values_->IsNull(than)) return false;
    return ranks_->Value(row) < ranks_->Value(than);
  }

 private:
  std::shared_ptr<arrow::Array> values_;
  std::shared_ptr<arrow::UInt64Array> ranks_;
};

Result<BatchPtr> TakeRows(const arrow::RecordBatch& rows, const std::vector<int64_t>& newest,
                          const std::vector<std::vector<int64_t>>& by_column) {
  arrow::ArrayVector columns;
  for (int i = 0; i < rows.num_columns(); ++i) {
    const auto& wanted =
        by_column[static_cast<size_t>(i)].empty() ? newest : by_column[static_cast<size_t>(i)];
    arrow::Int64Array indices(static_cast<int64_t>(wanted.size()), arrow::Buffer::Wrap(wanted));
    DELTAIC_ASSIGN_OR_RETURN(auto column, arrow::compute::Take(*rows.column(i), indices));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(rows.schema(), static_cast<int64_t>(newest.size()),
                                  std::move(columns));
}

/// The rows of each key.
struct Slots {
  std::vector<int64_t> newest;
  std::vector<std::vector<int64_t>> older;  // in order

  static Slots Find(const arrow::ArrayVector& keys, const Sequence& sequence, int64_t num_rows);
};

Slots Slots::Find(const arrow::ArrayVector& keys, const Sequence& sequence, int64_t num_rows) {
  Slots out;
  std::unordered_map<std::string, size_t> places;
  std::string key;
  for (int64_t row = 0; row < num_rows; ++row) {
    key.clear();
    for (const auto& column : keys) AppendKey(*column, row, key);
    const auto [at, is_new] = places.emplace(key, out.newest.size());
    if (is_new) {
      out.newest.push_back(row);
      out.older.emplace_back();
    } else if (!sequence.IsOlder(row, out.newest[at->second])) {
      out.older[at->second].push_back(out.newest[at->second]);
      out.newest[at->second] = row;
    }
  }
  return out;
}

/// Where the value of each key is: one that did not come again is that of an earlier row here.
/// \param is_left  set where one is not here at all, so that it is that of the table.
std::vector<int64_t> RowsOfColumn(const arrow::Array& column, const arrow::Int8Array& puts,
                                  const Slots& slots, bool& is_left) {
  std::vector<int64_t> wanted = slots.newest;
  for (size_t slot = 0; slot < wanted.size(); ++slot) {
    const auto& older = slots.older[slot];
    for (auto earlier = older.rbegin();
         IsUnavailable(column, wanted[slot]) && earlier != older.rend(); ++earlier) {
      if (puts.Value(*earlier) == 0) break;
      wanted[slot] = *earlier;
    }
    is_left = is_left || IsUnavailable(column, wanted[slot]);
  }
  return wanted;
}

}  // namespace

bool HoldsUnavailable(const arrow::RecordBatch& rows, int64_t row) {
  for (int i = 0; i < rows.num_columns(); ++i) {
    const auto& column = rows.column_data(i);
    if (column->type->id() != arrow::Type::STRING && column->type->id() != arrow::Type::BINARY) {
      continue;
    }
    if (IsUnavailable(*rows.column(i), row)) return true;
  }
  return false;
}

Result<NewestRows> TakeNewestRows(const std::vector<BatchPtr>& batches,
                                  const std::vector<std::string>& key_columns,
                                  const std::string& sequence_by) {
  DELTAIC_ASSIGN_OR_RETURN(const BatchPtr rows, Combine(batches));
  arrow::ArrayVector keys;
  for (const std::string& name : key_columns) {
    keys.push_back(rows->GetColumnByName(name));
    if (keys.back() == nullptr) return Status::SchemaMismatch("there is no key column ", name);
  }
  const auto puts =
      std::static_pointer_cast<arrow::Int8Array>(rows->GetColumnByName(std::string(kPutColumn)));
  if (puts == nullptr) return Status::Internal("rows without ", kPutColumn);
  DELTAIC_ASSIGN_OR_RETURN(const Sequence sequence, Sequence::Make(*rows, sequence_by));
  const Slots slots = Slots::Find(keys, sequence, rows->num_rows());
  NewestRows out;
  std::vector<std::vector<int64_t>> by_column(static_cast<size_t>(rows->num_columns()));
  for (int i = 0; i < rows->num_columns(); ++i) {
    if (!HoldsTexts(*rows->column(i))) continue;
    bool is_left = false;
    by_column[static_cast<size_t>(i)] = RowsOfColumn(*rows->column(i), *puts, slots, is_left);
    if (is_left) out.unavailable.push_back(rows->schema()->field(i)->name());
  }
  DELTAIC_ASSIGN_OR_RETURN(out.rows, TakeRows(*rows, slots.newest, by_column));
  return out;
}

}  // namespace deltaic::ingest
