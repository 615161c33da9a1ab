#include "storage/azure/azure_credentials.h"

#include <array>
#include <atomic>
#include <cstdlib>

#include "base/ascii.h"
#include "base/made_once.h"
#include "net/http_time.h"
#include "storage/login/command_output.h"
#include "storage/login/token_answer.h"

namespace deltaic {
namespace {

constexpr std::string_view kScope = "https://storage.azure.com/.default";
constexpr std::string_view kResource = "https://storage.azure.com";
constexpr std::string_view kAuthorityHost = "https://login.microsoftonline.com";

class NoCredentials : public AzureCredentials {
 public:
  Status Authorize(HttpRequest& /*request*/, const IoContext& /*context*/) override {
    return Status();
  }
};

class SharedKeyCredentials : public AzureCredentials {
 public:
  SharedKeyCredentials(std::string account, std::string key)
      : account_(std::move(account)), key_(std::move(key)) {}

  Status Authorize(HttpRequest& request, const IoContext& /*context*/) override {
    request.headers.Set("x-ms-date", FormatHttpDate(NowSeconds() + clock_offset_seconds_));
    DELTAIC_ASSIGN_OR_RETURN(const std::string value, AzureSharedKey(request, account_, key_));
    request.headers.Set("Authorization", value);
    return Status();
  }

  /// A clock that is wrong by more than the 15 minutes that Azure allows is put right by its own.
  bool Refused(const HttpRequest& /*attempt*/, const HttpResponse& response) override {
    constexpr int64_t kToleratedSeconds = 300;
    const auto theirs = ParseHttpDate(response.headers.Get("date"));
    if (!theirs) return false;
    const int64_t offset = *theirs - NowSeconds();
    if (std::abs(offset - clock_offset_seconds_) < kToleratedSeconds) return false;
    clock_offset_seconds_ = offset;
    return true;
  }

 private:
  const std::string account_;
  const std::string key_;
  std::atomic<int64_t> clock_offset_seconds_ = 0;
};

class SasCredentials : public AzureCredentials {
 public:
  explicit SasCredentials(NameValues parameters) : parameters_(std::move(parameters)) {}

  Status Authorize(HttpRequest& request, const IoContext& /*context*/) override {
    request.url.query.insert(request.url.query.end(), parameters_.begin(), parameters_.end());
    return Status();
  }

 private:
  const NameValues parameters_;
};

/// A token that the options give as it is.
class BearerCredentials : public AzureCredentials {
 public:
  explicit BearerCredentials(std::string token) : token_(std::move(token)) {}

  Status Authorize(HttpRequest& request, const IoContext& /*context*/) override {
    request.headers.Set("Authorization", Concat("Bearer ", token_));
    return Status();
  }

 private:
  const std::string token_;
};

/// A token that is fetched, and again when it expires.
class TokenCredentials : public AzureCredentials {
 public:
  explicit TokenCredentials(TokenCache::Fetch fetch) : cache_(std::move(fetch)) {}

  Status Authorize(HttpRequest& request, const IoContext& context) override {
    DELTAIC_ASSIGN_OR_RETURN(const std::string token, cache_.Get(context));
    request.headers.Set("Authorization", Concat("Bearer ", token));
    return Status();
  }

  bool Refused(const HttpRequest& attempt, const HttpResponse& response) override {
    constexpr std::string_view kBearer = "Bearer ";
    if (response.status != 401) return false;
    return cache_.Refused(attempt.headers.Get("Authorization").substr(kBearer.size()));
  }

