#include "credentials.h"
#include "native_call.h"

namespace deltaic_ruby {
namespace {

/// Class Table. Its handle never changes version where others see it: lib/deltaic/table.rb loads
/// and writes through a copy.
struct Table {
  deltaic_table* handle;
};

const rb_data_type_t kTableType = {
    "Deltaic::Native::Table",
    {nullptr,
     [](void* data) {
       FreeApart([handle = static_cast<Table*>(data)->handle] { deltaic_table_free(handle); });
       delete static_cast<Table*>(data);
     },
     [](const void*) { return sizeof(Table) + 4096; },
     nullptr,
     {}},
    nullptr,
    nullptr,
    RUBY_TYPED_FREE_IMMEDIATELY};

VALUE table_class = Qnil;

deltaic_table* Get(VALUE self) {
  return static_cast<Table*>(rb_check_typeddata(self, &kTableType))->handle;
}

VALUE Wrap(deltaic_table* handle) {
  return TypedData_Wrap_Struct(table_class, &kTableType, new Table{handle});
}

VALUE At(VALUE /*klass*/, VALUE uri, VALUE storage) {
  deltaic_table* table = nullptr;
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_table_at(CText(&uri), OptionsOf(storage), &table, &error);
  if (status != DELTAIC_OK) RaiseError(status, error);
  RB_GC_GUARD(storage);
  return Wrap(table);
}

VALUE Copy(VALUE self) {
  deltaic_table* table = nullptr;
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_table_copy(Get(self), &table, &error);
  if (status != DELTAIC_OK) RaiseError(status, error);
  return Wrap(table);
}

VALUE Exists(VALUE self, VALUE options) {
  int found = 0;
  CallInterruptible(options, [&](deltaic_error** error) {
    return deltaic_table_exists(Get(self), OptionsOf(options), &found, error);
  });
  return found != 0 ? Qtrue : Qfalse;
}

VALUE Load(VALUE self, VALUE options) {
  deltaic_table* table = Get(self);
  const deltaic_options* given = OptionsOf(options);
  CallInterruptible(options,
                    [&](deltaic_error** error) { return deltaic_table_load(table, given, error); });
  return self;
}

VALUE LoadVersion(VALUE self, VALUE version, VALUE options) {
  deltaic_table* table = Get(self);
  const deltaic_options* given = OptionsOf(options);
  const int64_t wanted = NUM2LL(version);
  CallInterruptible(options, [&](deltaic_error** error) {
    return deltaic_table_load_version(table, wanted, given, error);
  });
  return self;
}

VALUE LoadTimestamp(VALUE self, VALUE milliseconds, VALUE options) {
  deltaic_table* table = Get(self);
  const deltaic_options* given = OptionsOf(options);
  const int64_t wanted = NUM2LL(milliseconds);
  CallInterruptible(options, [&](deltaic_error** error) {
    return deltaic_table_load_timestamp(table, wanted, given, error);
  });
  return self;
}

VALUE SetCatalog(VALUE self, VALUE options) {
  deltaic_error* error = nullptr;
  const deltaic_status status = deltaic_table_set_catalog(Get(self), OptionsOf(options), &error);
  if (status != DELTAIC_OK) RaiseError(status, error);
  return self;
}

VALUE Version(VALUE self) { return LL2NUM(deltaic_table_version(Get(self))); }

VALUE Uri(VALUE self) { return rb_utf8_str_new_cstr(deltaic_table_uri(Get(self))); }

using TextCall = deltaic_status (*)(const deltaic_table*, char**, deltaic_error**);
using TextCallWithOptions = deltaic_status (*)(const deltaic_table*, const deltaic_options*, char**,
                                               deltaic_error**);
using ChangeCall = deltaic_status (*)(deltaic_table*, const deltaic_options*, char**,
                                      deltaic_error**);

template <TextCall call>
VALUE Json(VALUE self) {
  char* text = nullptr;
  deltaic_error* error = nullptr;
  const deltaic_status status = call(Get(self), &text, &error);
  if (status != DELTAIC_OK) RaiseError(status, error);
  return TakeText(text);
}

template <TextCallWithOptions call>
VALUE JsonWithOptions(VALUE self, VALUE options) {
  char* text = nullptr;
  const deltaic_table* table = Get(self);
  const deltaic_options* given = OptionsOf(options);
  CallInterruptible(
      options, [&](deltaic_error** error) { return call(table, given, &text, error); },
      [&text] { deltaic_string_free(text); });
  return TakeText(text);
}

template <ChangeCall call>
VALUE Change(VALUE self, VALUE options) {
  char* text = nullptr;
  deltaic_table* table = Get(self);
  const deltaic_options* given = OptionsOf(options);
  CallInterruptible(
      options, [&](deltaic_error** error) { return call(table, given, &text, error); },
      [&text] { deltaic_string_free(text); });
  return TakeText(text);
}

VALUE TransactionVersion(VALUE self, VALUE app_id, VALUE options) {
  int64_t version = -1;
  const char* application = CText(&app_id);
  const deltaic_table* table = Get(self);
  const deltaic_options* given = OptionsOf(options);
  CallInterruptible(options, [&](deltaic_error** error) {
    return deltaic_table_transaction_version(table, application, given, &version, error);
  });
  RB_GC_GUARD(app_id);
  return version < 0 ? Qnil : LL2NUM(version);
}

VALUE Count(VALUE self, VALUE options) {
  int64_t rows = 0;
  const deltaic_table* table = Get(self);
  const deltaic_options* given = OptionsOf(options);
  CallInterruptible(options, [&](deltaic_error** error) {
    return deltaic_table_count(table, given, &rows, error);
  });
  return LL2NUM(rows);
}

VALUE Checkpoint(VALUE self, VALUE options) {
  deltaic_table* table = Get(self);
  const deltaic_options* given = OptionsOf(options);
  CallInterruptible(options, [&](deltaic_error** error) {
    return deltaic_table_checkpoint(table, given, error);
  });
  return Qnil;
}

VALUE Files(VALUE self, VALUE options) {
  ArrowArrayStream stream{};
  const deltaic_table* table = Get(self);
  const deltaic_options* given = OptionsOf(options);
  CallInterruptible(
      options,
      [&](deltaic_error** error) { return deltaic_table_files(table, given, &stream, error); },
      [&stream] { DropStream(nullptr, stream); });
  return WrapStream(nullptr, &stream, options);
}

using ScanCall = deltaic_status (*)(const deltaic_table*, const deltaic_options*, deltaic_scan**,
                                    deltaic_error**);

template <ScanCall call>
VALUE OpenScan(VALUE self, VALUE options) {
  ArrowArrayStream stream{};
  deltaic_scan* scan = nullptr;
  const deltaic_table* table = Get(self);
  const deltaic_options* given = OptionsOf(options);
  CallInterruptible(
      options,
      [&](deltaic_error** error) {
        deltaic_status status = call(table, given, &scan, error);
        if (status == DELTAIC_OK) status = deltaic_scan_stream(scan, &stream, error);
        return status;
      },
      [&] { DropStream(scan, stream); });
  return WrapStream(scan, &stream, options);
}

}  // namespace

deltaic_table* TableOf(VALUE table) { return Get(table); }

void InitTable() {
  table_class = rb_define_class_under(native_module, "Table", rb_cObject);
  rb_undef_alloc_func(table_class);
  rb_define_singleton_method(table_class, "at", &At, 2);
  rb_define_method(table_class, "copy", &Copy, 0);
  rb_define_method(table_class, "exists?", &Exists, 1);
  rb_define_method(table_class, "load", &Load, 1);
  rb_define_method(table_class, "load_version", &LoadVersion, 2);
  rb_define_method(table_class, "load_timestamp", &LoadTimestamp, 2);
  rb_define_method(table_class, "set_catalog", &SetCatalog, 1);
  rb_define_method(table_class, "version", &Version, 0);
  rb_define_method(table_class, "uri", &Uri, 0);
  rb_define_method(table_class, "schema_json", &Json<deltaic_table_schema_json>, 0);
  rb_define_method(table_class, "metadata_json", &Json<deltaic_table_metadata_json>, 0);
  rb_define_method(table_class, "protocol_json", &Json<deltaic_table_protocol_json>, 0);
  rb_define_method(table_class, "domains_json", &JsonWithOptions<deltaic_table_domains_json>, 1);
  rb_define_method(table_class, "details_json", &JsonWithOptions<deltaic_table_details_json>, 1);
  rb_define_method(table_class, "history_json", &JsonWithOptions<deltaic_table_history_json>, 1);
  rb_define_method(table_class, "explain_json", &JsonWithOptions<deltaic_scan_explain_json>, 1);
  rb_define_method(table_class, "transaction_version", &TransactionVersion, 2);
  rb_define_method(table_class, "count", &Count, 1);
  rb_define_method(table_class, "checkpoint", &Checkpoint, 1);
  rb_define_method(table_class, "files", &Files, 1);
  rb_define_method(table_class, "scan", &OpenScan<deltaic_scan_open>, 1);
  rb_define_method(table_class, "changes", &OpenScan<deltaic_changes_open>, 1);
  rb_define_method(table_class, "diff", &OpenScan<deltaic_diff_open>, 1);
  rb_define_method(table_class, "delete", &Change<deltaic_table_delete>, 1);
  rb_define_method(table_class, "restore", &Change<deltaic_table_restore>, 1);
  rb_define_method(table_class, "optimize", &Change<deltaic_table_optimize>, 1);
  rb_define_method(table_class, "vacuum", &Change<deltaic_table_vacuum>, 1);
  rb_define_method(table_class, "alter", &Change<deltaic_table_alter>, 1);
  rb_define_method(table_class, "repair", &Change<deltaic_table_repair>, 1);
  rb_define_method(table_class, "cleanup_log", &Change<deltaic_table_cleanup_log>, 1);
  rb_define_method(table_class, "compact_log", &Change<deltaic_table_compact_log>, 1);
  rb_define_method(table_class, "manifest", &Change<deltaic_table_manifest>, 1);
  rb_define_method(table_class, "doctor", &Change<deltaic_table_doctor>, 1);
  rb_define_method(table_class, "update", &Change<deltaic_table_update>, 1);
}

}  // namespace deltaic_ruby
