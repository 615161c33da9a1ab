#include "ingest/commit/table_writer.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "data/values/type_mapping.h"
#include "ingest/commit/computed_columns.h"
#include "ops/column_filler.h"
#include "ops/operation_parameters.h"
#include "protocol/schema_json.h"
#include "storage/arrow_status.h"
#include "table/clock.h"

namespace deltaic::ingest {
namespace {

bool HasRules(const StructField& field);

bool HasRules(const DataType& type) {
  switch (type.id()) {
    case TypeId::kStruct:
      return std::ranges::any_of(type.fields(), [](const StructField& f) { return HasRules(f); });
    case TypeId::kArray:
      return !type.contains_null() || HasRules(*type.element());
    case TypeId::kMap:
      return !type.contains_null() || HasRules(*type.value());
    default:
      return false;
  }
}

bool HasRules(const StructField& field) {
  const bool by_metadata = std::ranges::any_of(field.metadata, [](const auto& entry) {
    return entry.first != "comment" && entry.first != kColumnMappingIdKey &&
           entry.first != kPhysicalNameKey && entry.first != kTypeChangesKey;
  });
  return !field.nullable || by_metadata || HasRules(*field.type);
}

/// Whether rows made for one fit the other.
bool IsSameDefinition(const Snapshot& a, const Snapshot& b) {
  return a.metadata() == b.metadata() && a.protocol() == b.protocol();
}

}  // namespace

TableWriter::TableWriter(std::shared_ptr<Table> table, SnapshotPtr snapshot,
                         TableWriterOptions options)
    : table_(std::move(table)),
      snapshot_(std::move(snapshot)),
      options_(std::move(options)),
      load_(std::make_unique<Load>(table_->store())) {
  LearnRules();
}

TableWriter::~TableWriter() = default;

void TableWriter::LearnRules() {
  const auto& configuration = snapshot_->metadata().configuration;
  checks_rows_ = HasRules(*snapshot_->schema()) ||
                 std::ranges::any_of(configuration, [](const auto& property) {
                   return property.first.starts_with("delta.constraints.");
                 });
  computed_.clear();
  has_identity_ = false;
  for (const StructField& field : snapshot_->schema()->fields()) {
    if (IsComputed(field)) computed_.push_back(field.name);
    has_identity_ = has_identity_ || IsIdentity(field);
  }
}

Status TableWriter::OpenSink(const arrow::Schema& rows) {
  DELTAIC_RETURN_IF_ERROR(load_->FinishSink());
  DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr data_schema, FromArrowSchema(rows));
  WriteOptions write;
  write.mode = SaveMode::kAppend;
  write.schema_mode = options_.add_columns ? SchemaMode::kMerge : SchemaMode::kStrict;
  DELTAIC_ASSIGN_OR_RETURN(load_->plan, PlanWrite(snapshot_, data_schema, write));
  load_->plan_base = snapshot_;
  const WritePlan& plan = *load_->plan;
  RowSinkTarget target{.files = DataFileTarget{.schema = plan.schema,
                                               .partition_columns = plan.partition_columns,
                                               .column_mapping = plan.column_mapping,
                                               .properties = plan.properties,
                                               .clustering_columns = plan.clustering_columns,
                                               .shreds_variants = plan.shreds_variants},
                       .configuration = plan.configuration};
  DELTAIC_ASSIGN_OR_RETURN(load_->sink,
                           RowSink::Make(table_->store(), std::move(target), options_.files));
  load_->seen = std::make_shared<arrow::Schema>(rows);
  return Status();
}

Status TableWriter::Load::FinishSink() {
  if (sink == nullptr) return Status();
  const auto finished = std::exchange(sink, nullptr);
  DELTAIC_ASSIGN_OR_RETURN(SinkResult written, finished->Finish());
  uncommitted.Add(written.files);
  if (written.advanced_schema != nullptr) advanced_schema = written.advanced_schema;
  std::move(written.files.begin(), written.files.end(), std::back_inserter(files));
  return Status();
}

Result<std::shared_ptr<arrow::RecordBatch>> TableWriter::WithoutComputed(
    std::shared_ptr<arrow::RecordBatch> rows) const {
  for (const std::string& name : computed_) {
    const int position = rows->schema()->GetFieldIndex(name);
    if (position < 0) continue;
    const int64_t nulls = rows->column(position)->null_count();
    if (nulls == 0) continue;
    if (nulls < rows->num_rows()) return std::shared_ptr<arrow::RecordBatch>();
    DELTAIC_ASSIGN_OR_RETURN(rows, rows->RemoveColumn(position));
  }
  return rows;
}

Status TableWriter::Write(const std::shared_ptr<arrow::RecordBatch>& rows, const BadRow& bad_row) {
  if (rows->num_rows() == 0) return Status();
  if (load_->sink == nullptr || !load_->seen->Equals(*rows->schema())) {
    DELTAIC_RETURN_IF_ERROR(OpenSink(*rows->schema()));
  }
  return WriteSlice(rows, 0, bad_row);
}

