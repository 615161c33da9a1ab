#include "ingest/upsert/upsert_writer.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/exec.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "data/values/compute_kernels.h"
#include "expr/parser.h"
#include "ingest/decode/cells.h"
#include "ops/merge/merge.h"
#include "ops/operation_parameters.h"
#include "storage/arrow_status.h"
#include "table/clock.h"

namespace deltaic::ingest {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;

std::string Quoted(std::string_view name) {
  std::string out = "`";
  for (const char c : name) {
    if (c == '`') out += c;
    out += c;
  }
  return out + "`";
}

/// As SQL writes bytes.
std::string Hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "X'";
  for (const char byte : bytes) {
    out += kDigits[static_cast<unsigned char>(byte) >> 4];
    out += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return out + "'";
}

std::string Source(std::string_view name) { return "source." + Quoted(name); }
std::string Target(std::string_view name) { return "target." + Quoted(name); }

bool IsComparable(const DataType& type) {
  return type.is_primitive() && type.id() != TypeId::kVariant && type.id() != TypeId::kVoid;
}

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

}  // namespace

UpsertWriter::UpsertWriter(std::shared_ptr<Table> table, SnapshotPtr snapshot,
                           TableWriterOptions options, ChangeOptions changes)
    : table_(table),
      options_(options),
      changes_(std::move(changes)),
      plain_(std::move(table), std::move(snapshot), std::move(options)) {}

Status UpsertWriter::Check() const {
  const SchemaPtr& schema = snapshot()->schema();
  const auto check = [&](std::string_view flag, const std::string& name) {
    const StructField* field = schema->FindField(name);
    if (field == nullptr) {
      return Status::InvalidArgument(flag, ": the table has no column ", name);
    }
    if (!IsComparable(*field->type)) {
      return Status::InvalidArgument(flag, ": column ", name, " is of type ",
                                     field->type->ToString(), ", which is not compared");
    }
    return Status();
  };
  if (changes_.key_columns.empty()) {
    return Status::InvalidArgument("--key-columns is missing: rows are changed by their key");
  }
  for (const std::string& name : changes_.key_columns) {
    DELTAIC_RETURN_IF_ERROR(check("--key-columns", name));
  }
  if (!changes_.sequence_by.empty()) {
    DELTAIC_RETURN_IF_ERROR(check("--sequence-by", changes_.sequence_by));
  }
  if (snapshot()->properties().append_only) {
    return Status::InvalidArgument(
        "the table is append-only (delta.appendOnly), and --mode would "
        "change rows");
  }
  return Status();
}

Status UpsertWriter::Write(const BatchPtr& rows, const BadRow&) {
  if (rows->num_rows() == 0) return Status();
  load_.rows += rows->num_rows();
  load_.bytes += arrow::util::TotalBufferSize(*rows);
  load_.batches.push_back(rows);
  return Status();
}

