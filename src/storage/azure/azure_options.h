#pragma once

#include <map>
#include <string>

#include "base/status.h"
#include "net/client_options.h"
#include "net/option_set.h"
#include "net/url.h"
#include "storage/azure/azure_location.h"

namespace deltaic {

/// Where requests to a container go.
struct AzureEndpoint {
  Url url;  ///< of the service: "https://acc.blob.core.windows.net/", "http://host:port/account/"
  std::string account;  ///< "" where neither URI nor options name it
  std::string container;
};

/// All names under which an option of Azure is known: those of the `deltalake` package.
std::vector<OptionKey> AzureOptionKeys();

/// The options given and those of the environment (`AZURE_…`, and the few that Azure itself names
/// otherwise). \retval kInvalidArgument  an unknown name; says the nearest.
Result<OptionSet> ReadAzureOptions(const std::map<std::string, std::string>& given,
                                   const Environment& environment);

/// \retval kInvalidArgument  the account is named nowhere, or an endpoint is no URL.
/// \retval kUnsupported  a kind of endpoint that this build has no code for.
Result<AzureEndpoint> FindAzureEndpoint(const AzureLocation& location, const OptionSet& options);

}  // namespace deltaic
