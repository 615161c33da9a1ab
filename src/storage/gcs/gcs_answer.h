#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "storage/remote/remote_backend.h"

namespace deltaic {

/// Parses the answer to Objects: list; an object's generation is its `etag`.
/// \retval kIo  not such an answer.
Result<RemotePage> ParseGcsListPage(std::string_view json);

/// Parses one object's resource, which Objects: get answers. \retval kIo
Result<RemoteObject> ParseGcsObject(std::string_view json);

/// A refusal as a Status.
/// \param status  the HTTP status, 300 or more.  \param body  of the answer.
/// \param what  "reading gs://b/t/x".
Status GcsStatus(int status, std::string_view body, std::string_view what);

}  // namespace deltaic
