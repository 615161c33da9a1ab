#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deltaic {

/// True for what VACUUM never looks at: paths with a part that begins with '_' or '.', other than
/// `_change_data`, `_delta_index` and folders of partitions, and what Iceberg keeps in `metadata`,
/// but for data files. As the reference does it.
/// \param path  below the table's root, decoded.
/// \param partition_columns  by every name that a folder may have of them.
bool IsHiddenPath(std::string_view path, const std::vector<std::string>& partition_columns);

}  // namespace deltaic
