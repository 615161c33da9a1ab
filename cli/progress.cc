#include "progress.h"

#include <cstdio>
#include <utility>

#include "terminal.h"

namespace deltaic::cli {

bool Progress::IsDrawn(bool wanted) { return wanted && StderrIsTerminal(); }

Progress::Progress(ProgressState work, bool wanted) : work_(std::move(work)) {
  if (!IsDrawn(wanted)) return;
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
      [](void* self, int64_t done) { static_cast<Progress*>(self)->done_ = done; }, this);
}

void Progress::Draw() const {
  ProgressState now = work_;
  now.done = done_;
  now.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  // The last column stays free: some terminals would wrap there.
  std::fputs(("\r\033[K" + ProgressLine(now, StderrWidth() - 1)).c_str(), stderr);
}

}  // namespace deltaic::cli
