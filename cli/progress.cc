#include "progress.h"

#include <chrono>
#include <cstdio>

#include "terminal.h"
#include "text_table.h"

namespace deltaic::cli {

Progress::Progress(std::string verb, int64_t total_rows, bool wanted)
    : verb_(std::move(verb)), total_rows_(total_rows) {
  if (!wanted || !StderrIsTerminal()) return;
  painter_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    bool drawn = false;
    auto pause = std::chrono::milliseconds(1000);
    while (!stopped_.wait_for(lock, pause, [this] { return stop_; })) {
      Draw();
      drawn = true;
      pause = std::chrono::milliseconds(100);
    }
    if (drawn) std::fputs("\r\033[K", stderr);
  });
}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  if (painter_.joinable()) painter_.join();
}

void Progress::Watch(Options& options) {
  deltaic_options_set_progress(
      options.mutable_get(),
      [](void* self, int64_t rows) { static_cast<Progress*>(self)->rows_ = rows; }, this);
}

void Progress::Draw() const {
  const int64_t rows = rows_;
  std::string line = "\r\033[K";
  if (total_rows_ > 0) {
    constexpr int kBar = 30;
    const int filled = static_cast<int>(kBar * std::min(rows, total_rows_) / total_rows_);
    for (int i = 0; i < kBar; ++i) line += i < filled ? "█" : "░";
    line += " ";
  }
  line += GroupedNumber(rows) + " rows " + verb_;
  std::fputs(line.c_str(), stderr);
}

}  // namespace deltaic::cli
