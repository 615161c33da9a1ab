#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"
#include "table/snapshot.h"
#include "table/stats_reader.h"

namespace deltaic {

/// Turns batches of adds (with path, partitionValues, size, modificationTime and stats) into typed
/// columns: see FileTableFormat::kActions. Immutable: safe from any thread.
class StatsColumns {
 public:
  enum class Form {
    kStructs,   ///< by logical names
    kFlat,      ///< a column each instead of structs
    kPhysical,  ///< structs by the names that the log has
  };
  static Result<std::shared_ptr<const StatsColumns>> Make(const Snapshot& snapshot, Form form);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  /// \retval kCorruption  statistics or partition values that do not parse, naming the file.
  Result<std::shared_ptr<arrow::RecordBatch>> Convert(const arrow::RecordBatch& adds) const;

 private:
  using Part = StatsScanner::Part;

  struct PartitionColumn {
    std::string name, physical_name, shown_name;
    DataTypePtr type;
  };

  /// Fields and, where rows are at hand, arrays of one kind of statistics, in schema order.
  struct Columns {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    void Append(std::shared_ptr<arrow::Field> field, std::shared_ptr<arrow::Array> array);
  };

  StatsColumns() = default;
  void AddLeaves(const Schema& schema, const std::vector<std::string>& names,
                 const std::vector<std::string>& physical_names, std::vector<StatsLeaf>& leaves);
  /// One column a leaf that has `part`.
  Result<Columns> LeafColumns(Part part, const StatsArrays* stats) const;
  /// The same, flat or nested like the schema, called null_count, min or max.
  Status AppendStats(Part part, const StatsArrays* stats, Columns* out) const;
  Status AppendPartitions(const arrow::RecordBatch* adds, Columns* out) const;
  Result<Columns> PartitionArrays(const arrow::RecordBatch* adds) const;
  /// All columns; without `adds` their fields alone.
  Result<Columns> AllColumns(const arrow::RecordBatch* adds) const;

  Form form_ = Form::kStructs;
  bool mapped_ = false;  ///< column mapping: statistics and partition values go by physical names
  std::vector<std::vector<std::string>> names_;  ///< of the leaves, from the root, as shown
  std::optional<StatsReader> reader_;            ///< of the leaves; set by Make
  std::vector<PartitionColumn> partitions_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace deltaic
