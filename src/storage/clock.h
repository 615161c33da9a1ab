#pragma once

#include <chrono>
#include <cstdint>

namespace deltaic {

/// The system's time in milliseconds since 1970-01-01T00:00:00 UTC.
inline int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// The same in microseconds, as expressions take it.
inline int64_t NowMicros() { return NowMs() * 1000; }

}  // namespace deltaic
