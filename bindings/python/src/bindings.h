#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "handles.h"

namespace deltaic_python {

namespace nb = nanobind;

/// Class Cancellation.
struct Cancellation {
  CancellationHandle handle = NewCancellation();
};

/// Class Options: the keys of one call, and what may cancel it.
struct Options {
  OptionsHandle handle{deltaic_options_new()};
  CancellationHandle cancellation;
};

/// The text as C has it, where it would end at its first NUL: one that has any is a ValueError.
inline const char* CText(const std::string& text) {
  if (text.find('\0') != std::string::npos) throw nb::value_error("embedded null character");
  return text.c_str();
}

/// The C options; NULL for None.
inline const deltaic_options* Get(const Options* options) {
  return options == nullptr ? nullptr : options->handle.get();
}

/// `options` with a cancellation: the one it has, else a new one. A signal cancels through it.
CancellationHandle EnsureCancellation(Options& options);

/// Each adds one section of deltaic.h to the module.
void BindLibrary(nb::module_& module);
void BindOptions(nb::module_& module);
void BindExpr(nb::module_& module);
void BindTable(nb::module_& module);
void BindScan(nb::module_& module);
void BindSync(nb::module_& module);
void BindRowReader(nb::module_& module);

}  // namespace deltaic_python
