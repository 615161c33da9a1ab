#pragma once

#include <string>
#include <string_view>

namespace deltaic {

/// Decodes %XX once; a `%` that two hex digits do not follow stays as it is, `+` is a plus.
/// Source: PROTOCOL.md, "Add File and Remove File" (path is a URI, RFC 2396).
std::string PercentDecode(std::string_view text);

/// Encodes a relative path as Java's `URI` does for `add.path`: keeps `/`, letters, digits and
/// `-_.!~*'(),:@&=+$;`, encodes everything else as upper-case %XX of its UTF-8 bytes.
std::string PercentEncodePath(std::string_view path);

}  // namespace deltaic
