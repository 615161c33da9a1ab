#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "storage/crew.h"

namespace deltaic::ingest {

/// Threads on which commits go on beside the thread of a Worker, so that a slow store holds up
/// nothing but its own table. They come as they are needed. One thread at a time.
class CommitCrew {
 public:
  /// Something under way. Any thread.
  class Flight {
   public:
    bool is_over() const;
    void Wait() const;

   private:
    friend class CommitCrew;
    mutable std::mutex mutex_;
    mutable std::condition_variable over_;
    bool is_over_ = false;
  };

  /// \param most  threads.  \param on_over  called by them whenever a flight is over.
  CommitCrew(size_t most, std::function<void()> on_over);
  /// Waits for all flights.
  ~CommitCrew();

  /// Begins `work`, which throws nothing, when a thread is free.
  std::shared_ptr<const Flight> Start(std::function<void()> work);

 private:
  struct Job {
    std::function<void()> work;
    std::shared_ptr<Flight> flight;
  };
  void Work();
  void Run(const Job& job) const;

  const size_t most_;
  const std::function<void()> on_over_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;
  size_t idle_ = 0;  ///< threads that wait for work
  bool is_ending_ = false;
  Crew threads_;
};

}  // namespace deltaic::ingest
