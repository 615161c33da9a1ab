#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/write/data_file_layout.h"
#include "data/write/row_group_copy.h"
#include "protocol/file_stats.h"

namespace deltaic {

/// What is known of chunks that stand in for those of the file that was copied.
struct ReplacedStats {
  FileStats stats;          ///< of their rows
  bool everywhere = false;  ///< in every row group of the copy
};

/// Nulls of a leaf that is not repeated; unset where the copy's footer does not count them.
std::optional<int64_t> NullsOf(const CopiedFile& copy, const std::vector<std::string>& path);

/// The statistics of a copy without some rows, as JSON: what the log said of the file that it was
/// made of, without what no longer holds. Bounds of whole numbers and dates are exact, as readers
/// take them to be; those of texts, decimals and times, which are cut or rounded anyway, may be
/// wider than what is left.
/// \param before  the old file's `add.stats`, perhaps empty.
/// \param replaced  of the chunks that were replaced; nullptr: none were.
std::string StatsOfCopy(const CopiedFile& copy, std::string_view before,
                        const DataFileLayout& layout, const ReplacedStats* replaced = nullptr);

}  // namespace deltaic
