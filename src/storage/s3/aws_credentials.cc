#include "storage/s3/aws_credentials.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/ascii.h"
#include "net/http_time.h"

namespace deltaic {
namespace {

/// Credentials are fetched anew so long before they expire.
constexpr int64_t kRefreshSeconds = 300;

bool IsGoodFor(const AwsCredentials& credentials, int64_t seconds) {
  return credentials.expires == 0 || credentials.expires > NowSeconds() + seconds;
}

std::string ReadSmallFile(const std::string& path) {
  constexpr std::streamsize kMost = 1 << 20;
  std::ifstream in(path, std::ios::binary);
  std::string out(kMost, '\0');
  in.read(out.data(), kMost);
  out.resize(static_cast<size_t>(in.gcount()));
  return out;
}

}  // namespace

bool AwsCredentialsChain::NeedsNoRefresh() const {
  return kept_ && IsGoodFor(*kept_, refresh_seconds_);
}

Result<AwsCredentials> AwsCredentialsChain::Get(const IoContext& context) {
  {
    const std::lock_guard lock(mutex_);
    if (NeedsNoRefresh()) return *kept_;
  }
  std::unique_lock refresh(refresh_mutex_, std::try_to_lock);
  if (!refresh.owns_lock()) {
    {
      // Somebody fetches them; the old ones do meanwhile.
      const std::lock_guard lock(mutex_);
      if (kept_ && IsGoodFor(*kept_, 0)) return *kept_;
    }
    refresh.lock();
  }
  {
    const std::lock_guard lock(mutex_);
    if (NeedsNoRefresh()) return *kept_;
  }
  Result<AwsCredentials> fresh = Load(context);
  const std::lock_guard lock(mutex_);
  if (fresh.ok()) {
    kept_ = *fresh;
    // Half of a short life, or each request would fetch.
    refresh_seconds_ = std::min(kRefreshSeconds, (fresh->expires - NowSeconds()) / 2);
  } else if (kept_ && IsGoodFor(*kept_, 0)) {
    return *kept_;
  }
  return fresh;
}

void AwsCredentialsChain::Drop(const AwsCredentials& used) {
  const std::lock_guard lock(mutex_);
  if (kept_ == used) kept_.reset();
}

Result<AwsCredentials> AwsCredentialsChain::Load(const IoContext& context) {
  std::string tried;
  for (const CredentialsSource& source : sources_) {
    Result<std::optional<AwsCredentials>> found = source.load(context);
    if (!found.ok()) {
      const Status& status = found.status();
      if (status.code() == StatusCode::kCancelled) return status;
      return Status(status.code() == StatusCode::kUnavailable ? StatusCode::kUnavailable
                                                              : StatusCode::kPermissionDenied,
                    Concat("credentials for S3 from the ", source.name, ": ", status.message()));
    }
    if (*found) return **std::move(found);
    tried += Concat(tried.empty() ? "" : ", ", source.name);
  }
  return Status::PermissionDenied(
      "there are no credentials for S3 (looked at: ", tried,
      "); give aws_access_key_id and aws_secret_access_key, or aws_profile, or for a public bucket "
      "aws_skip_signature=true");
}

std::shared_ptr<AwsCredentialsChain> ProvidedAwsCredentials(OptionsProvider provider) {
  const auto load = [provider = std::move(provider)](
                        const IoContext& context) -> Result<std::optional<AwsCredentials>> {
    DELTAIC_ASSIGN_OR_RETURN(AwsCredentials keys, FetchAwsCredentials(provider, context));
    return std::optional(std::move(keys));
  };
  return std::make_shared<AwsCredentialsChain>(
      std::vector<CredentialsSource>{{"credentials provider", load}}, /*may_change=*/true);
}

IniFile ParseIniFile(std::string_view text) {
  IniFile out;
  std::map<std::string, std::string>* section = nullptr;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view line = TrimSpace(whole);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const size_t close = line.find(']');
      if (close == std::string_view::npos) continue;
      section = &out[std::string(TrimSpace(line.substr(1, close - 1)))];
      continue;
    }
    // An indented line belongs to a nested setting, of which none is used here.
    if (section == nullptr || IsAsciiSpace(whole.front())) continue;
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    (*section)[AsciiLower(TrimSpace(line.substr(0, equals)))] =
        std::string(TrimSpace(line.substr(equals + 1)));
  }
  return out;
}

std::optional<std::string> AwsFiles::Find(const std::string& wanted, const std::string& key) const {
  const auto look = [&](const IniFile& file,
                        const std::string& section) -> std::optional<std::string> {
    const auto at = file.find(section);
    if (at == file.end()) return std::nullopt;
    const auto value = at->second.find(key);
    if (value == at->second.end() || value->second.empty()) return std::nullopt;
    return value->second;
  };
  if (auto value = look(credentials, wanted)) return value;
  if (auto value = look(config, "profile " + wanted)) return value;
  return wanted == "default" ? look(config, wanted) : std::nullopt;
}

bool AwsFiles::Has(const std::string& wanted) const {
  return credentials.contains(wanted) || config.contains("profile " + wanted) ||
         (wanted == "default" && config.contains(wanted));
}

AwsFiles LoadAwsFiles(const OptionSet& options) {
  const std::string home = options.Variable("HOME").value_or("");
  AwsFiles out;
  out.config = ParseIniFile(
      ReadSmallFile(options.Variable("AWS_CONFIG_FILE").value_or(home + "/.aws/config")));
  out.credentials = ParseIniFile(ReadSmallFile(
      options.Variable("AWS_SHARED_CREDENTIALS_FILE").value_or(home + "/.aws/credentials")));
  const auto profile = options.Find("aws_profile");
  out.is_chosen = profile.has_value();
  out.profile = profile.value_or("default");
  return out;
}

}  // namespace deltaic
