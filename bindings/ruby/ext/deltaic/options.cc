#include "credentials.h"
#include "native.h"

namespace deltaic_ruby {
namespace {

/// Class Options: the keys of one call, and what cancels it.
struct Options {
  deltaic_options* handle;
  deltaic_cancellation* cancellation;
};

void Free(void* data) {
  auto* options = static_cast<Options*>(data);
  deltaic_options_free(options->handle);
  deltaic_cancellation_free(options->cancellation);
  delete options;
}

const rb_data_type_t kOptionsType = {
    "Deltaic::Native::Options",
    {nullptr, &Free, [](const void*) { return sizeof(Options) + 256; }, nullptr, {}},
    nullptr,
    nullptr,
    RUBY_TYPED_FREE_IMMEDIATELY};

Options& Get(VALUE self) { return *static_cast<Options*>(rb_check_typeddata(self, &kOptionsType)); }

VALUE Allocate(VALUE klass) {
  auto* options = new Options{deltaic_options_new(), deltaic_cancellation_new()};
  deltaic_options_set_cancellation(options->handle, options->cancellation);
  return TypedData_Wrap_Struct(klass, &kOptionsType, options);
}

VALUE Set(VALUE self, VALUE key, VALUE value) {
  deltaic_options_set(Get(self).handle, CText(&key), CText(&value));
  return self;
}

VALUE Add(VALUE self, VALUE key, VALUE value) {
  deltaic_options_add(Get(self).handle, CText(&key), CText(&value));
  return self;
}

VALUE SetEmptyList(VALUE self, VALUE key) {
  deltaic_options_set_empty_list(Get(self).handle, CText(&key));
  return self;
}

/// set_credentials(proc): the options of a storage; the proc is asked for a Hash of Strings.
VALUE SetProc(VALUE self, VALUE proc) {
  SetCredentials(Get(self).handle, proc);
  return self;
}

VALUE Cancel(VALUE self) {
  deltaic_cancellation_cancel(Get(self).cancellation);
  return Qnil;
}

}  // namespace

const deltaic_options* OptionsOf(VALUE options) {
  return NIL_P(options) ? nullptr : Get(options).handle;
}

const deltaic_cancellation* CancellationOf(VALUE options) {
  return NIL_P(options) ? nullptr : Get(options).cancellation;
}

void InitOptions() {
  const VALUE klass = rb_define_class_under(native_module, "Options", rb_cObject);
  rb_define_alloc_func(klass, &Allocate);
  rb_define_method(klass, "set", &Set, 2);
  rb_define_method(klass, "add", &Add, 2);
  rb_define_method(klass, "set_empty_list", &SetEmptyList, 1);
  rb_define_method(klass, "set_credentials", &SetProc, 1);
  rb_define_method(klass, "cancel", &Cancel, 0);
}

}  // namespace deltaic_ruby
