#include <ruby/encoding.h>

#include <string>
#include <utility>

#include "credentials.h"
#include "native_call.h"

namespace deltaic_ruby {
namespace {

/// Class Sync: a plan.
struct Sync {
  deltaic_sync* handle;
};

const rb_data_type_t kSyncType = {
    "Deltaic::Native::Sync",
    {nullptr,
     [](void* data) {
       FreeApart([handle = static_cast<Sync*>(data)->handle] { deltaic_sync_free(handle); });
       delete static_cast<Sync*>(data);
     },
     [](const void*) { return sizeof(Sync) + 4096; },
     nullptr,
     {}},
    nullptr,
    nullptr,
    RUBY_TYPED_FREE_IMMEDIATELY};

/// Class Copy: bytes on their way to a database. A handle of one thread at a time.
struct Copy {
  deltaic_copy* handle;
  VALUE options;  // what cancels it
};

const rb_data_type_t kCopyType = {
    "Deltaic::Native::Copy",
    {[](void* data) { rb_gc_mark(static_cast<Copy*>(data)->options); },
     [](void* data) {
       FreeApart([handle = static_cast<Copy*>(data)->handle] { deltaic_copy_free(handle); });
       delete static_cast<Copy*>(data);
     },
     [](const void*) { return sizeof(Copy) + 65536; },
     nullptr,
     {}},
    nullptr,
    nullptr,
    RUBY_TYPED_FREE_IMMEDIATELY};

VALUE sync_class = Qnil, copy_class = Qnil;

deltaic_sync* SyncOf(VALUE self) {
  return static_cast<Sync*>(rb_check_typeddata(self, &kSyncType))->handle;
}

Copy& CopyOf(VALUE self) {
  auto* copy = static_cast<Copy*>(rb_check_typeddata(self, &kCopyType));
  if (copy->handle == nullptr) Raise("InvalidArgument", "these rows were sent already");
  return *copy;
}

VALUE StartJson(VALUE /*module*/, VALUE options) {
  char* text = nullptr;
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_sync_start_json(OptionsOf(options), &text, &error);
  if (status != DELTAIC_OK) RaiseError(status, error);
  RB_GC_GUARD(options);
  return TakeText(text);
}

VALUE Plan(VALUE /*klass*/, VALUE table, VALUE options) {
  deltaic_sync* plan = nullptr;
  const deltaic_table* source = TableOf(table);
  const deltaic_options* given = OptionsOf(options);
  CallInterruptible(
      options,
      [&](deltaic_error** error) { return deltaic_sync_plan(source, given, &plan, error); },
      [&plan] { FreeApart([plan] { deltaic_sync_free(plan); }); });
  RB_GC_GUARD(table);
  auto* planned = new Sync{plan};
  return TypedData_Wrap_Struct(sync_class, &kSyncType, planned);
}

VALUE Json(VALUE self) {
  char* text = nullptr;
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_sync_json(SyncOf(self), &text, &error);
  if (status != DELTAIC_OK) RaiseError(status, error);
  return TakeText(text);
}

VALUE OpenCopy(VALUE self, VALUE options) {
  deltaic_copy* copy = nullptr;
  const deltaic_sync* plan = SyncOf(self);
  const deltaic_options* given = OptionsOf(options);
  CallInterruptible(
      options, [&](deltaic_error** error) { return deltaic_sync_copy(plan, given, &copy, error); },
      [&copy] { FreeApart([copy] { deltaic_copy_free(copy); }); });
  RB_GC_GUARD(self);
  auto* opened = new Copy{copy, options};
  return TypedData_Wrap_Struct(copy_class, &kCopyType, opened);
}

/// The next bytes as a String; nil at the end.
VALUE Next(VALUE self) {
  Copy& copy = CopyOf(self);
  const void* bytes = nullptr;
  size_t length = 0;
  CallInterruptible(copy.options, [&](deltaic_error** error) {
    return deltaic_copy_next(copy.handle, &bytes, &length, error);
  });
  RB_GC_GUARD(self);
  if (length == 0) return Qnil;
  return rb_enc_str_new(static_cast<const char*>(bytes), static_cast<long>(length),
                        rb_ascii8bit_encoding());
}

VALUE NumRows(VALUE self) { return LL2NUM(deltaic_copy_num_rows(CopyOf(self).handle)); }
VALUE NumRejected(VALUE self) { return LL2NUM(deltaic_copy_num_rejected(CopyOf(self).handle)); }

/// Ends what reads ahead; for rows that are not wanted to the end.
VALUE Close(VALUE self) {
  auto* copy = static_cast<Copy*>(rb_check_typeddata(self, &kCopyType));
  deltaic_copy* handle = std::exchange(copy->handle, nullptr);
  CallInterruptible(copy->options, [handle](deltaic_error** /*error*/) {
    deltaic_copy_free(handle);
    return DELTAIC_OK;
  });
  RB_GC_GUARD(self);
  return Qnil;
}

}  // namespace

void InitSync() {
  rb_define_singleton_method(native_module, "sync_start_json", &StartJson, 1);
  sync_class = rb_define_class_under(native_module, "Sync", rb_cObject);
  rb_undef_alloc_func(sync_class);
  rb_define_singleton_method(sync_class, "plan", &Plan, 2);
  rb_define_method(sync_class, "json", &Json, 0);
  rb_define_method(sync_class, "copy", &OpenCopy, 1);
  copy_class = rb_define_class_under(native_module, "Copy", rb_cObject);
  rb_undef_alloc_func(copy_class);
  rb_define_method(copy_class, "next", &Next, 0);
  rb_define_method(copy_class, "num_rows", &NumRows, 0);
  rb_define_method(copy_class, "num_rejected", &NumRejected, 0);
  rb_define_method(copy_class, "close", &Close, 0);
}

}  // namespace deltaic_ruby
