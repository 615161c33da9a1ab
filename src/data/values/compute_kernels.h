#pragma once

#include "base/status.h"

namespace deltaic {

/// Registers Arrow's compute functions on the first call; call it before using one by name. Safe
/// from any thread, but Arrow's registry is not: while it grows, a look-up on another thread fails,
/// also of what is there already ("No function registered with name: take"). So tables and scans
/// call this before they start any thread.
Status EnsureComputeKernels();

}  // namespace deltaic
