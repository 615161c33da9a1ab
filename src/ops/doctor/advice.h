#pragma once

#include <vector>

#include "ops/doctor/health.h"

namespace deltaic {

/// What is to be said of a table's state, the worst first, each with the command that mends it.
/// Pure.
std::vector<Finding> AdviceFor(const TableHealth& health);

}  // namespace deltaic
