#include "catalog/catalog_uri.h"

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "base/percent_encoding.h"

namespace deltaic {
namespace {

constexpr std::string_view kUnity = "uc://";
constexpr std::string_view kGlue = "glue://";

bool HasScheme(std::string_view uri, std::string_view scheme) {
  return uri.size() >= scheme.size() && EqualsIgnoringCase(uri.substr(0, scheme.size()), scheme);
}

/// The names between the dots, decoded; a dot within one is %2E.
std::vector<std::string> NamesOf(std::string_view text) {
  std::vector<std::string> out;
  while (text.ends_with('/')) text.remove_suffix(1);
  for (;;) {
    const size_t dot = text.find('.');
    out.push_back(PercentDecode(text.substr(0, dot)));
    if (dot == std::string_view::npos) return out;
    text.remove_prefix(dot + 1);
  }
}

/// No name is empty, or has what no catalog allows and a message or URL might trip over.
bool AreNames(const std::vector<std::string>& names) {
  return std::ranges::all_of(names, [](const std::string& name) {
    return !name.empty() && std::ranges::none_of(name, [](char c) {
      return static_cast<unsigned char>(c) < ' ' || c == '/' || c == '\x7f';
    });
  });
}

}  // namespace

bool IsUnityUri(std::string_view uri) { return HasScheme(uri, kUnity); }
bool IsGlueUri(std::string_view uri) { return HasScheme(uri, kGlue); }

Result<UnityName> ParseUnityUri(std::string_view uri) {
  std::vector<std::string> names = NamesOf(uri.substr(kUnity.size()));
  if (names.size() != 3 || !AreNames(names)) {
    return Status::InvalidArgument(
        "the URI names no table of Unity Catalog; it is uc://catalog.schema.table");
  }
  return UnityName{std::move(names[0]), std::move(names[1]), std::move(names[2])};
}

Result<GlueName> ParseGlueUri(std::string_view uri) {
  std::string_view rest = uri.substr(kGlue.size());
  GlueName out;
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    out.catalog_id = rest.substr(0, at);
    rest.remove_prefix(at + 1);
  }
  std::vector<std::string> names = NamesOf(rest);
  const bool is_id =
      std::ranges::all_of(out.catalog_id, [](char c) { return c >= '0' && c <= '9'; });
  if (names.size() != 2 || !AreNames(names) || !is_id) {
    return Status::InvalidArgument(
        "the URI names no table of AWS Glue; it is glue://database.table, or "
        "glue://ACCOUNT-ID@database.table");
  }
  out.database = std::move(names[0]);
  out.table = std::move(names[1]);
  return out;
}

}  // namespace deltaic
