#include "iceberg/iceberg_path.h"

namespace deltaic {
namespace {

/// The same text for the same place.
std::string Plain(std::string_view uri) {
  std::string out;
  const size_t colon = uri.find(':');
  const bool has_scheme = colon != std::string_view::npos && colon < uri.find('/');
  const std::string_view scheme = has_scheme ? uri.substr(0, colon) : "file";
  if (has_scheme) uri.remove_prefix(colon + 1);
  const bool has_authority = uri.starts_with("//");
  if (has_authority) uri.remove_prefix(2);
  if (scheme == "s3a" || scheme == "s3n") {
    out = "s3";
  } else {
    out = scheme;
  }
  out += "://";
  out += uri;
  while (out.ends_with('/')) out.pop_back();
  return out;
}

}  // namespace

std::optional<std::string> PathBelow(std::string_view folder, std::string_view file) {
  const std::string above = Plain(folder);
  const std::string whole = Plain(file);
  if (!whole.starts_with(above) || whole.size() <= above.size() + 1 || whole[above.size()] != '/') {
    return std::nullopt;
  }
  return whole.substr(above.size() + 1);
}

}  // namespace deltaic
