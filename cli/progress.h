#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "deltaic/deltaic.hpp"

namespace deltaic::cli {

/// A line on standard error that says how far long work is, drawn from the first second on, and
/// cleared at the end. Nothing is drawn where standard error is no terminal, or with --quiet or
/// --no-progress.
class Progress {
 public:
  /// \param verb  "written", "read".  \param total_rows  0 where it is not known.
  Progress(std::string verb, int64_t total_rows, bool wanted);
  ~Progress();
  /// Makes the call of these options report here.
  void Watch(Options& options);

 private:
  void Draw() const;
  std::string verb_;
  int64_t total_rows_;
  std::atomic<int64_t> rows_{0};
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::thread painter_;
};

}  // namespace deltaic::cli
