#include "ingest/loop/process.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "base/log_sink.h"
#include "ingest/loop/compactor.h"
#include "ingest/observe/probes.h"
#include "table/clock.h"

namespace deltaic::ingest {
namespace {

constexpr auto kViewEvery = std::chrono::milliseconds(500);
constexpr auto kStatsdEvery = std::chrono::seconds(10);
constexpr int64_t kLeastMemoryOfWorker = 32 << 20;

using Group =
    std::tuple<std::string, std::string, bool, std::vector<std::pair<std::string, std::string>>>;

/// Routes that can share a consumer, spread over as many as are worth it.
std::vector<std::vector<IngestOptions>> Spread(std::vector<IngestOptions> routes) {
  std::map<Group, std::vector<IngestOptions>> groups;
  for (IngestOptions& route : routes) {
    groups[Group(route.brokers, route.group, route.aws_msk_iam, route.kafka_settings)].push_back(
        std::move(route));
  }
  std::vector<std::vector<IngestOptions>> out;
  for (auto& [group, members] : groups) {
    const bool is_static = std::ranges::any_of(
        std::get<3>(group), [](const auto& s) { return s.first == "group.instance.id"; });
    const size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
    const size_t parts = is_static ? 1 : std::min(cores, members.size());
    const size_t first = out.size();
    out.resize(first + parts);
    for (size_t i = 0; i < members.size(); ++i) {
      out[first + i % parts].push_back(std::move(members[i]));
    }
  }
  return out;
}

}  // namespace

IngestProcess::IngestProcess(ProcessOptions options, std::vector<IngestOptions> routes,
                             const KafkaApi& api, std::atomic<bool>* stop, Console* console)
    : options_(std::move(options)), stop_(stop), console_(console) {
  auto spread = Spread(std::move(routes));
  const int64_t memory = std::max(options_.memory_limit_bytes / static_cast<int64_t>(spread.size()),
                                  kLeastMemoryOfWorker);
  for (auto& part : spread) {
    workers_.push_back(std::make_unique<Worker>(std::move(part), memory, api, stop));
  }
  status_.started_ms = NowMs();
  status_.memory_limit_bytes = options_.memory_limit_bytes;
  for (const auto& worker : workers_) {
    for (const auto& route : worker->routes()) {
      const IngestOptions& o = route->options();
      status_.routes.push_back({o.topic, o.table, o.allowed_latency_ms, &route->metrics()});
    }
  }
  std::ranges::sort(status_.routes, {}, &RouteStatus::topic);
}

Status IngestProcess::Check() {
  for (const auto& worker : workers_) DELTAIC_RETURN_IF_ERROR(worker->Open());
  return Status();
}

Status IngestProcess::StartObserving() {
  if (!options_.metrics_listen.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(
        endpoint_, HttpEndpoint::Start(options_.metrics_listen, [this](std::string_view path) {
          return AnswerProbe(status_, path);
        }));
    Log(LogLevel::kInfo, Concat("metrics at port ", endpoint_->port()));
  }
  if (!options_.statsd.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(statsd_, StatsdSender::Open(options_.statsd, options_.statsd_prefix));
  }
  return Status();
}

/// The view and statsd, until all is over.
void IngestProcess::Watch() {
  auto statsd_at = std::chrono::steady_clock::now() + kStatsdEvery;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kViewEvery, [this] { return is_over_; })) {
    console_->Show(status_);
    if (statsd_ == nullptr || std::chrono::steady_clock::now() < statsd_at) continue;
    statsd_->Send(status_);
    statsd_at = std::chrono::steady_clock::now() + kStatsdEvery;
  }
  console_->Show(status_);
  if (statsd_ != nullptr) statsd_->Send(status_);
}

Status IngestProcess::Run() {
  DELTAIC_RETURN_IF_ERROR(StartObserving());
  Compactor compactor(workers_, options_.memory_limit_bytes);
  std::thread watcher([this] { Watch(); });
  std::vector<Status> results(workers_.size());
  const auto run = [&](size_t i) {
    results[i] = workers_[i]->Run();
    // One that fails as a whole ends all: what restarts the process starts all of it.
    if (!results[i].ok() && !workers_[i]->was_ended_by_routes()) *stop_ = true;
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < workers_.size(); ++i) threads.emplace_back(run, i);
  run(0);
  for (std::thread& thread : threads) thread.join();
  compactor.Stop();
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  watcher.join();
  for (const Status& result : results) DELTAIC_RETURN_IF_ERROR(result);
  return Status();
}

}  // namespace deltaic::ingest
