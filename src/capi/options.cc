#include "capi/options.h"

#include <new>

namespace deltaic::capi {

CancellationToken CancellationOf(const deltaic_options* options) {
  return options == nullptr ? CancellationToken::None() : options->cancel;
}

std::function<void(int64_t)> ProgressOf(const deltaic_options* options) {
  if (options == nullptr || options->progress == nullptr) return {};
  return [callback = options->progress, user = options->progress_user](int64_t rows) {
    callback(user, rows);
  };
}

}  // namespace deltaic::capi

extern "C" {

deltaic_cancellation* deltaic_cancellation_new(void) {
  return new (std::nothrow) deltaic_cancellation;
}

void deltaic_cancellation_cancel(const deltaic_cancellation* cancellation) {
  if (cancellation != nullptr) cancellation->token.Cancel();
}

void deltaic_cancellation_free(deltaic_cancellation* cancellation) { delete cancellation; }

deltaic_options* deltaic_options_new(void) { return new (std::nothrow) deltaic_options; }

void deltaic_options_set(deltaic_options* options, const char* key, const char* value) {
  if (options != nullptr && key != nullptr && value != nullptr) options->values[key] = {value};
}

void deltaic_options_add(deltaic_options* options, const char* key, const char* value) {
  if (options != nullptr && key != nullptr && value != nullptr)
    options->values[key].emplace_back(value);
}

void deltaic_options_set_empty_list(deltaic_options* options, const char* key) {
  if (options != nullptr && key != nullptr) options->values[key].clear();
}

void deltaic_options_set_cancellation(deltaic_options* options,
                                      const deltaic_cancellation* cancellation) {
  if (options == nullptr) return;
  options->cancel =
      cancellation == nullptr ? deltaic::CancellationToken::None() : cancellation->token;
}

void deltaic_options_set_progress(deltaic_options* options, deltaic_progress_callback callback,
                                  void* user) {
  if (options == nullptr) return;
  options->progress = callback;
  options->progress_user = user;
}

void deltaic_options_free(deltaic_options* options) { delete options; }

}  // extern "C"
