#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic {

/// Where the table of an answer to GetTable lies: "s3://bucket/folder".
/// \retval kIo  another document, or no place.  \retval kUnsupported  a view.
Result<std::string> ParseGlueLocation(std::string_view json);

/// An answer that is no success, as an error to what was to be done.
Status GlueStatus(int status, std::string_view json, std::string_view what);

}  // namespace deltaic
