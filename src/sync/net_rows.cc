#include "sync/net_rows.h"

#include <arrow/api.h>
#include <arrow/array/concatenate.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "data/values/value_text.h"
#include "ops/merge/key_table.h"
#include "ops/merge/merge_join.h"
#include "storage/arrow_status.h"
#include "sync/ordered_keys.h"
#include "sync/row_equality.h"

namespace deltaic {
namespace {

constexpr size_t kMinShares = 16, kMaxShares = 1024;
constexpr int32_t kNone = KeyTable::kNone;

size_t ShareCount(int64_t max_memory_bytes, int64_t expected_bytes) {
  // A share is joined in twice its size, and hashes share out unevenly.
  const auto wanted = static_cast<size_t>(
      std::clamp<int64_t>(4 * expected_bytes / std::max<int64_t>(max_memory_bytes, 1), 1,
                          static_cast<int64_t>(kMaxShares)));
  return std::clamp(std::bit_ceil(wanted), kMinShares, kMaxShares);
}

bool Went(std::string_view type) { return type == "delete" || type == "update_preimage"; }

/// What the changes of one key come to.
struct KeyHistory {
  int64_t first_version = INT64_MAX, last_version = INT64_MIN;
  int32_t old_row = kNone;  ///< went in the first version
  int32_t new_row = kNone;  ///< came in the last
  int went_first = 0, came_last = 0;
  int64_t balance = 0;  ///< rows that came less those that went

