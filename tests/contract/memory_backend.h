#pragma once

#include <memory>

#include "storage/remote/remote_backend.h"

namespace deltaic::testing {

/// A far store's objects in memory: pages of two keys, parts of 64 KiB, ETags.
std::shared_ptr<RemoteBackend> MakeMemoryBackend();

}  // namespace deltaic::testing
