#pragma once

#include <optional>
#include <string>

#include "data/write/data_file_layout.h"
#include "protocol/file_stats.h"

namespace deltaic {

/// Widens the bounds of `column` to those of other rows. What one of the two does not know, nobody
/// knows then, unless one has no values at all.
/// \param rows, other_rows  how many each speaks of, where it is known.
void JoinColumnStats(ColumnStats& column, std::optional<int64_t> rows, const ColumnStats& other,
                     std::optional<int64_t> other_rows);

/// The statistics of all rows that the two speak of.
FileStats JoinStats(FileStats stats, const FileStats& other);

/// Parses `add.stats` as far as the layout describes columns; nothing is known of what does not
/// parse.
FileStats ParseDescribed(std::string_view stats, const DataFileLayout& layout);

}  // namespace deltaic
