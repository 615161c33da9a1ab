#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic {

/// The store path (relative to the table's root, decoded) of a file that the log names.
///
/// \param root_uri  ObjectStore::root_uri().
/// \param log_path  as in the log: percent-encoded; relative, or an absolute path or URI ("/a",
/// "file:/a", "file:///a" name one
///                  file), which is allowed inside the table's folder only.
/// \retval kUnsupported  a file outside the table's folder (a shallow clone has such files), named.
/// \retval kCorruption  an empty path, or one with an empty, "." or ".." segment.
/// Source: PROTOCOL.md, "Add File and Remove File".
Result<std::string> ResolveDataPath(std::string_view root_uri, std::string_view log_path);

}  // namespace deltaic
