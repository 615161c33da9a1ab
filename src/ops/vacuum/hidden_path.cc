#include "ops/vacuum/hidden_path.h"

#include <algorithm>

namespace deltaic {
namespace {

bool IsHiddenName(std::string_view name, const std::vector<std::string>& partition_columns) {
  if (!name.starts_with('_') && !name.starts_with('.')) return false;
  if (name.starts_with("_change_data") || name.starts_with("_delta_index")) return false;
  return std::ranges::none_of(partition_columns, [&](const std::string& column) {
    return name.size() > column.size() && name.starts_with(column) && name[column.size()] == '=';
  });
}

/// Of the Iceberg table that this one was converted from, or that reads it.
bool IsIcebergMetadata(std::string_view path) {
  return path.starts_with("metadata/") && !path.ends_with(".parquet");
}

}  // namespace

bool IsHiddenPath(std::string_view path, const std::vector<std::string>& partition_columns) {
  if (IsIcebergMetadata(path)) return true;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    if (IsHiddenName(path.substr(0, slash), partition_columns)) return true;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return false;
}

}  // namespace deltaic
