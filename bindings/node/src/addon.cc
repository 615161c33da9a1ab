#include <dlfcn.h>
#include <napi.h>

#include "async_call.h"
#include "row_source.h"
#include "row_stream.h"
#include "sync.h"
#include "table.h"

namespace deltaic_node {
namespace {

/// Keeps this module and the library mapped: a worker that ends unloads them, with their threads
/// inside.
void StayLoaded() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&StayLoaded), &info) != 0) {
    dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
  if (dladdr(reinterpret_cast<const void*>(&deltaic_version), &info) != 0) {
    dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

Napi::Value CallsJson(const Napi::CallbackInfo& info) {
  char* out = nullptr;
  deltaic_error* error = nullptr;
  ThrowIfFailed(info.Env(), deltaic_calls_json(&out, &error), error);
  const TextHandle owned(out);
  return Napi::String::New(info.Env(), owned.get());
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  StayLoaded();
  Instance* instance = MakeInstance(env);
  instance->table = Napi::Persistent(Table::Define(env));
  instance->stream = Napi::Persistent(RowStream::Define(env));
  instance->sync_plan = Napi::Persistent(SyncPlan::Define(env));
  instance->sync_copy = Napi::Persistent(SyncCopy::Define(env));
  exports["Cancellation"] = Cancellation::Define(env);
  exports["RowSource"] = RowSource::Define(env);
  exports["tableAt"] = Napi::Function::New(env, Table::At);
  exports["syncStartJson"] = Napi::Function::New(env, SyncPlan::StartJson);
  exports["endCalls"] = Napi::Function::New(env, EndCalls);
  exports["callsJson"] = Napi::Function::New(env, CallsJson);
  exports["version"] = deltaic_version();
  return exports;
}

}  // namespace
}  // namespace deltaic_node

static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  return deltaic_node::Init(env, exports);
}
NODE_API_MODULE(deltaic, InitAddon)
