#include "data/actions/file_action_builder.h"

#include <arrow/api.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

arrow::Status AppendText(arrow::ArrayBuilder* builder, const std::optional<std::string>& text) {
  auto* strings = static_cast<arrow::StringBuilder*>(builder);
  return text ? strings->Append(*text) : strings->AppendNull();
}

arrow::Status AppendInt(arrow::ArrayBuilder* builder, const std::optional<int64_t>& value) {
  auto* ints = static_cast<arrow::Int64Builder*>(builder);
  return value ? ints->Append(*value) : ints->AppendNull();
}

arrow::Status AppendBool(arrow::ArrayBuilder* builder, const std::optional<bool>& value) {
  auto* bools = static_cast<arrow::BooleanBuilder*>(builder);
  return value ? bools->Append(*value) : bools->AppendNull();
}

arrow::Status AppendEntry(arrow::MapBuilder* map, const std::string& key,
                          const std::optional<std::string>& value) {
  ARROW_RETURN_NOT_OK(static_cast<arrow::StringBuilder*>(map->key_builder())->Append(key));
  return AppendText(map->item_builder(), value);
}

/// `values` is a pointer to PartitionValues or StringMap; nullptr is null.
template <typename Entries>
arrow::Status AppendMap(arrow::ArrayBuilder* builder, const Entries* entries) {
  auto* map = static_cast<arrow::MapBuilder*>(builder);
  if (entries == nullptr) return map->AppendNull();
  ARROW_RETURN_NOT_OK(map->Append());
  for (const auto& [key, value] : *entries) ARROW_RETURN_NOT_OK(AppendEntry(map, key, value));
  return arrow::Status::OK();
}

template <typename T>
const T* Pointer(const std::optional<T>& value) {
  return value ? &*value : nullptr;
}

arrow::Status AppendDeletionVector(arrow::ArrayBuilder* builder,
                                   const std::optional<DeletionVectorDescriptor>& dv) {
  auto* parts = static_cast<arrow::StructBuilder*>(builder);
  if (!dv) return parts->AppendNull();
  ARROW_RETURN_NOT_OK(parts->Append());
  ARROW_RETURN_NOT_OK(AppendText(parts->field_builder(0), dv->storage_type));
  ARROW_RETURN_NOT_OK(AppendText(parts->field_builder(1), dv->path_or_inline_dv));
  auto* offset = static_cast<arrow::Int32Builder*>(parts->field_builder(2));
  ARROW_RETURN_NOT_OK(dv->offset ? offset->Append(*dv->offset) : offset->AppendNull());
  ARROW_RETURN_NOT_OK(
      static_cast<arrow::Int32Builder*>(parts->field_builder(3))->Append(dv->size_in_bytes));
  return AppendInt(parts->field_builder(4), dv->cardinality);
}

/// The column builders of one schema.
struct Columns {
  std::shared_ptr<arrow::Schema> schema;
  std::unique_ptr<arrow::RecordBatchBuilder> builder;
  Status status;  ///< why there is no builder

  explicit Columns(std::shared_ptr<arrow::Schema> batch_schema) : schema(std::move(batch_schema)) {
    auto made = arrow::RecordBatchBuilder::Make(schema, arrow::default_memory_pool());
    if (made.ok()) {
      builder = *std::move(made);
    } else {
      status = AsStatus(made.status());
    }
  }
  Result<std::shared_ptr<arrow::RecordBatch>> Finish() {
    DELTAIC_RETURN_IF_ERROR(status);
    DELTAIC_ASSIGN_OR_RETURN(auto batch, builder->Flush());
    return batch;
  }
};

}  // namespace

struct AddBatchBuilder::Impl {
  FileColumns wanted;
  Columns columns;
  int64_t num_rows = 0;

  explicit Impl(const FileColumns& file_columns)
      : wanted(file_columns), columns(AddBatchSchema(file_columns)) {}

