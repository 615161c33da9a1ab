#include "ingest/observe/route_status.h"

#include <algorithm>

#include "base/status.h"

namespace deltaic::ingest {
namespace {

/// Longer than any commit that will still succeed.
constexpr int64_t kLongestSilenceMs = 300'000;
constexpr int64_t kLateBy = 3;

}  // namespace

std::string_view NameOf(RouteState state) {
  switch (state) {
    case RouteState::kStarting:
      return "starting";
    case RouteState::kRunning:
      return "running";
    case RouteState::kWaiting:
      return "waiting";
    case RouteState::kFailed:
      return "failed";
  }
  return "";
}

std::string WhyNotHealthy(const IngestStatus& status, int64_t now_ms) {
  for (const RouteStatus& route : status.routes) {
    const int64_t last = std::max(route.metrics->last_poll_ms.load(), status.started_ms);
    if (now_ms - last > kLongestSilenceMs) {
      return Concat(route.topic, " was polled ", (now_ms - last) / 1000, " s ago");
    }
  }
  return "";
}

std::string WhyNotReady(const IngestStatus& status, int64_t now_ms) {
  for (const RouteStatus& route : status.routes) {
    const RouteState state = route.metrics->state;
    if (state != RouteState::kRunning) return Concat(route.topic, " is ", NameOf(state));
    const int64_t oldest = route.metrics->oldest_ms;
    if (oldest != 0 && now_ms - oldest > kLateBy * route.allowed_latency_ms) {
      return Concat(route.topic, " holds messages for ", (now_ms - oldest) / 1000, " s");
    }
  }
  return "";
}

}  // namespace deltaic::ingest
