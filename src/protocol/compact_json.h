#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "protocol/json_reader.h"

namespace deltaic::json {

/// Appends `value`, of any kind, as compact JSON: no spaces, texts with the escapes they need,
/// numbers as written, since they may be too large for any type of ours.
/// \param max_depth  how many objects and arrays deep it may nest. \retval kCorruption  broken
/// JSON, or deeper.
Status AppendCompact(std::string& out, JsonValue& value, int max_depth);

/// `text`, which is one JSON value of any kind, as compact JSON. \retval kCorruption  it is not, or
/// nests deeper than `max_depth`.
Result<std::string> Compact(std::string_view text, int max_depth);

}  // namespace deltaic::json
