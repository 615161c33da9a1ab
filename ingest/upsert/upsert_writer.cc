#include "ingest/upsert/upsert_writer.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "expr/parser.h"
#include "ingest/decode/cells.h"
#include "ingest/upsert/newest_rows.h"
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

Status UpsertWriter::Write(const BatchPtr& given, const BadRow& bad_row) {
  BatchPtr rows = given;
  if (checks_rows() && rows->num_rows() != 0) {
    if (!trial_) {
      DELTAIC_ASSIGN_OR_RETURN(trial_, RowTrial::Make(*snapshot()));
    }
    DELTAIC_ASSIGN_OR_RETURN(rows, trial_->Keep(rows, bad_row));
  }
  if (rows->num_rows() == 0) return Status();
  load_.rows += rows->num_rows();
  load_.bytes += arrow::util::TotalBufferSize(*rows);
  load_.batches.push_back(rows);
  return Status();
}

/// One row for each key, whose columns are named as the table has them.
Result<NewestRows> UpsertWriter::Newest(const std::vector<BatchPtr>& batches) const {
  std::vector<std::string> keys;
  for (const std::string& name : changes_.key_columns) {
    const StructField* field = snapshot()->schema()->FindField(name);
    if (field == nullptr) return Status::SchemaMismatch("there is no key column ", name);
    keys.push_back(field->name);
  }
  const StructField* by = snapshot()->schema()->FindField(changes_.sequence_by);
  return TakeNewestRows(batches, keys, by == nullptr ? std::string() : by->name);
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

}  // namespace

Result<SnapshotPtr> UpsertWriter::Merge(Flight& flight, const SnapshotPtr& base) const {
  DELTAIC_ASSIGN_OR_RETURN(NewestRows newest, Newest(flight.batches));
  BatchPtr rows = std::move(newest.rows);
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
  DELTAIC_ASSIGN_OR_RETURN(
      merge.clauses, Clauses(*DataType::Struct(named), changes_.sequence_by, newest.unavailable));
  merge.merge_schema = options_.add_columns;
  merge.files = options_.files;
  merge.transactions = flight.positions;
  DELTAIC_ASSIGN_OR_RETURN(const auto reader, arrow::RecordBatchReader::Make({rows}));
  DELTAIC_ASSIGN_OR_RETURN(const MergeResult merged, MergeRows(table_, base, *reader, merge));
  if (merged.change.snapshot == nullptr) return Status::Internal("a merge without a version");
  flight.done = {.version = merged.change.snapshot->version(),
                 .num_rows = flight.rows,
                 .num_files = merged.change.changed.num_added_files,
                 .num_bytes = merged.change.changed.num_added_bytes,
                 .num_retries = flight.done.num_retries + merged.change.num_retries};
  return merged.change.snapshot;
}

/// The newest version, to which the rows can be merged as they are.
/// \retval kConflict  another writer has moved one of the positions, or changed the table.
Result<SnapshotPtr> UpsertWriter::NewestFor(const Flight& flight, const SnapshotPtr& base) const {
  DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr newest, table_->Refresh(base));
  if (newest->version() == base->version()) return newest;
  if (!(newest->metadata() == base->metadata() && newest->protocol() == base->protocol())) {
    return Status::Conflict("rows for ", table_->uri(), " were made for version ",
                            base->version().value,
                            ", and another writer has changed the table since");
  }
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<Txn> before, base->Transactions());
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<Txn> now, newest->Transactions());
  const auto version_of = [](const std::vector<Txn>& all, const std::string& app_id) {
    const auto found = std::ranges::find(all, app_id, &Txn::app_id);
    return found == all.end() ? std::optional<int64_t>() : std::optional<int64_t>(found->version);
  };
  for (const Txn& position : flight.positions) {
    if (version_of(before, position.app_id) != version_of(now, position.app_id)) {
      return Status::Conflict("another writer has moved ", position.app_id, " of ", table_->uri(),
                              " by version ", newest->version().value);
    }
  }
  return newest;
}

/// Where a commit in between took files that the merge changes, as a compaction does, the rows are
/// still here: they are merged into what the table is now.
Result<SnapshotPtr> UpsertWriter::MergeIntoNewest(Flight& flight) const {
  constexpr int kMostRepeats = 5;
  SnapshotPtr base = snapshot();
  if (flight.looks_first) {
    DELTAIC_ASSIGN_OR_RETURN(base, NewestFor(flight, base));
  }
  for (int repeats = 0;; ++repeats) {
    Result<SnapshotPtr> merged = Merge(flight, base);
    if (merged.ok() || merged.status().code() != StatusCode::kConflict || repeats == kMostRepeats) {
      return merged;
    }
    const Result<SnapshotPtr> newest = NewestFor(flight, base);
    // Of the two, the merge says what it met.
    if (newest.status().code() == StatusCode::kConflict) return merged;
    DELTAIC_RETURN_IF_ERROR(newest.status());
    if ((*newest)->version() == base->version()) return merged;
    base = *newest;
    ++flight.done.num_retries;
  }
}

Status UpsertWriter::Depart(std::vector<Txn> positions) {
  if (load_.rows == 0) return plain_.Depart(std::move(positions));
  flying_ = std::make_unique<Flight>();
  static_cast<Load&>(*flying_) = std::exchange(load_, Load());
  flying_->positions = std::move(positions);
  flying_->looks_first = std::exchange(expects_new_version_, false);
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
  flying_->outcome = MergeIntoNewest(*flying_);
  return flying_->outcome->status();
}

Result<WriterCommit> UpsertWriter::Land() {
  if (flying_ == nullptr) return plain_.Land();
  const auto landed = std::exchange(flying_, nullptr);
  if (!landed->outcome) return Status::Cancelled("the merge was not begun");
  DELTAIC_ASSIGN_OR_RETURN(SnapshotPtr snapshot, *landed->outcome);
  plain_.Adopt(std::move(snapshot));
  trial_.reset();  // the rules may be others now
  return landed->done;
}

Status UpsertWriter::Reload() {
  Drop();
  trial_.reset();
  return plain_.Reload();
}

}  // namespace deltaic::ingest
