#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "storage/object_store.h"

namespace deltaic {

/// What one folder holds, each name once and in no order. Named temporary files are left out.
struct FolderEntries {
  std::vector<ObjectMeta> files;     ///< `path` is the name alone
  std::vector<std::string> folders;  ///< links to folders left out
};

/// Lists a folder; one that is absent, or no folder, is empty. Only names >= `start_name` are
/// looked at.
Result<FolderEntries> ListLocalFolder(const std::string& folder, std::string_view start_name);

}  // namespace deltaic
