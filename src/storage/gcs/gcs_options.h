#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/client_options.h"
#include "net/option_set.h"

namespace deltaic {

/// Where the URI of a table in Google Cloud Storage leads.
struct GcsLocation {
  std::string bucket;
  std::string folder;    ///< decoded, no '/' at its ends; "" is the bucket
  std::string root_uri;  ///< for messages: no '/' at the end
};

/// \param uri  "gs://bucket/path". \retval kInvalidArgument
Result<GcsLocation> ParseGcsUri(std::string_view uri);

/// The options given and those of the environment (`GOOGLE_…`).
/// \retval kInvalidArgument  an unknown name; says the nearest.
Result<OptionSet> ReadGcsOptions(const std::map<std::string, std::string>& given,
                                 const Environment& environment);

}  // namespace deltaic
