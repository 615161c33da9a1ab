#include "storage/azure/azure_options.h"

namespace deltaic {
namespace {

// The emulator's account, which its documentation publishes.
constexpr std::string_view kEmulatorAccount = "devstoreaccount1";

/// An endpoint of the dfs service answers other requests; its blob service is beside it.
void UseBlobService(Url& url) {
  const size_t at = url.host.find(".dfs.");
  if (at != std::string::npos) url.host.replace(at, 5, ".blob.");
}

Result<Url> EndpointUrl(const std::string& text) {
  Result<Url> url = ParseUrl(text);
  if (!url.ok()) return url.status().WithContext("storage option azure_storage_endpoint");
  if (!url->query.empty()) {
    return Status::InvalidArgument(
        "storage option azure_storage_endpoint has a query; give a SAS token as "
        "azure_storage_sas_token");
  }
  UseBlobService(*url);
  if (!url->path.ends_with('/')) url->path += '/';
  return url;
}

Result<AzureEndpoint> Emulator(const OptionSet& options, AzureEndpoint out) {
  if (out.account.empty()) out.account = kEmulatorAccount;
  const std::string base =
      options.Variable("AZURITE_BLOB_STORAGE_URL").value_or("http://127.0.0.1:10000");
  DELTAIC_ASSIGN_OR_RETURN(out.url, EndpointUrl(base));
  out.url.path += Concat(out.account, '/');
  return out;
}

/// "acc" of "acc.blob.core.windows.net"; the path's first part where the host is an address.
std::string AccountOfEndpoint(const Url& url) {
  const size_t service = url.host.find(".blob.");
  if (service != std::string::npos) return url.host.substr(0, service);
  const size_t end = url.path.find('/', 1);
  return end == std::string::npos ? std::string() : url.path.substr(1, end - 1);
}

}  // namespace

std::vector<OptionKey> AzureOptionKeys() {
  std::vector<OptionKey> keys = {
      {"azure_storage_account_name", {"account_name"}},
      {"azure_storage_account_key",
       {"azure_storage_access_key", "azure_storage_master_key", "account_key", "access_key",
        "master_key"}},
      {"azure_storage_sas_key",
       {"azure_storage_sas_token", "azure_sas_key", "azure_sas_token", "sas_key", "sas_token"}},
      {"azure_storage_token", {"azure_bearer_token", "azure_token", "bearer_token", "token"}},
      {"azure_storage_client_id", {"azure_client_id", "client_id"}},
      {"azure_storage_client_secret", {"azure_client_secret", "client_secret"}},
      {"azure_storage_tenant_id",
       {"azure_storage_authority_id", "azure_tenant_id", "azure_authority_id", "tenant_id",
        "authority_id"}},
      {"azure_storage_authority_host", {"azure_authority_host", "authority_host"}},
      {"azure_federated_token_file", {"federated_token_file"}},
      {"azure_msi_endpoint", {"azure_identity_endpoint", "identity_endpoint", "msi_endpoint"}},
      {"azure_object_id", {"object_id"}},
      {"azure_msi_resource_id", {"msi_resource_id"}},
      {"azure_use_azure_cli", {"use_azure_cli"}},
      {"azure_credential_type", {"credential_type"}},
      {"azure_storage_endpoint", {"azure_endpoint", "endpoint"}},
      {"azure_container_name", {"container_name"}},
      {"azure_storage_use_emulator",
       {"azure_use_emulator", "object_store_use_emulator", "use_emulator"}},
      {"azure_use_fabric_endpoint", {"use_fabric_endpoint"}},
      {"azure_fabric_token_service_url", {"fabric_token_service_url"}},
      {"azure_fabric_workload_host", {"fabric_workload_host"}},
      {"azure_fabric_session_token", {"fabric_session_token"}},
      {"azure_fabric_cluster_identifier", {"fabric_cluster_identifier"}},
      {"azure_skip_signature", {"skip_signature"}},
      {"azure_storage_encryption_key", {"encryption_key"}},
      {"azure_disable_tagging", {"disable_tagging"}, /*is_ignored=*/true},
  };
  for (const OptionKey& key : ClientOptionKeys()) keys.push_back(key);
  return keys;
}

Result<OptionSet> ReadAzureOptions(const std::map<std::string, std::string>& given,
                                   const Environment& environment) {
  return OptionSet::Make(AzureOptionKeys(), "azure_", given, environment);
}

Result<AzureEndpoint> FindAzureEndpoint(const AzureLocation& location, const OptionSet& options) {
  AzureEndpoint out;
  out.container = location.container;
  out.account =
      location.account.empty() ? options.Get("azure_storage_account_name") : location.account;
  DELTAIC_ASSIGN_OR_RETURN(const bool emulator,
                           options.GetBool("azure_storage_use_emulator", false));
  DELTAIC_ASSIGN_OR_RETURN(const bool fabric, options.GetBool("azure_use_fabric_endpoint", false));
  const auto endpoint = options.Find("azure_storage_endpoint");
  if (emulator && !endpoint) return Emulator(options, std::move(out));
  if (endpoint) {
    DELTAIC_ASSIGN_OR_RETURN(out.url, EndpointUrl(*endpoint));
    if (out.account.empty()) out.account = AccountOfEndpoint(out.url);
    return out;
  }
  if (out.account.empty()) {
    return Status::InvalidArgument(
        location.root_uri,
        " does not name the storage account: set azure_storage_account_name, or use "
        "abfss://",
        location.container, "@ACCOUNT.dfs.core.windows.net/PATH");
  }
  DELTAIC_RETURN_IF_ERROR(CheckAzureAccount(out.account));
  std::string suffix = location.host_suffix;
  if (suffix.empty()) suffix = fabric ? "fabric.microsoft.com" : "core.windows.net";
  DELTAIC_ASSIGN_OR_RETURN(out.url,
                           ParseUrl(Concat("https://", out.account, ".blob.", suffix, "/")));
  return out;
}

}  // namespace deltaic
