#pragma once

#include "handles.h"

namespace deltaic_python {

/// Class Scan.
struct Scan {
  ScanHandle handle;
  CancellationHandle cancellation;
};

}  // namespace deltaic_python
