#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "_cgo_export.h"

/* Every function of the library that this package calls. */
#define DN_FUNCTIONS(X)                \
  X(deltaic_version)                   \
  X(deltaic_error_code)                \
  X(deltaic_error_message)             \
  X(deltaic_error_free)                \
  X(deltaic_status_name)               \
  X(deltaic_set_log_callback)          \
  X(deltaic_string_free)               \
  X(deltaic_cancellation_new)          \
  X(deltaic_cancellation_cancel)       \
  X(deltaic_cancellation_free)         \
  X(deltaic_options_new)               \
  X(deltaic_options_set)               \
  X(deltaic_options_add)               \
  X(deltaic_options_set_empty_list)    \
  X(deltaic_options_set_cancellation)  \
  X(deltaic_options_set_credentials)   \
  X(deltaic_options_free)              \
  X(deltaic_calls_json)                \
  X(deltaic_table_at)                  \
  X(deltaic_table_copy)                \
  X(deltaic_table_free)                \
  X(deltaic_table_exists)              \
  X(deltaic_table_set_catalog)         \
  X(deltaic_table_load)                \
  X(deltaic_table_load_version)        \
  X(deltaic_table_load_timestamp)      \
  X(deltaic_table_version)             \
  X(deltaic_table_uri)                 \
  X(deltaic_table_schema)              \
  X(deltaic_table_schema_json)         \
  X(deltaic_table_metadata_json)       \
  X(deltaic_table_protocol_json)       \
  X(deltaic_table_domains_json)        \
  X(deltaic_table_details_json)        \
  X(deltaic_table_history_json)        \
  X(deltaic_table_transaction_version) \
  X(deltaic_table_files)               \
  X(deltaic_table_checkpoint)          \
  X(deltaic_table_count)               \
  X(deltaic_table_create)              \
  X(deltaic_table_write)               \
  X(deltaic_table_delete)              \
  X(deltaic_table_update)              \
  X(deltaic_table_merge)               \
  X(deltaic_table_restore)             \
  X(deltaic_table_optimize)            \
  X(deltaic_table_vacuum)              \
  X(deltaic_table_alter)               \
  X(deltaic_table_repair)              \
  X(deltaic_table_cleanup_log)         \
  X(deltaic_table_compact_log)         \
  X(deltaic_table_manifest)            \
  X(deltaic_table_doctor)              \
  X(deltaic_sync_start_json)           \
  X(deltaic_sync_plan)                 \
  X(deltaic_sync_json)                 \
  X(deltaic_sync_copy)                 \
  X(deltaic_sync_free)                 \
  X(deltaic_copy_next)                 \
  X(deltaic_copy_num_rows)             \
  X(deltaic_copy_num_rejected)         \
  X(deltaic_copy_free)                 \
  X(deltaic_merge_new)                 \
  X(deltaic_merge_free)                \
  X(deltaic_merge_add_clause)          \
  X(deltaic_scan_open)                 \
  X(deltaic_changes_open)              \
  X(deltaic_scan_stream)               \
  X(deltaic_scan_metrics_json)         \
  X(deltaic_scan_error)                \
  X(deltaic_scan_free)

/* Each name is defined here as a jump through a pointer, so that Go calls the functions of the
 * header as they are declared there, and nothing has to be linked. */
#if defined(__x86_64__)
#define DN_JUMP(name) "jmp *dn_at_" #name "(%rip)\n"
#elif defined(__aarch64__)
#define DN_JUMP(name) "adrp x16, dn_at_" #name "\nldr x16, [x16, :lo12:dn_at_" #name "]\nbr x16\n"
#else
#error "Deltaic for Go runs on x86-64 and ARM64"
#endif
#define DN_STUB(name)                                                                      \
  __attribute__((visibility("hidden"), used)) void* dn_at_##name;                          \
  __asm__(".text\n.globl " #name "\n.hidden " #name "\n.type " #name ", @function\n" #name \
          ":\n" DN_JUMP(name) ".size " #name ", .-" #name "\n");
DN_FUNCTIONS(DN_STUB)

#define DN_ROW(name) {#name, &dn_at_##name},
static const struct {
  const char* name;
  void** at;
} kFunctions[] = {DN_FUNCTIONS(DN_ROW)};

const char* dn_load(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return dlerror();
  for (size_t i = 0; i < sizeof kFunctions / sizeof kFunctions[0]; ++i) {
    void* found = dlsym(library, kFunctions[i].name);
    if (found == NULL) return dlerror();
    *kFunctions[i].at = found;
  }
  return NULL;
}

int dn_stream_schema(struct ArrowArrayStream* stream, struct ArrowSchema* out) {
  return stream->get_schema(stream, out);
}
int dn_stream_next(struct ArrowArrayStream* stream, struct ArrowArray* out) {
  return stream->get_next(stream, out);
}
const char* dn_stream_error(struct ArrowArrayStream* stream) {
  return stream->get_last_error(stream);
}
void dn_stream_release(struct ArrowArrayStream* stream) {
  if (stream->release != NULL) stream->release(stream);
}
void dn_schema_release(struct ArrowSchema* schema) {
  if (schema->release != NULL) schema->release(schema);
}
void dn_array_release(struct ArrowArray* array) {
  if (array->release != NULL) array->release(array);
}

static void release_schema(struct ArrowSchema* schema) {
  for (int64_t i = 0; i < schema->n_children; ++i) dn_schema_release(schema->children[i]);
  void* block = schema->private_data;
  schema->release = NULL;
  free(block);
}
static void release_array(struct ArrowArray* array) {
  for (int64_t i = 0; i < array->n_children; ++i) dn_array_release(array->children[i]);
  void* block = array->private_data;
  array->release = NULL;
  free(block);
}
void dn_own_schema(struct ArrowSchema* schema, void* block) {
  schema->private_data = block;
  schema->release = release_schema;
}
void dn_own_array(struct ArrowArray* array, void* block) {
  array->private_data = block;
  array->release = release_array;
}

static int source_schema(struct ArrowArrayStream* stream, struct ArrowSchema* out) {
  return deltaicGoSourceSchema((uintptr_t)stream->private_data, out);
}
static int source_next(struct ArrowArrayStream* stream, struct ArrowArray* out) {
  return deltaicGoSourceNext((uintptr_t)stream->private_data, out);
}
static const char* source_error(struct ArrowArrayStream* stream) {
  (void)stream;
  return "the rows ended with an error"; /* Go keeps the error itself */
}
static void source_release(struct ArrowArrayStream* stream) {
  stream->release = NULL;
  deltaicGoSourceRelease((uintptr_t)stream->private_data);
}
void dn_source_stream(uintptr_t handle, struct ArrowArrayStream* out) {
  out->get_schema = source_schema;
  out->get_next = source_next;
  out->get_last_error = source_error;
  out->release = source_release;
  out->private_data = (void*)handle;
}

static deltaic_status give_credentials(void* user, deltaic_options* fresh) {
  return (deltaic_status)deltaicGoCredentials((uintptr_t)user, fresh);
}
static void forget_credentials(void* user) { deltaicGoCredentialsRelease((uintptr_t)user); }
void dn_set_credentials(deltaic_options* options, uintptr_t handle) {
  deltaic_options_set_credentials(options, give_credentials, (void*)handle, forget_credentials);
}

static void on_log(void* user, deltaic_log_level level, const char* message) {
  (void)user;
  deltaicGoLog((int)level, (char*)message);
}
void dn_set_logging(int on) { deltaic_set_log_callback(on ? on_log : NULL, NULL); }
