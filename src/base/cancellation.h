#pragma once

#include <atomic>
#include <memory>

#include "base/status.h"

namespace deltaic {

/// Asks a long call to stop. Copies share one flag. Safe from any thread.
/// The default token can be cancelled too; `CancellationToken::None()` never is.
class CancellationToken {
 public:
  CancellationToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  static CancellationToken None() { return CancellationToken(nullptr); }

  void Cancel() const {
    if (flag_) flag_->store(true, std::memory_order_relaxed);
  }
  bool cancelled() const { return flag_ && flag_->load(std::memory_order_relaxed); }
  /// kCancelled once Cancel() was called.
  Status Check() const {
    return cancelled() ? Status::Cancelled("cancelled by the caller") : Status();
  }

 private:
  explicit CancellationToken(std::nullptr_t) {}
  std::shared_ptr<std::atomic<bool>> flag_;
};

}  // namespace deltaic
