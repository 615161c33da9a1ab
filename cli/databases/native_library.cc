#include "databases/native_library.h"

#include <dlfcn.h>

#include <utility>

#include "deltaic/deltaic.hpp"

namespace deltaic::cli {

NativeLibrary::NativeLibrary(const char* file, int flags, const std::string& purpose,
                             std::string remedy)
    : file_(file), remedy_(std::move(remedy)), handle_(dlopen(file, flags)) {
  if (handle_ == nullptr) {
    throw Error(DELTAIC_ERROR_UNSUPPORTED,
                purpose + ", whose " + file_ + " is not installed: " + remedy_);
  }
}

void* NativeLibrary::Address(const char* name) const {
  void* found = dlsym(handle_, name);
  if (found == nullptr)
    throw Error(DELTAIC_ERROR_UNSUPPORTED, file_ + " lacks " + name + ": " + remedy_);
  return found;
}

}  // namespace deltaic::cli
