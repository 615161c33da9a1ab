#pragma once

#include <nanobind/nanobind.h>

#include <utility>

#include "gil.h"
#include "handles.h"

namespace deltaic_python {

namespace nb = nanobind;

/// The Python exception for `error`: what `deltaic.exceptions.error_of(code, name, message)` gives.
nb::object MakeException(const deltaic_error* error);

/// Raises the exception for `error`. The caller holds the GIL.
[[noreturn]] void RaiseError(ErrorHandle error);

/// Runs `call(deltaic_error**)`, a C function that may take time, without the GIL; raises on
/// failure.
template <typename CFunction>
void CallWithoutGil(CFunction&& call) {
  deltaic_error* error = nullptr;
  deltaic_status status;
  {
    const WithoutGil unlocked;
    status = std::forward<CFunction>(call)(&error);
  }
  if (status != DELTAIC_OK) RaiseError(ErrorHandle(error));
}

/// The same for a C function that hands out text.
template <typename CFunction>
nb::object TextWithoutGil(CFunction&& call) {
  char* text = nullptr;
  CallWithoutGil([&](deltaic_error** error) { return call(&text, error); });
  const TextHandle owned(text);
  return nb::str(text);
}

}  // namespace deltaic_python
