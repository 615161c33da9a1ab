#include "storage/gcs/gcs_options.h"

#include <algorithm>

#include "base/percent_encoding.h"
#include "storage/object_path.h"

namespace deltaic {

Result<GcsLocation> ParseGcsUri(std::string_view uri) {
  GcsLocation out;
  std::string_view bare = uri.substr(0, uri.find_first_of("?#"));
  const bool has_query = bare.size() != uri.size();
  while (bare.ends_with('/') && !bare.ends_with("://")) bare.remove_suffix(1);
  out.root_uri = bare;
  std::string_view rest = bare.substr(std::min(bare.find("://") + 3, bare.size()));
  const size_t slash = std::min(rest.find('/'), rest.size());
  out.bucket = rest.substr(0, slash);
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  if (out.bucket.find_first_of("@:") != std::string::npos) {
    return Status::InvalidArgument(
        "a gs:// URI holds no user and no password; give google_service_account as an option");
  }
  if (out.bucket.empty() || !std::ranges::all_of(out.bucket, is_good)) {
    return Status::InvalidArgument("the URI ", out.root_uri,
                                   " names no bucket; it is gs://BUCKET/PATH");
  }
  if (has_query) {
    return Status::InvalidArgument("the URI ", out.root_uri,
                                   " has a query or a fragment; in a path write '?' as %3F and '#' "
                                   "as %23");
  }
  out.folder = PercentDecode(rest);
  const Result<std::string_view> folder = CheckFolderPath(out.folder);
  if (!folder.ok()) return folder.status().WithContext(out.root_uri);
  return out;
}

Result<OptionSet> ReadGcsOptions(const std::map<std::string, std::string>& given,
                                 const Environment& environment) {
  std::vector<OptionKey> keys = {
      {"google_service_account",
       {"google_service_account_path", "service_account", "service_account_path"}},
      {"google_service_account_key", {"service_account_key"}},
      {"google_application_credentials", {"application_credentials"}},
      {"google_bearer_token", {"bearer_token"}},
      {"google_bucket", {"google_bucket_name", "bucket", "bucket_name"}},
      {"google_base_url", {"base_url"}},
      {"google_skip_signature", {"skip_signature"}},
  };
  for (const OptionKey& key : ClientOptionKeys()) keys.push_back(key);
  return OptionSet::Make(std::move(keys), "google_", given, environment);
}

}  // namespace deltaic
