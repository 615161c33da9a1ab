#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic {

/// Ok for the path of one object: segments joined by '/', none of them empty, "." or "..", and no
/// NUL byte. So a path stays below its root and one object has one path. \retval kInvalidArgument
/// anything else.
Status CheckObjectPath(std::string_view path);

/// The path of a folder without a '/' at its end ("" is the root); one '/' at the end is taken off.
/// \retval kInvalidArgument  as for CheckObjectPath.
Result<std::string_view> CheckFolderPath(std::string_view path);

/// `folder`/`name`, or `name` alone where `folder` is "".
std::string JoinPath(std::string_view folder, std::string_view name);

}  // namespace deltaic