Status TableWriter::WriteSlice(const std::shared_ptr<arrow::RecordBatch>& rows, int64_t first,
                               const BadRow& bad_row) {
  DELTAIC_ASSIGN_OR_RETURN(const auto given, WithoutComputed(rows));
  if (given != nullptr) {
    const Status written = load_->sink->Write(given, RowOrigin::kSupplied);
    if (written.ok()) {
      load_->rows += rows->num_rows();
      return Status();
    }
    if (!checks_rows_ || !IsOfRow(written)) return written;
    if (rows->num_rows() == 1) return bad_row(first, written);
  }
  // One row costs itself alone: look for it by halves, in order.
  const int64_t half = rows->num_rows() / 2;
  DELTAIC_RETURN_IF_ERROR(WriteSlice(rows->Slice(0, half), first, bad_row));
  return WriteSlice(rows->Slice(half), first + half, bad_row);
}

int64_t TableWriter::rows_pending() const {
  return load_->rows + (departure_ == nullptr ? 0 : departure_->load->rows);
}

int64_t TableWriter::memory_bytes() const {
  const int64_t taken = load_->sink == nullptr ? 0 : load_->sink->memory_bytes();
  // What flies belongs to another thread, and only gets less.
  return taken + (departure_ == nullptr ? 0 : departure_->memory_bytes);
}

Status TableWriter::Depart(std::vector<Txn> positions) {
  auto departure = std::make_unique<Departure>();
  departure->load = std::exchange(load_, std::make_unique<Load>(table_->store()));
  departure->positions = std::move(positions);
  departure->base = snapshot_;
  Load& load = *departure->load;
  if (load.plan_base != nullptr && !IsSameDefinition(*load.plan_base, *snapshot_)) {
    return Status::Conflict("rows for ", table_->uri(), " were made for version ",
                            load.plan_base->version().value,
                            ", and another writer has changed the table since");
  }
  if (load.sink != nullptr) departure->memory_bytes = load.sink->memory_bytes();
  departure_ = std::move(departure);
  return Status();
}

bool TableWriter::changes_table() const {
  if (departure_ == nullptr || departure_->load->rows == 0) return false;
  const auto& plan = departure_->load->plan;
  return has_identity_ || (plan && (plan->metadata || plan->protocol));
}

Status TableWriter::Fly() {
  departure_->outcome = Commit(*departure_);
  return departure_->outcome->status();
}

Result<CommitResult> TableWriter::Commit(Departure& departure) const {
  Load& load = *departure.load;
  DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, departure.base));
  transaction.reads().blind_append = true;
  transaction.LookAhead();
  DELTAIC_RETURN_IF_ERROR(load.FinishSink());
  std::optional<Metadata> metadata;
  if (load.plan && load.plan->protocol) {
    DELTAIC_RETURN_IF_ERROR(transaction.Stage(*load.plan->protocol));
  }
  if (load.plan) metadata = load.plan->metadata;
  if (load.advanced_schema != nullptr) {
    if (!metadata) metadata = departure.base->metadata();
    metadata->schema_string =
        FormatSchema(*WithHighWaterMarks(load.plan->schema, *load.advanced_schema));
  }
  if (metadata) DELTAIC_RETURN_IF_ERROR(transaction.Stage(*std::move(metadata)));
  for (const Txn& position : departure.positions) {
    DELTAIC_RETURN_IF_ERROR(transaction.Stage(position));
  }
  DELTAIC_RETURN_IF_ERROR(transaction.StageAdds(ToAdds(load.files)));
  return std::move(transaction).Commit(SpecOf(load));
}

CommitSpec TableWriter::SpecOf(const Load& load) const {
  int64_t bytes = 0;
  for (const WrittenFile& file : load.files) bytes += file.size;
  CommitSpec spec;
  spec.operation = "STREAMING UPDATE";
  spec.parameters = {{"outputMode", JsonText("Append")},
                     {"queryId", JsonText(options_.query_id)},
                     {"epochId", JsonText(std::to_string(NowMs()))}};
  spec.metrics = {{"numAddedFiles", std::to_string(load.files.size())},
                  {"numOutputRows", std::to_string(load.rows)},
                  {"numOutputBytes", std::to_string(bytes)},
                  {"numRemovedFiles", "0"}};
  return spec;
}

Result<WriterCommit> TableWriter::Land() {
  const auto landed = std::exchange(departure_, nullptr);
  if (!landed->outcome) return Status::Cancelled("the commit was not begun");
  Load& load = *landed->load;
  const Result<CommitResult>& committed = *landed->outcome;
  load.uncommitted.Settle(committed.status());
  DELTAIC_RETURN_IF_ERROR(committed.status());
  WriterCommit out{.version = committed->version,
                   .num_rows = load.rows,
                   .num_files = static_cast<int64_t>(load.files.size()),
                   .num_retries = committed->num_retries};
  for (const WrittenFile& file : load.files) out.num_bytes += file.size;
  const bool is_changed = !IsSameDefinition(*committed->snapshot, *snapshot_);
  snapshot_ = committed->snapshot;
  if (is_changed) LearnRules();
  return out;
}

void TableWriter::Drop() {
  // Files that were not committed are deleted with the old one.
  load_ = std::make_unique<Load>(table_->store());
}

void TableWriter::Adopt(SnapshotPtr snapshot) {
  snapshot_ = std::move(snapshot);
  LearnRules();
}

Status TableWriter::Reload() {
  Drop();
  DELTAIC_ASSIGN_OR_RETURN(snapshot_, table_->Refresh(snapshot_));
  LearnRules();
  return Status();
}

}  // namespace deltaic::ingest
