#include "ingest/observe/probes.h"

#include "ingest/observe/prometheus_text.h"
#include "table/clock.h"

namespace deltaic::ingest {

HttpAnswer AnswerProbe(const IngestStatus& status, std::string_view path) {
  const auto answer = [](std::string why) {
    if (why.empty()) return HttpAnswer{.code = 200, .body = "ok\n"};
    return HttpAnswer{.code = 503, .body = std::move(why) + "\n"};
  };
  if (path == "/metrics") {
    return {.code = 200,
            .body = PrometheusText(status, NowMs()),
            .type = "text/plain; version=0.0.4; charset=utf-8"};
  }
  if (path == "/healthz") return answer(WhyNotHealthy(status, NowMs()));
  if (path == "/readyz") return answer(WhyNotReady(status, NowMs()));
  return {.code = 404, .body = "there are /metrics, /healthz and /readyz\n"};
}

}  // namespace deltaic::ingest