 private:
  TokenCache cache_;
};

/// What logging in needs.
struct Login {
  const OptionSet& options;
  std::shared_ptr<HttpTransport> transport;
  RetrySettings retry;
};

using Made = Result<std::shared_ptr<AzureCredentials>>;

Result<Url> TokenUrl(const OptionSet& options, std::string_view tenant) {
  std::string host = options.Get("azure_storage_authority_host", kAuthorityHost);
  if (host.find("://") == std::string::npos) host.insert(0, "https://");
  Result<Url> url = ParseUrl(host);
  if (!url.ok()) return url.status().WithContext("storage option azure_storage_authority_host");
  if (!url->path.ends_with('/')) url->path += '/';
  url->path += Concat(UriEncode(tenant, /*keep_slash=*/false), "/oauth2/v2.0/token");
  return url;
}

std::string AskingFor(const Url& url) { return Concat("asking ", url.Origin(), " for a token"); }

/// Of an Entra ID application. \param secret  fields that prove who asks; called for each token.
Made EntraCredentials(const Login& login, std::function<Result<FormFields>()> secret) {
  const std::string client = login.options.Get("azure_storage_client_id");
  const std::string tenant = login.options.Get("azure_storage_tenant_id");
  if (client.empty() || tenant.empty()) {
    return Status::InvalidArgument(
        "to log in as an application, Azure needs azure_client_id and "
        "azure_tenant_id besides; set both");
  }
  DELTAIC_ASSIGN_OR_RETURN(const Url url, TokenUrl(login.options, tenant));
  const HttpClient http(login.transport, login.retry);
  return std::make_shared<TokenCredentials>(
      [=, secret = std::move(secret)](const IoContext& context) -> Result<AccessToken> {
        FormFields fields = {{"grant_type", "client_credentials"},
                             {"client_id", client},
                             {"scope", std::string(kScope)}};
        DELTAIC_ASSIGN_OR_RETURN(FormFields proof, secret());
        fields.insert(fields.end(), proof.begin(), proof.end());
        const std::string body = FormatQuery(fields);
        HttpRequest request = FormRequest(url);
        request.body = body;
        return RequestToken(http, request, AskingFor(url), context);
      });
}

Made ClientSecret(const Login& login) {
  return EntraCredentials(
      login, [secret = login.options.Get("azure_storage_client_secret")]() -> Result<FormFields> {
        return FormFields{{"client_secret", secret}};
      });
}

/// The token of a Kubernetes pod, whose file is replaced now and then.
Made WorkloadIdentity(const Login& login) {
  return EntraCredentials(
      login, [path = login.options.Get("azure_federated_token_file")]() -> Result<FormFields> {
        DELTAIC_ASSIGN_OR_RETURN(const std::string token,
                                 ReadCredentialFile(path, "azure_federated_token_file"));
        return FormFields{
            {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
            {"client_assertion", std::string(TrimSpace(token))}};
      });
}

/// Of App Service and its like where the environment names their endpoint, else of the VM.
Result<HttpRequest> ManagedIdentityRequest(const OptionSet& options) {
  HttpRequest request;
  request.is_metadata = true;
  constexpr int64_t kTimeoutMs = 3'000;
  request.timeout_ms = kTimeoutMs;
  std::string endpoint = options.Get("azure_msi_endpoint");
  if (endpoint.empty()) endpoint = options.Variable("IDENTITY_ENDPOINT").value_or("");
  if (endpoint.empty()) endpoint = options.Variable("MSI_ENDPOINT").value_or("");
  std::string version = "2018-02-01";
  if (const auto header = options.Variable("IDENTITY_HEADER"); header && !endpoint.empty()) {
    request.headers.Add("X-IDENTITY-HEADER", *header);
    version = "2019-08-01";
  } else {
    request.headers.Add("Metadata", "true");
  }
  if (endpoint.empty()) endpoint = "http://169.254.169.254/metadata/identity/oauth2/token";
  Result<Url> url = ParseUrl(endpoint);
  if (!url.ok()) return url.status().WithContext("azure_msi_endpoint");
  request.url = *std::move(url);
  auto& query = request.url.query;
  query.emplace_back("api-version", version);
  query.emplace_back("resource", kResource);
  for (const auto& [option, name] : {std::pair("azure_storage_client_id", "client_id"),
                                     std::pair("azure_object_id", "object_id"),
                                     std::pair("azure_msi_resource_id", "msi_res_id")}) {
    if (const auto value = options.Find(option)) query.emplace_back(name, *value);
  }
  return request;
}

Made ManagedIdentity(const Login& login) {
  DELTAIC_ASSIGN_OR_RETURN(const HttpRequest request, ManagedIdentityRequest(login.options));
  RetrySettings retry = login.retry;
  retry.max_retries = std::min(retry.max_retries, 3);
  const HttpClient http(login.transport, retry);
  return std::make_shared<TokenCredentials>([=](const IoContext& context) -> Result<AccessToken> {
    Result<AccessToken> token = RequestToken(http, request, AskingFor(request.url), context);
    if (token.ok() || token.status().code() == StatusCode::kCancelled) return token;
    return Status::PermissionDenied(
        "no credentials for Azure: no option or AZURE_ variable gives any, and this machine has no "
        "managed identity (",
        token.status().message(),
        "); set azure_storage_account_key, azure_storage_sas_token or another one of "
        "docs/storage-azure.md");
  });
}

Made AzureCli(const Login& /*login*/) {
  return std::make_shared<TokenCredentials>([](const IoContext& context) -> Result<AccessToken> {
    constexpr std::chrono::seconds kLimit{60};
    const Result<std::string> answer = CommandOutput(
        {"az", "account", "get-access-token", "--output", "json", "--scope", std::string(kScope)},
        kLimit, context);
    if (!answer.ok()) {
      return Status(answer.status().code(),
                    Concat("logging in by the Azure CLI: ", answer.status().message(),
                           "; run `az login`, and see that `az` is in PATH"));
    }
    Result<AccessToken> token = ParseTokenAnswer(*answer, NowSeconds());
    if (!token.ok()) return token.status().WithContext("logging in by the Azure CLI");
    // Older versions tell the time of day only, in the machine's zone.
    if (token->lifetime.count() == 0) token->lifetime = std::chrono::seconds(300);
    return token;
  });
}

struct Kind {
  std::string_view name;                  ///< as azure_credential_type has it
  std::vector<std::string_view> options;  ///< all of which it needs
  Made (*make)(const Login& login);
};

const std::vector<Kind>& Kinds() {
  return MadeOnce([] {
    return std::vector<Kind>{
        {"bearer_token",
         {"azure_storage_token"},
         [](const Login& login) -> Made {
           return std::make_shared<BearerCredentials>(
               std::string(TrimSpace(login.options.Get("azure_storage_token"))));
         }},
        {"access_key", {"azure_storage_account_key"}, nullptr},
        {"workload_identity", {"azure_federated_token_file"}, &WorkloadIdentity},
        {"client_secret", {"azure_storage_client_secret"}, &ClientSecret},
        {"sas_token",
         {"azure_storage_sas_key"},
         [](const Login& login) -> Made {
           DELTAIC_ASSIGN_OR_RETURN(NameValues sas,
                                    ParseSasToken(login.options.Get("azure_storage_sas_key")));
           return std::make_shared<SasCredentials>(std::move(sas));
         }},
        {"azure_cli", {"azure_use_azure_cli"}, &AzureCli},
        {"managed_identity", {}, &ManagedIdentity},
    };
  });
}

Made AccountKey(const Login& login, const std::string& account) {
  if (account.empty()) {
    return Status::InvalidArgument(
        "azure_storage_account_key needs azure_storage_account_name besides");
  }
  DELTAIC_ASSIGN_OR_RETURN(std::string key,
                           DecodeAzureKey(login.options.Get("azure_storage_account_key")));
  return std::make_shared<SharedKeyCredentials>(account, std::move(key));
}

/// The first kind whose options are there.
Result<const Kind*> Choose(const OptionSet& options) {
  std::string wanted = AsciiLower(options.Get("azure_credential_type"));
  if (wanted == "account_key" || wanted == "shared_key") wanted = "access_key";
  if (wanted == "sas" || wanted == "sas_key") wanted = "sas_token";
  if (wanted == "token") wanted = "bearer_token";
  if (wanted == "msi") wanted = "managed_identity";
  if (!wanted.empty()) {
    for (const Kind& kind : Kinds()) {
      if (kind.name == wanted) return &kind;
    }
    return Status::InvalidArgument(
        "storage option azure_credential_type is none of bearer_token, access_key, "
        "workload_identity, client_secret, sas_token, azure_cli, managed_identity");
  }
  DELTAIC_ASSIGN_OR_RETURN(const bool uses_cli, options.GetBool("azure_use_azure_cli", false));
  for (const bool must_be_given : {true, false}) {
    for (const Kind& kind : Kinds()) {
      if (kind.options.empty() || (kind.name == "azure_cli" && !uses_cli)) continue;
      const std::string_view option = kind.options.front();
      if (options.Find(option) && (options.WasGiven(option) || !must_be_given)) return &kind;
    }
  }
  return &Kinds().back();
}

}  // namespace

Made MakeAzureCredentials(const OptionSet& options, const AzureEndpoint& endpoint,
                          std::shared_ptr<HttpTransport> transport, const RetrySettings& retry) {
  DELTAIC_ASSIGN_OR_RETURN(const bool skips, options.GetBool("azure_skip_signature", false));
  if (skips) return std::make_shared<NoCredentials>();
  for (const std::string_view fabric :
       {"azure_fabric_token_service_url", "azure_fabric_session_token"}) {
    if (!options.Find(fabric)) continue;
    return Status::Unsupported("storage option ", fabric,
                               " is not supported by this build; log in to Fabric by "
                               "azure_storage_token, or another way of docs/storage-azure.md");
  }
  const Login login{options, std::move(transport), retry};
  DELTAIC_ASSIGN_OR_RETURN(const Kind* kind, Choose(options));
  for (const std::string_view option : kind->options) {
    if (options.Find(option) || kind->name == "azure_cli") continue;
    return Status::InvalidArgument("azure_credential_type ", kind->name, " needs the option ",
                                   option);
  }
  DELTAIC_ASSIGN_OR_RETURN(const bool emulator,
                           options.GetBool("azure_storage_use_emulator", false));
  if (emulator && kind->name == "managed_identity") {
    // The key that every emulator has; its documentation publishes it.
    DELTAIC_ASSIGN_OR_RETURN(
        std::string key,
        DecodeAzureKey("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
                       "K1SZFPTOtr/KBHBeksoGMGw=="));
    return std::make_shared<SharedKeyCredentials>(endpoint.account, std::move(key));
  }
  if (kind->make == nullptr) return AccountKey(login, endpoint.account);
  return kind->make(login);
}

}  // namespace deltaic
