#include "net/loaded_library.h"

#include <dlfcn.h>

namespace deltaic {
namespace {

/// The wheel's Arrow carries another OpenSSL and exports its functions, which would stand in for
/// the library's own where these call each other. RTLD_DEEPBIND prefers the library's own.
/// Sanitizers cannot be loaded with it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(RTLD_DEEPBIND)
constexpr int kFlags = RTLD_NOW | RTLD_LOCAL;
#else
constexpr int kFlags = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif

}  // namespace

Result<LoadedLibrary> LoadedLibrary::Open(std::span<const char* const> names, const char* package) {
  for (const char* name : names) {
    if (void* handle = dlopen(name, kFlags)) return LoadedLibrary(handle, name);
  }
  return Status::Unsupported("storage over a network needs the system's library ", names.front(),
                             ", which is not there; install it (Debian: apt install ", package,
                             ")");
}

Result<void*> LoadedLibrary::Find(const char* symbol) const {
  if (void* found = dlsym(handle_, symbol)) return found;
  return Status::Unsupported("the system's library ", name_, " has no ", symbol,
                             "; a newer one is needed");
}

}  // namespace deltaic
