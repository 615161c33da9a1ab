#include "catalog/open_table_store.h"

#include <utility>
#include <vector>

#include "catalog/catalog_uri.h"
#include "catalog/glue_catalog.h"
#include "catalog/split_options.h"
#include "catalog/unity_catalog.h"
#include "catalog/unity_login.h"
#include "net/curl_transport.h"

namespace deltaic {
namespace {

/// Variables of both names that Unity Catalog's options have there.
Environment UnityEnvironment(const Environment& environment) {
  return [environment](const std::string& name) -> std::optional<std::string> {
    return name.starts_with("UNITY_") || name.starts_with("DATABRICKS_") ? environment(name)
                                                                         : std::nullopt;
  };
}

Result<OptionSet> ReadUnityOptions(const StorageOptions& given, const Environment& environment) {
  std::vector<OptionKey> keys(UnityOptionKeys().begin(), UnityOptionKeys().end());
  keys.insert(keys.end(), ClientOptionKeys().begin(), ClientOptionKeys().end());
  // No prefix: the environment lets pass what is Unity Catalog's.
  return OptionSet::Make(std::move(keys), "", given, UnityEnvironment(environment));
}

Result<Url> HostOf(const OptionSet& options) {
  std::string host = options.Get("databricks_host");
  if (host.empty()) {
    return Status::InvalidArgument(
        "a uc:// table needs the address of its catalog: set databricks_host, such as "
        "https://myworkspace.cloud.databricks.com");
  }
  if (host.find("://") == std::string::npos) host.insert(0, "https://");
  Result<Url> url = ParseUrl(host);
  if (!url.ok()) return url.status().WithContext("storage option databricks_host");
  if (!url->query.empty())
    return Status::InvalidArgument("storage option databricks_host has a query; leave it out");
  return url;
}

bool IsLocal(std::string_view location) {
  return location.starts_with("file:") || location.starts_with('/');
}

/// A catalog's word is no reason to read whatever: its places are URIs of storages.
Status CheckLocation(std::string_view location) {
  const bool is_uri = location.find("://") != std::string_view::npos || IsLocal(location);
  if (is_uri && !IsUnityUri(location) && !IsGlueUri(location)) return Status();
  return Status::Unsupported(
      "the catalog says that the table lies at something that is no place of a storage");
}

Result<std::shared_ptr<ObjectStore>> OpenUnity(std::string_view uri, const StorageOptions& given,
                                               const OptionsProvider& login,
                                               const IoContext& context) {
  DELTAIC_ASSIGN_OR_RETURN(const UnityName name, ParseUnityUri(uri));
  const OptionsOfBoth split = Split(given, UnityOptionKeys(), ClientOptionKeys());
  DELTAIC_ASSIGN_OR_RETURN(const OptionSet options,
                           ReadUnityOptions(split.catalog, ProcessEnvironment()));
  DELTAIC_ASSIGN_OR_RETURN(ClientOptions client_options, ReadClientOptions(options));
  DELTAIC_ASSIGN_OR_RETURN(const bool allow_http, options.GetBool("unity_allow_http_url", false));
  client_options.allow_http |= allow_http;
  DELTAIC_ASSIGN_OR_RETURN(const Url host, HostOf(options));
  const HttpClient client(SharedCurlTransport(client_options), client_options.retry);
  DELTAIC_ASSIGN_OR_RETURN(auto tokens, MakeUnityLogin(options, host, client));
  const auto catalog = std::make_shared<UnityCatalog>(host, std::move(tokens), client);
  DELTAIC_ASSIGN_OR_RETURN(const UnityTable table, catalog->Find(name, context));
  DELTAIC_RETURN_IF_ERROR(CheckLocation(table.location));
  if (IsLocal(table.location)) return OpenObjectStore(table.location, {});
  return OpenObjectStoreWith(login ? login : catalog->CredentialsOf(name, table), table.location,
                             split.storage);
}

Result<std::shared_ptr<ObjectStore>> OpenGlue(std::string_view uri, const StorageOptions& given,
                                              const OptionsProvider& login,
                                              const IoContext& context) {
  DELTAIC_ASSIGN_OR_RETURN(const GlueName name, ParseGlueUri(uri));
  DELTAIC_ASSIGN_OR_RETURN(const std::string location,
                           FindGlueTable(name, given, ProcessEnvironment(), login, context));
  DELTAIC_RETURN_IF_ERROR(CheckLocation(location));
  if (IsLocal(location)) return OpenObjectStore(location, {});
  return OpenObjectStoreWith(login, location, given);
}

}  // namespace

Result<std::shared_ptr<ObjectStore>> OpenTableStore(std::string_view uri,
                                                    const StorageOptions& options,
                                                    const OptionsProvider& login,
                                                    const IoContext& context) {
  if (IsUnityUri(uri)) return OpenUnity(uri, options, login, context);
  if (IsGlueUri(uri)) return OpenGlue(uri, options, login, context);
  return OpenObjectStoreWith(login, uri, options);
}

}  // namespace deltaic
