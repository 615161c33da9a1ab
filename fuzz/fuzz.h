#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "base/status.h"
#include "protocol/value.h"

/// A fuzzer's property. Where it does not hold, the program aborts: libFuzzer then keeps the input.
#define FUZZ_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::deltaic::fuzz::Fail(#condition, __FILE__, __LINE__, ""))

/// That a Status or Result is ok.
#define FUZZ_CHECK_OK(outcome)                                                   \
  ((outcome).ok() ? static_cast<void>(0)                                         \
                  : ::deltaic::fuzz::Fail(#outcome " is ok", __FILE__, __LINE__, \
                                          AsStatus(outcome).ToString()))

/// What every fuzzer defines. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace deltaic::fuzz {

[[noreturn]] inline void Fail(const char* property, const char* file, int line,
                              std::string_view why) {
  std::fprintf(stderr, "%s:%d: does not hold: %s %.*s\n", file, line, property,
               static_cast<int>(why.size()), why.data());
  std::abort();
}

inline std::string_view AsText(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Takes what is before the first `end` off the front of `text`, and `end` with it.
inline std::string_view TakeUntil(std::string_view& text, char end) {
  const size_t at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return taken;
}

/// Equal, where NaN equals itself.
inline bool SameValue(const Value& a, const Value& b) {
  const double* x = std::get_if<double>(&a);
  const double* y = std::get_if<double>(&b);
  return a == b || (x != nullptr && y != nullptr && std::isnan(*x) && std::isnan(*y));
}

}  // namespace deltaic::fuzz
