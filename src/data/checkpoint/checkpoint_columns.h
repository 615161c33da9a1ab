#pragma once

#include <arrow/type_fwd.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "data/checkpoint/checkpoint_file.h"
#include "data/checkpoint/leaf_array_reader.h"
#include "data/checkpoint/parquet_leaf.h"

namespace deltaic {

/// The columns of the struct `add` or `remove` in one row group of a checkpoint; each is opened
/// when it is first read. Damage throws parquet::ParquetException. One thread at a time.
class CheckpointColumns {
 public:
  enum class Kind { kText, kInt64, kInt32, kBool, kMap };

  CheckpointColumns(std::shared_ptr<const CheckpointFile> file, int row_group, std::string name)
      : file_(std::move(file)), row_group_(row_group), name_(std::move(name)) {}

  const CheckpointFile& file() const { return *file_; }

  /// The leaf, or nullopt where the row group has no value of it.
  Result<std::optional<ParquetLeaf>> Leaf(std::vector<std::string> path) const;
  Result<std::optional<MapColumn>> Map(const std::string& field) const;
  /// False where the row group is known to have no value of `leaf`.
  bool HasValues(const ParquetLeaf& leaf) const;
  Result<parquet::RowGroupReader*> Group();

  /// \param rows  not empty, behind those of earlier calls.
  /// \param purpose  tells apart two readers of one column that are at different rows.
  Result<std::shared_ptr<arrow::Array>> Read(const std::vector<std::string>& path, Kind kind,
                                             const RowRanges& rows, const char* purpose = "");
  Result<std::shared_ptr<arrow::Array>> ReadDeletionVectors(const RowRanges& rows,
                                                            const char* purpose = "");

 private:
  Result<std::unique_ptr<LeafArrayReader>> Make(const std::vector<std::string>& path, Kind kind,
                                                int64_t first_row);

  std::shared_ptr<const CheckpointFile> file_;
  int row_group_;
  std::string name_;
  std::shared_ptr<parquet::RowGroupReader> group_;
  std::map<std::pair<std::vector<std::string>, std::string>, std::unique_ptr<LeafArrayReader>>
      readers_;
};

}  // namespace deltaic
