#pragma once

#include <functional>
#include <string_view>

#include "net/http_client.h"

namespace deltaic {

/// Sends a request, and gives its answer where `check` finds nothing wrong with it.
/// \param doing  what it is for, before errors: "reading s3://bucket/key".
Result<HttpResponse> SendChecked(const HttpClient& client, const HttpRequest& request,
                                 const RequestPolicy& policy, const IoContext& context,
                                 std::string_view doing,
                                 const std::function<Status(const HttpResponse& response)>& check);

}  // namespace deltaic