  void Add(int32_t row, int64_t version, bool went) {
    balance += went ? -1 : 1;
    if (version < first_version) {
      first_version = version;
      old_row = kNone;
      went_first = 0;
    }
    if (version > last_version) {
      last_version = version;
      new_row = kNone;
      came_last = 0;
    }
    if (went && version == first_version) {
      old_row = row;
      ++went_first;
    }
    if (!went && version == last_version) {
      new_row = row;
      ++came_last;
    }
  }
  /// Whether it can be the history of a key that no version has twice, at least at both ends.
  bool IsOfOneRow() const {
    const int64_t before = old_row == kNone ? 0 : 1, after = new_row == kNone ? 0 : 1;
    return went_first <= 1 && came_last <= 1 && after - before == balance;
  }
};

arrow::FieldVector TableColumns(const NetRows::Shape& shape) {
  arrow::FieldVector columns = shape.input->fields();
  columns.resize(columns.size() - (shape.has_versions ? 2 : 1));
  return columns;
}

std::shared_ptr<arrow::Schema> OutputSchema(const NetRows::Shape& shape) {
  arrow::FieldVector columns = TableColumns(shape);
  columns.push_back(arrow::field("_change_type", arrow::utf8(), false));
  return arrow::schema(std::move(columns));
}

std::shared_ptr<arrow::Schema> KeptSchema(const NetRows::Shape& shape) {
  arrow::FieldVector columns = TableColumns(shape);
  columns.push_back(arrow::field("_went", arrow::boolean(), false));
  if (shape.has_versions) columns.push_back(arrow::field("_version", arrow::int64(), false));
  return arrow::schema(std::move(columns));
}

/// One batch of the rows of all.
Result<std::shared_ptr<arrow::RecordBatch>> Concatenate(
    const std::shared_ptr<arrow::Schema>& schema,
    const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) {
  if (batches.size() == 1) return batches.front();
  if (batches.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(auto empty, arrow::RecordBatch::MakeEmpty(schema));
    return empty;
  }
  std::vector<std::shared_ptr<arrow::Array>> columns;
  int64_t num_rows = 0;
  for (const auto& batch : batches) num_rows += batch->num_rows();
  for (int i = 0; i < schema->num_fields(); ++i) {
    arrow::ArrayVector parts;
    for (const auto& batch : batches) parts.push_back(batch->column(i));
    DELTAIC_ASSIGN_OR_RETURN(columns.emplace_back(), arrow::Concatenate(parts));
  }
  return arrow::RecordBatch::Make(schema, num_rows, std::move(columns));
}

/// Rows that went and came of one partition, without keys that end as they began.
struct Histories : MatchedRows {
  int64_t broken = -1;            ///< a row of a key that is there twice
  std::vector<int64_t> repeated;  ///< instead, where those are taken: rows that came of them
};

Histories FollowKeys(const KeyTable& keys, const std::vector<int32_t>& first,
                     const arrow::BooleanArray& went, const int64_t* versions,
                     bool takes_repeated) {
  Histories out;
  for (size_t at = 0; at < first.size(); ++at) {
    if (first[at] != static_cast<int32_t>(at)) continue;
    KeyHistory history;
    for (int32_t row = first[at]; row != kNone; row = keys.Next(row))
      history.Add(row, versions == nullptr ? 0 : versions[row], went.Value(row));
    if (!history.IsOfOneRow() && takes_repeated) {
      for (int32_t row = first[at]; row != kNone; row = keys.Next(row)) {
        if (!went.Value(row)) out.repeated.push_back(row);
      }
      if (history.new_row == kNone) out.deletes.push_back(history.old_row);
      continue;
    }
    if (!history.IsOfOneRow()) {
      out.broken = static_cast<int64_t>(at);
      return out;
    }
    if (history.old_row != kNone && history.new_row != kNone) {
      out.kept.push_back({history.old_row, history.new_row});
    } else if (history.old_row != kNone) {
      out.deletes.push_back(history.old_row);
    } else if (history.new_row != kNone) {
      out.inserts.push_back(history.new_row);
    }
  }
  return out;
}

}  // namespace

NetRows::NetRows(Shape shape, int64_t max_memory_bytes, int64_t expected_bytes)
    : shape_(std::move(shape)),
      max_memory_bytes_(max_memory_bytes),
      num_shares_(ShareCount(max_memory_bytes, expected_bytes)),
      kept_(KeptSchema(shape_)),
      output_(OutputSchema(shape_)),
      spill_(kept_, 0) {}

Status NetRows::Add(const arrow::RecordBatch& rows) {
  if (rows.num_rows() == 0) return Status();
  DELTAIC_ASSIGN_OR_RETURN(BatchPtr kept, Normalize(rows));
  if (!shares_.empty()) return ShareOut(kept);
  memory_bytes_ += arrow::util::TotalBufferSize(*kept);
  together_.push_back(std::move(kept));
  if (memory_bytes_ <= max_memory_bytes_) return Status();
  memory_bytes_ = 0;
  shares_.resize(num_shares_);
  for (BatchPtr& batch : std::exchange(together_, {})) {
    DELTAIC_RETURN_IF_ERROR(ShareOut(std::exchange(batch, nullptr)));
  }
  return Status();
}

Result<NetRows::BatchPtr> NetRows::Normalize(const arrow::RecordBatch& rows) const {
  const int num_columns = kept_->num_fields() - (shape_.has_versions ? 2 : 1);
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (int i = 0; i < num_columns; ++i) columns.push_back(rows.column(i));
  const auto& types = static_cast<const arrow::StringArray&>(*rows.column(num_columns));
  arrow::BooleanBuilder went;
  DELTAIC_RETURN_IF_ERROR(went.Reserve(rows.num_rows()));
  for (int64_t row = 0; row < rows.num_rows(); ++row) went.UnsafeAppend(Went(types.GetView(row)));
  DELTAIC_ASSIGN_OR_RETURN(columns.emplace_back(), went.Finish());
  if (shape_.has_versions) columns.push_back(rows.column(num_columns + 1));
  return arrow::RecordBatch::Make(kept_, rows.num_rows(), std::move(columns));
}

Result<std::vector<std::shared_ptr<arrow::Array>>> NetRows::KeysOf(
    const arrow::RecordBatch& rows) const {
  std::vector<std::shared_ptr<arrow::Array>> keys;
  for (const int column : shape_.key) keys.push_back(rows.column(column));
  return keys;
}

Status NetRows::ShareOut(const BatchPtr& rows) {
  DELTAIC_ASSIGN_OR_RETURN(const auto keys, KeysOf(*rows));
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<uint64_t> hashes, KeyTable::Hashes(keys));
  std::vector<std::vector<int64_t>> numbers(num_shares_);
  for (size_t row = 0; row < hashes.size(); ++row) {
    // Other bits than those by which a table of keys chooses its slots.
    numbers[(hashes[row] >> 8) & (num_shares_ - 1)].push_back(static_cast<int64_t>(row));
  }
  for (size_t i = 0; i < num_shares_; ++i) {
    if (numbers[i].empty()) continue;
    DELTAIC_ASSIGN_OR_RETURN(BatchPtr part, TakeRows(rows, numbers[i]));
    memory_bytes_ += arrow::util::TotalBufferSize(*part);
    shares_[i].rows.push_back(std::move(part));
  }
  return memory_bytes_ > max_memory_bytes_ / 2 ? SpillAll() : Status();
}

