#include "ops/row_sink.h"

#include <arrow/record_batch.h>

#include <utility>

#include "data/values/type_mapping.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr const char* kChangeTypeColumn = "_change_type";

/// The columns of a batch for `target`, the extra ones at the end.
SchemaPtr BatchSchema(const DataFileTarget& target) {
  std::vector<StructField> fields = target.schema->fields();
  fields.insert(fields.end(), target.extra_columns.begin(), target.extra_columns.end());
  return DataType::Struct(std::move(fields));
}

WrittenFile FileOf(Add add) {
  return WrittenFile{.path = std::move(add.path),
                     .partition_values = std::move(add.partition_values),
                     .size = add.size,
                     .modification_time = add.modification_time,
                     .stats = std::move(add.stats),
                     .tags = std::move(add.tags)};
}

}  // namespace

RowSinkTarget TargetOf(const Snapshot& snapshot) {
  return RowSinkTarget{
      .files = DataFileTarget{.schema = snapshot.schema(),
                              .partition_columns = snapshot.metadata().partition_columns,
                              .column_mapping = snapshot.column_mapping(),
                              .properties = snapshot.properties()},
      .configuration = snapshot.metadata().configuration};
}

RowSinkTarget ChangeDataTarget(RowSinkTarget table) {
  table.files.kind = DataFileKind::kChangeData;
  table.files.extra_columns = {StructField{
      .name = kChangeTypeColumn, .type = DataType::Primitive(TypeId::kString), .nullable = false}};
  return table;
}

struct RowSink::Impl {
  CancellationToken cancel;
  std::shared_ptr<arrow::Schema> batch_schema;
  std::unique_ptr<DataFileWriter> writer;
};

RowSink::RowSink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RowSink::~RowSink() = default;

Result<std::unique_ptr<RowSink>> RowSink::Make(std::shared_ptr<ObjectStore> store,
                                               RowSinkTarget target, DataFileOptions options,
                                               CancellationToken cancel) {
  auto impl = std::make_unique<Impl>();
  DELTAIC_ASSIGN_OR_RETURN(impl->batch_schema, ToArrowSchema(*BatchSchema(target.files)));
  DELTAIC_ASSIGN_OR_RETURN(
      impl->writer,
      DataFileWriter::Make(std::move(store), std::move(target.files), std::move(options), cancel));
  impl->cancel = std::move(cancel);
  return std::unique_ptr<RowSink>(new RowSink(std::move(impl)));
}

Status RowSink::Write(const std::shared_ptr<arrow::RecordBatch>& batch, RowOrigin) {
  if (batch->num_rows() == 0) return Status();
  DELTAIC_ASSIGN_OR_RETURN(auto rows, ConformBatch(batch, impl_->batch_schema));
  return impl_->writer->Write(std::move(rows));
}

Status RowSink::WriteAll(arrow::RecordBatchReader& input, RowOrigin origin) {
  while (true) {
    DELTAIC_RETURN_IF_ERROR(impl_->cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, input.Next());
    if (batch == nullptr) return Status();
    DELTAIC_RETURN_IF_ERROR(Write(batch, origin));
  }
}

Result<SinkResult> RowSink::Finish() {
  DELTAIC_ASSIGN_OR_RETURN(DataFileResult written, impl_->writer->Finish());
  SinkResult result{.num_rows = written.num_rows, .num_bytes = written.num_bytes};
  result.files.reserve(written.adds.size());
  for (Add& add : written.adds) result.files.push_back(FileOf(std::move(add)));
  return result;
}

int64_t RowSink::rows_written() const { return impl_->writer->rows_written(); }

}  // namespace deltaic
