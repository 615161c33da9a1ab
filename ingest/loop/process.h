#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "base/status.h"
#include "ingest/loop/options.h"
#include "ingest/loop/worker.h"
#include "ingest/observe/console.h"
#include "ingest/observe/http_endpoint.h"
#include "ingest/observe/route_status.h"
#include "ingest/observe/statsd.h"

namespace deltaic::ingest {

/// All routes of one run: their workers, each on a thread, and what watches over them. Routes of
/// one broker, group and settings share consumers, no more of them than there are cores.
class IngestProcess {
 public:
  /// \param stop  set to end in order; this sets it, too, where a worker fails.
  IngestProcess(ProcessOptions options, std::vector<IngestOptions> routes, const KafkaApi& api,
                std::atomic<bool>* stop, Console* console);

  /// Finds out whether Run() could begin, and changes nothing.
  Status Check();
  Status Run();

 private:
  Status StartObserving();
  void Watch();

  const ProcessOptions options_;
  std::atomic<bool>* const stop_;
  Console* const console_;
  std::vector<std::unique_ptr<Worker>> workers_;
  IngestStatus status_;
  std::unique_ptr<HttpEndpoint> endpoint_;
  std::unique_ptr<StatsdSender> statsd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;
};

}  // namespace deltaic::ingest
