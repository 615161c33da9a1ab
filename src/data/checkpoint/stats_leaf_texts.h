#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/checkpoint/leaf_array_reader.h"
#include "data/checkpoint/parquet_leaf.h"

namespace deltaic {

/// What a leaf of `add.stats_parsed` says of a file or a column.
enum class StatsRole { kCount, kFlag, kMin, kMax };

/// Reads one leaf of `add.stats_parsed`, rows chosen by the caller, going forward: each value as
/// the JSON scalar that `add.stats` has for it. One thread at a time.
/// Source: PROTOCOL.md, "Per-file Statistics".
class StatsLeafTexts {
 public:
  virtual ~StatsLeafTexts() = default;

  /// nullptr where values of the leaf's type say nothing in that role. A bound says only what is
  /// true whatever the table's type is, since that may be wider than the leaf's.
  static std::unique_ptr<StatsLeafTexts> Make(const RowGroupPlace& source, const ParquetLeaf& leaf,
                                              StatsRole role);

  /// Reads `rows`, which lie behind those of earlier calls. Damage throws
  /// parquet::ParquetException.
  virtual void Read(const RowRanges& rows) = 0;

  /// Of the i-th row read last; empty where nothing is known. Good until the next Read().
  std::string_view Text(int64_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[static_cast<size_t>(i) - 1];
    return std::string_view(texts_).substr(begin, ends_[static_cast<size_t>(i)] - begin);
  }

 protected:
  std::string texts_;         ///< one after another
  std::vector<size_t> ends_;  ///< of each row's text
};

}  // namespace deltaic
