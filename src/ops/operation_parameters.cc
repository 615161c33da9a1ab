#include "ops/operation_parameters.h"

#include "protocol/json.h"

namespace deltaic {

std::string JsonText(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

std::string JsonListAsText(const std::vector<std::string>& values) {
  JsonWriter json;
  json.BeginArray();
  for (const std::string& value : values) json.String(value);
  json.EndArray();
  return JsonText(json.str());
}

std::string JsonMapAsText(const StringMap& map) {
  JsonWriter json;
  json.BeginObject();
  for (const auto& [key, value] : map) json.Key(key).String(value);
  json.EndObject();
  return JsonText(json.str());
}

}  // namespace deltaic
