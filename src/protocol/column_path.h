#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// The names in a dotted column such as "a.b" or "`dotted.name`.b", where a doubled backtick stands
/// for one.
/// \retval kInvalidArgument  an empty name, or backticks that do not close.
Result<std::vector<std::string>> ParseColumnPath(std::string_view text);

/// The columns in a list such as "a, b.c, `x,y`.z", each as written, without the spaces around it.
/// \retval kInvalidArgument  one of them is not what ParseColumnPath takes.
Result<std::vector<std::string>> SplitColumnList(std::string_view text);

}  // namespace deltaic
