#include "protocol/compact_json.h"

#include <utility>

#include "protocol/json.h"
#include "protocol/schema.h"

namespace deltaic {
namespace {

namespace ondemand = simdjson::ondemand;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Whether `text` is a number by the JSON grammar, of any size.
bool IsJsonNumber(std::string_view text) {
  size_t i = 0;
  const auto take_digits = [&] {
    const size_t start = i;
    while (i < text.size() && IsDigit(text[i])) ++i;
    return i > start;
  };
  if (i < text.size() && text[i] == '-') ++i;
  const size_t first_digit = i;
  if (!take_digits()) return false;
  if (text[first_digit] == '0' && i > first_digit + 1) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!take_digits()) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!take_digits()) return false;
  }
  return i == text.size();
}

std::string_view TrimRight(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

}  // namespace

Status InvalidSchemaJson(simdjson::error_code error) {
  return Status::Corruption("schema is not valid JSON: ", simdjson::error_message(error));
}

Result<std::string_view> ReadJsonLiteral(ondemand::value value) {
  const std::string_view token = TrimRight(value.raw_json_token());
  if (token == "true" || token == "false" || token == "null" || IsJsonNumber(token)) return token;
  return Status::Corruption("schema is not valid JSON: '", token.substr(0, 40), "' is no value");
}

Status AppendCompactJson(std::string& out, ondemand::value value, int depth) {
  if (depth > kMaxSchemaDepth) {
    return Status::Corruption("schema metadata nests deeper than ", kMaxSchemaDepth, " levels");
  }
  ondemand::json_type type;
  DELTAIC_RETURN_IF_JSON_ERROR(value.type().get(type));
  bool first = true;
  const auto separate = [&] {
    if (!first) out += ',';
    first = false;
  };
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    DELTAIC_RETURN_IF_JSON_ERROR(value.get_object().get(object));
    out += '{';
    for (auto item : object) {
      ondemand::field field;
      DELTAIC_RETURN_IF_JSON_ERROR(std::move(item).get(field));
      std::string_view key;
      DELTAIC_RETURN_IF_JSON_ERROR(field.unescaped_key().get(key));
      separate();
      AppendJsonString(out, key);
      out += ':';
      DELTAIC_RETURN_IF_ERROR(AppendCompactJson(out, field.value(), depth + 1));
    }
    out += '}';
  } else if (type == ondemand::json_type::array) {
    ondemand::array array;
    DELTAIC_RETURN_IF_JSON_ERROR(value.get_array().get(array));
    out += '[';
    for (auto item : array) {
      ondemand::value element;
      DELTAIC_RETURN_IF_JSON_ERROR(std::move(item).get(element));
      separate();
      DELTAIC_RETURN_IF_ERROR(AppendCompactJson(out, element, depth + 1));
    }
    out += ']';
  } else if (type == ondemand::json_type::string) {
    std::string_view text;
    DELTAIC_RETURN_IF_JSON_ERROR(value.get_string().get(text));
    AppendJsonString(out, text);
  } else {
    DELTAIC_ASSIGN_OR_RETURN(const std::string_view token, ReadJsonLiteral(value));
    out += token;
  }
  return Status();
}

}  // namespace deltaic
