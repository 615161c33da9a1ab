#pragma once

#include <span>
#include <string_view>

namespace deltaic {

/// The one of `names` that `name` is likely to mean, ignoring ASCII case; empty if none is near.
std::string_view NearestName(std::string_view name, std::span<const std::string_view> names);

}  // namespace deltaic
