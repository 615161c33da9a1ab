#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "storage/object_store.h"

namespace deltaic {

/// Who finds a file by its name.
enum class NameUse {
  kUnannounced,  ///< nobody before Close() returned: see ObjectStore::Create()
  kListed,       ///< whoever lists the folder: see ObjectStore::CreateListed()
};

/// Starts a file that appears as `folder`/`name` at Close, replacing what is there. Small writes
/// are gathered, large ones go to the file as they are.
Result<std::unique_ptr<ObjectWriter>> CreateLocalFile(std::string folder, std::string name,
                                                      NameUse use);

}  // namespace deltaic
