#include "interruptible.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "errors.h"
#include "gil.h"

namespace deltaic_python {
namespace {

constexpr std::chrono::milliseconds kSignalPollInterval(50);

/// One C call on a thread of its own. Joins when it goes.
class BackgroundCall {
 public:
  explicit BackgroundCall(const std::function<deltaic_status(deltaic_error**)>& call)
      : thread_([this, &call] {
          deltaic_error* error = nullptr;
          deltaic_status status = DELTAIC_OK;
          std::exception_ptr thrown;
          try {
            status = call(&error);
          } catch (...) {
            // Arguments are looked at on the way, and what is wrong with them is thrown.
            thrown = std::current_exception();
          }
          const std::lock_guard lock(mutex_);
          thrown_ = std::move(thrown);
          error_.reset(error);
          status_ = status;
          done_.notify_one();
        }) {}
  ~BackgroundCall() { thread_.join(); }

  /// True once the call is over; waits for it at most one interval.
  bool WaitOneInterval() {
    std::unique_lock lock(mutex_);
    return done_.wait_for(lock, kSignalPollInterval, [this] { return status_.has_value(); });
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return status_.has_value(); });
  }
  /// After the call is over.
  deltaic_status status() const { return *status_; }
  ErrorHandle TakeError() { return std::move(error_); }
  std::exception_ptr thrown() const { return thrown_; }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::optional<deltaic_status> status_;
  ErrorHandle error_;
  std::exception_ptr thrown_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace

unsigned long ThreadIdent() { return PyThread_get_thread_ident(); }

bool IsMainThread() {
  const nb::object ident = nb::module_::import_("threading").attr("main_thread")().attr("ident");
  return !ident.is_none() && nb::cast<unsigned long>(ident) == ThreadIdent();
}

void CallInterruptible(const CancellationHandle& cancellation,
                       const std::function<deltaic_status(deltaic_error**)>& call) {
  if (!IsMainThread()) return CallWithoutGil(call);
  std::optional<nb::python_error> raised;
  ErrorHandle error;
  std::exception_ptr thrown;
  deltaic_status status = DELTAIC_OK;
  {
    const WithoutGil unlocked;
    BackgroundCall background(call);
    while (!background.WaitOneInterval()) {
      const WithGil locked;
      if (PyErr_CheckSignals() == 0) continue;
      raised.emplace();  // takes the exception that the handler raised
      deltaic_cancellation_cancel(cancellation.get());
      break;
    }
    background.Wait();
    status = background.status();
    error = background.TakeError();
    thrown = background.thrown();
  }
  if (raised) throw *std::move(raised);
  if (thrown) std::rethrow_exception(thrown);
  if (status != DELTAIC_OK) RaiseError(std::move(error));
}

void CallInterruptible(
    Options* options,
    const std::function<deltaic_status(const deltaic_options*, deltaic_error**)>& call) {
  Options none;
  Options& given = options == nullptr ? none : *options;
  CallInterruptible(EnsureCancellation(given),
                    [&](deltaic_error** error) { return call(given.handle.get(), error); });
}

}  // namespace deltaic_python
