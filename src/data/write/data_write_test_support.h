#pragma once

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/percent_encoding.h"
#include "data/values/type_mapping.h"
#include "data/write/data_file_writer.h"
#include "storage/memory_store.h"
#include "support/arrays.h"

namespace deltaic::testing {

inline DataFileTarget Target(std::vector<StructField> fields,
                             std::vector<std::string> partition_columns = {}) {
  DataFileTarget target;
  target.schema = DataType::Struct(std::move(fields));
  target.partition_columns = std::move(partition_columns);
  return target;
}

/// A batch for `target`, each column from JSON.
inline std::shared_ptr<arrow::RecordBatch> BatchFor(const DataFileTarget& target,
                                                    const std::vector<std::string>& columns) {
  auto schema = ToArrowSchema(*target.schema);
  if (!schema.ok()) {
    ADD_FAILURE() << schema.status();
    return nullptr;
  }
  arrow::ArrayVector arrays;
  for (size_t i = 0; i < columns.size(); ++i) {
    arrays.push_back(ArrayOf((*schema)->field(static_cast<int>(i))->type(), columns[i]));
  }
  return arrow::RecordBatch::Make(*schema, arrays[0]->length(), arrays);
}

inline Result<DataFileResult> WriteBatches(
    const std::shared_ptr<ObjectStore>& store, const DataFileTarget& target,
    const DataFileOptions& options,
    const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches) {
  DELTAIC_ASSIGN_OR_RETURN(auto writer, DataFileWriter::Make(store, target, options));
  for (const auto& batch : batches) DELTAIC_RETURN_IF_ERROR(writer->Write(batch));
  return writer->Finish();
}

inline std::unique_ptr<parquet::ParquetFileReader> OpenParquet(const ObjectStore& store,
                                                               const Add& add) {
  auto file = store.Open(PercentDecode(add.path), std::nullopt);
  if (!file.ok()) {
    ADD_FAILURE() << file.status();
    return nullptr;
  }
  return parquet::ParquetFileReader::Open(*file);
}

inline std::shared_ptr<arrow::Table> ReadParquet(const ObjectStore& store, const Add& add) {
  auto parquet_reader = OpenParquet(store, add);
  if (parquet_reader == nullptr) return nullptr;
  auto reader =
      parquet::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(parquet_reader));
  if (!reader.ok()) {
    ADD_FAILURE() << reader.status().ToString();
    return nullptr;
  }
  auto table = (*reader)->ReadTable();
  if (!table.ok()) ADD_FAILURE() << table.status().ToString();
  return table.ok() ? *(*table)->CombineChunks() : nullptr;
}

inline int64_t CountObjects(const ObjectStore& store) {
  int64_t count = 0;
  const Status status = store.ListRecursive("", [&](const ObjectMeta&) {
    ++count;
    return Status();
  });
  EXPECT_TRUE(status.ok()) << status;
  return count;
}

}  // namespace deltaic::testing
