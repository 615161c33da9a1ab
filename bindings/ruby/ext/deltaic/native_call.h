#pragma once

#include <ruby.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "native.h"

namespace deltaic_ruby {

/// One C call on a thread of its own, while the Ruby thread waits without the GVL.
///
/// Ruby wakes a waiting thread for any signal, also for one whose handler raises nothing, so what
/// wakes it must not cancel: woken, it runs what is pending, and only if that raises is the call
/// cancelled.
class NativeCall {
 public:
  /// \param cancellation  borrowed; NULL where nothing can cancel the call.
  explicit NativeCall(const deltaic_cancellation* cancellation) : cancellation_(cancellation) {}
  /// Waits for the call, which the owner has cancelled if it was to end early.
  ~NativeCall();
  NativeCall(const NativeCall&) = delete;
  NativeCall& operator=(const NativeCall&) = delete;

  /// Begins `call`, once.
  void Start(std::function<deltaic_status(deltaic_error**)> call);
  /// Waits until the call is over. Never leaves by longjmp.
  /// \return 0, or what rb_jump_tag takes: something raised, and the call was cancelled.
  int Wait();
  /// Waits until the call is over or `ready`, which is not empty, says so, asked whenever Notify
  /// was called; else as Wait, but whoever gets a tag cancels.
  int WaitFor(const std::function<bool()>& ready);
  /// May be called from any thread.
  void Notify();
  void Cancel();

  bool is_cancelled() const { return is_cancelled_; }
  bool is_done();
  deltaic_status status() const { return status_; }
  deltaic_error* TakeError();

 private:
  struct Waiting;
  static void* Sleep(void* waiting);
  static void Wake(void* waiting);

  const deltaic_cancellation* cancellation_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> is_cancelled_{false};
  bool done_ = false;
  deltaic_status status_ = DELTAIC_OK;
  deltaic_error* error_ = nullptr;
  std::thread thread_;
};

/// Runs `call(deltaic_error**)` so that Timeout, Thread#kill and signals end it, and raises its
/// error. \param options  a Native::Options whose cancellation the call was given, or nil.
/// \param drop  frees what the call made, where that goes to nobody: it failed, or what was raised
///              came too late to cancel it.
template <typename Call, typename Drop>
void CallInterruptible(VALUE options, Call&& call, Drop&& drop) {
  int raised = 0;
  deltaic_status status = DELTAIC_OK;
  deltaic_error* error = nullptr;
  {
    NativeCall running(CancellationOf(options));
    running.Start([&call](deltaic_error** out) { return call(out); });
    raised = running.Wait();
    status = running.status();
    error = running.TakeError();
  }
  RB_GC_GUARD(options);
  if (raised != 0 || status != DELTAIC_OK) drop();
  if (raised != 0) {
    deltaic_error_free(error);
    rb_jump_tag(raised);
  }
  if (status != DELTAIC_OK) RaiseError(status, error);
}

/// For calls that make nothing.
template <typename Call>
void CallInterruptible(VALUE options, Call&& call) {
  CallInterruptible(options, std::forward<Call>(call), [] {});
}

}  // namespace deltaic_ruby
