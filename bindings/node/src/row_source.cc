#include "row_source.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "options.h"

namespace deltaic_node {
namespace {

/// What an exported array owns; children own theirs, for a consumer may move them out.
struct OwnedArray {
  std::vector<std::vector<uint8_t>> buffers;
  std::vector<const void*> pointers;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_pointers;
};

void ReleaseArray(ArrowArray* array) {
  auto* owned = static_cast<OwnedArray*>(array->private_data);
  array->release = nullptr;
  for (ArrowArray& child : owned->children) {
    if (child.release != nullptr) child.release(&child);
  }
  delete owned;
}

/// Of {length, nullCount, buffers: [Uint8Array | null], children}. Copies.
ArrowArray MakeArray(const Napi::Object& column) {
  auto* owned = new OwnedArray;
  ArrowArray array{};
  array.length = column.Get("length").As<Napi::Number>().Int64Value();
  array.null_count = column.Get("nullCount").As<Napi::Number>().Int64Value();
  const auto buffers = column.Get("buffers").As<Napi::Array>();
  owned->buffers.resize(buffers.Length());
  for (uint32_t i = 0; i < buffers.Length(); ++i) {
    const Napi::Value buffer = buffers.Get(i);
    if (!buffer.IsTypedArray()) {
      owned->pointers.push_back(nullptr);
      continue;
    }
    const auto typed = buffer.As<Napi::TypedArray>();
    const auto* bytes =
        static_cast<const uint8_t*>(typed.ArrayBuffer().Data()) + typed.ByteOffset();
    owned->buffers[i].reserve(typed.ByteLength() + 1);  // an empty buffer is not an absent one
    owned->buffers[i].assign(bytes, bytes + typed.ByteLength());
    owned->pointers.push_back(owned->buffers[i].data());
  }
  const auto children = column.Get("children").As<Napi::Array>();
  owned->children.reserve(children.Length());
  for (uint32_t i = 0; i < children.Length(); ++i)
    owned->children.push_back(MakeArray(children.Get(i).As<Napi::Object>()));
  for (ArrowArray& child : owned->children) owned->child_pointers.push_back(&child);
  array.n_buffers = static_cast<int64_t>(owned->pointers.size());
  array.buffers = owned->pointers.data();
  array.n_children = static_cast<int64_t>(owned->children.size());
  array.children = owned->child_pointers.data();
  array.private_data = owned;
  array.release = ReleaseArray;
  return array;
}

struct OwnedSchema {
  std::string name;
  std::string format;
  std::string metadata;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_pointers;
};

void ReleaseSchema(ArrowSchema* schema) {
  auto* owned = static_cast<OwnedSchema*>(schema->private_data);
  schema->release = nullptr;
  for (ArrowSchema& child : owned->children) {
    if (child.release != nullptr) child.release(&child);
  }
  delete owned;
}

std::string VariantMetadata() {
  std::string packed;
  const auto number = [&packed](size_t value) {
    const auto small = static_cast<int32_t>(value);
    packed.append(reinterpret_cast<const char*>(&small), sizeof small);
  };
  number(1);
  for (const std::string text : {"ARROW:extension:name", "arrow.parquet.variant"}) {
    number(text.size());
    packed += text;
  }
  return packed;
}

ArrowSchema ExportSchema(const Field& field) {
  auto* owned =
      new OwnedSchema{field.name, field.format, field.is_variant ? VariantMetadata() : "", {}, {}};
  for (const Field& child : field.children) owned->children.push_back(ExportSchema(child));
  for (ArrowSchema& child : owned->children) owned->child_pointers.push_back(&child);
  ArrowSchema schema{};
  schema.name = owned->name.c_str();
  schema.format = owned->format.c_str();
  schema.metadata = owned->metadata.empty() ? nullptr : owned->metadata.data();
  schema.flags = field.nullable ? ARROW_FLAG_NULLABLE : 0;
  schema.n_children = static_cast<int64_t>(owned->children.size());
  schema.children = owned->child_pointers.data();
  schema.private_data = owned;
  schema.release = ReleaseSchema;
  return schema;
}

Field FieldOf(const Napi::Object& given) {
  Field field;
  field.name = TextOf(given.Get("name"));
  field.format = TextOf(given.Get("format"));
  field.nullable = given.Get("nullable").ToBoolean();
  field.is_variant = given.Get("variant").ToBoolean();
  const auto children = given.Get("children").As<Napi::Array>();
  for (uint32_t i = 0; i < children.Length(); ++i)
    field.children.push_back(FieldOf(children.Get(i).As<Napi::Object>()));
  return field;
}

const std::shared_ptr<BatchQueue>& QueueOf(ArrowArrayStream* stream) {
  return *static_cast<std::shared_ptr<BatchQueue>*>(stream->private_data);
}

}  // namespace

template <typename Condition>
void BatchQueue::Wait(std::unique_lock<std::mutex>& lock, Condition condition) {
  constexpr std::chrono::milliseconds kPoll(20);
  while (!changed_.wait_for(lock, kPoll, condition)) {
    if (cancellation_->cancelled()) stopped_ = true;
  }
}

BatchQueue::~BatchQueue() {
  for (ArrowArray& batch : batches_) batch.release(&batch);
}

bool BatchQueue::Push(ArrowArray batch) {
  std::unique_lock lock(mutex_);
  Wait(lock, [this] { return stopped_ || batches_.size() < kCapacity; });
  if (stopped_) {
    batch.release(&batch);
    return false;
  }
  batches_.push_back(batch);
  changed_.notify_all();
  return true;
}

void BatchQueue::Finish(bool failed) {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  failed_ = failed;
  changed_.notify_all();
}

void BatchQueue::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

int BatchQueue::Next(ArrowArray* out) {
  std::unique_lock lock(mutex_);
  Wait(lock, [this] { return finished_ || stopped_ || !batches_.empty(); });
  *out = ArrowArray{};
  if (failed_ || stopped_) return ECANCELED;
  if (batches_.empty()) return 0;
  *out = batches_.front();
  batches_.pop_front();
  changed_.notify_all();
  return 0;
}

void BatchQueue::Export(const std::shared_ptr<BatchQueue>& queue, ArrowArrayStream* out) {
  out->private_data = new std::shared_ptr<BatchQueue>(queue);
  out->get_schema = [](ArrowArrayStream* stream, ArrowSchema* schema) {
    *schema = ExportSchema(QueueOf(stream)->schema());
    return 0;
  };
  out->get_next = [](ArrowArrayStream* stream, ArrowArray* batch) {
    return QueueOf(stream)->Next(batch);
  };
  out->get_last_error = [](ArrowArrayStream*) -> const char* {
    return "the rows ended with an error";
  };
  out->release = [](ArrowArrayStream* stream) {
    stream->release = nullptr;
    QueueOf(stream)->Stop();
    delete static_cast<std::shared_ptr<BatchQueue>*>(stream->private_data);
  };
}

RowSource::RowSource(const Napi::CallbackInfo& info)
    : ObjectWrap(info),
      queue_(
          std::make_shared<BatchQueue>(FieldOf(info[0].As<Napi::Object>()),
                                       Cancellation::Unwrap(info[1].As<Napi::Object>())->handle())),
      cancellation_(Cancellation::Unwrap(info[1].As<Napi::Object>())->handle()) {}

Napi::Function RowSource::Define(Napi::Env env) {
  return DefineClass(
      env, "RowSource",
      {InstanceMethod<&RowSource::Push>("push"), InstanceMethod<&RowSource::Finish>("finish")});
}

Napi::Value RowSource::Push(const Napi::CallbackInfo& info) {
  auto taken = std::make_shared<bool>(false);
  return RunAsync(
      info.Env(), cancellation_,
      [queue = queue_, batch = MakeArray(info[0].As<Napi::Object>()), taken](deltaic_error**) {
        *taken = queue->Push(batch);
        return DELTAIC_OK;
      },
      [taken](Napi::Env env) { return Napi::Boolean::New(env, *taken); });
}

void RowSource::Finish(const Napi::CallbackInfo& info) { queue_->Finish(info[0].ToBoolean()); }

}  // namespace deltaic_node
