#include "storage/azure/azure_provided.h"

#include <algorithm>
#include <mutex>

#include "base/fork.h"
#include "net/http_time.h"

namespace deltaic {
namespace {

constexpr int64_t kRefreshSeconds = 300;

class ProvidedCredentials : public AzureCredentials {
 public:
  ProvidedCredentials(OptionsProvider provider, AzureEndpoint endpoint)
      : provider_(std::move(provider)), endpoint_(std::move(endpoint)) {}

  Status Authorize(HttpRequest& request, const IoContext& context) override {
    DELTAIC_ASSIGN_OR_RETURN(const auto current, Current(context));
    return current->Authorize(request, context);
  }

  bool Refused(const HttpRequest& attempt, const HttpResponse& response) override {
    std::shared_ptr<AzureCredentials> current;
    {
      const std::lock_guard lock(mutex_);
      current = kept_;
    }
    if (current != nullptr && current->Refused(attempt, response)) return true;
    // Others of 403 mean that the login is good, and a right is missing. "AuthorizationFailure"
    // means that too, and at Azurite a wrong signature.
    const std::string_view code = response.headers.Get("x-ms-error-code");
    const bool is_login = response.status == 401 || code == "AuthenticationFailed" ||
                          (response.status == 403 && code == "AuthorizationFailure");
    if (!is_login) return false;
    const std::lock_guard lock(mutex_);
    if (kept_ == current) kept_.reset();
    return true;
  }

 private:
  Result<std::shared_ptr<AzureCredentials>> Current(const IoContext& context) {
    std::unique_lock fetching(fetching_, std::defer_lock);
    {
      const std::lock_guard lock(mutex_);
      if (IsGood() && (NowSeconds() < refresh_ || !fetching.try_lock())) return kept_;
    }
    if (!fetching.owns_lock()) fetching.lock();
    {
      // Somebody else has fetched them while this one waited.
      const std::lock_guard lock(mutex_);
      if (IsGood() && NowSeconds() < refresh_) return kept_;
    }
    int64_t expires = 0;
    Result<std::shared_ptr<AzureCredentials>> fresh = Fetch(expires, context);
    const std::lock_guard lock(mutex_);
    if (!fresh.ok()) return IsGood() ? Result(kept_) : fresh;
    kept_ = *fresh;
    expires_ = expires == 0 ? INT64_MAX : expires;
    const int64_t lifetime = expires_ - NowSeconds();
    refresh_ = expires_ - std::min(kRefreshSeconds, lifetime / 2);
    return kept_;
  }

  bool IsGood() const { return kept_ != nullptr && NowSeconds() < expires_; }

  Result<std::shared_ptr<AzureCredentials>> Fetch(int64_t& expires, const IoContext& context) {
    constexpr std::string_view kWhat = "credentials for Azure from the credentials provider";
    const Result<OptionSet> options = FetchOptions(
        provider_,
        {{"azure_storage_account_key", {"account_key", "access_key"}},
         {"azure_storage_sas_key",
          {"azure_storage_sas_token", "azure_sas_key", "azure_sas_token", "sas_key", "sas_token"}},
         {"azure_storage_token", {"azure_bearer_token", "azure_token", "bearer_token", "token"}}},
        "azure_", expires, context);
    if (!options.ok()) return options.status().WithContext(kWhat);
    for (const std::string_view one :
         {"azure_storage_account_key", "azure_storage_sas_key", "azure_storage_token"}) {
      if (options->Find(one)) return MakeAzureCredentials(*options, endpoint_, nullptr, {});
    }
    return Status::PermissionDenied(kWhat,
                                    ": they must hold azure_storage_account_key, "
                                    "azure_storage_sas_token or azure_storage_token");
  }

  const OptionsProvider provider_;
  const AzureEndpoint endpoint_;
  ForkSafeMutex fetching_;  ///< held by the one that fetches; taken before mutex_
  ForkSafeMutex mutex_;
  std::shared_ptr<AzureCredentials> kept_;
  int64_t expires_ = 0;
  int64_t refresh_ = 0;
};

}  // namespace

std::shared_ptr<AzureCredentials> MakeProvidedAzureCredentials(OptionsProvider provider,
                                                               const AzureEndpoint& endpoint) {
  return std::make_shared<ProvidedCredentials>(std::move(provider), endpoint);
}

}  // namespace deltaic
