#include "data/read/metadata_column.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>

#include <limits>
#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr std::string_view kPrefix = "_metadata.";

constexpr std::pair<std::string_view, MetadataColumn> kNames[] = {
    {"file_path", MetadataColumn::kFilePath},
    {"row_index", MetadataColumn::kRowIndex},
    {"row_id", MetadataColumn::kRowId},
    {"row_commit_version", MetadataColumn::kRowCommitVersion},
};

class MetadataStream : public ColumnStream {
 public:
  MetadataStream(const ParquetDataFile& file, const RowGroupTask& row_group,
                 std::unique_ptr<ColumnStream> inner, std::vector<size_t> columns)
      : file_(file),
        first_row_(row_group.first_row),
        inner_(std::move(inner)),
        columns_(std::move(columns)) {}

  Result<std::optional<RawBatch>> Next() override {
    DELTAIC_ASSIGN_OR_RETURN(std::optional<RawBatch> batch, inner_->Next());
    if (!batch) return batch;
    for (const size_t column : columns_) {
      DELTAIC_RETURN_IF_ERROR(
          Fill(*file_.plan().columns[column].metadata, *batch, batch->arrays[column]));
    }
    return batch;
  }

  int64_t bytes() const override { return inner_->bytes(); }

 private:
  /// \param values  what the file has, or nullptr; nulls stand for what the log says.
  Status Fill(MetadataColumn column, const RawBatch& batch,
              std::shared_ptr<arrow::Array>& values) const {
    if (values != nullptr && values->null_count() == 0) return Status();
    const int64_t first_row = first_row_ + batch.begin;
    int64_t base = 0;
    switch (column) {
      case MetadataColumn::kRowId: {
        DELTAIC_ASSIGN_OR_RETURN(base, FromLog("baseRowId", file_.base_row_id()));
        if (base > std::numeric_limits<int64_t>::max() - first_row - batch.num_rows)
          return Status::Corruption("its baseRowId ", base, " leaves no room for its rows");
        base += first_row;
        break;
      }
      case MetadataColumn::kRowCommitVersion: {
        DELTAIC_ASSIGN_OR_RETURN(
            base, FromLog("defaultRowCommitVersion", file_.default_row_commit_version()));
        break;
      }
      default:
        base = first_row;
    }
    DELTAIC_ASSIGN_OR_RETURN(
        values, Complete(values.get(), batch.num_rows, base, CountsRows(column) ? 1 : 0));
    return Status();
  }

  static Result<int64_t> FromLog(std::string_view name, std::optional<int64_t> value) {
    if (value) return *value;
    return Status::Corruption("the table has row tracking, but the log gives no ", name,
                              " for this file");
  }

  /// `values`, with base + step * row where it has none.
  static Result<std::shared_ptr<arrow::Array>> Complete(const arrow::Array* values,
                                                        int64_t num_rows, int64_t base,
                                                        int64_t step) {
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> buffer,
                             arrow::AllocateBuffer(num_rows * static_cast<int64_t>(sizeof base)));
    auto* out = buffer->mutable_data_as<int64_t>();
    for (int64_t row = 0; row < num_rows; ++row) out[row] = base + step * row;
    if (values != nullptr) {
      const auto& given = static_cast<const arrow::Int64Array&>(*values);
      for (int64_t row = 0; row < num_rows; ++row) {
        if (given.IsValid(row)) out[row] = given.Value(row);
      }
    }
    return std::static_pointer_cast<arrow::Array>(
        std::make_shared<arrow::Int64Array>(num_rows, std::move(buffer)));
  }

  const ParquetDataFile& file_;
  int64_t first_row_;
  std::unique_ptr<ColumnStream> inner_;
  std::vector<size_t> columns_;
};

}  // namespace

Result<MetadataColumn> ParseMetadataColumn(std::string_view name) {
  const std::string_view bare = name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
  for (const auto& [known, column] : kNames) {
    if (known == bare) return column;
  }
  return Status::InvalidArgument("there is no metadata column ", name,
                                 "; there are file_path, row_index, row_id, row_commit_version");
}

std::string MetadataColumnName(MetadataColumn column) {
  for (const auto& [name, known] : kNames) {
    if (known == column) return Concat(kPrefix, name);
  }
  return {};
}

DataTypePtr MetadataColumnType(MetadataColumn column) {
  return DataType::Primitive(column == MetadataColumn::kFilePath ? TypeId::kString : TypeId::kLong);
}

std::unique_ptr<ColumnStream> WithMetadataColumns(const ParquetDataFile& file,
                                                  const RowGroupTask& row_group,
                                                  std::unique_ptr<ColumnStream> inner,
                                                  std::vector<size_t> columns) {
  return std::make_unique<MetadataStream>(file, row_group, std::move(inner), std::move(columns));
}

}  // namespace deltaic
