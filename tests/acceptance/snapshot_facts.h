#pragma once

#include <string>

#include "acceptance/conformance_case.h"
#include "base/status.h"
#include "table/snapshot.h"

namespace deltaic {

/// What differs from the expected facts; empty where nothing does.
Result<std::string> DiffSnapshot(const Snapshot& snapshot, const ExpectedSnapshot& expected);

}  // namespace deltaic
