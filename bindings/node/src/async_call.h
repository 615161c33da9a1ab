#pragma once

#include <napi.h>

#include <functional>

#include "credentials.h"
#include "handles.h"

namespace deltaic_node {

/// A class of JavaScript: stops the calls it was given to.
class Cancellation : public Napi::ObjectWrap<Cancellation> {
 public:
  explicit Cancellation(const Napi::CallbackInfo& info);
  static Napi::Function Define(Napi::Env env);
  const CancellationHandle& handle() const { return handle_; }

 private:
  void Cancel(const Napi::CallbackInfo& info);
  CancellationHandle handle_;
};

/// The C call, on a thread of its own. Touches nothing of JavaScript.
using Work = std::function<deltaic_status(deltaic_error**)>;
/// Makes the promise's value, on JavaScript's thread, once the work succeeded.
using MakeResult = std::function<Napi::Value(Napi::Env)>;

/// Runs `work` beside the event loop, which waits for it before the process ends. The promise is
/// rejected with {code, message}. Where the environment goes first (a worker is terminated, the
/// process exits), the call is cancelled and awaited, so that no thread outlives what it uses.
/// \param kept  a value that lives as long as the call, such as a block that it writes; or empty.
Napi::Value RunAsync(Napi::Env env, const CancellationHandle& cancellation, Work work,
                     MakeResult result, Napi::Value kept = {});

/// The {code, message} of a failed call.
Napi::Object MakeError(Napi::Env env, deltaic_status status, const ErrorHandle& error);

/// Of a call that is over at once: throws {code, message}.
/// \param error  by reference, since the call that sets it stands beside it among the arguments.
void ThrowIfFailed(Napi::Env env, deltaic_status status, deltaic_error*& error);

/// What the environment keeps of this module.
struct Instance {
  Napi::FunctionReference table;
  Napi::FunctionReference stream;
  Napi::FunctionReference sync_plan;
  Napi::FunctionReference sync_copy;
  struct Calls;
  std::shared_ptr<Calls> calls;
  struct Lanes;
  std::shared_ptr<Lanes> lanes;
  std::shared_ptr<Askers> askers;
};
Instance* MakeInstance(Napi::Env env);

/// Called by JavaScript when the process exits: cancels the calls of the environment and waits.
void EndCalls(const Napi::CallbackInfo& info);

}  // namespace deltaic_node
