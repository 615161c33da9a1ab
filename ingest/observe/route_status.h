#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/loop/metrics.h"

namespace deltaic::ingest {

/// One route, for those who look at it from outside. Safe from any thread.
struct RouteStatus {
  std::string topic, table;
  int64_t allowed_latency_ms = 0;
  const Metrics* metrics = nullptr;  ///< outlives it
};

/// "starting", "running", "waiting" or "failed".
std::string_view NameOf(RouteState state);

/// What every probe and view looks at. Immutable; safe from any thread.
struct IngestStatus {
  std::vector<RouteStatus> routes;
  int64_t started_ms = 0;  ///< since 1970
  int64_t memory_limit_bytes = 0;
};

/// Why the process must be restarted: no route has polled its broker for minutes. Empty: it need
/// not.
std::string WhyNotHealthy(const IngestStatus& status, int64_t now_ms);
/// Why messages do not get into tables in time: a route waits, has failed, or is late by three
/// times its latency. Empty: they do.
std::string WhyNotReady(const IngestStatus& status, int64_t now_ms);

}  // namespace deltaic::ingest
