#pragma once

#include <functional>
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

/// Gives what a folder holds, of a large one a part at a time. A folder that is absent, or none, is
/// empty. Only names >= `start_name` are looked at. `visit` may stop the listing with an error.
Status VisitLocalFolder(const std::string& folder, std::string_view start_name,
                        const std::function<Status(FolderEntries)>& visit);

/// All that VisitLocalFolder() gives.
Result<FolderEntries> ListLocalFolder(const std::string& folder, std::string_view start_name);

}  // namespace deltaic
