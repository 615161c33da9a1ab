#pragma once

#include <functional>
#include <memory>

#include "net/http_message.h"
#include "storage/remote/remote_backend.h"

namespace deltaic {

/// A block blob being put: blocks in any order, which a list then makes a blob of.
/// \param send  sends a PUT with this query and body to the blob.
std::unique_ptr<RemoteUpload> MakeAzureUpload(
    std::function<Status(HttpRequest part, const IoContext& context)> send);

}  // namespace deltaic
