#pragma once

#include <napi.h>

#include <atomic>
#include <memory>

#include "async_call.h"
#include "flat_batch.h"

namespace deltaic_node {

/// An ArrowArrayStream that calls share, with the scan it comes from.
struct OpenStream {
  ArrowArrayStream stream{};
  ScanHandle scan;
  CancellationHandle cancellation;
  Field schema;
  FlatBatch flat;                    ///< the last batch
  std::atomic<bool> is_read{false};  ///< by a call that JavaScript waits for
  OpenStream() = default;
  OpenStream(const OpenStream&) = delete;
  OpenStream& operator=(const OpenStream&) = delete;
  ~OpenStream();
  /// Waits for the threads of the scan.
  void Release();
  /// Why the stream failed.
  deltaic_status Fail(deltaic_error** error) const;
  deltaic_status ReadSchema(deltaic_error** error);
};

/// One that may be let go on JavaScript's thread.
std::shared_ptr<OpenStream> NewStream();

/// A class of JavaScript: rows on their way, one call at a time.
class RowStream : public Napi::ObjectWrap<RowStream> {
 public:
  explicit RowStream(const Napi::CallbackInfo& info);
  static Napi::Function Define(Napi::Env env);
  static Napi::Value Wrap(Napi::Env env, std::shared_ptr<OpenStream> stream);

  /// Hands the C stream over, once.
  std::shared_ptr<OpenStream> Take() { return std::move(stream_); }

 private:
  Napi::Value Schema(const Napi::CallbackInfo& info);
  Napi::Value Next(const Napi::CallbackInfo& info);
  Napi::Value WriteFile(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);

  std::shared_ptr<OpenStream> stream_;
};

/// {name, format, nullable, variant, children, dictionary}
Napi::Object MakeSchema(Napi::Env env, const Field& field);

}  // namespace deltaic_node
