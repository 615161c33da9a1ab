#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/file_stats.h"
#include "protocol/schema.h"
#include "protocol/stats_scanner.h"

namespace deltaic {

/// A leaf column of a table, as its statistics know it.
struct StatsLeaf {
  std::vector<std::string> physical_names;  ///< from the root
  StructField field;
  bool has_bounds = false;  ///< a type with an order; others have null counts alone
  bool Has(StatsScanner::Part part) const { return part == StatsScanner::kNullCount || has_bounds; }
};

/// Statistics of some files as columns.
class StatsArrays {
 public:
  explicit StatsArrays(arrow::ArrayVector arrays) : arrays_(std::move(arrays)) {}
  const std::shared_ptr<arrow::Array>& num_records() const {
    return arrays_[StatsScanner::kNumRecords];
  }
  /// nullptr where the leaf has no such part.
  const std::shared_ptr<arrow::Array>& part(size_t leaf, StatsScanner::Part part) const {
    return arrays_[StatsScanner::TextIndex(leaf, part)];
  }

 private:
  arrow::ArrayVector arrays_;
};

/// Turns `add.stats` of many files into columns, without an object for each file. Immutable: safe
/// from any thread.
class StatsReader {
 public:
  StatsReader(const Schema& physical_schema, std::vector<StatsLeaf> leaves);

  const std::vector<StatsLeaf>& leaves() const { return leaves_; }
  /// \param texts  null where a file has no statistics; nothing is known of such as do not parse.
  Result<StatsArrays> Read(const arrow::StringArray& texts) const;

 private:
  class Rows;

  std::vector<StatsLeaf> leaves_;
  FileStatsParser parser_;
  StatsScanner scanner_;
};

}  // namespace deltaic
