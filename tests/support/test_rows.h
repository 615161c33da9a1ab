#pragma once

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "data/actions/file_actions.h"
#include "support/data_file_rows.h"
#include "table/snapshot.h"

/// Small tables of (id long, day string) for tests of the write path.
namespace deltaic::testing {

inline std::shared_ptr<arrow::Schema> RowSchema() {
  return arrow::schema({arrow::field("id", arrow::int64()), arrow::field("day", arrow::utf8())});
}

/// Rows with these ids, all of one day.
inline std::shared_ptr<arrow::RecordBatchReader> RowsOfDay(const std::vector<int64_t>& ids,
                                                           const std::string& day) {
  arrow::Int64Builder id_builder;
  arrow::StringBuilder day_builder;
  for (const int64_t id : ids) {
    EXPECT_TRUE(id_builder.Append(id).ok() && day_builder.Append(day).ok());
  }
  const auto batch = arrow::RecordBatch::Make(RowSchema(), static_cast<int64_t>(ids.size()),
                                              {*id_builder.Finish(), *day_builder.Finish()});
  return *arrow::RecordBatchReader::Make({batch}, RowSchema());
}

inline std::shared_ptr<arrow::RecordBatchReader> Rows(const std::vector<int64_t>& ids) {
  return RowsOfDay(ids, "mon");
}

/// The live files of a snapshot.
inline std::vector<Add> LiveFiles(const SnapshotPtr& snapshot) {
  std::vector<Add> adds;
  auto stream = snapshot->ListFiles(FileListOptions());
  EXPECT_TRUE(stream.ok()) << stream.status();
  while (stream.ok()) {
    auto batch = (*stream)->Next();
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (!batch.ok() || *batch == nullptr) break;
    for (int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      adds.push_back(AddFromBatch(**batch, row));
    }
  }
  return adds;
}

/// The `id` of every row of a snapshot, read from its data files, ascending.
inline std::vector<int64_t> ReadIds(const SnapshotPtr& snapshot) {
  auto spec = std::make_shared<DataReadSpec>();
  spec->table_schema = snapshot->schema();
  spec->partition_columns = snapshot->metadata().partition_columns;
  spec->column_mapping = snapshot->column_mapping();
  spec->columns = {"id"};
  std::vector<int64_t> ids;
  for (const Add& add : LiveFiles(snapshot)) {
    auto reader = DataFileRows::Open(snapshot->store(), spec,
                                     DataFile{.path = add.path,
                                              .size_bytes = add.size,
                                              .partition_values = add.partition_values,
                                              .deletion_vector = add.deletion_vector});
    EXPECT_TRUE(reader.ok()) << reader.status();
    while (reader.ok()) {
      auto batch = reader->Next();
      EXPECT_TRUE(batch.ok()) << batch.status();
      if (!batch.ok() || *batch == nullptr) break;
      const auto column = std::static_pointer_cast<arrow::Int64Array>((*batch)->column(0));
      for (int64_t row = 0; row < column->length(); ++row) ids.push_back(column->Value(row));
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// Paths of all objects of the store outside the log.
inline std::set<std::string> DataObjects(const ObjectStore& store) {
  std::set<std::string> paths;
  const Status status = store.ListRecursive("", [&](const ObjectMeta& object) {
    if (!object.path.starts_with("_delta_log/")) paths.insert(object.path);
    return Status();
  });
  EXPECT_TRUE(status.ok()) << status;
  return paths;
}

}  // namespace deltaic::testing
