#pragma once

#include <arrow/api.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/read/data_read_spec.h"
#include "data/values/type_mapping.h"
#include "storage/memory_store.h"
#include "support/arrays.h"
#include "support/data_file_rows.h"

/// For tests of reading: Parquet files as Arrow's own writer makes them, and what is read as one
/// table.
namespace deltaic::testing {

struct ParquetOptions {
  int64_t rows_per_group = 1 << 20;
  std::shared_ptr<parquet::WriterProperties> properties = parquet::default_writer_properties();
  std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties =
      parquet::default_arrow_writer_properties();
};

inline void WriteParquet(ObjectStore& store, const std::string& path, const arrow::Table& table,
                         const ParquetOptions& options = {}) {
  auto writer = store.Create(path);
  ASSERT_TRUE(writer.ok()) << writer.status();
  // Not owned: the writer keeps its stream.
  const std::shared_ptr<arrow::io::OutputStream> stream(std::shared_ptr<void>(),
                                                        (*writer)->stream());
  const arrow::Status status = parquet::arrow::WriteTable(
      table, arrow::default_memory_pool(), stream, options.rows_per_group, options.properties,
      options.arrow_properties);
  ASSERT_TRUE(status.ok()) << status.ToString();
  ASSERT_TRUE((*writer)->Close().ok());
}

/// A spec that reads all columns of `schema`.
inline DataReadSpec SpecOf(SchemaPtr schema, std::vector<std::string> partition_columns = {}) {
  DataReadSpec spec;
  for (const StructField& field : schema->fields()) spec.columns.push_back(field.name);
  spec.table_schema = std::move(schema);
  spec.partition_columns = std::move(partition_columns);
  return spec;
}

/// All that `reader` gives; checks that each batch is whole and of the schema.
inline Result<std::shared_ptr<arrow::Table>> Drain(DataFileRows& reader,
                                                   const std::shared_ptr<arrow::Schema>& schema) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  for (;;) {
    DELTAIC_ASSIGN_OR_RETURN(auto batch, reader.Next());
    if (batch == nullptr) break;
    EXPECT_GT(batch->num_rows(), 0);
    EXPECT_TRUE(batch->schema()->Equals(*schema)) << batch->schema()->ToString();
    const arrow::Status valid = batch->ValidateFull();
    EXPECT_TRUE(valid.ok()) << valid.ToString();
    batches.push_back(std::move(batch));
  }
  auto table = arrow::Table::FromRecordBatches(schema, batches);
  if (!table.ok()) return Status::Internal(table.status().ToString());
  return *std::move(table);
}

inline Result<std::shared_ptr<arrow::Table>> ReadFile(const std::shared_ptr<ObjectStore>& store,
                                                      DataReadSpec spec, DataFile file,
                                                      DataReadMetrics* metrics = nullptr) {
  DELTAIC_ASSIGN_OR_RETURN(const auto schema, ReadSchema(spec));
  const auto shared = std::make_shared<const DataReadSpec>(std::move(spec));
  DELTAIC_ASSIGN_OR_RETURN(auto reader, DataFileRows::Open(store, shared, file));
  DELTAIC_ASSIGN_OR_RETURN(auto table, Drain(reader, schema));
  if (metrics != nullptr) *metrics = reader.metrics();
  return table;
}

}  // namespace deltaic::testing
