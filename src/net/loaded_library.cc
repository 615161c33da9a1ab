#include "net/loaded_library.h"

#include <dlfcn.h>

namespace deltaic {

Result<LoadedLibrary> LoadedLibrary::Open(std::span<const char* const> names, const char* package) {
  for (const char* name : names) {
    if (void* handle = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return LoadedLibrary(handle, name);
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
