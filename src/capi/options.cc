#include "capi/options.h"

#include <charconv>
#include <memory>
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

namespace {

/// The last value of an option, "" where it has none.
std::string LastOf(const deltaic_options& options, const std::string& key) {
  const auto found = options.values.find(key);
  return found == options.values.end() || found->second.empty() ? "" : found->second.back();
}

/// What a callback has put into its options.
Result<FreshOptions> FreshOf(const deltaic_options& given) {
  constexpr int64_t kMillis = 1'000;
  FreshOptions out;
  for (const auto& [key, values] : given.values) {
    if (key != "expires_at_ms" && key != "error" && !values.empty())
      out.options[key] = values.back();
  }
  const std::string text = LastOf(given, "expires_at_ms");
  if (text.empty()) return out;
  int64_t expires_ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), expires_ms);
  if (error != std::errc() || end != text.data() + text.size() || expires_ms <= 0)
    return Status::InvalidArgument("their expires_at_ms is no number of milliseconds since 1970");
  out.expires = expires_ms / kMillis;
  return out;
}

OptionsProvider ProviderOf(deltaic_credentials_callback callback, std::shared_ptr<void> user) {
  return [callback, user = std::move(user)](const IoContext&) -> Result<FreshOptions> {
    deltaic_options fresh;
    const deltaic_status status = callback(user.get(), &fresh);
    if (status == DELTAIC_OK) return FreshOf(fresh);
    std::string why = LastOf(fresh, "error");
    if (why.empty()) why = "it has none";
    const bool is_known = status > DELTAIC_OK && status <= DELTAIC_ERROR_INTERNAL;
    return Status(is_known ? static_cast<StatusCode>(status) : StatusCode::kPermissionDenied,
                  std::move(why));
  };
}

}  // namespace
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

void deltaic_options_set_credentials(deltaic_options* options,
                                     deltaic_credentials_callback callback, void* user,
                                     void (*release)(void* user)) {
  std::shared_ptr<void> kept(user, [release](void* it) {
    if (release != nullptr) release(it);
  });
  if (options == nullptr) return;
  options->credentials = callback == nullptr ? deltaic::OptionsProvider()
                                             : deltaic::capi::ProviderOf(callback, std::move(kept));
}

void deltaic_options_free(deltaic_options* options) { delete options; }

}  // extern "C"
