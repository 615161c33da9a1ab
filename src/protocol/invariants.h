#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic {

/// The expression of a `delta.invariants` entry: {"expression":{"expression":"x > 3"}}.
/// \retval kCorruption  another form.
/// Source: PROTOCOL.md, "Column Invariants".
Result<std::string> ParseInvariant(std::string_view json);

}  // namespace deltaic
