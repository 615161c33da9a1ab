#pragma once

#include "base/status.h"

namespace deltaic {

/// Registers Arrow's compute functions on the first call; call it before using one by name. Casts,
/// filters and takes do not need it: they are part of Arrow's core. Safe from any thread.
Status EnsureComputeKernels();

}  // namespace deltaic
