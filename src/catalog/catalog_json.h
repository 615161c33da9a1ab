#pragma once

#include <string>
#include <string_view>

namespace deltaic {

/// A name as a text of JSON. It has no control characters.
std::string JsonQuoted(std::string_view name);

/// What a server says, for messages: one line, no longer than people read.
std::string OneLine(std::string text);

}  // namespace deltaic
