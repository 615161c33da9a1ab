#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/status.h"
#include "ingest/loop/commit_crew.h"
#include "ingest/loop/ingest.h"
#include "ingest/loop/options.h"
#include "ingest/source/kafka_api.h"
#include "ingest/source/kafka_consumer.h"

namespace deltaic::ingest {

/// Routes that share one consumer, one thread and one part of the memory. A route that fails for
/// good ends alone where there are others.
///
/// The memory limit is shared: a sixteenth for what librdkafka has fetched, no more than five
/// eighths for rows and open files: beyond that the largest route commits before its time. One
/// thread at a time, but for what routes() tell.
class Worker {
 public:
  /// \param routes  not empty, of one broker, group and set of Kafka's settings; no topic twice.
  /// \param memory_limit_bytes  of this worker.  \param api, stop  outlive it.
  Worker(std::vector<IngestOptions> routes, int64_t memory_limit_bytes, const KafkaApi& api,
         const std::atomic<bool>* stop);
  ~Worker();

  /// Finds out whether Run() could begin, and changes nothing.
  Status Open();
  /// Runs until it is stopped, or the ends are reached, or an error that does not pass.
  /// Calls Open().
  Status Run();
  const std::vector<std::unique_ptr<Ingest>>& routes() const { return routes_; }
  /// Whether Run() ended for its routes' failures, each its own, and not for what all share.
  bool was_ended_by_routes() const { return was_ended_by_routes_; }

 private:
  Status Begin();
  Status Loop();
  Status Poll();
  Status ForEachAtOnce(const std::vector<Ingest*>& routes,
                       const std::function<Status(Ingest&)>& work);
  Status LandAndRecover();
  Status FlushDue();
  Status BoundMemory();
  Result<bool> EndAll();
  /// What an error of one route means for all.
  Status Settle(Ingest& route, const Status& status);
  Status FirstFailure() const;
  bool AllDone() const;

  const int64_t memory_limit_bytes_;
  const KafkaApi& api_;
  const std::atomic<bool>* const stop_;
  std::vector<std::unique_ptr<Ingest>> routes_;
  std::unique_ptr<KafkaConsumer> consumer_;  ///< calls the routes: goes before them
  std::unique_ptr<CommitCrew> crew_;  ///< works on the routes, wakes the consumer: goes first
  bool was_assigned_ = false;
  bool has_taken_ = false;  ///< messages, by the last Poll()
  bool was_ended_by_routes_ = false;
  std::chrono::steady_clock::time_point observe_at_;
};

}  // namespace deltaic::ingest
