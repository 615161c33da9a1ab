#include <string>

#include "base/log_sink.h"
#include "deltaic/deltaic.h"

extern "C" {

const char* deltaic_version(void) { return DELTAIC_VERSION_STRING; }

void deltaic_set_log_callback(deltaic_log_callback callback, void* user) {
  if (callback == nullptr) {
    deltaic::SetLogSink({});
    return;
  }
  deltaic::SetLogSink([callback, user](deltaic::LogLevel level, std::string_view message) {
    callback(user, static_cast<deltaic_log_level>(level), std::string(message).c_str());
  });
}

}  // extern "C"
