#include "data/write/variant_shredder.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <span>
#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

Status InColumn(const Status& status, const arrow::RecordBatch& batch, int column) {
  return status.ok() ? status : status.WithContext(Concat("column ", batch.column_name(column)));
}

void FindVariants(const DataType& type, std::vector<int>& path,
                  std::vector<std::vector<int>>& found) {
  if (type.id() == TypeId::kVariant) found.push_back(path);
  if (type.id() != TypeId::kStruct) return;
  for (size_t i = 0; i < type.fields().size(); ++i) {
    path.push_back(static_cast<int>(i));
    FindVariants(*type.fields()[i].type, path, found);
    path.pop_back();
  }
}

/// The child of `parent`, null where that is.
Result<ArrayPtr> ChildOf(const arrow::Array& parent, int child) {
  DELTAIC_ASSIGN_OR_RETURN(auto array,
                           static_cast<const arrow::StructArray&>(parent).GetFlattenedField(child));
  return array;
}

/// `array` with the variants at `path` below it shredded.
Result<ArrayPtr> ShredAt(const arrow::Array& array, std::span<const int> path,
                         const VariantForm& form) {
  if (path.empty()) return ShredVariants(array, form);
  const auto& parent = static_cast<const arrow::StructArray&>(array);
  arrow::FieldVector fields = parent.type()->fields();
  arrow::ArrayVector columns;
  for (int i = 0; i < parent.num_fields(); ++i) columns.push_back(parent.field(i));
  const auto at = static_cast<size_t>(path.front());
  DELTAIC_ASSIGN_OR_RETURN(const ArrayPtr child, ChildOf(parent, path.front()));
  DELTAIC_ASSIGN_OR_RETURN(columns[at], ShredAt(*child, path.subspan(1), form));
  fields[at] = fields[at]->WithType(columns[at]->type());
  std::shared_ptr<arrow::Buffer> validity;
  if (parent.null_count() > 0) {
    DELTAIC_ASSIGN_OR_RETURN(validity, arrow::internal::CopyBitmap(
                                           arrow::default_memory_pool(), parent.null_bitmap_data(),
                                           parent.offset(), parent.length()));
  }
  return ArrayPtr(std::make_shared<arrow::StructArray>(
      arrow::struct_(std::move(fields)), parent.length(), std::move(columns), std::move(validity)));
}

}  // namespace

VariantShredder::VariantShredder(DataFileTarget target, DataFileOptions options,
                                 std::shared_ptr<const DataFileLayout> plain)
    : target_(std::move(target)), options_(std::move(options)), plain_(std::move(plain)) {
  if (!target_.shreds_variants || target_.kind != DataFileKind::kData) return;
  const std::vector<StructField>& fields = target_.schema->fields();
  for (size_t i = 0; i < plain_->data_columns.size(); ++i) {
    const auto column = static_cast<size_t>(plain_->data_columns[i]);
    std::vector<int> path = {static_cast<int>(i)};
    if (column < fields.size()) FindVariants(*fields[column].type, path, variants_);
  }
}

Result<std::shared_ptr<const DataFileLayout>> VariantShredder::LayoutFor(
    const arrow::RecordBatch& first_rows) const {
  VariantForms forms;
  size_t fields_left = kMaxShreddedFields;
  for (const std::vector<int>& path : variants_) {
    ArrayPtr variants = first_rows.column(path.front());
    for (const int child : std::span(path).subspan(1)) {
      DELTAIC_ASSIGN_OR_RETURN(variants, ChildOf(*variants, child));
    }
    Result<VariantForm> form = InferVariantForm(*variants, fields_left);
    DELTAIC_RETURN_IF_ERROR(InColumn(form.status(), first_rows, path.front()));
    if (form->is_shredded()) forms.emplace(path, *std::move(form));
  }
  if (forms.empty()) return plain_;
  return MakeShreddedLayout(target_, options_, *plain_, std::move(forms));
}

Result<std::shared_ptr<arrow::RecordBatch>> ShredBatch(const DataFileLayout& layout,
                                                       std::shared_ptr<arrow::RecordBatch> batch) {
  for (const auto& [path, form] : layout.variant_forms) {
    const int column = path.front();
    const auto below = std::span(path).subspan(1);
    const Result<ArrayPtr> shredded = ShredAt(*batch->column(column), below, form);
    DELTAIC_RETURN_IF_ERROR(InColumn(shredded.status(), *batch, column));
    const auto field = batch->schema()->field(column)->WithType((*shredded)->type());
    DELTAIC_ASSIGN_OR_RETURN(batch, batch->SetColumn(column, field, *shredded));
  }
  return batch;
}

bool HasShreddedVariants(const parquet::SchemaDescriptor& file, const DataFileLayout& plain) {
  parquet::SchemaDescriptor bytes;
  bytes.Init(plain.parquet_schema);
  for (int leaf = 0; leaf < file.num_columns(); ++leaf) {
    const auto path = file.Column(leaf)->path();
    const std::vector<std::string> parts = path->ToDotVector();
    const bool is_typed = std::ranges::find(parts, "typed_value") != parts.end();
    // A field of the table's may have the name too.
    if (is_typed && bytes.ColumnIndex(path->ToDotString()) < 0) return true;
  }
  return false;
}

}  // namespace deltaic
