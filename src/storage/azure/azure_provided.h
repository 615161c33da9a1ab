#pragma once

#include <memory>

#include "storage/azure/azure_credentials.h"
#include "storage/login/fresh_options.h"

namespace deltaic {

/// Credentials that somebody else hands out: an account key, a SAS or a token. They are asked for
/// again before they expire, and once more where Azure does not take them.
std::shared_ptr<AzureCredentials> MakeProvidedAzureCredentials(OptionsProvider provider,
                                                               const AzureEndpoint& endpoint);

}  // namespace deltaic
