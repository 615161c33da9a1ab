#pragma once

#include <memory>
#include <string>

#include "storage/object_store.h"

namespace deltaic {

/// A folder on a local disk. PutIfAbsent writes an unnamed temporary file (O_TMPFILE; a dot-file
/// where the file system has none), syncs it, links it to its name and syncs the folder, so that a
/// commit exists whole or not at all, also after a power cut.
/// \param root  absolute or relative path; need not exist yet.
Result<std::shared_ptr<ObjectStore>> MakeLocalStore(std::string root);

}  // namespace deltaic
