#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/file_stats.h"
#include "protocol/schema.h"
#include "table/snapshot.h"

namespace deltaic {

/// Turns batches of adds (with path, partitionValues, size, modificationTime and stats) into typed
/// columns: see FileTableFormat::kActions. Immutable: safe from any thread.
class StatsColumns {
 public:
  /// \param flat  a column each instead of structs.
  static Result<std::shared_ptr<const StatsColumns>> Make(const Snapshot& snapshot, bool flat);

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  /// \retval kCorruption  statistics or partition values that do not parse, naming the file.
  Result<std::shared_ptr<arrow::RecordBatch>> Convert(const arrow::RecordBatch& adds) const;

 private:
  /// A leaf column of the schema: where its statistics are, and what they are called.
  struct Leaf {
    std::vector<std::string> names;           ///< logical, from the root
    std::vector<std::string> physical_names;  ///< as in the statistics
    DataTypePtr type;
    bool has_bounds;  ///< a type with an order; others have null counts alone
  };
  struct PartitionColumn {
    std::string name, physical_name;
    DataTypePtr type;
  };
  enum class Kind { kNullCount, kMin, kMax };

  /// Fields and, where rows are at hand, arrays of one kind of statistics, in schema order.
  struct Columns {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    void Append(std::shared_ptr<arrow::Field> field, std::shared_ptr<arrow::Array> array);
  };

  /// The statistics of each row, and what they say of each leaf: nullptr where nothing.
  struct ParsedStats {
    std::vector<FileStats> files;
    std::vector<const ColumnStats*> columns;  ///< of row r and leaf l at r * leaves + l
  };

  StatsColumns() = default;
  void AddLeaves(const Schema& schema, bool top_level, const std::vector<std::string>& names,
                 const std::vector<std::string>& physical_names);
  Result<ParsedStats> ParseStats(const arrow::RecordBatch& adds) const;
  /// One array a leaf that has `kind`.
  Result<Columns> LeafColumns(Kind kind, const ParsedStats* stats) const;
  /// The same, flat or nested like the schema, called null_count, min or max.
  Status AppendStats(Kind kind, const ParsedStats* stats, Columns* out) const;
  Status AppendPartitions(const arrow::RecordBatch* adds, Columns* out) const;
  Result<Columns> PartitionArrays(const arrow::RecordBatch* adds) const;
  /// All columns; without `adds` their fields alone.
  Result<Columns> AllColumns(const arrow::RecordBatch* adds) const;
  bool Has(const Leaf& leaf, Kind kind) const {
    return kind == Kind::kNullCount || leaf.has_bounds;
  }

  bool flat_ = false;
  bool mapped_ = false;  ///< column mapping: statistics and partition values go by physical names
  std::vector<Leaf> leaves_;
  std::optional<FileStatsParser> parser_;  ///< of the leaves; set by Make
  std::vector<PartitionColumn> partitions_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace deltaic
