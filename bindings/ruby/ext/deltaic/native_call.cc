#include "native_call.h"

#include <ruby/thread.h>

#include <utility>

#include "credentials.h"

namespace deltaic_ruby {

struct NativeCall::Waiting {
  NativeCall* call;
  const std::function<bool()>* ready;
  const AnswersQuestions* questions;
  bool is_woken = false;
};

void NativeCall::Start(std::function<deltaic_status(deltaic_error**)> call) {
  thread_ = std::thread([this, call = std::move(call)] {
    deltaic_error* error = nullptr;
    const deltaic_status status = call(&error);
    const std::lock_guard<std::mutex> lock(mutex_);
    status_ = status;
    error_ = error;
    done_ = true;
    changed_.notify_all();
  });
}

NativeCall::~NativeCall() {
  if (thread_.joinable()) thread_.join();
  deltaic_error_free(error_);
}

void* NativeCall::Sleep(void* data) {
  auto* waiting = static_cast<Waiting*>(data);
  NativeCall& call = *waiting->call;
  std::unique_lock<std::mutex> lock(call.mutex_);
  call.changed_.wait(lock, [&] {
    return call.done_ || waiting->is_woken || waiting->questions->are_there() ||
           (*waiting->ready)();
  });
  return nullptr;
}

void NativeCall::Wake(void* data) {
  auto* waiting = static_cast<Waiting*>(data);
  const std::lock_guard<std::mutex> lock(waiting->call->mutex_);
  waiting->is_woken = true;
  waiting->call->changed_.notify_all();
}

int NativeCall::WaitFor(const std::function<bool()>& ready) {
  AnswersQuestions questions(this);
  while (true) {
    Waiting waiting{this, &ready, &questions};
    rb_thread_call_without_gvl2(&Sleep, &waiting, &Wake, &waiting);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (done_ || ready()) return 0;
    }
    int raised = 0;
    rb_protect(
        [](VALUE) {
          rb_thread_check_ints();
          return Qnil;
        },
        Qnil, &raised);
    if (raised != 0) return raised;
    questions.Answer();  // afterwards: a thread begun while Ruby ends would keep it from that
  }
}

int NativeCall::Wait() {
  const std::function<bool()> never = [] { return false; };
  int raised = WaitFor(never);
  if (raised == 0) return 0;
  Cancel();
  // The last of what is raised meanwhile is what Ruby goes on with.
  while (!is_done()) {
    if (const int again = WaitFor(never); again != 0) raised = again;
  }
  return raised;
}

void NativeCall::Notify() {
  const std::lock_guard<std::mutex> lock(mutex_);
  changed_.notify_all();
}

void NativeCall::Cancel() {
  is_cancelled_ = true;
  if (cancellation_ != nullptr) deltaic_cancellation_cancel(cancellation_);
}

bool NativeCall::is_done() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return done_;
}

deltaic_error* NativeCall::TakeError() { return std::exchange(error_, nullptr); }

}  // namespace deltaic_ruby
