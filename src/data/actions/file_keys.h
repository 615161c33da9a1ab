#pragma once

#include <arrow/type_fwd.h>

#include <string>
#include <string_view>
#include <vector>

namespace deltaic {

/// The keys of a batch's logical files as views: path as written, and deletion vector id (empty for
/// none). The views live as long as the arrays and this object.
struct FileKeyColumns {
  std::vector<std::string_view> paths;
  std::vector<std::string_view> dv_ids;
  std::string dv_text;  ///< what `dv_ids` points into

  /// \param paths  utf8.
  /// \param deletion_vectors  the struct column of AddBatchSchema, or nullptr if no file has one.
  FileKeyColumns(const arrow::Array& paths, const arrow::Array* deletion_vectors);
  FileKeyColumns(const FileKeyColumns&) = delete;
  FileKeyColumns& operator=(const FileKeyColumns&) = delete;
};

}  // namespace deltaic
