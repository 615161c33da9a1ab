#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace deltaic {

/// A table's folder as a URL of the store's own: "https://s3.REGION.amazonaws.com/BUCKET/FOLDER",
/// "https://BUCKET.s3.REGION.amazonaws.com/FOLDER", both with "dualstack." before the region or
/// with no region, and "https://ACCOUNT.r2.cloudflarestorage.com/BUCKET/FOLDER".
struct S3Url {
  std::string location;  ///< "//BUCKET/FOLDER", as encoded as it was
  std::string region;    ///< empty: the URL says none
  std::string endpoint;  ///< empty: the region's
};

/// nullopt: another kind of URL. One with a query, such as a signature, is for web servers.
std::optional<S3Url> ParseS3Url(std::string_view uri);

/// `given`, with what the URL says where they do not say it.
std::map<std::string, std::string> OptionsWith(const S3Url& url,
                                               std::map<std::string, std::string> given);

}  // namespace deltaic
