#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deltaic {

/// The path of a file below a folder; nullopt where it lies elsewhere. file:/a, file:///a and /a
/// are one place, as are s3, s3a and s3n.
/// \param folder, file  URIs or absolute paths, as Iceberg writes them: not percent-encoded.
std::optional<std::string> PathBelow(std::string_view folder, std::string_view file);

}  // namespace deltaic
