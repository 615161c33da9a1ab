#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/http_client.h"
#include "storage/azure/azure_options.h"
#include "storage/azure/azure_signature.h"
#include "storage/login/token_cache.h"

namespace deltaic {

/// How requests to Azure are logged in. Safe from any thread.
class AzureCredentials {
 public:
  virtual ~AzureCredentials() = default;

  /// Puts the credentials into a request that is complete but for them. May ask a service for a
  /// token. Errors are for users.
  virtual Status Authorize(HttpRequest& request, const IoContext& context) = 0;

  /// Azure did not take the credentials of `attempt`. \return true if another try may fare better.
  virtual bool Refused(const HttpRequest& /*attempt*/, const HttpResponse& /*response*/) {
    return false;
  }
};

/// The credentials that the options give, those given with the call before those of the
/// environment. Of several: bearer token, account key, workload identity, client secret, SAS, Azure
/// CLI, and where there is nothing else, the machine's managed identity; `azure_credential_type`
/// names one.
/// \retval kInvalidArgument  one is none, or half of it is missing. Nothing is repeated.
/// \retval kUnsupported  a kind that this build has no code for.
Result<std::shared_ptr<AzureCredentials>> MakeAzureCredentials(
    const OptionSet& options, const AzureEndpoint& endpoint,
    std::shared_ptr<HttpTransport> transport, const RetrySettings& retry);

}  // namespace deltaic
