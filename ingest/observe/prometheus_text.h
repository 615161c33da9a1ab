#pragma once

#include <cstdint>
#include <string>

#include "ingest/observe/route_status.h"

namespace deltaic::ingest {

/// All metrics in Prometheus' text format, version 0.0.4; names begin with deltaic_ingest_.
/// docs/ingest.md lists them.
std::string PrometheusText(const IngestStatus& status, int64_t now_ms);

}  // namespace deltaic::ingest
