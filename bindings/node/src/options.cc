#include "options.h"

#include "credentials.h"

namespace deltaic_node {

std::string TextOf(const Napi::Value& value) {
  std::string text = value.As<Napi::String>().Utf8Value();
  if (text.find('\0') == std::string::npos) return text;
  Napi::Error error = Napi::Error::New(value.Env(), "a NUL byte in a text");
  error.Set("code", "InvalidArgument");
  throw error;
}

OptionsHandle MakeOptions(const Napi::Value& pairs, const CancellationHandle& cancellation) {
  OptionsHandle made(deltaic_options_new());
  if (cancellation) deltaic_options_set_cancellation(made.get(), cancellation->get());
  if (!pairs.IsArray()) return made;
  const auto list = pairs.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const auto pair = list.Get(i).As<Napi::Array>();
    const std::string key = TextOf(pair.Get(0u));
    const Napi::Value value = pair.Get(1u);
    if (value.IsFunction()) {
      SetCredentials(made.get(), value.As<Napi::Function>());
      continue;
    }
    if (!value.IsArray()) {
      deltaic_options_set(made.get(), key.c_str(), TextOf(value).c_str());
      continue;
    }
    deltaic_options_set_empty_list(made.get(), key.c_str());
    const auto values = value.As<Napi::Array>();
    for (uint32_t j = 0; j < values.Length(); ++j) {
      deltaic_options_add(made.get(), key.c_str(), TextOf(values.Get(j)).c_str());
    }
  }
  return made;
}

}  // namespace deltaic_node
