#include "ops/row_sink.h"

#include <arrow/api.h>

#include <optional>
#include <utility>

#include "base/ascii.h"
#include "data/values/type_mapping.h"
#include "ops/auto_optimize.h"
#include "ops/clustering.h"
#include "ops/column_filler.h"
#include "ops/iceberg_compat.h"
#include "ops/row_checks.h"
#include "ops/text_lengths.h"
#include "protocol/table_features.h"
#include "storage/arrow_status.h"
#include "table/clock.h"

namespace deltaic {
namespace {

constexpr int kFirstTaggedIcebergCompat = 2;
constexpr int kFirstIcebergWithRowIds = 3;
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

/// An empty text cannot be told from null in a partition value, so null it is, for all rules too.
Result<std::shared_ptr<arrow::Array>> EmptyToNull(const std::shared_ptr<arrow::Array>& array) {
  const auto& texts = static_cast<const arrow::StringArray&>(*array);
  bool has_empty = false;
  for (int64_t i = 0; i < texts.length() && !has_empty; ++i) {
    has_empty = texts.value_length(i) == 0 && !texts.IsNull(i);
  }
  if (!has_empty) return array;
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < texts.length(); ++i) {
    DELTAIC_RETURN_IF_ERROR(texts.value_length(i) == 0 || texts.IsNull(i)
                                ? builder.AppendNull()
                                : builder.Append(texts.GetView(i)));
  }
  DELTAIC_ASSIGN_OR_RETURN(auto nulled, builder.Finish());
  return nulled;
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

/// `schema` with dictionaries where `rows` has them in columns of text.
std::shared_ptr<arrow::Schema> WithDictionaries(const std::shared_ptr<arrow::Schema>& schema,
                                                const arrow::RecordBatch& rows) {
  arrow::FieldVector fields = schema->fields();
  bool has_any = false;
  for (auto& field : fields) {
    const auto column = rows.GetColumnByName(field->name());
    if (column == nullptr || !IsDictionaryOf(*column->type(), *field->type())) continue;
    field = field->WithType(column->type());
    has_any = true;
  }
  return has_any ? arrow::schema(std::move(fields)) : schema;
}

struct RowSink::Impl {
  CancellationToken cancel;
  std::shared_ptr<arrow::Schema> batch_schema;
  bool keeps_dictionaries = false;
  std::vector<int> partition_texts;  // positions of partition columns of texts
  std::optional<StringMap> tags;     // of every file
  std::optional<ColumnFiller> filler;
  std::optional<TextLengths> lengths;
  RowChecks checks;
  std::unique_ptr<DataFileWriter> writer;

  Status MakeRules(const RowSinkTarget& target);
  Result<std::shared_ptr<arrow::RecordBatch>> Finish(
      std::shared_ptr<arrow::RecordBatch> rows) const;
};

Status RowSink::Impl::MakeRules(const RowSinkTarget& target) {
  const Schema& schema = *target.files.schema;
  DELTAIC_ASSIGN_OR_RETURN(filler, ColumnFiller::Make(BatchSchema(target.files), NowMs() * 1000));
  DELTAIC_ASSIGN_OR_RETURN(lengths, TextLengths::Make(schema));
  DELTAIC_ASSIGN_OR_RETURN(checks, RowChecks::Make(schema, target.configuration));
  if (target.condition != nullptr) {
    checks.AddCondition(Concat("condition of replace_where (", target.condition->ToSql(), ")"),
                        target.condition);
  }
  for (const std::string& name : target.files.partition_columns) {
    const int position = batch_schema->GetFieldIndex(name);
    if (position >= 0 && batch_schema->field(position)->type()->id() == arrow::Type::STRING) {
      partition_texts.push_back(position);
    }
  }
  return Status();
}

/// Gives whole rows their final form and checks them.
Result<std::shared_ptr<arrow::RecordBatch>> RowSink::Impl::Finish(
    std::shared_ptr<arrow::RecordBatch> rows) const {
  DELTAIC_ASSIGN_OR_RETURN(rows, lengths->Apply(std::move(rows)));
  for (const int position : partition_texts) {
    DELTAIC_ASSIGN_OR_RETURN(const auto column, EmptyToNull(rows->column(position)));
    if (column == rows->column(position)) continue;
    DELTAIC_ASSIGN_OR_RETURN(rows,
                             rows->SetColumn(position, batch_schema->field(position), column));
  }
  DELTAIC_RETURN_IF_ERROR(checks.Check(*rows));
  return rows;
}

RowSink::RowSink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RowSink::~RowSink() = default;

Result<std::unique_ptr<RowSink>> RowSink::Make(std::shared_ptr<ObjectStore> store,
                                               RowSinkTarget target, DataFileOptions options,
                                               CancellationToken cancel) {
  DELTAIC_RETURN_IF_ERROR(target.status);
  auto impl = std::make_unique<Impl>();
  DELTAIC_ASSIGN_OR_RETURN(impl->batch_schema, ToArrowSchema(*BatchSchema(target.files)));
  DELTAIC_RETURN_IF_ERROR(impl->MakeRules(target));
  impl->keeps_dictionaries = target.files.partition_columns.empty();
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
  std::shared_ptr<arrow::RecordBatch> rows;
  if (origin == RowOrigin::kSupplied) {
    DELTAIC_ASSIGN_OR_RETURN(rows, impl_->filler->Fill(batch));
  } else {
    const bool keeps = origin == RowOrigin::kStored && impl_->keeps_dictionaries;
    DELTAIC_ASSIGN_OR_RETURN(
        rows, ConformBatch(batch, keeps ? WithDictionaries(impl_->batch_schema, *batch)
                                        : impl_->batch_schema));
  }
  if (origin != RowOrigin::kStored) {
    DELTAIC_ASSIGN_OR_RETURN(rows, impl_->Finish(std::move(rows)));
  }
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
                    .advanced_schema = impl_->filler->AdvancedSchema()};
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
