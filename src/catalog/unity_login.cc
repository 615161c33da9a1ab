#include "catalog/unity_login.h"

#include <vector>

#include "base/ascii.h"
#include "base/made_once.h"
#include "net/digest.h"
#include "storage/login/token_answer.h"

namespace deltaic {
namespace {

/// Databricks, as Entra ID knows it in every tenant.
constexpr std::string_view kDatabricksScope = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default";

/// Of the workspace: OAuth of machine to machine.
TokenCache::Fetch WorkspaceToken(const std::string& id, const std::string& secret, Url host,
                                 const HttpClient& client) {
  host.path = "/oidc/v1/token";
  return [=](const IoContext& context) {
    const std::string body =
        FormatQuery({{"grant_type", "client_credentials"}, {"scope", "all-apis"}});
    HttpRequest request = FormRequest(host);
    request.headers.Add("Authorization", Concat("Basic ", Base64Encode(Concat(id, ':', secret))));
    request.body = body;
    return RequestToken(client, request, Concat("asking ", host.Origin(), " for a token"), context);
  };
}

Result<TokenCache::Fetch> EntraToken(const OptionSet& options, const std::string& id,
                                     const std::string& secret, const HttpClient& client) {
  Result<Url> url =
      ParseUrl(options.Get("unity_authority_host", "https://login.microsoftonline.com"));
  if (!url.ok()) return url.status().WithContext("storage option unity_authority_host");
  if (!url->path.ends_with('/')) url->path += '/';
  url->path += Concat(UriEncode(options.Get("unity_authority_id"), /*keep_slash=*/false),
                      "/oauth2/v2.0/token");
  return TokenCache::Fetch([=, url = *std::move(url)](const IoContext& context) {
    const std::string body = FormatQuery({{"grant_type", "client_credentials"},
                                          {"client_id", id},
                                          {"client_secret", secret},
                                          {"scope", std::string(kDatabricksScope)}});
    HttpRequest request = FormRequest(url);
    request.body = body;
    return RequestToken(client, request, Concat("asking ", url.Origin(), " for a token"), context);
  });
}

}  // namespace

std::span<const OptionKey> UnityOptionKeys() {
  return MadeOnce([] {
    return std::vector<OptionKey>{
        {"databricks_host",
         {"databricks_workspace_url", "unity_workspace_url", "unity_host", "workspace_url",
          "host"}},
        {"databricks_token",
         {"databricks_access_token", "unity_access_token", "unity_token", "access_token", "token"}},
        {"unity_client_id", {"databricks_client_id", "client_id"}},
        {"unity_client_secret", {"databricks_client_secret", "client_secret"}},
        {"unity_authority_id", {"databricks_authority_id", "authority_id"}},
        {"unity_authority_host", {"databricks_authority_host", "authority_host"}},
        {"unity_msi_endpoint", {"databricks_msi_endpoint", "msi_endpoint"}},
        {"unity_msi_resource_id", {"databricks_msi_resource_id", "msi_resource_id"}},
        {"unity_object_id", {"databricks_object_id", "object_id"}},
        {"unity_federated_token_file", {"databricks_federated_token_file", "federated_token_file"}},
        {"unity_use_azure_cli", {"databricks_use_azure_cli", "use_azure_cli"}},
        {"unity_allow_http_url", {"allow_http_url"}},
    };
  });
}

Result<std::shared_ptr<TokenCache>> MakeUnityLogin(const OptionSet& options, const Url& host,
                                                   const HttpClient& client) {
  const std::string token(TrimSpace(options.Get("databricks_token")));
  if (!token.empty()) {
    return std::make_shared<TokenCache>(
        [token](const IoContext&) -> Result<AccessToken> { return AccessToken{token, {}}; });
  }
  const std::string id = options.Get("unity_client_id");
  const std::string secret = options.Get("unity_client_secret");
  if (id.empty() != secret.empty()) {
    return Status::InvalidArgument("storage option ",
                                   id.empty() ? "databricks_client_id" : "databricks_client_secret",
                                   " is missing; give both, or databricks_token");
  }
  if (!id.empty() && !options.Find("unity_authority_id"))
    return std::make_shared<TokenCache>(WorkspaceToken(id, secret, host, client));
  if (!id.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(TokenCache::Fetch fetch, EntraToken(options, id, secret, client));
    return std::make_shared<TokenCache>(std::move(fetch));
  }
  for (const std::string_view other :
       {"unity_federated_token_file", "unity_msi_endpoint", "unity_msi_resource_id",
        "unity_object_id", "unity_use_azure_cli"}) {
    if (!options.Find(other)) continue;
    return Status::Unsupported(
        "storage option ", other,
        ": this build logs in to Unity Catalog by databricks_token, or by databricks_client_id and "
        "databricks_client_secret");
  }
  return std::shared_ptr<TokenCache>();
}

}  // namespace deltaic
