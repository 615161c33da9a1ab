#pragma once

#include <string>

namespace deltaic::cli {

/// A shared library that is looked for when it is needed. It stays loaded until the process ends.
/// Immutable: safe from any thread.
class NativeLibrary {
 public:
  /// \param file  as the system finds it, "libpq.so.5".  \param flags  of dlopen.
  /// \param purpose  what a message says of one that is not there.
  /// \param remedy  what to do about that, or about one without a function.
  /// \throws Error  DELTAIC_ERROR_UNSUPPORTED
  NativeLibrary(const char* file, int flags, const std::string& purpose, std::string remedy);

  /// The function of that name. \throws Error  DELTAIC_ERROR_UNSUPPORTED: there is none.
  template <typename Function>
  void Find(const char* name, Function& function) const {
    function = reinterpret_cast<Function>(Address(name));
  }

 private:
  void* Address(const char* name) const;

  const std::string file_, remedy_;
  void* const handle_;
};

}  // namespace deltaic::cli
