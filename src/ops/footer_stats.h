#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "protocol/file_stats.h"
#include "protocol/schema.h"

namespace parquet {
class ColumnDescriptor;
class FileMetaData;
}  // namespace parquet

namespace deltaic {

/// A leaf column of a file that statistics are wanted of.
struct FooterLeaf {
  std::vector<std::string> path;  ///< physical names from the root
  DataTypePtr type;               ///< of its values; primitive
};

/// Finds the leaf that a column of a file is; nullopt where nothing is to be said of it.
using LeafOfColumn = std::function<std::optional<FooterLeaf>(const parquet::ColumnDescriptor&)>;

/// What the footer tells of a file that another writer has made: its rows, nulls, and bounds where
/// they are those of Delta's values: of integers, dates, decimals, times in microseconds, texts.
FileStats StatsOfFooter(const parquet::FileMetaData& metadata, const LeafOfColumn& leaf);

}  // namespace deltaic