  arrow::Status Append(const Add& add) {
    int next = 0;
    const auto column = [&] { return columns.builder->GetField(next++); };
    if (wanted.path) ARROW_RETURN_NOT_OK(AppendText(column(), add.path));
    if (wanted.partition_values) ARROW_RETURN_NOT_OK(AppendMap(column(), &add.partition_values));
    if (wanted.size) ARROW_RETURN_NOT_OK(AppendInt(column(), add.size));
    if (wanted.modification_time) ARROW_RETURN_NOT_OK(AppendInt(column(), add.modification_time));
    if (wanted.others) ARROW_RETURN_NOT_OK(AppendBool(column(), add.data_change));
    if (wanted.stats) ARROW_RETURN_NOT_OK(AppendText(column(), add.stats));
    if (wanted.others) ARROW_RETURN_NOT_OK(AppendMap(column(), Pointer(add.tags)));
    if (wanted.deletion_vector)
      ARROW_RETURN_NOT_OK(AppendDeletionVector(column(), add.deletion_vector));
    if (wanted.others) {
      ARROW_RETURN_NOT_OK(AppendInt(column(), add.base_row_id));
      ARROW_RETURN_NOT_OK(AppendInt(column(), add.default_row_commit_version));
      ARROW_RETURN_NOT_OK(AppendText(column(), add.clustering_provider));
    }
    return arrow::Status::OK();
  }
};

AddBatchBuilder::AddBatchBuilder(const FileColumns& columns)
    : impl_(std::make_unique<Impl>(columns)) {}
AddBatchBuilder::~AddBatchBuilder() = default;
int64_t AddBatchBuilder::num_rows() const { return impl_->num_rows; }

Status AddBatchBuilder::Append(const Add& add) {
  DELTAIC_RETURN_IF_ERROR(impl_->columns.status);
  DELTAIC_RETURN_IF_ERROR(impl_->Append(add));
  ++impl_->num_rows;
  return Status::Ok();
}

Result<std::shared_ptr<arrow::RecordBatch>> AddBatchBuilder::Finish() {
  impl_->num_rows = 0;
  return impl_->columns.Finish();
}

struct RemoveBatchBuilder::Impl {
  Columns columns{RemoveBatchSchema()};
  int64_t num_rows = 0;

  arrow::Status Append(const Remove& remove) {
    const auto column = [&](int i) { return columns.builder->GetField(i); };
    ARROW_RETURN_NOT_OK(AppendText(column(0), remove.path));
    ARROW_RETURN_NOT_OK(AppendInt(column(1), remove.deletion_timestamp));
    ARROW_RETURN_NOT_OK(AppendBool(column(2), remove.data_change));
    ARROW_RETURN_NOT_OK(AppendBool(column(3), remove.extended_file_metadata));
    ARROW_RETURN_NOT_OK(AppendMap(column(4), Pointer(remove.partition_values)));
    ARROW_RETURN_NOT_OK(AppendInt(column(5), remove.size));
    ARROW_RETURN_NOT_OK(AppendDeletionVector(column(6), remove.deletion_vector));
    ARROW_RETURN_NOT_OK(AppendInt(column(7), remove.base_row_id));
    return AppendInt(column(8), remove.default_row_commit_version);
  }
};

RemoveBatchBuilder::RemoveBatchBuilder() : impl_(std::make_unique<Impl>()) {}
RemoveBatchBuilder::~RemoveBatchBuilder() = default;
int64_t RemoveBatchBuilder::num_rows() const { return impl_->num_rows; }

Status RemoveBatchBuilder::Append(const Remove& remove) {
  DELTAIC_RETURN_IF_ERROR(impl_->columns.status);
  DELTAIC_RETURN_IF_ERROR(impl_->Append(remove));
  ++impl_->num_rows;
  return Status::Ok();
}

Result<std::shared_ptr<arrow::RecordBatch>> RemoveBatchBuilder::Finish() {
  impl_->num_rows = 0;
  return impl_->columns.Finish();
}

}  // namespace deltaic
