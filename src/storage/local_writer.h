#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "storage/object_store.h"

namespace deltaic {

/// Starts a file that appears as `folder`/`name` at Close, replacing what is there. Small writes
/// are gathered, large ones go to the file as they are.
Result<std::unique_ptr<ObjectWriter>> CreateLocalFile(std::string folder, std::string name);

}  // namespace deltaic
