#include "async_call.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace deltaic_node {

/// The calls of one environment that run now.
struct Instance::Calls {
  std::mutex mutex;
  std::condition_variable changed;
  std::multiset<CancellationHandle> running;

  void Begin(const CancellationHandle& cancellation) {
    const std::lock_guard lock(mutex);
    running.insert(cancellation);
  }
  void End(const CancellationHandle& cancellation) {
    const std::lock_guard lock(mutex);
    running.erase(running.find(cancellation));
    changed.notify_all();
  }
  void CancelAndWait() {
    std::unique_lock lock(mutex);
    for (const CancellationHandle& each : running) each->Cancel();
    changed.wait(lock, [this] { return running.empty(); });
  }
};

Instance* MakeInstance(Napi::Env env) {
  auto* instance = new Instance;
  instance->calls = std::make_shared<Instance::Calls>();
  env.SetInstanceData(instance);
  env.AddCleanupHook([calls = instance->calls] { calls->CancelAndWait(); });
  return instance;
}

Cancellation::Cancellation(const Napi::CallbackInfo& info)
    : ObjectWrap(info), handle_(std::make_shared<Canceller>()) {}

Napi::Function Cancellation::Define(Napi::Env env) {
  return DefineClass(env, "Cancellation", {InstanceMethod<&Cancellation::Cancel>("cancel")});
}

void Cancellation::Cancel(const Napi::CallbackInfo&) { handle_->Cancel(); }

Napi::Object MakeError(Napi::Env env, deltaic_status status, const ErrorHandle& error) {
  Napi::Object made = Napi::Object::New(env);
  made["code"] = deltaic_status_name(error ? deltaic_error_code(error.get()) : status);
  made["message"] = error ? deltaic_error_message(error.get()) : deltaic_status_name(status);
  return made;
}

void ThrowIfFailed(Napi::Env env, deltaic_status status, deltaic_error* error) {
  const ErrorHandle owned(error);
  if (status == DELTAIC_OK) return;
  // As an Error, for Napi::Error carries nothing else; JavaScript makes its own class of it.
  const Napi::Object made = MakeError(env, status, owned);
  Napi::Error thrown = Napi::Error::New(env, made.Get("message").As<Napi::String>().Utf8Value());
  thrown.Set("code", made.Get("code"));
  throw thrown;
}

namespace {

struct Call {
  Call(Napi::Env env, Work the_work, MakeResult the_result)
      : work(std::move(the_work)), result(std::move(the_result)) {
    NAPI_THROW_IF_FAILED_VOID(env, napi_create_promise(env, &deferred, &promise));
  }

  napi_deferred deferred = nullptr;  // of JavaScript's thread
  napi_value promise = nullptr;      // in the scope of the caller alone
  Work work;
  MakeResult result;
  deltaic_status status = DELTAIC_OK;
  ErrorHandle error;
  std::string thrown;

  void Run() {
    deltaic_error* failure = nullptr;
    try {
      status = work(&failure);
    } catch (const std::exception& exception) {
      status = DELTAIC_ERROR_INTERNAL;
      thrown = exception.what();
    }
    error.reset(failure);
    work = nullptr;
  }

  /// Where JavaScript is being terminated nothing can be settled, and each attempt throws.
  void Settle(Napi::Env env) noexcept {
    const Napi::HandleScope scope(env);
    try {
      if (status == DELTAIC_OK) {
        napi_resolve_deferred(env, deferred, result(env));
        return;
      }
      Napi::Object made = MakeError(env, status, error);
      if (!thrown.empty()) made["message"] = thrown;
      napi_reject_deferred(env, deferred, made);
    } catch (const Napi::Error& failed) {
      napi_reject_deferred(env, deferred, failed.IsEmpty() ? env.Undefined() : failed.Value());
    }
  }
};

}  // namespace

Napi::Value RunAsync(Napi::Env env, const CancellationHandle& cancellation, Work work,
                     MakeResult result) {
  auto* call = new Call(env, std::move(work), std::move(result));
  const Napi::Value promise(env, call->promise);
  // An empty function: what is called is the lambda below. It keeps the event loop alive until it
  // is released.
  auto settle = Napi::ThreadSafeFunction::New(
      env, Napi::Function::New(env, [](const Napi::CallbackInfo&) {}), "deltaic", 0, 1);
  auto calls = env.GetInstanceData<Instance>()->calls;
  calls->Begin(cancellation);
  std::thread([call, settle, calls, cancellation]() mutable {
    call->Run();
    const napi_status queued =
        settle.BlockingCall(call, [](Napi::Env to, Napi::Function, Call* done) {
          if (to != nullptr) done->Settle(to);
          delete done;
        });
    if (queued != napi_ok) delete call;  // the environment is closing
    settle.Release();
    calls->End(cancellation);
  }).detach();
  return promise;
}

}  // namespace deltaic_node
