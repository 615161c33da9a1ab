#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "protocol/actions.h"

namespace deltaic {

/// What files were written for: a line of a file list of its own.
struct FileListOrigin {
  std::string table_id;  ///< of the metadata
  Version version;       ///< whose columns and rules the rows keep
};

/// Files that are in a table's folder and that no commit names yet, as one process hands them to
/// another. As text: JSON lines, `{"writtenFor":{"tableId":"...","version":3}}` where the writer
/// was this library, and actions as the log has them. Lists may be put together as texts.
struct FileList {
  std::vector<FileListOrigin> origins;
  std::vector<Add> adds;
  std::vector<Remove> removes;  ///< of live files; of them path and data_change count
};

/// \retval kInvalidArgument  naming the line that is none of these.
Result<FileList> ParseFileList(std::string_view json_lines);

/// One list of adds of one origin.
std::string FormatFileList(const FileListOrigin& origin, const std::vector<Add>& adds);

}  // namespace deltaic
