#pragma once

#include <string>

#include "base/status.h"
#include "protocol/json_reader.h"

namespace deltaic::json {

/// Appends `value`, of any kind, as compact JSON: no spaces, texts with the escapes they need,
/// numbers as written, since they may be too large for any type of ours.
/// \param max_depth  how many objects and arrays deep it may nest. \retval kCorruption  broken
/// JSON, or deeper.
Status AppendCompact(std::string& out, JsonValue& value, int max_depth);

}  // namespace deltaic::json
