#include "ingest/loop/worker.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "base/log_sink.h"
#include "table/clock.h"

namespace deltaic::ingest {
namespace {

// Their payloads side by side are to stay in a core's own cache until they are decoded.
constexpr size_t kMessagesPerCall = 2048;
constexpr int64_t kFetchShare = 16;
constexpr int64_t kFilesShare = 8;
constexpr int64_t kMostBatchBytes = 16 << 20;
constexpr int64_t kLeastFetchBytes = 16 << 10;
// What a broker answers at once is then small enough for the allocator to keep (main.cc).
constexpr int64_t kMostFetchBytes = 512 << 10;
/// Most of a commit is waiting for storage.
constexpr size_t kMostCommitsAtOnce = 16;
constexpr auto kObserveEvery = std::chrono::milliseconds(500);

/// What librdkafka fetches ahead, so that it stays in its share. The queue's limit is of each
/// partition, and is looked at before a fetch, so the size of one fetch counts too.
std::vector<std::pair<std::string, std::string>> FetchSettings(int64_t memory_limit_bytes,
                                                               size_t num_partitions) {
  const int64_t share = memory_limit_bytes / kFetchShare;
  const int64_t each = share / static_cast<int64_t>(std::max<size_t>(num_partitions, 1));
  const int64_t fetch = std::clamp(each / 2, kLeastFetchBytes, kMostFetchBytes);
  const int64_t queued_kbytes = std::clamp<int64_t>((each - fetch) / 1024, 1, 65536);
  return {
      {"queued.max.messages.kbytes", std::to_string(queued_kbytes)},
      {"queued.min.messages", "1000000"},
      {"fetch.message.max.bytes", std::to_string(fetch)},
      {"fetch.max.bytes", std::to_string(std::max(share / 2, kMostFetchBytes))},
      {"fetch.queue.backoff.ms", "5"},
  };
}

}  // namespace

Worker::Worker(std::vector<IngestOptions> routes, int64_t memory_limit_bytes, const KafkaApi& api,
               const std::atomic<bool>* stop)
    : memory_limit_bytes_(memory_limit_bytes), api_(api), stop_(stop) {
  crew_ = std::make_unique<CommitCrew>(kMostCommitsAtOnce, [this] { consumer_->Wake(); });
  for (IngestOptions& route : routes) {
    routes_.push_back(std::make_unique<Ingest>(std::move(route), api, stop, crew_.get()));
  }
}
Worker::~Worker() = default;

Status Worker::Open() {
  const IngestOptions& first = routes_.front()->options();
  ConsumerOptions options{first.brokers, first.group, first.kafka_settings, {}, nullptr, stop_};
  if (first.aws_msk_iam) {
    DELTAIC_ASSIGN_OR_RETURN(options.tokens, OpenMskTokens(first.aws_region));
  }
  std::vector<std::vector<int32_t>> partitions;
  size_t num_partitions = 0;
  {
    // How many partitions share the memory is known from a first look.
    DELTAIC_ASSIGN_OR_RETURN(const auto look, KafkaConsumer::Open(api_, options));
    for (const auto& route : routes_) {
      KafkaSource* source =
          look->AddTopic(route->options().topic, route.get(), route->options().topic_timeout_ms);
      DELTAIC_ASSIGN_OR_RETURN(auto numbers, source->Partitions());
      num_partitions += numbers.size();
      partitions.push_back(std::move(numbers));
    }
  }
  options.tuning = FetchSettings(memory_limit_bytes_, num_partitions);
  DELTAIC_ASSIGN_OR_RETURN(consumer_, KafkaConsumer::Open(api_, options));
  const MemoryShare memory{memory_limit_bytes_ / kFilesShare,
                           std::min(kMostBatchBytes, memory_limit_bytes_ / 16)};
  for (size_t i = 0; i < routes_.size(); ++i) {
    const IngestOptions& route = routes_[i]->options();
    KafkaSource* source =
        consumer_->AddTopic(route.topic, routes_[i].get(), route.topic_timeout_ms);
    DELTAIC_RETURN_IF_ERROR(routes_[i]->Open(source, std::move(partitions[i]), memory));
  }
  return Status();
}

Status Worker::Begin() {
  for (const auto& route : routes_) DELTAIC_RETURN_IF_ERROR(route->Begin());
  return consumer_->Subscribe();
}

Status Worker::Run() {
  DELTAIC_RETURN_IF_ERROR(Open());
  DELTAIC_RETURN_IF_ERROR(Begin());
  Status status = Loop();
  if (!status.ok()) {
    for (const auto& route : routes_) route->Forget();
  }
  consumer_->Close();
  for (const auto& route : routes_) Log(LogLevel::kInfo, route->Summary());
  return status.ok() ? FirstFailure() : status;
}

Status Worker::Loop() {
  while (true) {
    const bool is_stopped = stop_->load(std::memory_order_relaxed);
    if (is_stopped || AllDone()) {
      DELTAIC_ASSIGN_OR_RETURN(const bool is_over, EndAll());
      if (is_over || is_stopped) return Status();
    }
    DELTAIC_RETURN_IF_ERROR(LandAndRecover());
    DELTAIC_RETURN_IF_ERROR(Poll());
    DELTAIC_RETURN_IF_ERROR(FlushDue());
    DELTAIC_RETURN_IF_ERROR(BoundMemory());
  }
}

Status Worker::Poll() {
  int wait_ms = 100;
  for (const auto& route : routes_) wait_ms = std::min(wait_ms, route->WaitMs());
  DELTAIC_ASSIGN_OR_RETURN(std::vector<TopicBatch> batches,
                           consumer_->Consume(kMessagesPerCall, wait_ms));
  was_assigned_ = was_assigned_ || consumer_->rebalances() > 0;
  has_taken_ = !batches.empty();
  for (TopicBatch& batch : batches) {
    Ingest& route = *routes_[batch.topic];
    DELTAIC_RETURN_IF_ERROR(
        Settle(route, batch.status.ok() ? route.Take(std::move(batch.batch)) : batch.status));
  }
  const auto now = std::chrono::steady_clock::now();
  const bool is_due = now >= observe_at_;
  if (is_due) observe_at_ = now + kObserveEvery;
  for (const auto& route : routes_) route->Observe(consumer_->rebalances(), is_due);
  return Status();
}

/// Calls `work` for each route, many at once: most of it is waiting for storage.
Status Worker::ForEachAtOnce(const std::vector<Ingest*>& routes,
                             const std::function<Status(Ingest&)>& work) {
  std::vector<Status> results(routes.size());
  std::atomic<size_t> next{0};
  const auto take = [&] {
    for (size_t i = next++; i < routes.size(); i = next++) results[i] = work(*routes[i]);
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(routes.size(), kMostCommitsAtOnce); ++i)
    threads.emplace_back(take);
  take();
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < routes.size(); ++i) {
    DELTAIC_RETURN_IF_ERROR(Settle(*routes[i], results[i]));
  }
  return Status();
}

