#pragma once

#include <memory>
#include <string>

#include "storage/object_store.h"

namespace deltaic {

/// Objects in memory; dies with its last owner. `last_modified` is the time of the put.
std::shared_ptr<ObjectStore> MakeMemoryStore(std::string root_uri = "memory:///");

}  // namespace deltaic
