#pragma once

#include <string_view>

#include "ingest/observe/http_endpoint.h"
#include "ingest/observe/route_status.h"

namespace deltaic::ingest {

/// /metrics, /healthz and /readyz; others are 404.
HttpAnswer AnswerProbe(const IngestStatus& status, std::string_view path);

}  // namespace deltaic::ingest
