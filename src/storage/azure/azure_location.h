#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic {

/// Where the URI of an Azure table leads. What the URI does not say is "".
struct AzureLocation {
  std::string account;
  std::string container;
  /// The table's folder within the container, decoded, no '/' at its ends; "" is the container.
  std::string folder;
  /// Of a host that the URI names: "core.windows.net", "fabric.microsoft.com", …
  std::string host_suffix;
  /// The URI for messages: no '/' at the end, no query, no password.
  std::string root_uri;

  bool is_fabric() const { return host_suffix == "fabric.microsoft.com"; }
};

/// Whether a URI is one of Azure's: `abfs[s]://C@A.dfs.core.windows.net/…` (also `.blob.`, other
/// clouds, `.fabric.microsoft.com`), `az://C/…`, `abfs[s]://C/…`, `adl://C/…`, `azure://C/…`,
/// `https://A.{dfs,blob}.…/C/…`.
bool IsAzureUri(std::string_view uri);

/// \param uri  one that IsAzureUri() takes.
/// \retval kInvalidArgument  no container, a host that is not Azure's, a query (a SAS belongs into
/// the options); the message repeats no query.
Result<AzureLocation> ParseAzureUri(std::string_view uri);

/// Ok for a name that accounts can have: letters, digits and '-' (the emulator's and OneLake's).
/// \retval kInvalidArgument
Status CheckAzureAccount(std::string_view account);

}  // namespace deltaic
