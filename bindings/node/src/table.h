#pragma once

#include <napi.h>

#include "async_call.h"

namespace deltaic_node {

/// A class of JavaScript: one function for one of deltaic.h, with options as [[key, value]...] and
/// a Cancellation last. A call that loads or commits changes the handle; nobody else may use it
/// meanwhile.
class Table : public Napi::ObjectWrap<Table> {
 public:
  explicit Table(const Napi::CallbackInfo& info);
  static Napi::Function Define(Napi::Env env);
  static Napi::Value At(const Napi::CallbackInfo& info);

 private:
  static Napi::Value Wrap(Napi::Env env, TableHandle table);

  Napi::Value Copy(const Napi::CallbackInfo& info);
  Napi::Value Version(const Napi::CallbackInfo& info);
  Napi::Value Uri(const Napi::CallbackInfo& info);
  Napi::Value Schema(const Napi::CallbackInfo& info);
  Napi::Value SchemaJson(const Napi::CallbackInfo& info);
  Napi::Value MetadataJson(const Napi::CallbackInfo& info);
  Napi::Value ProtocolJson(const Napi::CallbackInfo& info);
  Napi::Value Free(const Napi::CallbackInfo& info);

  Napi::Value Exists(const Napi::CallbackInfo& info);
  Napi::Value Load(const Napi::CallbackInfo& info);
  Napi::Value Text(const Napi::CallbackInfo& info);
  Napi::Value Count(const Napi::CallbackInfo& info);
  Napi::Value TransactionVersion(const Napi::CallbackInfo& info);
  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Write(const Napi::CallbackInfo& info);
  Napi::Value WriteFile(const Napi::CallbackInfo& info);
  Napi::Value Merge(const Napi::CallbackInfo& info);
  Napi::Value PlanSync(const Napi::CallbackInfo& info);

  const TableHandle& handle(Napi::Env env) const;

  TableHandle table_;
};

}  // namespace deltaic_node
