#pragma once

#include <span>
#include <string>

#include "base/status.h"

namespace deltaic {

/// A shared library of the system that is loaded when first needed, so that what never needs it
/// pays nothing for it. Never unloaded.
class LoadedLibrary {
 public:
  /// Tries each name. \retval kUnsupported  none is there: says what to install.
  static Result<LoadedLibrary> Open(std::span<const char* const> names, const char* package);

  /// Sets `function` to the symbol of this name. \retval kUnsupported  the library has none.
  template <typename Function>
  Status Bind(const char* name, Function*& function) const {
    DELTAIC_ASSIGN_OR_RETURN(void* symbol, Find(name));
    function = reinterpret_cast<Function*>(symbol);
    return Status();
  }

 private:
  LoadedLibrary(void* handle, const char* name) : handle_(handle), name_(name) {}
  Result<void*> Find(const char* symbol) const;

  void* handle_;
  const char* name_;
};

}  // namespace deltaic