Status NetRows::SpillAll() {
  for (Share& share : shares_) {
    if (share.rows.empty()) continue;
    DELTAIC_ASSIGN_OR_RETURN(const BatchPtr rows, Concatenate(kept_, share.rows));
    DELTAIC_ASSIGN_OR_RETURN(share.spilled.emplace_back(), spill_.Write(*rows));
    share.rows.clear();
  }
  memory_bytes_ = 0;
  return Status();
}

Result<NetRows::BatchPtr> NetRows::LoadShare(Share share) const {
  for (const SpillFile::Extent& extent : share.spilled) {
    DELTAIC_ASSIGN_OR_RETURN(share.rows.emplace_back(), spill_.Read(extent));
  }
  return Concatenate(kept_, share.rows);
}

Result<NetRows::BatchPtr> NetRows::Next(int64_t max_rows, const CancellationToken& cancel) {
  for (;;) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    if (outcome_.next < outcome_.numbers.size()) return TakeOutcome(max_rows);
    outcome_ = {};
    BatchPtr rows;
    if (!std::exchange(joined_together_, true)) {
      DELTAIC_ASSIGN_OR_RETURN(rows, Concatenate(kept_, std::exchange(together_, {})));
    } else if (next_share_ < shares_.size()) {
      DELTAIC_ASSIGN_OR_RETURN(rows, LoadShare(std::exchange(shares_[next_share_++], {})));
    } else {
      return BatchPtr();
    }
    DELTAIC_RETURN_IF_ERROR(Join(std::move(rows)));
  }
}

Status NetRows::Join(BatchPtr rows) {
  if (rows->num_rows() == 0) return Status();
  if (rows->num_rows() > INT32_MAX)
    return Status::Unsupported("more than ", INT32_MAX, " changed rows at once; allow less memory");
  if (!shape_.null_keys) DELTAIC_RETURN_IF_ERROR(CheckNullKeys(*rows));
  DELTAIC_ASSIGN_OR_RETURN(const auto keys, KeysOf(*rows));
  const int num_columns = output_->num_fields() - 1;
  const auto& went = static_cast<const arrow::BooleanArray&>(*rows->column(num_columns));
  const int64_t* versions =
      shape_.has_versions
          ? static_cast<const arrow::Int64Array&>(*rows->column(num_columns + 1)).raw_values()
          : nullptr;
  std::vector<int32_t> first;
  Histories found;
  const bool may_be_ordered = versions == nullptr && keys.size() == 1;
  auto ordered = may_be_ordered ? MatchOrderedKeys(*keys[0], went) : std::nullopt;
  if (ordered) {
    static_cast<MatchedRows&>(found) = *std::move(ordered);
  } else {
    DELTAIC_ASSIGN_OR_RETURN(const KeyTable table, KeyTable::Make(keys, nullptr));
    DELTAIC_RETURN_IF_ERROR(table.Find(keys, first));
    found = FollowKeys(table, first, went, versions, shape_.repeated_keys);
  }
  if (found.broken >= 0) return KeyTwice(*rows, found.broken);

  std::vector<uint8_t> differs(found.kept.size(), 0);
  for (int i = 0; i < num_columns; ++i) {
    if (std::ranges::find(shape_.key, i) != shape_.key.end()) continue;
    FindDifferences(*rows->column(i), found.kept, differs);
  }
  outcome_.numbers = std::move(found.deletes);
  outcome_.inserts_from = outcome_.numbers.size();
  outcome_.numbers.insert(outcome_.numbers.end(), found.inserts.begin(), found.inserts.end());
  for (size_t row = 0; row < first.size(); ++row) {
    if (first[row] == kNone && !went.Value(static_cast<int64_t>(row)))
      outcome_.numbers.push_back(static_cast<int64_t>(row));
  }
  outcome_.updates_from = outcome_.numbers.size();
  for (size_t i = 0; i < differs.size(); ++i) {
    if (differs[i] != 0) outcome_.numbers.push_back(found.kept[i].other);
  }
  outcome_.numbers.insert(outcome_.numbers.end(), found.repeated.begin(), found.repeated.end());
  outcome_.rows = std::move(rows);
  return Status();
}

