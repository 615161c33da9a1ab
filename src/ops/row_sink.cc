#include "ops/row_sink.h"

#include <arrow/api.h>

#include <optional>
#include <utility>

#include "base/ascii.h"
#include "ops/auto_optimize.h"
#include "ops/clustering.h"
#include "ops/iceberg_compat.h"
#include "ops/row_rules.h"
#include "protocol/table_features.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr int kFirstTaggedIcebergCompat = 2;
constexpr int kFirstIcebergWithRowIds = 3;
constexpr const char* kChangeTypeColumn = "_change_type";

WrittenFile FileOf(Add add) {
  return WrittenFile{.path = std::move(add.path),
                     .partition_values = std::move(add.partition_values),
                     .size = add.size,
                     .modification_time = add.modification_time,
                     .stats = std::move(add.stats),
                     .tags = std::move(add.tags)};
}

}  // namespace

bool ShredsVariants(const Protocol& protocol, const StringMap& configuration) {
  const auto found = configuration.find("delta.enableVariantShredding");
  return found != configuration.end() && EqualsIgnoringCase(found->second, "true") &&
         (ProtocolHasFeature(protocol, "variantShredding") ||
          ProtocolHasFeature(protocol, "variantShredding-preview"));
}

RowSinkTarget TargetOf(const Snapshot& snapshot) {
  RowSinkTarget target{
      .files = DataFileTarget{.schema = snapshot.schema(),
                              .partition_columns = snapshot.metadata().partition_columns,
                              .column_mapping = snapshot.column_mapping(),
                              .properties = snapshot.properties()},
      .configuration = snapshot.metadata().configuration};
  target.files.shreds_variants = ShredsVariants(snapshot.protocol(), target.configuration);
  const auto clustering = ClusteringColumnsOf(snapshot);
  target.status = clustering.status();
  if (clustering.ok() && *clustering) target.files.clustering_columns = **clustering;
  return target;
}

void AddTrackingColumns(RowSinkTarget& table, const std::string& row_id,
                        const std::string& row_commit_version) {
  const auto add = [&](const std::string& name, int32_t iceberg_id) {
    StructField field{.name = name, .type = DataType::Primitive(TypeId::kLong)};
    if (table.files.properties.iceberg_compat_version >= kFirstIcebergWithRowIds) {
      field.metadata[std::string(kColumnMappingIdKey)] = std::to_string(iceberg_id);
    }
    table.files.extra_columns.push_back(std::move(field));
  };
  add(row_id, kIcebergRowIdColumn);
  add(row_commit_version, kIcebergRowVersionColumn);
}

RowSinkTarget ChangeDataTarget(RowSinkTarget table) {
  table.files.kind = DataFileKind::kChangeData;
  table.files.extra_columns = {StructField{
      .name = kChangeTypeColumn, .type = DataType::Primitive(TypeId::kString), .nullable = false}};
  return table;
}

struct RowSink::Impl {
  explicit Impl(RowRules made) : rules(std::move(made)) {}

  CancellationToken cancel;
  std::optional<StringMap> tags;  // of every file
  RowRules rules;
  std::unique_ptr<DataFileWriter> writer;
};

RowSink::RowSink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RowSink::~RowSink() = default;

Result<std::unique_ptr<RowSink>> RowSink::Make(std::shared_ptr<ObjectStore> store,
                                               RowSinkTarget target, DataFileOptions options,
                                               CancellationToken cancel) {
  DELTAIC_RETURN_IF_ERROR(target.status);
  DELTAIC_ASSIGN_OR_RETURN(RowRules rules, RowRules::Make(target));
  auto impl = std::make_unique<Impl>(std::move(rules));
  const bool is_data = target.files.kind == DataFileKind::kData;
  const int compat = is_data ? target.files.properties.iceberg_compat_version : 0;
  if (options.optimize_write.value_or(OptimizesWrites(target.configuration))) {
    options.one_file_at_a_time = true;
  }
  DELTAIC_ASSIGN_OR_RETURN(
      impl->writer,
      DataFileWriter::Make(std::move(store), std::move(target.files), std::move(options), cancel));
  impl->cancel = std::move(cancel);
  if (compat >= kFirstTaggedIcebergCompat) {
    impl->tags = StringMap{{"ICEBERG_COMPAT_VERSION", std::to_string(compat)}};
  }
  return std::unique_ptr<RowSink>(new RowSink(std::move(impl)));
}

Status RowSink::Write(const std::shared_ptr<arrow::RecordBatch>& batch, RowOrigin origin) {
  if (batch->num_rows() == 0) return Status();
  DELTAIC_ASSIGN_OR_RETURN(auto rows, impl_->rules.Apply(batch, origin));
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
  SinkResult result{.num_rows = written.num_rows,
                    .num_bytes = written.num_bytes,
                    .advanced_schema = impl_->rules.AdvancedSchema()};
  result.files.reserve(written.adds.size());
  for (Add& add : written.adds) {
    add.tags = impl_->tags;
    result.files.push_back(FileOf(std::move(add)));
  }
  return result;
}

int64_t RowSink::rows_written() const { return impl_->writer->rows_written(); }
int64_t RowSink::memory_bytes() const { return impl_->writer->memory_bytes(); }

}  // namespace deltaic
