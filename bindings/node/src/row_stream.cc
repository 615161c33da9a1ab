#include "row_stream.h"

#include <string>
#include <utility>

#include "options.h"

namespace deltaic_node {

OpenStream::~OpenStream() { Release(); }

void OpenStream::Release() {
  if (cancellation) cancellation->Cancel();
  if (stream.release != nullptr) stream.release(&stream);
}

std::shared_ptr<OpenStream> NewStream() {
  return {new OpenStream, [](OpenStream* owned) { FreeApart([owned] { delete owned; }); }};
}

deltaic_status OpenStream::Fail(deltaic_error** error) const {
  if (scan) {
    if (deltaic_error* why = deltaic_scan_error(scan.get()); why != nullptr) {
      *error = why;
      return deltaic_error_code(why);
    }
  }
  return DELTAIC_ERROR_IO;
}

deltaic_status OpenStream::ReadSchema(deltaic_error** error) {
  ArrowSchema read{};
  if (stream.get_schema(&stream, &read) != 0) return Fail(error);
  schema = CopySchema(read);
  read.release(&read);
  return DELTAIC_OK;
}

RowStream::RowStream(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  auto* given = info[0].As<Napi::External<std::shared_ptr<OpenStream>>>().Data();
  stream_ = std::move(*given);
}

Napi::Function RowStream::Define(Napi::Env env) {
  return DefineClass(
      env, "RowStream",
      {InstanceMethod<&RowStream::Schema>("schema"), InstanceMethod<&RowStream::Next>("next"),
       InstanceMethod<&RowStream::WriteFile>("writeFile"),
       InstanceMethod<&RowStream::Close>("close")});
}

Napi::Value RowStream::Wrap(Napi::Env env, std::shared_ptr<OpenStream> stream) {
  return env.GetInstanceData<Instance>()->stream.New(
      {Napi::External<std::shared_ptr<OpenStream>>::New(env, &stream)});
}

Napi::Object MakeSchema(Napi::Env env, const Field& field) {
  Napi::Object made = Napi::Object::New(env);
  made["name"] = field.name;
  made["format"] = field.format;
  made["nullable"] = field.nullable;
  made["variant"] = field.is_variant;
  Napi::Array children = Napi::Array::New(env);
  for (const Field& child : field.children) children[children.Length()] = MakeSchema(env, child);
  made["children"] = children;
  made["dictionary"] = field.dictionary.empty() ? env.Null() : MakeSchema(env, field.dictionary[0]);
  return made;
}

Napi::Value RowStream::Schema(const Napi::CallbackInfo& info) {
  if (!stream_) return info.Env().Null();
  return MakeSchema(info.Env(), stream_->schema);
}

/// Copied: memory of V8's own is counted by its collector, and Electron takes no other. With some
/// room, for the next batch but one is written into it, and may be a little larger.
Napi::ArrayBuffer CopyBlock(Napi::Env env, const Bytes& bytes) {
  Napi::ArrayBuffer block = Napi::ArrayBuffer::New(env, bytes.size() + bytes.size() / 8);
  if (bytes.size() > 0) std::memcpy(block.Data(), bytes.data(), bytes.size());
  return block;
}

Napi::Value RowStream::Next(const Napi::CallbackInfo& info) {
  if (!stream_) {
    const auto nothing = Napi::Promise::Deferred::New(info.Env());
    nothing.Resolve(info.Env().Null());
    return nothing.Promise();
  }
  if (stream_->is_read) {
    Napi::Error error = Napi::Error::New(info.Env(), "the rows are being read already");
    error.Set("code", "InvalidArgument");
    throw error;
  }
  stream_->is_read = true;
  const Napi::Value spare = info[0];
  if (spare.IsArrayBuffer()) {
    auto lent = spare.As<Napi::ArrayBuffer>();
    stream_->flat.block.Begin(static_cast<uint8_t*>(lent.Data()), lent.ByteLength());
  } else {
    stream_->flat.block.Begin(nullptr, 0);
  }
  auto ended = std::make_shared<bool>(false);
  return RunAsync(
      info.Env(), stream_->cancellation,
      [stream = stream_, ended](deltaic_error** error) -> deltaic_status {
        ArrowArray array{};
        if (stream->stream.get_next(&stream->stream, &array) != 0) {
          stream->is_read = false;
          return stream->Fail(error);
        }
        *ended = array.release == nullptr;
        if (*ended) return DELTAIC_OK;
        const std::unique_ptr<ArrowArray, void (*)(ArrowArray*)> owned(
            &array, [](ArrowArray* a) { a->release(a); });
        FlattenBatch(stream->schema, array, &stream->flat);
        return DELTAIC_OK;
      },
      [stream = stream_, ended](Napi::Env env) -> Napi::Value {
        stream->is_read = false;
        if (*ended) return env.Null();
        const FlatBatch* batch = &stream->flat;
        Napi::Object made = Napi::Object::New(env);
        if (!batch->block.is_lent()) made["block"] = CopyBlock(env, batch->block);
        Napi::Float64Array layout = Napi::Float64Array::New(env, batch->layout.size());
        std::copy(batch->layout.begin(), batch->layout.end(), layout.Data());
        made["layout"] = layout;
        return made;
      },
      spare);
}

Napi::Value RowStream::WriteFile(const Napi::CallbackInfo& info) {
  auto stream = Take();
  const std::string path = TextOf(info[0]);
  const CancellationHandle cancellation = stream->cancellation;
  auto options = std::make_shared<OptionsHandle>(MakeOptions(info[1], cancellation));
  return RunAsync(
      info.Env(), cancellation,
      [stream, path, options](deltaic_error** error) {
        ArrowArrayStream moved = std::exchange(stream->stream, ArrowArrayStream{});
        const deltaic_status status =
            deltaic_file_write(path.c_str(), &moved, options->get(), nullptr, error);
        if (status == DELTAIC_OK || !stream->scan) return status;
        deltaic_error* why = deltaic_scan_error(stream->scan.get());
        if (why == nullptr) return status;
        deltaic_error_free(std::exchange(*error, why));
        return deltaic_error_code(why);
      },
      [](Napi::Env env) { return env.Undefined(); });
}

Napi::Value RowStream::Close(const Napi::CallbackInfo& info) {
  auto stream = Take();
  if (!stream) {
    const auto nothing = Napi::Promise::Deferred::New(info.Env());
    nothing.Resolve(info.Env().Undefined());
    return nothing.Promise();
  }
  const CancellationHandle cancellation = stream->cancellation;
  cancellation->Cancel();
  auto held = std::make_shared<std::shared_ptr<OpenStream>>(std::move(stream));
  // Releasing waits for the threads of the scan, so not here.
  return RunAsync(
      info.Env(), cancellation,
      [held](deltaic_error**) {
        (*held)->Release();
        held->reset();
        return DELTAIC_OK;
      },
      [](Napi::Env env) { return env.Undefined(); });
}

}  // namespace deltaic_node
