#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/http_message.h"
#include "storage/remote/remote_backend.h"

namespace deltaic {

/// A resumable upload: chunks in their order, each saying where it belongs. Parts that come out of
/// turn wait for theirs.
/// \param send  sends a PUT with these headers and this body, or another method without body, to
/// the upload's session, and gives whatever answer comes.
/// \param where  of the object, for messages.
std::unique_ptr<RemoteUpload> MakeGcsUpload(
    std::function<Result<HttpResponse>(HttpRequest request, const IoContext& context)> send,
    std::string where);

}  // namespace deltaic