Status Worker::LandAndRecover() {
  for (const auto& route : routes_) {
    DELTAIC_RETURN_IF_ERROR(Settle(*route, route->Land(/*wait=*/false)));
    DELTAIC_RETURN_IF_ERROR(Settle(*route, route->Recover()));
  }
  return Status();
}

Status Worker::FlushDue() {
  for (const auto& route : routes_) {
    if (route->MustFlush()) DELTAIC_RETURN_IF_ERROR(Settle(*route, route->BeginFlush()));
  }
  for (const auto& route : routes_) {
    if (route->must_land()) DELTAIC_RETURN_IF_ERROR(Settle(*route, route->Land(/*wait=*/true)));
  }
  return Status();
}

Status Worker::BoundMemory() {
  if (!has_taken_) return Status();  // a look at hundreds of routes, each time a commit is over
  const int64_t bound = memory_limit_bytes_ / 8 * 5;
  const auto held = [&] {
    int64_t total = 0;
    for (const auto& route : routes_) total += route->HeldBytes();
    return total;
  };
  if (held() <= bound) return Status();
  std::vector<std::pair<int64_t, Ingest*>> largest;
  for (const auto& route : routes_) largest.emplace_back(route->HeldBytes(), route.get());
  std::ranges::sort(largest, std::greater<>(), &std::pair<int64_t, Ingest*>::first);
  // Rows take several times what they take encoded; only after that files are ended early.
  for (const auto& [bytes, route] : largest) {
    if (held() <= bound / 2) return Status();
    DELTAIC_RETURN_IF_ERROR(Settle(*route, route->HandOn()));
  }
  for (const auto& [bytes, route] : largest) {
    if (held() <= bound / 2) return Status();
    DELTAIC_RETURN_IF_ERROR(Settle(*route, route->FlushOrGoBack()));
  }
  return Status();
}

bool Worker::AllDone() const {
  return was_assigned_ &&
         std::ranges::all_of(routes_, [](const auto& route) { return route->IsDone(); });
}

/// \return whether there is nothing left to read again.
Result<bool> Worker::EndAll() {
  std::vector<Ingest*> going;
  for (const auto& route : routes_) {
    if (!route->has_given_up()) going.push_back(route.get());
  }
  std::atomic<bool> is_over{true};
  DELTAIC_RETURN_IF_ERROR(ForEachAtOnce(going, [&](Ingest& route) -> Status {
    DELTAIC_ASSIGN_OR_RETURN(const bool ended, route.End());
    if (!ended) is_over = false;
    return Status();
  }));
  return is_over.load();
}

Status Worker::Settle(Ingest& route, const Status& status) {
  if (status.ok()) return status;
  route.GiveUp(status);
  was_ended_by_routes_ =
      std::ranges::all_of(routes_, [](const auto& other) { return other->has_given_up(); });
  if (routes_.size() == 1) return status;
  Log(LogLevel::kError,
      Concat("the route of ", route.options().topic, " is over: ", status.message()));
  return was_ended_by_routes_ ? FirstFailure() : Status();
}

Status Worker::FirstFailure() const {
  for (const auto& route : routes_) {
    if (route->has_given_up()) {
      return route->given_up().WithContext(Concat("route of ", route->options().topic));
    }
  }
  return Status();
}

}  // namespace deltaic::ingest
