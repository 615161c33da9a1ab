#pragma once

#include <nanobind/nanobind.h>

#include <utility>

#include "gil.h"
#include "handles.h"

namespace deltaic_python {

/// Class Scan.
struct Scan {
  ScanHandle handle;
  CancellationHandle cancellation;

  Scan(ScanHandle scan, CancellationHandle cancel)
      : handle(std::move(scan)), cancellation(std::move(cancel)) {}
  Scan(Scan&&) = default;
  Scan& operator=(Scan&&) = delete;
  /// Waits for the threads that read ahead, so others may run meanwhile.
  ~Scan() {
    if (!handle) return;
    const WithoutGil unlocked;
    handle.reset();
  }
};

}  // namespace deltaic_python
