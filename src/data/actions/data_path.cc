#include "data/actions/data_path.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/percent_encoding.h"
#include "storage/object_path.h"

namespace deltaic {
namespace {

bool IsSchemeChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '-' || c == '.';
}

/// The length of "scheme" where `path` starts with "scheme:/"; else 0.
size_t SchemeLength(std::string_view path) {
  size_t n = 0;
  while (n < path.size() && IsSchemeChar(path[n])) ++n;
  return n > 0 && path.substr(n, 2) == ":/" ? n : 0;
}

bool IsLocalUri(std::string_view place) { return place.starts_with("file:/"); }

/// The segments of a path but empty ones and ".".
std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> out;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (!segment.empty() && segment != ".") out.push_back(segment);
    begin = end + 1;
  }
  return out;
}

std::string Join(const std::vector<std::string_view>& segments) {
  std::string out;
  for (const std::string_view segment : segments) {
    if (!out.empty()) out.push_back('/');
    out.append(segment);
  }
  return out;
}

/// The path without "." and "..", the latter taken back with the segment before, as in a URI.
/// nullopt where that climbs above the beginning.
std::optional<std::string> Normalized(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : Segments(path)) {
    if (segment != "..") {
      kept.push_back(segment);
    } else if (kept.empty()) {
      return std::nullopt;
    } else {
      kept.pop_back();
    }
  }
  return Join(kept);
}

/// Whether Normalized() may change it.
bool IsOddlySpelled(std::string_view path) {
  return path.starts_with('.') || path.find("/.") != std::string_view::npos ||
         path.find("//") != std::string_view::npos;
}

/// One spelling for all that name the same place: file URIs as plain paths, no '/' at the end.
std::string Canonical(std::string_view place) {
  if (IsLocalUri(place)) {
    place.remove_prefix(5);
    constexpr std::string_view kLocalHost = "//localhost/";
    if (place.substr(0, kLocalHost.size()) == kLocalHost)
      place.remove_prefix(kLocalHost.size() - 1);
    while (place.substr(0, 2) == "//") place.remove_prefix(1);
  }
  while (!place.empty() && place.back() == '/') place.remove_suffix(1);
  return std::string(place);
}

/// What an absolute path of the log names below the root, as it is spelled; nullopt for a place
/// elsewhere. Both are decoded.
std::optional<std::string> BelowRoot(std::string_view root_uri, std::string_view place) {
  // A root "memory:///" ends with the slash that divides it from its objects.
  const std::string root = Canonical(root_uri) + "/";
  std::string path = Canonical(place);
  if (path.starts_with(root)) return path.substr(root.size());
  // Local folders have many spellings; in other stores "//" is part of a name. ".." stays: behind a
  // link it is not the segment before.
  if (!path.starts_with('/')) return std::nullopt;
  const std::string local_root = Join(Segments(root)) + "/";
  path = Join(Segments(path));
  if (!path.starts_with(local_root)) return std::nullopt;
  return path.substr(local_root.size());
}

Status Outside(std::string_view log_path) {
  return Status::Unsupported("file ", log_path, " lies outside the table's folder");
}

}  // namespace

Result<DataPlace> LocateDataFile(const ObjectStore& table, std::string_view log_path) {
  Result<std::string> inside = ResolveDataPath(table.root_uri(), log_path);
  if (inside.ok()) return DataPlace{nullptr, *std::move(inside)};
  if (inside.status().code() != StatusCode::kUnsupported) return inside.status();
  const std::string decoded = PercentDecode(log_path);
  if (!decoded.starts_with('/') && SchemeLength(decoded) == 0) return inside.status();
  const std::string place = Canonical(decoded);
  const size_t slash = place.rfind('/');
  if (slash == std::string::npos) return inside.status();
  auto outside = table.OpenOutside(place.substr(0, std::max<size_t>(slash, 1)));
  if (!outside.ok()) return outside.status().WithContext(inside.status().message());
  std::string name = place.substr(slash + 1);
  if (Status status = CheckObjectPath(name); !status.ok()) {
    return Status::Corruption("the log names a file \"", log_path, "\": ", status.message());
  }
  return DataPlace{*std::move(outside), std::move(name)};
}

Result<std::string> ResolveDataPath(std::string_view root_uri, std::string_view log_path) {
  std::string path = PercentDecode(log_path);
  if (path.starts_with('/') || SchemeLength(path) > 0) {
    const auto below = BelowRoot(PercentDecode(root_uri), path);
    if (!below) return Outside(log_path);
    path = *below;
  }
  if (IsOddlySpelled(path)) {
    auto normalized = Normalized(path);
    if (!normalized) return Outside(log_path);
    path = *std::move(normalized);
  }
  if (Status status = CheckObjectPath(path); !status.ok()) {
    return Status::Corruption("the log names a file \"", log_path,
                              "\", which is no path inside the table: ", status.message());
  }
  return path;
}

DataFileUris::DataFileUris(std::string_view root_uri)
    : uri_(root_uri.starts_with("file://") ? PercentDecode(root_uri.substr(7))
                                           : std::string(root_uri)) {
  uri_ += '/';
  prefix_size_ = uri_.size();
}

std::string_view DataFileUris::Of(std::string_view log_path) {
  if (log_path.find('%') != std::string_view::npos) log_path = decoded_ = PercentDecode(log_path);
  if (log_path.starts_with('/') || log_path.find("://") != std::string_view::npos ||
      log_path.starts_with("file:")) {
    return log_path;
  }
  uri_.resize(prefix_size_);
  // One that leaves the table is shown as it is.
  const auto plain = IsOddlySpelled(log_path) ? Normalized(log_path) : std::nullopt;
  return uri_.append(plain ? std::string_view(*plain) : log_path);
}

std::string DataFileUri(std::string_view root_uri, std::string_view log_path) {
  return std::string(DataFileUris(root_uri).Of(log_path));
}

}  // namespace deltaic
