#include "data/actions/data_path.h"

#include <algorithm>
#include <utility>

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

/// One spelling for all that name the same place: file URIs as plain paths, no '/' at the end.
std::string Canonical(std::string_view place) {
  if (place.substr(0, 6) == "file:/") {
    place.remove_prefix(5);
    constexpr std::string_view kLocalHost = "//localhost/";
    if (place.substr(0, kLocalHost.size()) == kLocalHost)
      place.remove_prefix(kLocalHost.size() - 1);
    while (place.substr(0, 2) == "//") place.remove_prefix(1);
  }
  while (!place.empty() && place.back() == '/') place.remove_suffix(1);
  return std::string(place);
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
  const std::string decoded = PercentDecode(log_path);
  std::string path = decoded;
  if (decoded.starts_with('/') || SchemeLength(decoded) > 0) {
    // A root "memory:///" ends with the slash that divides it from its objects.
    const std::string root = Canonical(PercentDecode(root_uri)) + "/";
    path = Canonical(decoded);
    if (!path.starts_with(root)) return Outside(log_path);
    path.erase(0, root.size());
    while (path.starts_with('/')) path.erase(0, 1);
  } else if (decoded.starts_with("../")) {
    return Outside(log_path);
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
  return uri_.append(log_path);
}

std::string DataFileUri(std::string_view root_uri, std::string_view log_path) {
  return std::string(DataFileUris(root_uri).Of(log_path));
}

}  // namespace deltaic
