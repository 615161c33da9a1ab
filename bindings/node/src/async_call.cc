#include "async_call.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "threads.h"

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

/// Ways back to JavaScript's thread, each used by one call at a time, in turn. One that handed a
/// result out asks for the next before it lets the event loop go on, and could go on so for long:
/// the call that follows on a result takes another.
struct Instance::Lanes {
  static constexpr size_t kMaxIdle = 16;
  static constexpr size_t kMinIdle = 2;       // of which one has just handed out
  std::deque<Napi::ThreadSafeFunction> idle;  // the longest first

  /// One that keeps the event loop alive.
  Napi::ThreadSafeFunction Take(Napi::Env env) {
    if (idle.size() < kMinIdle) {
      // An empty function: what is called is the lambda in RunAsync.
      const auto nothing = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
      return Napi::ThreadSafeFunction::New(env, nothing, "deltaic", 0, 1);
    }
    Napi::ThreadSafeFunction lane = idle.front();
    idle.pop_front();
    lane.Ref(env);
    return lane;
  }
  void Give(Napi::Env env, Napi::ThreadSafeFunction lane) {
    if (idle.size() >= kMaxIdle) {
      lane.Release();
      return;
    }
    lane.Unref(env);
    idle.push_back(lane);
  }
  void Release() {
    for (const Napi::ThreadSafeFunction& lane : idle) lane.Release();
    idle.clear();
  }
};

static void End(Instance::Calls& calls, const std::shared_ptr<Askers>& askers) {
  CloseAskers(askers);  // first: calls may wait for an answer
  calls.CancelAndWait();
}

Instance* MakeInstance(Napi::Env env) {
  auto* instance = new Instance;
  instance->calls = std::make_shared<Instance::Calls>();
  instance->lanes = std::make_shared<Instance::Lanes>();
  instance->askers = MakeAskers();
  env.SetInstanceData(instance);
  env.AddCleanupHook([calls = instance->calls, lanes = instance->lanes, askers = instance->askers] {
    End(*calls, askers);
    lanes->Release();
  });
  return instance;
}

void EndCalls(const Napi::CallbackInfo& info) {
  const auto* instance = info.Env().GetInstanceData<Instance>();
  End(*instance->calls, instance->askers);
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

void ThrowIfFailed(Napi::Env env, deltaic_status status, deltaic_error*& error) {
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
  std::function<void(Napi::Env)> settled;  // on JavaScript's thread, before the promise is
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
                     MakeResult result, Napi::Value kept) {
  auto owned = std::make_unique<Call>(env, std::move(work), std::move(result));
  const Napi::Value promise(env, owned->promise);
  // The promise lives as long as it is not settled, and whatever is its member with it.
  if (!kept.IsEmpty()) promise.As<Napi::Object>().Set("kept", kept);
  Call* call = owned.release();
  const auto* instance = env.GetInstanceData<Instance>();
  auto calls = instance->calls;
  auto lane = instance->lanes->Take(env);
  call->settled = [lanes = instance->lanes, lane](Napi::Env to) { lanes->Give(to, lane); };
  calls->Begin(cancellation);
  RunOnThread([call, lane, calls, cancellation] {
    call->Run();
    const napi_status queued =
        lane.BlockingCall(call, [](Napi::Env to, Napi::Function, Call* done) {
          if (to != nullptr) {
            done->settled(to);
            done->Settle(to);
          }
          delete done;
        });
    if (queued != napi_ok) delete call;  // the environment is closing, and the lane with it
    calls->End(cancellation);
  });
  return promise;
}

}  // namespace deltaic_node
