#pragma once

#include <memory>

#include "net/client_options.h"
#include "net/http_transport.h"

namespace deltaic {

/// HTTP/1.1 by libcurl, over connections that are kept for the next request. Loads libcurl at the
/// first request. A child of a fork opens connections of its own.
///
/// One for all who have the same `options` in this process, so that tables share connections.
std::shared_ptr<HttpTransport> SharedCurlTransport(const ClientOptions& options);

}  // namespace deltaic
