#include "ingest/commit/table_writer.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "data/values/type_mapping.h"
#include "ops/column_filler.h"
#include "ops/operation_parameters.h"
#include "protocol/schema_json.h"
#include "storage/arrow_status.h"
#include "table/clock.h"

namespace deltaic::ingest {
namespace {

bool IsComputed(const StructField& field) {
  return std::ranges::any_of(field.metadata, [](const auto& entry) {
    return entry.first == kGenerationExpressionKey || entry.first == kCurrentDefaultKey ||
           entry.first.starts_with(kIdentityKeyPrefix);
  });
}

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

bool IsOfRow(const Status& status) {
  return status.code() == StatusCode::kConstraintViolated ||
         status.code() == StatusCode::kSchemaMismatch ||
         status.code() == StatusCode::kInvalidArgument;
}

}  // namespace

TableWriter::TableWriter(std::shared_ptr<Table> table, SnapshotPtr snapshot,
                         TableWriterOptions options)
    : table_(std::move(table)),
      snapshot_(std::move(snapshot)),
      options_(std::move(options)),
      uncommitted_(std::make_unique<UncommittedFiles>(table_->store())) {
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
  for (const StructField& field : snapshot_->schema()->fields()) {
    if (IsComputed(field)) computed_.push_back(field.name);
  }
}

Status TableWriter::OpenSink(const arrow::Schema& rows) {
  DELTAIC_RETURN_IF_ERROR(FinishSink());
  DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr data_schema, FromArrowSchema(rows));
  WriteOptions write;
  write.mode = SaveMode::kAppend;
  write.schema_mode = options_.add_columns ? SchemaMode::kMerge : SchemaMode::kStrict;
  DELTAIC_ASSIGN_OR_RETURN(plan_, PlanWrite(snapshot_, data_schema, write));
  RowSinkTarget target{.files = DataFileTarget{.schema = plan_->schema,
                                               .partition_columns = plan_->partition_columns,
                                               .column_mapping = plan_->column_mapping,
                                               .properties = plan_->properties,
                                               .clustering_columns = plan_->clustering_columns},
                       .configuration = plan_->configuration};
  DELTAIC_ASSIGN_OR_RETURN(sink_,
                           RowSink::Make(table_->store(), std::move(target), options_.files));
  seen_ = std::make_shared<arrow::Schema>(rows);
  return Status();
}

Status TableWriter::FinishSink() {
  if (sink_ == nullptr) return Status();
  const auto sink = std::exchange(sink_, nullptr);
  DELTAIC_ASSIGN_OR_RETURN(SinkResult written, sink->Finish());
  uncommitted_->Add(written.files);
  if (written.advanced_schema != nullptr) advanced_schema_ = written.advanced_schema;
  std::move(written.files.begin(), written.files.end(), std::back_inserter(files_));
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
  if (sink_ == nullptr || !seen_->Equals(*rows->schema())) {
    DELTAIC_RETURN_IF_ERROR(OpenSink(*rows->schema()));
  }
  return WriteSlice(rows, 0, bad_row);
}

Status TableWriter::WriteSlice(const std::shared_ptr<arrow::RecordBatch>& rows, int64_t first,
                               const BadRow& bad_row) {
  DELTAIC_ASSIGN_OR_RETURN(const auto given, WithoutComputed(rows));
  if (given != nullptr) {
    const Status written = sink_->Write(given, RowOrigin::kSupplied);
    if (written.ok()) {
      rows_pending_ += rows->num_rows();
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

Result<WriterCommit> TableWriter::Commit(const std::vector<Txn>& positions) {
  const auto commit = [&]() -> Result<CommitResult> {
    DELTAIC_RETURN_IF_ERROR(FinishSink());
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
    transaction.reads().blind_append = true;
    std::optional<Metadata> metadata;
    if (plan_ && plan_->protocol) DELTAIC_RETURN_IF_ERROR(transaction.Stage(*plan_->protocol));
    if (plan_) metadata = plan_->metadata;
    if (advanced_schema_ != nullptr) {
      if (!metadata) metadata = snapshot_->metadata();
      metadata->schema_string = FormatSchema(*WithHighWaterMarks(plan_->schema, *advanced_schema_));
    }
    if (metadata) DELTAIC_RETURN_IF_ERROR(transaction.Stage(*std::move(metadata)));
    for (const Txn& position : positions) DELTAIC_RETURN_IF_ERROR(transaction.Stage(position));
    DELTAIC_RETURN_IF_ERROR(transaction.StageAdds(ToAdds(files_)));
    int64_t bytes = 0;
    for (const WrittenFile& file : files_) bytes += file.size;
    CommitSpec spec;
    spec.operation = "STREAMING UPDATE";
    spec.parameters = {{"outputMode", JsonText("Append")},
                       {"queryId", JsonText(options_.query_id)},
                       {"epochId", JsonText(std::to_string(NowMs()))}};
    spec.metrics = {{"numAddedFiles", std::to_string(files_.size())},
                    {"numOutputRows", std::to_string(rows_pending_)},
                    {"numOutputBytes", std::to_string(bytes)},
                    {"numRemovedFiles", "0"}};
    return std::move(transaction).Commit(spec);
  };
  Result<CommitResult> committed = commit();
  uncommitted_->Settle(committed.status());
  if (!committed.ok()) {
    Drop();
    return committed.status();
  }
  WriterCommit out{.version = committed->version,
                   .num_rows = rows_pending_,
                   .num_files = static_cast<int64_t>(files_.size()),
                   .num_retries = committed->num_retries};
  for (const WrittenFile& file : files_) out.num_bytes += file.size;
  const bool other_table = committed->snapshot->schema() != snapshot_->schema();
  snapshot_ = committed->snapshot;
  Drop();
  if (other_table) LearnRules();
  return out;
}

void TableWriter::Drop() {
  sink_.reset();
  plan_.reset();
  seen_.reset();
  files_.clear();
  advanced_schema_.reset();
  rows_pending_ = 0;
  // What was not settled is deleted with the old list.
  uncommitted_ = std::make_unique<UncommittedFiles>(table_->store());
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
