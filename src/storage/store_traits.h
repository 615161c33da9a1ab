#pragma once

#include <cstdint>

namespace deltaic {

enum class Latency {
  /// A disk or memory of this machine: a request costs little more than copying its bytes, so that
  /// many small ones, one after the other, are fine.
  kNear,
  /// A network: a request costs as much as a MiB of bytes, and no processor is busy meanwhile.
  kFar,
};

/// What requests to a store cost, which decides what a reader had better ask for.
struct StoreTraits {
  Latency latency = Latency::kFar;
  /// Fewer bytes than that take as long.
  int64_t min_request_bytes = 64 << 10;
  /// A hole between wanted ranges that is no longer is read too: another request would cost more.
  int64_t max_hole_bytes = 1 << 20;
  /// A longer range comes sooner by several requests at once.
  int64_t max_request_bytes = 8 << 20;
  /// Requests worth having on their way at the same time.
  int max_requests = 16;

  bool is_near() const { return latency == Latency::kNear; }
};

inline constexpr StoreTraits kNearStore{.latency = Latency::kNear,
                                        .min_request_bytes = 4 << 10,
                                        .max_hole_bytes = 0,
                                        .max_request_bytes = 1 << 20,
                                        .max_requests = 1};
inline constexpr StoreTraits kFarStore{};

}  // namespace deltaic
