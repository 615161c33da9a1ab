#pragma once

#include <memory>
#include <string>

#include "storage/remote/remote_backend.h"

namespace deltaic {

/// Writes one object: whole at Close() while it is short, else in parts that go out, several at
/// once, while more is written. Its stream's Flush() says that the object will be long.
std::unique_ptr<ObjectWriter> MakeRemoteWriter(std::shared_ptr<RemoteBackend> backend,
                                               std::string key, IoContext context);

}  // namespace deltaic
