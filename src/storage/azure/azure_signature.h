#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "net/http_message.h"

namespace deltaic {

/// Names and values, not encoded.
using NameValues = std::vector<std::pair<std::string, std::string>>;

/// What SharedKey signs; the length is that of the body. Source: "Authorize with Shared Key" of
/// Azure's REST API, version 2009-09-19 and later.
std::string AzureStringToSign(const HttpRequest& request, std::string_view account);

/// The value of `Authorization`.
/// \param key  the account's key, decoded.
Result<std::string> AzureSharedKey(const HttpRequest& request, std::string_view account,
                                   std::string_view key);

/// The bytes of an account's key. \retval kInvalidArgument  not base64; the message does not repeat
/// it.
Result<std::string> DecodeAzureKey(std::string_view base64);

/// A shared access signature's parameters, to be added to each request.
/// \param text  as people paste it: percent-encoded or not, with or without '?' before it.
/// \retval kInvalidArgument  it has no `sig`; the message does not repeat it.
Result<NameValues> ParseSasToken(std::string_view text);

}  // namespace deltaic
