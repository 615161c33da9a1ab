#pragma once

#include <napi.h>

#include <memory>

#include "async_call.h"

namespace deltaic_node {

using SyncHandle = std::shared_ptr<deltaic_sync>;
using CopyHandle = std::shared_ptr<deltaic_copy>;

/// A class of JavaScript: how a target is brought to a version.
class SyncPlan : public Napi::ObjectWrap<SyncPlan> {
 public:
  explicit SyncPlan(const Napi::CallbackInfo& info);
  static Napi::Function Define(Napi::Env env);
  static Napi::Value Wrap(Napi::Env env, SyncHandle sync);
  /// syncStartJson(options)
  static Napi::Value StartJson(const Napi::CallbackInfo& info);

 private:
  Napi::Value Json(const Napi::CallbackInfo& info);
  /// copy(cancellation): a promise of a SyncCopy.
  Napi::Value Copy(const Napi::CallbackInfo& info);

  SyncHandle sync_;
};

/// A class of JavaScript: rows as bytes, one call at a time.
class SyncCopy : public Napi::ObjectWrap<SyncCopy> {
 public:
  explicit SyncCopy(const Napi::CallbackInfo& info);
  static Napi::Function Define(Napi::Env env);

 private:
  /// next(): a promise of bytes, null at the end.
  Napi::Value Next(const Napi::CallbackInfo& info);
  Napi::Value NumRows(const Napi::CallbackInfo& info);
  Napi::Value NumRejected(const Napi::CallbackInfo& info);

  CopyHandle copy_;
  CancellationHandle cancellation_;
};

}  // namespace deltaic_node
