#include "native.h"

namespace deltaic_ruby {

void RaiseError(deltaic_status status, deltaic_error* error) {
  const VALUE message =
      rb_utf8_str_new_cstr(error == nullptr ? "no error text" : deltaic_error_message(error));
  deltaic_error_free(error);
  RaiseText(deltaic_status_name(status), message);
}

void Raise(const char* code_name, const char* message) {
  RaiseText(code_name, rb_utf8_str_new_cstr(message));
}

void RaiseText(const char* code_name, VALUE message) {
  const VALUE deltaic = rb_const_get(rb_cObject, rb_intern("Deltaic"));
  const VALUE name = rb_utf8_str_new_cstr(code_name);
  rb_exc_raise(rb_funcall(deltaic, rb_intern("error_of"), 2, name, message));
}

const char* CText(VALUE* text) { return StringValueCStr(*text); }

VALUE TakeText(char* text) {
  const VALUE out = rb_utf8_str_new_cstr(text);
  deltaic_string_free(text);
  return out;
}

namespace {

VALUE Version(VALUE /*self*/) { return rb_utf8_str_new_cstr(deltaic_version()); }

VALUE CallsJson(VALUE /*self*/) {
  char* text = nullptr;
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_calls_json(&text, &error);
  if (status != DELTAIC_OK) RaiseError(status, error);
  return TakeText(text);
}

VALUE ParseTimestamp(VALUE /*self*/, VALUE text) {
  int64_t milliseconds = 0;
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_parse_timestamp(CText(&text), &milliseconds, &error);
  if (status != DELTAIC_OK) RaiseError(status, error);
  return LL2NUM(milliseconds);
}

}  // namespace

void InitErrors() {
  rb_define_singleton_method(native_module, "version", &Version, 0);
  rb_define_singleton_method(native_module, "calls_json", &CallsJson, 0);
  rb_define_singleton_method(native_module, "parse_timestamp", &ParseTimestamp, 1);
}

}  // namespace deltaic_ruby
