#include "capi/options.h"

#include <charconv>

namespace deltaic::capi {

const std::vector<std::string>* OptionReader::Find(const std::string& key) {
  known_.insert(key);
  if (options_ == nullptr) return nullptr;
  const auto found = options_->values.find(key);
  return found == options_->values.end() ? nullptr : &found->second;
}

std::optional<std::string> OptionReader::Text(const std::string& key) {
  const auto* values = Find(key);
  if (values == nullptr || values->empty()) return std::nullopt;
  return values->back();
}

std::optional<std::vector<std::string>> OptionReader::List(const std::string& key) {
  const auto* values = Find(key);
  if (values == nullptr) return std::nullopt;
  return *values;
}

std::vector<std::pair<std::string, std::string>> OptionReader::WithPrefix(
    const std::string& prefix) {
  std::vector<std::pair<std::string, std::string>> out;
  if (options_ == nullptr) return out;
  for (const auto& [key, values] : options_->values) {
    if (!key.starts_with(prefix) || values.empty()) continue;
    known_.insert(key);
    out.emplace_back(key.substr(prefix.size()), values.back());
  }
  return out;
}

Status OptionReader::Int(const std::string& key, int64_t min, std::optional<int64_t>* out) {
  const std::optional<std::string> text = Text(key);
  if (!text) return Status::Ok();
  int64_t value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || stop != end || value < min) {
    return Status::InvalidArgument("option ", key, " takes a whole number of at least ", min,
                                   ", not '", *text, "'");
  }
  *out = value;
  return Status::Ok();
}

Status OptionReader::Int(const std::string& key, int64_t min, int64_t* out) {
  std::optional<int64_t> value;
  DELTAIC_RETURN_IF_ERROR(Int(key, min, &value));
  if (value) *out = *value;
  return Status::Ok();
}

Status OptionReader::Int(const std::string& key, int64_t min, std::optional<int>* out) {
  std::optional<int64_t> value;
  DELTAIC_RETURN_IF_ERROR(Int(key, min, &value));
  if (!value) return Status::Ok();
  if (!std::in_range<int>(*value))
    return Status::InvalidArgument("option ", key, " is too large: ", *value);
  *out = static_cast<int>(*value);
  return Status::Ok();
}

Status OptionReader::Int(const std::string& key, int64_t min, int* out) {
  std::optional<int> value;
  DELTAIC_RETURN_IF_ERROR(Int(key, min, &value));
  if (value) *out = *value;
  return Status::Ok();
}

Status OptionReader::Bool(const std::string& key, bool* out) {
  const std::optional<std::string> text = Text(key);
  if (!text) return Status::Ok();
  if (*text != "true" && *text != "false") {
    return Status::InvalidArgument("option ", key, " takes true or false, not '", *text, "'");
  }
  *out = *text == "true";
  return Status::Ok();
}

CancellationToken OptionReader::cancel() const {
  return options_ == nullptr ? CancellationToken::None() : options_->cancel;
}

std::function<void(int64_t)> OptionReader::progress() const {
  if (options_ == nullptr || options_->progress == nullptr) return {};
  return [callback = options_->progress, user = options_->progress_user](int64_t rows) {
    callback(user, rows);
  };
}

Status OptionReader::Finish() const {
  if (options_ == nullptr) return Status::Ok();
  for (const auto& [key, values] : options_->values) {
    if (!known_.contains(key)) return Status::InvalidArgument("unknown option '", key, "'");
  }
  return Status::Ok();
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