Result<BatchPtr> UpsertWriter::Newest(const std::vector<BatchPtr>& batches,
                                      std::vector<std::string>& unavailable) const {
  DELTAIC_ASSIGN_OR_RETURN(const BatchPtr rows, Combine(batches));
  arrow::ArrayVector keys;
  for (const std::string& name : changes_.key_columns) {
    const StructField* field = snapshot()->schema()->FindField(name);
    const auto column = field == nullptr ? nullptr : rows->GetColumnByName(field->name);
    if (column == nullptr) return Status::SchemaMismatch("there is no key column ", name);
    keys.push_back(column);
  }
  const StructField* by = snapshot()->schema()->FindField(changes_.sequence_by);
  DELTAIC_ASSIGN_OR_RETURN(const Sequence sequence,
                           Sequence::Make(*rows, by == nullptr ? std::string() : by->name));
  const auto puts =
      std::static_pointer_cast<arrow::Int8Array>(rows->GetColumnByName(std::string(kPutColumn)));
  if (puts == nullptr) return Status::Internal("rows without ", kPutColumn);

  std::unordered_map<std::string, size_t> slots;
  std::vector<int64_t> newest;
  std::vector<std::vector<int64_t>> rows_of;  // of each key, in order
  std::string key;
  for (int64_t row = 0; row < rows->num_rows(); ++row) {
    key.clear();
    for (const auto& column : keys) AppendKey(*column, row, key);
    const auto [at, is_new] = slots.emplace(key, newest.size());
    if (is_new) {
      newest.push_back(row);
      rows_of.emplace_back();
    } else if (!sequence.IsOlder(row, newest[at->second])) {
      rows_of[at->second].push_back(newest[at->second]);
      newest[at->second] = row;
    }
  }
  // A value that did not come again is that of an earlier row here, or else of the table.
  std::vector<std::vector<int64_t>> by_column(static_cast<size_t>(rows->num_columns()));
  for (int i = 0; i < rows->num_columns(); ++i) {
    const arrow::Array& column = *rows->column(i);
    if (!HoldsTexts(column)) continue;
    std::vector<int64_t> wanted = newest;
    bool is_changed = false, is_left = false;
    for (size_t slot = 0; slot < newest.size(); ++slot) {
      for (auto earlier = rows_of[slot].rbegin();
           IsUnavailable(column, wanted[slot]) && earlier != rows_of[slot].rend(); ++earlier) {
        if (puts->Value(*earlier) == 0) break;
        wanted[slot] = *earlier;
        is_changed = true;
      }
      is_left = is_left || IsUnavailable(column, wanted[slot]);
    }
    if (is_changed) by_column[static_cast<size_t>(i)] = std::move(wanted);
    if (is_left) unavailable.push_back(rows->schema()->field(i)->name());
  }
  return TakeRows(*rows, newest, by_column);
}

namespace {

/// WHEN MATCHED and NOT MATCHED of a merge of such rows.
Result<std::vector<MergeClause>> Clauses(const Schema& schema, const std::string& sequence_by,
                                         const std::vector<std::string>& unavailable) {
  const std::string put = Source(kPutColumn);
  std::string newer;
  if (!sequence_by.empty()) {
    const std::string source = Source(sequence_by), target = Target(sequence_by);
    newer = Concat(" AND (", source, " IS NULL OR ", target, " IS NULL OR ", source, " >= ", target,
                   ")");
  }
  MergeClause deletes{.when = MergeWhen::kMatched, .action = MergeAction::kDelete};
  DELTAIC_ASSIGN_OR_RETURN(deletes.condition, ParsePredicate(Concat(put, " = 0", newer)));
  MergeClause updates{.when = MergeWhen::kMatched, .action = MergeAction::kUpdate};
  DELTAIC_ASSIGN_OR_RETURN(updates.condition, ParsePredicate(Concat(put, " = 1", newer)));
  MergeClause inserts{.when = MergeWhen::kNotMatched, .action = MergeAction::kInsert};
  DELTAIC_ASSIGN_OR_RETURN(inserts.condition, ParsePredicate(Concat(put, " = 1")));
  for (MergeClause* clause : {&updates, &inserts}) {
    const bool is_update = clause == &updates;
    if (unavailable.empty()) {
      clause->all_columns = clause->skip_missing = true;
      clause->except_columns = {std::string(kPutColumn)};
      continue;
    }
    for (const StructField& field : schema.fields()) {
      if (field.name == kPutColumn) continue;
      std::string value = Source(field.name);
      if (std::ranges::find(unavailable, field.name) != unavailable.end()) {
        const bool is_binary = field.type->id() == TypeId::kBinary;
        const std::string literal =
            is_binary ? Hexadecimal(kUnavailable) : Concat('\'', kUnavailable, '\'');
        value =
            Concat("CASE WHEN ", value, " = ", literal, " THEN ",
                   is_update ? Target(field.name) : std::string("NULL"), " ELSE ", value, " END");
      }
      DELTAIC_ASSIGN_OR_RETURN(ExprPtr parsed, ParsePredicate(value));
      clause->assignments.push_back({.column = {field.name}, .value = std::move(parsed)});
    }
  }
  return std::vector<MergeClause>{std::move(deletes), std::move(updates), std::move(inserts)};
}

/// Columns that the table computes, and that no row has a value for.
Result<BatchPtr> WithoutComputed(BatchPtr rows, const Schema& schema) {
  for (const StructField& field : schema.fields()) {
    const bool is_computed = std::ranges::any_of(field.metadata, [](const auto& entry) {
      return entry.first == kGenerationExpressionKey || entry.first == kCurrentDefaultKey ||
             entry.first.starts_with(kIdentityKeyPrefix);
    });
    const int position = is_computed ? rows->schema()->GetFieldIndex(field.name) : -1;
    if (position < 0 || rows->column(position)->null_count() < rows->num_rows()) continue;
    DELTAIC_ASSIGN_OR_RETURN(rows, rows->RemoveColumn(position));
  }
  return rows;
}

}  // namespace

