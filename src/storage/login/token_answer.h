#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_client.h"
#include "storage/login/token_cache.h"

namespace deltaic {

/// A token from what a service answered: `access_token` with `expires_in` or `expires_on`, or
/// `accessToken` with `expireTime` (Google) or `expires_on` (the Azure CLI).
/// \param now_seconds  since 1970.
/// \retval kIo  no such JSON; the message does not repeat it.
Result<AccessToken> ParseTokenAnswer(std::string_view json, int64_t now_seconds);

/// A member of a JSON object that is a text.
std::optional<std::string> JsonText(std::string_view json, std::string_view member);

/// Fields of a form, to be sent as application/x-www-form-urlencoded.
using FormFields = std::vector<std::pair<std::string, std::string>>;

/// A POST of a form; its body is to be added.
HttpRequest FormRequest(Url url);

/// Asks a service for a token. \param what  for messages: "asking https://host for a token".
/// \retval kPermissionDenied  it says no (status 400 to 499), with its reason.
/// \retval kUnavailable  it cannot be reached, or says 429 or 500 to 599.
Result<AccessToken> RequestToken(const HttpClient& client, const HttpRequest& request,
                                 std::string_view what, const IoContext& context);

/// A file, of at most 1 MiB. \retval kInvalidArgument  it cannot be read.
/// \param name  of the option that names it, for messages.
Result<std::string> ReadCredentialFile(const std::string& path, std::string_view name);

}  // namespace deltaic
