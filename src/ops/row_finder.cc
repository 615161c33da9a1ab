#include "ops/row_finder.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

#include "data/read/metadata_column.h"
#include "scan/read_spec.h"
#include "scan/running_scan.h"

namespace deltaic {

std::shared_ptr<DataReadSpec> ReadSpecOf(const Snapshot& snapshot,
                                         std::vector<MetadataColumn> metadata) {
  const ScannedTable table = ScannedTableOf(snapshot);
  auto spec = std::make_shared<DataReadSpec>();
  spec->table_schema = table.schema;
  spec->partition_columns = table.partition_columns;
  spec->column_mapping = table.column_mapping;
  for (const StructField& field : table.schema->fields()) spec->columns.push_back(field.name);
  spec->metadata_columns = std::move(metadata);
  if (table.row_tracking) {
    spec->row_id_column = table.row_tracking->row_id;
    spec->row_commit_version_column = table.row_tracking->row_commit_version;
  }
  return spec;
}

Result<std::unique_ptr<RowFinder>> RowFinder::Start(const Snapshot& snapshot,
                                                    const CandidateFiles& files, RowSearch search) {
  auto spec = ReadSpecOf(snapshot, {MetadataColumn::kFilePath, MetadataColumn::kRowIndex});
  if (search.with_row_ids) spec->metadata_columns.push_back(MetadataColumn::kRowId);
  // One text for each file instead of one a row.
  spec->dictionary_columns = {MetadataColumnName(MetadataColumn::kFilePath)};
  spec->columns = std::move(search.columns);
  spec->predicate = std::move(search.predicate);
  spec->row_test = std::move(search.test);
  const auto num_columns = static_cast<int>(spec->columns.size());
  DELTAIC_ASSIGN_OR_RETURN(
      auto scan,
      RunningScan::Start(
          snapshot.store(), std::move(spec),
          [&](CancellationToken) -> Result<std::unique_ptr<FileSource>> { return files.Source(); },
          std::move(search.scan)));
  return std::unique_ptr<RowFinder>(new RowFinder(std::move(scan), num_columns));
}

Result<std::optional<FoundRows>> RowFinder::Next() {
  DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan_->Next());
  if (batch == nullptr) return std::optional<FoundRows>();
  // Batches never mix files.
  FoundRows found;
  found.paths =
      static_cast<const arrow::DictionaryArray&>(*batch->column(num_columns_)).dictionary();
  found.file_uri = static_cast<const arrow::StringArray&>(*found.paths).GetView(0);
  found.positions = std::static_pointer_cast<arrow::Int64Array>(batch->column(num_columns_ + 1));
  if (batch->num_columns() > num_columns_ + 2) found.row_ids = batch->column(num_columns_ + 2);
  arrow::FieldVector fields = batch->schema()->fields();
  arrow::ArrayVector columns = batch->columns();
  fields.resize(static_cast<size_t>(num_columns_));
  columns.resize(static_cast<size_t>(num_columns_));
  found.rows = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), batch->num_rows(),
                                        std::move(columns));
  return std::optional(std::move(found));
}

}  // namespace deltaic
