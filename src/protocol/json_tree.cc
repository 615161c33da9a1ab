#include "protocol/json_tree.h"

#include <simdjson.h>

#include <algorithm>

#include "protocol/json.h"

namespace deltaic {
namespace {

constexpr int kMaxDepth = 256;

Result<Json> FromElement(simdjson::dom::element element, int depth) {
  using Type = simdjson::dom::element_type;
  if (depth > kMaxDepth) return Status::Corruption("JSON nests deeper than ", kMaxDepth);
  switch (element.type()) {
    case Type::NULL_VALUE:
      return Json();
    case Type::BOOL:
      return Json(bool(element));
    case Type::INT64:
      return Json(int64_t(element));
    case Type::UINT64:
      return Json(static_cast<double>(uint64_t(element)));
    case Type::DOUBLE:
      return Json(double(element));
    case Type::STRING:
      return Json(std::string(std::string_view(element)));
    case Type::ARRAY: {
      JsonArray array;
      for (const auto member : simdjson::dom::array(element)) {
        DELTAIC_ASSIGN_OR_RETURN(Json value, FromElement(member, depth + 1));
        array.push_back(std::move(value));
      }
      return Json(std::move(array));
    }
    case Type::OBJECT:
      break;
  }
  JsonObject object;
  for (const auto& [key, member] : simdjson::dom::object(element)) {
    DELTAIC_ASSIGN_OR_RETURN(Json value, FromElement(member, depth + 1));
    object.emplace_back(std::string(key), std::move(value));
  }
  return Json(std::move(object));
}

void Append(JsonWriter& out, const Json& json) {
  if (const bool* flag = json.as_bool()) {
    out.Bool(*flag);
  } else if (const auto* integer = std::get_if<int64_t>(&json.value)) {
    out.Int(*integer);
  } else if (const auto* number = std::get_if<double>(&json.value)) {
    out.Double(*number);
  } else if (const std::string* text = json.as_text()) {
    out.String(*text);
  } else if (const JsonArray* array = json.as_array()) {
    out.BeginArray();
    for (const Json& member : *array) Append(out, member);
    out.EndArray();
  } else if (const JsonObject* object = json.as_object()) {
    out.BeginObject();
    for (const auto& [key, member] : *object) {
      out.Key(key);
      Append(out, member);
    }
    out.EndObject();
  } else {
    out.Null();
  }
}

}  // namespace

double Json::number() const {
  if (const auto* integer = std::get_if<int64_t>(&value)) return static_cast<double>(*integer);
  return std::get<double>(value);
}

const Json* Json::Find(std::string_view name) const {
  const JsonObject* object = as_object();
  if (object == nullptr) return nullptr;
  for (auto member = object->rbegin(); member != object->rend(); ++member) {
    if (member->first == name) return &member->second;
  }
  return nullptr;
}

bool Json::operator==(const Json& other) const {
  if (is_number() && other.is_number()) {
    if (value.index() == 2 && other.value.index() == 2) return value == other.value;
    return number() == other.number();
  }
  if (value.index() != other.value.index()) return false;
  if (const JsonArray* array = as_array()) return *array == *other.as_array();
  if (const JsonObject* object = as_object()) {
    return object->size() == other.as_object()->size() &&
           std::ranges::all_of(*object, [&](const auto& member) {
             const Json* same = other.Find(member.first);
             return same != nullptr && *same == member.second;
           });
  }
  return value == other.value;
}

Result<Json> ParseJson(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (const auto error = parser.parse(text.data(), text.size()).get(element)) {
    return Status::Corruption("not valid JSON: ", simdjson::error_message(error));
  }
  return FromElement(element, 0);
}

void AppendJson(std::string& out, const Json& json) {
  JsonWriter writer;
  Append(writer, json);
  out += writer.str();
}

}  // namespace deltaic
