#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/fork.h"
#include "net/http_client.h"
#include "net/option_set.h"
#include "storage/login/fresh_options.h"
#include "storage/s3/sigv4.h"

namespace deltaic {

/// One place credentials come from.
struct CredentialsSource {
  std::string name;  ///< for messages: "environment", "profile x"
  /// nullopt: nothing is set up there.
  std::function<Result<std::optional<AwsCredentials>>(const IoContext& context)> load;
};

/// Credentials of one store: from the first of its sources that has some, kept, and fetched again
/// before they expire. Safe from any thread.
class AwsCredentialsChain {
 public:
  /// \param may_change  other keys than those that a store refuses may be had.
  explicit AwsCredentialsChain(std::vector<CredentialsSource> sources, bool may_change = false)
      : sources_(std::move(sources)), may_change_(may_change) {}

  bool may_change() const { return may_change_; }

  /// \retval kPermissionDenied  no source has any, or one that is set up failed: says which and
  /// what to do.
  Result<AwsCredentials> Get(const IoContext& context);
  /// The store says that these have expired: the next Get() fetches anew.
  void Drop(const AwsCredentials& used);

 private:
  Result<AwsCredentials> Load(const IoContext& context);

  /// Whether these are still good, and need not be fetched anew yet. Under mutex_.
  bool NeedsNoRefresh() const;

  const std::vector<CredentialsSource> sources_;
  const bool may_change_;
  ForkSafeMutex mutex_;          ///< of kept_
  ForkSafeMutex refresh_mutex_;  ///< who holds it fetches
  std::optional<AwsCredentials> kept_;
  int64_t refresh_seconds_ = 0;  ///< kept_ is fetched anew so long before it expires
};

/// Credentials that somebody else hands out.
std::shared_ptr<AwsCredentialsChain> ProvidedAwsCredentials(OptionsProvider provider);

/// A file such as ~/.aws/config: sections with keys and values.
using IniFile = std::map<std::string, std::map<std::string, std::string>>;
/// Never fails: lines that are neither section nor `key = value` are passed over, as AWS's own
/// tools do.
IniFile ParseIniFile(std::string_view text);

/// Where AWS's tools keep their settings.
struct AwsFiles {
  IniFile config;       ///< sections "default", "profile x", "sso-session y"
  IniFile credentials;  ///< sections "default", "x"
  std::string profile;  ///< the chosen one
  bool is_chosen = false;

  /// A value of a profile, from either file.
  std::optional<std::string> Find(const std::string& profile, const std::string& key) const;
  bool Has(const std::string& profile) const;
};
AwsFiles LoadAwsFiles(const OptionSet& options);

/// The chain of AWS's own tools: options, assumed role, environment, profile, web identity,
/// container, instance metadata.
std::vector<CredentialsSource> MakeAwsCredentialsSources(const OptionSet& options,
                                                         const AwsFiles& files,
                                                         const std::string& region,
                                                         std::shared_ptr<const HttpClient> client);

}  // namespace deltaic
