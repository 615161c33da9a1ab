#include "ingest/loop/commit_crew.h"

#include <utility>

namespace deltaic::ingest {

bool CommitCrew::Flight::is_over() const {
  const std::lock_guard lock(mutex_);
  return is_over_;
}

void CommitCrew::Flight::Wait() const {
  std::unique_lock lock(mutex_);
  over_.wait(lock, [this] { return is_over_; });
}

CommitCrew::CommitCrew(size_t most, std::function<void()> on_over)
    : most_(most), on_over_(std::move(on_over)) {}

CommitCrew::~CommitCrew() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  threads_.Join();
}

std::shared_ptr<const CommitCrew::Flight> CommitCrew::Start(std::function<void()> work) {
  Job job{std::move(work), std::make_shared<Flight>()};
  std::shared_ptr<const Flight> flight = job.flight;
  bool needs_thread = false;
  {
    const std::lock_guard lock(mutex_);
    needs_thread = waiting_.size() >= idle_ && threads_.size() < most_;
    waiting_.push_back(std::move(job));
  }
  if (needs_thread && !threads_.Add([this] { Work(); }) && threads_.size() == 0) {
    // The system has no thread to give.
    const Job own = std::move(waiting_.front());
    waiting_.pop_front();
    Run(own);
    return flight;
  }
  changed_.notify_one();
  return flight;
}

void CommitCrew::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    Run(job);
    lock.lock();
  }
}

void CommitCrew::Run(const Job& job) const {
  job.work();
  {
    const std::lock_guard lock(job.flight->mutex_);
    job.flight->is_over_ = true;
  }
  job.flight->over_.notify_all();
  on_over_();
}

}  // namespace deltaic::ingest
