#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "deltaic/deltaic.hpp"
#include "progress_line.h"

namespace deltaic::cli {

/// A line on standard error that says how far long work is, drawn from the first second on, and
/// cleared at the end. Nothing is drawn where standard error is no terminal, or with --quiet or
/// --no-progress.
class Progress {
 public:
  /// Whether anything would be drawn: what costs time to find out, as a total, need not be then.
  static bool IsDrawn(bool wanted);

  /// \param work  unit, verb and total.
  Progress(ProgressState work, bool wanted);
  ~Progress();
  /// Makes the call of these options report here.
  void Watch(Options& options);

 private:
  void Draw() const;
  const ProgressState work_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<int64_t> done_{0};
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::thread painter_;
};

}  // namespace deltaic::cli
