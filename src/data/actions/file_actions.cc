#include "data/actions/file_actions.h"

#include <arrow/api.h>

#include <optional>
#include <string>
#include <utility>

#include "data/actions/file_action_builder.h"

namespace deltaic {
namespace {

std::shared_ptr<arrow::DataType> TextMap() { return arrow::map(arrow::utf8(), arrow::utf8()); }

std::shared_ptr<arrow::DataType> DeletionVectorType() {
  return arrow::struct_(
      {arrow::field("storageType", arrow::utf8()), arrow::field("pathOrInlineDv", arrow::utf8()),
       arrow::field("offset", arrow::int32()), arrow::field("sizeInBytes", arrow::int32()),
       arrow::field("cardinality", arrow::int64())});
}

/// Reads cells of one row by column name; a column that is absent or of another type reads as null.
class Row {
 public:
  Row(const arrow::RecordBatch& batch, int64_t row) : batch_(batch), row_(row) {}

  std::optional<std::string> Text(const char* name) const {
    const auto* cells = Column<arrow::StringArray>(name);
    return cells != nullptr ? std::optional<std::string>(cells->GetString(row_)) : std::nullopt;
  }
  std::optional<int64_t> Int(const char* name) const {
    const auto* cells = Column<arrow::Int64Array>(name);
    return cells != nullptr ? std::optional<int64_t>(cells->Value(row_)) : std::nullopt;
  }
  std::optional<bool> Bool(const char* name) const {
    const auto* cells = Column<arrow::BooleanArray>(name);
    return cells != nullptr ? std::optional<bool>(cells->Value(row_)) : std::nullopt;
  }
  std::optional<PartitionValues> Map(const char* name) const {
    const auto* cells = Column<arrow::MapArray>(name);
    if (cells == nullptr) return std::nullopt;
    const auto& keys = static_cast<const arrow::StringArray&>(*cells->keys());
    const auto& items = static_cast<const arrow::StringArray&>(*cells->items());
    PartitionValues out;
    for (int64_t i = cells->value_offset(row_); i < cells->value_offset(row_ + 1); ++i) {
      out.emplace_back(keys.GetString(i), items.IsNull(i)
                                              ? std::nullopt
                                              : std::optional<std::string>(items.GetString(i)));
    }
    return out;
  }
  std::optional<StringMap> Tags(const char* name) const {
    std::optional<PartitionValues> entries = Map(name);
    if (!entries) return std::nullopt;
    StringMap out;
    for (auto& [key, value] : *entries)
      out.insert_or_assign(std::move(key), std::move(value).value_or(""));
    return out;
  }
  std::optional<DeletionVectorDescriptor> DeletionVector(const char* name) const {
    const auto* cells = Column<arrow::StructArray>(name);
    if (cells == nullptr) return std::nullopt;
    DeletionVectorDescriptor out;
    out.storage_type = static_cast<const arrow::StringArray&>(*cells->field(0)).GetString(row_);
    out.path_or_inline_dv =
        static_cast<const arrow::StringArray&>(*cells->field(1)).GetString(row_);
    const auto& offset = static_cast<const arrow::Int32Array&>(*cells->field(2));
    if (!offset.IsNull(row_)) out.offset = offset.Value(row_);
    out.size_in_bytes = static_cast<const arrow::Int32Array&>(*cells->field(3)).Value(row_);
    out.cardinality = static_cast<const arrow::Int64Array&>(*cells->field(4)).Value(row_);
    return out;
  }

 private:
  template <typename Array>
  const Array* Column(const char* name) const {
    const int index = batch_.schema()->GetFieldIndex(name);
    if (index < 0) return nullptr;
    const auto* cells = dynamic_cast<const Array*>(batch_.column(index).get());
    return cells != nullptr && !cells->IsNull(row_) ? cells : nullptr;
  }

  const arrow::RecordBatch& batch_;
  int64_t row_;
};

}  // namespace

arrow::MemoryPool* FileActionsPool() { return arrow::system_memory_pool(); }

std::shared_ptr<arrow::Schema> AddBatchSchema(const FileColumns& columns) {
  arrow::FieldVector fields;
  if (columns.path) fields.push_back(arrow::field("path", arrow::utf8()));
  if (columns.partition_values) fields.push_back(arrow::field("partitionValues", TextMap()));
  if (columns.size) fields.push_back(arrow::field("size", arrow::int64()));
  if (columns.modification_time) fields.push_back(arrow::field("modificationTime", arrow::int64()));
  if (columns.others) fields.push_back(arrow::field("dataChange", arrow::boolean()));
  if (columns.stats) fields.push_back(arrow::field("stats", arrow::utf8()));
  if (columns.others) fields.push_back(arrow::field("tags", TextMap()));
  if (columns.deletion_vector)
    fields.push_back(arrow::field("deletionVector", DeletionVectorType()));
  if (columns.others) {
    fields.push_back(arrow::field("baseRowId", arrow::int64()));
    fields.push_back(arrow::field("defaultRowCommitVersion", arrow::int64()));
    fields.push_back(arrow::field("clusteringProvider", arrow::utf8()));
  }
  return arrow::schema(std::move(fields));
}

std::shared_ptr<arrow::Schema> RemoveBatchSchema() {
  return arrow::schema(
      {arrow::field("path", arrow::utf8()), arrow::field("deletionTimestamp", arrow::int64()),
       arrow::field("dataChange", arrow::boolean()),
       arrow::field("extendedFileMetadata", arrow::boolean()),
       arrow::field("partitionValues", TextMap()), arrow::field("size", arrow::int64()),
       arrow::field("deletionVector", DeletionVectorType()),
       arrow::field("baseRowId", arrow::int64()),
       arrow::field("defaultRowCommitVersion", arrow::int64())});
}

Add AddFromBatch(const arrow::RecordBatch& batch, int64_t row) {
  const Row cells(batch, row);
  Add add;
  add.path = cells.Text("path").value_or("");
  add.partition_values = cells.Map("partitionValues").value_or(PartitionValues());
  add.size = cells.Int("size").value_or(0);
  add.modification_time = cells.Int("modificationTime").value_or(0);
  add.data_change = cells.Bool("dataChange").value_or(true);
  add.stats = cells.Text("stats");
  add.tags = cells.Tags("tags");
  add.deletion_vector = cells.DeletionVector("deletionVector");
  add.base_row_id = cells.Int("baseRowId");
  add.default_row_commit_version = cells.Int("defaultRowCommitVersion");
  add.clustering_provider = cells.Text("clusteringProvider");
  return add;
}

Remove RemoveFromBatch(const arrow::RecordBatch& batch, int64_t row) {
  const Row cells(batch, row);
  Remove remove;
  remove.path = cells.Text("path").value_or("");
  remove.deletion_timestamp = cells.Int("deletionTimestamp");
  remove.data_change = cells.Bool("dataChange").value_or(true);
  remove.extended_file_metadata = cells.Bool("extendedFileMetadata");
  remove.partition_values = cells.Map("partitionValues");
  remove.size = cells.Int("size");
  remove.deletion_vector = cells.DeletionVector("deletionVector");
  remove.base_row_id = cells.Int("baseRowId");
  remove.default_row_commit_version = cells.Int("defaultRowCommitVersion");
  return remove;
}

Result<std::shared_ptr<arrow::RecordBatch>> AddsToBatch(const std::vector<Add>& adds,
                                                        const FileColumns& columns) {
  AddBatchBuilder builder(columns);
  for (const Add& add : adds) DELTAIC_RETURN_IF_ERROR(builder.Append(add));
  return builder.Finish();
}

}  // namespace deltaic