Status NetRows::CheckNullKeys(const arrow::RecordBatch& rows) const {
  const int num_columns = output_->num_fields() - 1;
  const auto& went = static_cast<const arrow::BooleanArray&>(*rows.column(num_columns));
  for (const int column : shape_.key) {
    const arrow::Array& values = *rows.column(column);
    if (values.null_count() == 0) continue;
    int64_t balance = 0;
    for (int64_t row = 0; row < values.length(); ++row) {
      if (values.IsNull(row)) balance += went.Value(row) ? -1 : 1;
    }
    // A row without a key that came and went between the two versions does no harm.
    if (shape_.has_versions && balance == 0) continue;
    return Status::ConstraintViolated("the key column ", kept_->field(column)->name(),
                                      " is null in a row that changed ", shape_.where,
                                      ": keys must not be null");
  }
  return Status();
}

Status NetRows::KeyTwice(const arrow::RecordBatch& rows, int64_t row) const {
  std::string text;
  for (const int column : shape_.key) {
    text += text.empty() ? "" : ", ";
    text += kept_->field(column)->name() + " = ";
    DELTAIC_RETURN_IF_ERROR(
        AppendDisplayText(text, *kept_->field(column), *rows.column(column), row));
  }
  return Status::ConstraintViolated("the key ", text, " is there twice in a version of those ",
                                    shape_.where, ": keys must be unique");
}

Result<NetRows::BatchPtr> NetRows::TakeOutcome(int64_t max_rows) {
  const size_t begin = outcome_.next;
  const size_t end =
      begin + std::min(static_cast<size_t>(max_rows), outcome_.numbers.size() - begin);
  const std::vector<int64_t> numbers(outcome_.numbers.begin() + static_cast<ptrdiff_t>(begin),
                                     outcome_.numbers.begin() + static_cast<ptrdiff_t>(end));
  outcome_.next = end;
  DELTAIC_ASSIGN_OR_RETURN(const BatchPtr taken, TakeRows(outcome_.rows, numbers));
  std::vector<std::shared_ptr<arrow::Array>> columns = taken->columns();
  columns.resize(static_cast<size_t>(output_->num_fields()) - 1);
  arrow::StringBuilder types;
  for (size_t i = begin; i < end; ++i) {
    DELTAIC_RETURN_IF_ERROR(types.Append(i < outcome_.inserts_from   ? kNetDelete
                                         : i < outcome_.updates_from ? kNetInsert
                                                                     : kNetUpdate));
  }
  DELTAIC_ASSIGN_OR_RETURN(columns.emplace_back(), types.Finish());
  return arrow::RecordBatch::Make(output_, taken->num_rows(), std::move(columns));
}

}  // namespace deltaic
