#include "storage/azure/azure_location.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"
#include "base/percent_encoding.h"
#include "storage/object_path.h"

namespace deltaic {
namespace {

// Of public Azure, its government's and China's clouds, and OneLake.
constexpr std::array<std::string_view, 4> kHostSuffixes = {
    "core.windows.net", "core.usgovcloudapi.net", "core.chinacloudapi.cn", "fabric.microsoft.com"};
constexpr std::array<std::string_view, 5> kSchemes = {"abfss", "abfs", "az", "azure", "adl"};

struct Host {
  std::string account;
  std::string suffix;
};

/// "A.blob.core.windows.net" or "A.dfs.…".
std::optional<Host> ParseHost(std::string_view host) {
  const std::string lower = AsciiLower(host);
  const size_t dot = lower.find('.');
  if (dot == std::string::npos || dot == 0) return std::nullopt;
  const std::string_view rest = std::string_view(lower).substr(dot + 1);
  for (const std::string_view service : {"dfs.", "blob."}) {
    if (!rest.starts_with(service)) continue;
    const std::string_view suffix = rest.substr(service.size());
    if (std::ranges::find(kHostSuffixes, suffix) == kHostSuffixes.end()) continue;
    return Host{lower.substr(0, dot), std::string(suffix)};
  }
  return std::nullopt;
}

struct Parts {
  std::string scheme;  // lower-case
  std::string_view authority;
  std::string_view path;  // without the '/' it begins with
};

std::optional<Parts> Split(std::string_view uri) {
  const size_t colon = uri.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  Parts parts{AsciiLower(uri.substr(0, colon)), {}, {}};
  const std::string_view rest = uri.substr(colon + 3);
  const size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  parts.authority = rest.substr(0, end);
  parts.path = rest.substr(end);
  if (parts.path.starts_with('/')) parts.path.remove_prefix(1);
  return parts;
}

Status TakeContainerFromPath(std::string_view& path, AzureLocation& out) {
  const size_t slash = std::min(path.find('/'), path.size());
  out.container = PercentDecode(path.substr(0, slash));
  path.remove_prefix(std::min(slash + 1, path.size()));
  if (!out.container.empty()) return Status();
  return Status::InvalidArgument("the URI ", out.root_uri, " names no container; it is https://",
                                 out.account, ".blob.", out.host_suffix, "/CONTAINER/PATH");
}

Status CheckContainer(const AzureLocation& location) {
  const auto is_bad = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || c == '/' || c == '?' || c == '#' || c == '\\';
  };
  if (location.container.empty()) {
    return Status::InvalidArgument("the URI ", location.root_uri, " names no container");
  }
  if (std::ranges::any_of(location.container, is_bad) || location.container.starts_with('.')) {
    return Status::InvalidArgument("the URI ", location.root_uri,
                                   " names a container as Azure has none");
  }
  return Status();
}

Status ParseAuthority(const Parts& parts, std::string_view& path, AzureLocation& out) {
  if (parts.scheme == "https" || parts.scheme == "http") {
    const std::optional<Host> host = ParseHost(parts.authority);
    if (!host) return Status::InvalidArgument(out.root_uri, " is no address of Azure's storage");
    out.account = host->account;
    out.host_suffix = host->suffix;
    return TakeContainerFromPath(path, out);
  }
  const size_t at = parts.authority.rfind('@');
  if (at == std::string_view::npos) {
    out.container = PercentDecode(parts.authority);
    if (out.container.find('.') == std::string::npos) return Status();
    return Status::InvalidArgument("the URI ", out.root_uri,
                                   " names a host and no container; it is ", parts.scheme,
                                   "://CONTAINER@", parts.authority, "/PATH");
  }
  const std::optional<Host> host = ParseHost(parts.authority.substr(at + 1));
  if (!host) {
    return Status::InvalidArgument(
        "the URI ", out.root_uri, " names a host that is not Azure's; it is ", parts.scheme,
        "://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH, or ", parts.scheme,
        "://CONTAINER/PATH with the options azure_storage_account_name and azure_storage_endpoint");
  }
  out.account = host->account;
  out.host_suffix = host->suffix;
  out.container = PercentDecode(parts.authority.substr(0, at));
  return Status();
}

}  // namespace

bool IsAzureUri(std::string_view uri) {
  const std::optional<Parts> parts = Split(uri);
  if (!parts) return false;
  if (parts->scheme == "https") return ParseHost(parts->authority).has_value();
  return std::ranges::find(kSchemes, parts->scheme) != kSchemes.end();
}

Result<AzureLocation> ParseAzureUri(std::string_view uri) {
  const std::optional<Parts> parts = Split(uri);
  if (!parts) return Status::InvalidArgument("no URI of Azure");
  AzureLocation out;
  std::string_view bare = uri.substr(0, uri.find_first_of("?#"));
  const bool has_query = bare.size() != uri.size();
  while (bare.ends_with('/') && !bare.ends_with("://")) bare.remove_suffix(1);
  out.root_uri = bare;
  // "container:password@host" is nothing that Azure has.
  if (const size_t at = parts->authority.rfind('@');
      at != std::string_view::npos && parts->authority.substr(0, at).find(':') != at &&
      parts->authority.substr(0, at).find(':') != std::string_view::npos) {
    return Status::InvalidArgument(
        "a URI of Azure holds no password; give keys as options such as azure_storage_account_key");
  }
  if (has_query) {
    return Status::InvalidArgument("the URI ", out.root_uri,
                                   " has a query or a fragment; give a SAS token as the option "
                                   "azure_storage_sas_token, and in "
                                   "a path write '?' as %3F and '#' as %23");
  }
  std::string_view path = parts->path;
  DELTAIC_RETURN_IF_ERROR(ParseAuthority(*parts, path, out));
  DELTAIC_RETURN_IF_ERROR(CheckContainer(out));
  while (path.ends_with('/')) path.remove_suffix(1);
  out.folder = PercentDecode(path);
  const Result<std::string_view> folder = CheckFolderPath(out.folder);
  if (!folder.ok()) return folder.status().WithContext(out.root_uri);
  if (!out.account.empty()) DELTAIC_RETURN_IF_ERROR(CheckAzureAccount(out.account));
  return out;
}

Status CheckAzureAccount(std::string_view account) {
  const auto is_good = [](char c) {
    const char lower = AsciiLower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  // It becomes part of a host's name, so that nothing else can be let through.
  if (!account.empty() && account.size() <= 63 && std::ranges::all_of(account, is_good)) {
    return Status();
  }
  return Status::InvalidArgument(
      "azure_storage_account_name is not the name of an account: letters "
      "and digits, as in \"myaccount\"");
}

}  // namespace deltaic
