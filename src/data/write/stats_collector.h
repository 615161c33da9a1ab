#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/parquet/leaf_levels.h"
#include "data/write/data_file_layout.h"
#include "protocol/file_stats.h"

namespace parquet {
class FileMetaData;
}

namespace deltaic {

/// Gathers the statistics of one data file while it is encoded. Bounds of integers, dates,
/// timestamps, decimals and strings are those that the Parquet writer computes anyway. It drops
/// long strings and passes over NaN, so batches with long strings, and floats, are looked at here.
///
/// Observe() may run at once for different leaves.
class StatsCollector {
 public:
  explicit StatsCollector(const DataFileLayout& layout);

  /// Takes in what is written to leaf column number `leaf`.
  void Observe(size_t leaf, const LeafLevels& levels);

  /// The file's statistics. Bounds are exact, but strings, which are cut to a prefix far longer
  /// than `kStatsStringPrefix`.
  FileStats Finish(const parquet::FileMetaData& metadata) const;

 private:
  struct Leaf {
    int64_t null_count = 0;
    // Floats and doubles.
    bool has_number = false;  ///< a value that is not NaN
    bool has_nan = false;
    double min_number = 0;
    double max_number = 0;
    // Strings of batches with long ones: a bound that Parquet drops is one of them.
    void AddText(std::string_view text);
    bool has_text = false;
    std::string min_text;
    std::string max_text;
  };

  template <typename ArrayType>
  static void ObserveNumbers(const arrow::Array& values, Leaf& leaf);
  static void ObserveStrings(const arrow::Array& values, Leaf& leaf);
  void SetBounds(size_t leaf, const parquet::FileMetaData& metadata, ColumnStats& stats) const;

  const DataFileLayout& layout_;
  std::vector<Leaf> leaves_;
};

}  // namespace deltaic