Result<SnapshotPtr> UpsertWriter::Merge(Flight& flight) const {
  std::vector<std::string> unavailable;
  DELTAIC_ASSIGN_OR_RETURN(BatchPtr rows, Newest(flight.batches, unavailable));
  DELTAIC_ASSIGN_OR_RETURN(rows, WithoutComputed(std::move(rows), *snapshot()->schema()));
  MergeOptions merge;
  std::string on;
  for (const std::string& name : changes_.key_columns) {
    on += Concat(on.empty() ? "" : " AND ", Target(name), " = ", Source(name));
  }
  DELTAIC_ASSIGN_OR_RETURN(merge.on, ParsePredicate(on));
  std::vector<StructField> named;
  for (const auto& field : rows->schema()->fields()) {
    const StructField* known = snapshot()->schema()->FindField(field->name());
    named.push_back({.name = field->name(),
                     .type = known != nullptr ? known->type : DataType::Primitive(TypeId::kVoid)});
  }
  DELTAIC_ASSIGN_OR_RETURN(merge.clauses,
                           Clauses(*DataType::Struct(named), changes_.sequence_by, unavailable));
  merge.merge_schema = options_.add_columns;
  merge.files = options_.files;
  merge.transactions = flight.positions;
  DELTAIC_ASSIGN_OR_RETURN(const auto reader, arrow::RecordBatchReader::Make({rows}));
  DELTAIC_ASSIGN_OR_RETURN(const MergeResult merged, MergeRows(table_, snapshot(), *reader, merge));
  if (merged.change.snapshot == nullptr) return Status::Internal("a merge without a version");
  flight.done = {.version = merged.change.snapshot->version(),
                 .num_rows = flight.rows,
                 .num_files = merged.change.changed.num_added_files,
                 .num_bytes = merged.change.changed.num_added_bytes,
                 .num_retries = merged.change.num_retries};
  return merged.change.snapshot;
}

Status UpsertWriter::Depart(std::vector<Txn> positions) {
  if (load_.rows == 0) return plain_.Depart(std::move(positions));
  flying_ = std::make_unique<Flight>();
  static_cast<Load&>(*flying_) = std::exchange(load_, Load());
  flying_->positions = std::move(positions);
  return Status();
}

bool UpsertWriter::changes_table() const {
  if (flying_ == nullptr || !options_.add_columns) return false;
  return std::ranges::any_of(flying_->batches.back()->schema()->fields(), [&](const auto& field) {
    return field->name() != kPutColumn && snapshot()->schema()->FindField(field->name()) == nullptr;
  });
}

Status UpsertWriter::Fly() {
  if (flying_ == nullptr) return plain_.Fly();
  flying_->outcome = Merge(*flying_);
  return flying_->outcome->status();
}

Result<WriterCommit> UpsertWriter::Land() {
  if (flying_ == nullptr) return plain_.Land();
  const auto landed = std::exchange(flying_, nullptr);
  if (!landed->outcome) return Status::Cancelled("the merge was not begun");
  DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, *landed->outcome);
  plain_.Adopt(std::move(snapshot));
  return landed->done;
}

Status UpsertWriter::Reload() {
  Drop();
  return plain_.Reload();
}

}  // namespace deltaic::ingest
