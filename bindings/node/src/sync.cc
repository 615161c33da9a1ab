#include "sync.h"

#include <cstring>
#include <utility>

#include "options.h"

namespace deltaic_node {
namespace {

/// What a SyncCopy is made of.
struct OpenCopy {
  CopyHandle copy;
  CancellationHandle cancellation;
};

Napi::String TakeText(Napi::Env env, char* text) {
  const TextHandle owned(text);
  return Napi::String::New(env, owned.get());
}

}  // namespace

SyncPlan::SyncPlan(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  sync_ = *info[0].As<Napi::External<SyncHandle>>().Data();
}

Napi::Function SyncPlan::Define(Napi::Env env) {
  return DefineClass(
      env, "SyncPlan",
      {InstanceMethod<&SyncPlan::Json>("json"), InstanceMethod<&SyncPlan::Copy>("copy")});
}

Napi::Value SyncPlan::Wrap(Napi::Env env, SyncHandle sync) {
  return env.GetInstanceData<Instance>()->sync_plan.New(
      {Napi::External<SyncHandle>::New(env, &sync)});
}

Napi::Value SyncPlan::StartJson(const Napi::CallbackInfo& info) {
  const OptionsHandle options = MakeOptions(info[0], nullptr);
  char* out = nullptr;
  deltaic_error* error = nullptr;
  ThrowIfFailed(info.Env(), deltaic_sync_start_json(options.get(), &out, &error), error);
  return TakeText(info.Env(), out);
}

Napi::Value SyncPlan::Json(const Napi::CallbackInfo& info) {
  char* out = nullptr;
  deltaic_error* error = nullptr;
  ThrowIfFailed(info.Env(), deltaic_sync_json(sync_.get(), &out, &error), error);
  return TakeText(info.Env(), out);
}

Napi::Value SyncPlan::Copy(const Napi::CallbackInfo& info) {
  auto open = std::make_shared<OpenCopy>();
  open->cancellation = Cancellation::Unwrap(info[0].As<Napi::Object>())->handle();
  const std::shared_ptr<deltaic_options> options(
      MakeOptions(info.Env().Undefined(), open->cancellation).release(), deltaic_options_free);
  return RunAsync(
      info.Env(), open->cancellation,
      [sync = sync_, options, open](deltaic_error** error) {
        deltaic_copy* copy = nullptr;
        const deltaic_status status = deltaic_sync_copy(sync.get(), options.get(), &copy, error);
        open->copy = CopyHandle(
            copy, [](deltaic_copy* owned) { FreeApart([owned] { deltaic_copy_free(owned); }); });
        return status;
      },
      [open](Napi::Env env) {
        return env.GetInstanceData<Instance>()->sync_copy.New(
            {Napi::External<OpenCopy>::New(env, open.get())});
      });
}

SyncCopy::SyncCopy(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  auto* open = info[0].As<Napi::External<OpenCopy>>().Data();
  copy_ = std::move(open->copy);
  cancellation_ = open->cancellation;
}

Napi::Function SyncCopy::Define(Napi::Env env) {
  return DefineClass(
      env, "SyncCopy",
      {InstanceMethod<&SyncCopy::Next>("next"), InstanceMethod<&SyncCopy::NumRows>("numRows"),
       InstanceMethod<&SyncCopy::NumRejected>("numRejected")});
}

Napi::Value SyncCopy::Next(const Napi::CallbackInfo& info) {
  struct Bytes {
    const void* begin = nullptr;
    size_t length = 0;
  };
  auto bytes = std::make_shared<Bytes>();
  return RunAsync(
      info.Env(), cancellation_,
      [copy = copy_, bytes](deltaic_error** error) {
        return deltaic_copy_next(copy.get(), &bytes->begin, &bytes->length, error);
      },
      [copy = copy_, bytes](Napi::Env env) -> Napi::Value {
        if (bytes->length == 0) return env.Null();
        return Napi::Buffer<char>::Copy(env, static_cast<const char*>(bytes->begin), bytes->length);
      });
}

Napi::Value SyncCopy::NumRows(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(deltaic_copy_num_rows(copy_.get())));
}

Napi::Value SyncCopy::NumRejected(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(deltaic_copy_num_rejected(copy_.get())));
}

}  // namespace deltaic_node
