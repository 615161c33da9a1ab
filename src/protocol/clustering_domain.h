#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// A column by its physical names from the root.
using PhysicalPath = std::vector<std::string>;

/// The domain that holds a table's clustering columns. Source: PROTOCOL.md, "Clustered Table".
inline constexpr std::string_view kClusteringDomain = "delta.clustering";

/// The columns that the domain's configuration names.
/// \retval kCorruption  it is not valid.
Result<std::vector<PhysicalPath>> ParseClusteringDomain(std::string_view configuration);

/// The configuration that names these columns.
std::string FormatClusteringDomain(const std::vector<PhysicalPath>& columns);

}  // namespace deltaic
