#include "data/write/partition_splitter.h"

#include <arrow/api.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/api.h>
#include <simdjson.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "data/values/compute_kernels.h"
#include "data/values/value_arrays.h"
#include "protocol/partition_value.h"
#include "storage/arrow_status.h"

namespace deltaic {

namespace {

/// Text of the log is UTF-8, so that other bytes would come back as something else.
Status CheckText(const Value& value, const std::string& column) {
  const auto* bytes = std::get_if<std::string>(&value);
  if (bytes == nullptr || simdjson::validate_utf8(bytes->data(), bytes->size())) return Status();
  return Status::SchemaMismatch("partition column ", column,
                                ": the log holds partition values as UTF-8 text, and these bytes "
                                "are not; partition by their hex form");
}

/// One partition column of a batch: its distinct texts, and for each row which of them.
struct EncodedColumn {
  std::vector<std::optional<std::string>> texts;  ///< the last one is null's
  std::vector<int64_t> codes;
};

Result<EncodedColumn> Encode(const std::shared_ptr<arrow::Array>& column, const DataType& type,
                             const std::string& name) {
  EncodedColumn encoded;
  encoded.codes.assign(static_cast<size_t>(column->length()), 0);
  if (column->type_id() == arrow::Type::NA) {
    encoded.texts = {std::nullopt};
    return encoded;
  }
  DELTAIC_RETURN_IF_ERROR(EnsureComputeKernels());
  DELTAIC_ASSIGN_OR_RETURN(arrow::Datum datum, arrow::compute::DictionaryEncode(column));
  const std::shared_ptr<arrow::Array> array = datum.make_array();
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*array);
  const arrow::Array& values = *dictionary.dictionary();
  for (int64_t i = 0; i < values.length(); ++i) {
    const Value value = ValueAt(values, i);
    DELTAIC_RETURN_IF_ERROR(CheckText(value, name));
    encoded.texts.push_back(FormatPartitionValue(value, type));
  }
  encoded.texts.emplace_back(std::nullopt);
  const auto& indices = static_cast<const arrow::Int32Array&>(*dictionary.indices());
  for (int64_t i = 0; i < indices.length(); ++i) {
    encoded.codes[static_cast<size_t>(i)] = indices.IsNull(i) ? values.length() : indices.Value(i);
  }
  return encoded;
}

/// The rows of a batch by group.
struct Grouping {
  std::vector<int64_t> group_of_row;
  std::vector<int64_t> first_rows;  ///< of each group
};

/// Folds one more column into the groups.
void Refine(Grouping& grouping, const EncodedColumn& column) {
  const int64_t num_codes = static_cast<int64_t>(column.texts.size());
  std::unordered_map<int64_t, int64_t> group_of_key;
  grouping.first_rows.clear();
  for (size_t row = 0; row < column.codes.size(); ++row) {
    const int64_t key = grouping.group_of_row[row] * num_codes + column.codes[row];
    const auto [it, is_new] =
        group_of_key.try_emplace(key, static_cast<int64_t>(group_of_key.size()));
    if (is_new) grouping.first_rows.push_back(static_cast<int64_t>(row));
    grouping.group_of_row[row] = it->second;
  }
}

std::shared_ptr<arrow::RecordBatch> DataColumns(const DataFileLayout& layout,
                                                const arrow::RecordBatch& batch) {
  arrow::ArrayVector columns;
  columns.reserve(layout.data_columns.size());
  for (const int position : layout.data_columns) columns.push_back(batch.column(position));
  return arrow::RecordBatch::Make(layout.data_schema, batch.num_rows(), std::move(columns));
}

/// Row numbers group by group, and where each group begins.
struct Order {
  std::shared_ptr<arrow::Array> rows;
  std::vector<int64_t> begins;  ///< one more than groups
};

Result<Order> SortByGroup(const Grouping& grouping) {
  Order order;
  order.begins.assign(grouping.first_rows.size() + 1, 0);
  for (const int64_t group : grouping.group_of_row) ++order.begins[static_cast<size_t>(group) + 1];
  for (size_t i = 1; i < order.begins.size(); ++i) order.begins[i] += order.begins[i - 1];
  std::vector<int64_t> next(order.begins.begin(), order.begins.end() - 1);
  std::vector<int64_t> rows(grouping.group_of_row.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    const auto group = static_cast<size_t>(grouping.group_of_row[row]);
    rows[static_cast<size_t>(next[group]++)] = static_cast<int64_t>(row);
  }
  const auto num_rows = static_cast<int64_t>(rows.size());
  order.rows =
      std::make_shared<arrow::Int64Array>(num_rows, arrow::Buffer::FromVector(std::move(rows)));
  return order;
}

Result<std::shared_ptr<arrow::RecordBatch>> CopySlice(const arrow::RecordBatch& batch,
                                                      int64_t begin, int64_t end) {
  arrow::ArrayVector columns;
  columns.reserve(static_cast<size_t>(batch.num_columns()));
  for (const auto& column : batch.columns()) {
    DELTAIC_ASSIGN_OR_RETURN(auto copy, arrow::Concatenate({column->Slice(begin, end - begin)}));
    columns.push_back(std::move(copy));
  }
  return arrow::RecordBatch::Make(batch.schema(), end - begin, std::move(columns));
}

}  // namespace

Status SplitByPartition(const DataFileLayout& layout,
                        const std::shared_ptr<arrow::RecordBatch>& batch,
                        const PartitionVisitor& visit) {
  if (layout.partition_columns.empty()) return visit(PartitionRows{{}, batch});
  std::vector<EncodedColumn> columns;
  Grouping grouping;
  grouping.group_of_row.assign(static_cast<size_t>(batch->num_rows()), 0);
  for (const PartitionColumn& column : layout.partition_columns) {
    DELTAIC_ASSIGN_OR_RETURN(auto encoded, Encode(batch->column(column.position), *column.type,
                                                  batch->schema()->field(column.position)->name()));
    Refine(grouping, encoded);
    columns.push_back(std::move(encoded));
  }
  auto values_of = [&](int64_t row) {
    PartitionValues values;
    for (size_t c = 0; c < columns.size(); ++c) {
      const int64_t code = columns[c].codes[static_cast<size_t>(row)];
      values.emplace_back(layout.partition_columns[c].physical_name,
                          columns[c].texts[static_cast<size_t>(code)]);
    }
    return values;
  };

  const std::shared_ptr<arrow::RecordBatch> data = DataColumns(layout, *batch);
  if (grouping.first_rows.size() == 1) return visit(PartitionRows{values_of(0), data});
  DELTAIC_ASSIGN_OR_RETURN(const Order order, SortByGroup(grouping));
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum sorted, arrow::compute::Take(data, order.rows));
  for (size_t group = 0; group < grouping.first_rows.size(); ++group) {
    DELTAIC_ASSIGN_OR_RETURN(
        auto rows, CopySlice(*sorted.record_batch(), order.begins[group], order.begins[group + 1]));
    DELTAIC_RETURN_IF_ERROR(
        visit(PartitionRows{values_of(grouping.first_rows[group]), std::move(rows)}));
  }
  return Status();
}

}  // namespace deltaic
