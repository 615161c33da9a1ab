#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"

namespace deltaic {

struct Json;
using JsonArray = std::vector<Json>;
using JsonObject = std::vector<std::pair<std::string, Json>>;  ///< in the order of the text

/// A JSON value. Arrays and objects are shared and never changed once they are: copies are cheap.
struct Json {
  using Array = std::shared_ptr<const JsonArray>;
  using Object = std::shared_ptr<const JsonObject>;
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value;

  Json() = default;
  Json(bool v) : value(v) {}                                                       // NOLINT
  Json(int64_t v) : value(v) {}                                                    // NOLINT
  Json(double v) : value(v) {}                                                     // NOLINT
  Json(std::string v) : value(std::move(v)) {}                                     // NOLINT
  Json(JsonArray v) : value(std::make_shared<const JsonArray>(std::move(v))) {}    // NOLINT
  Json(JsonObject v) : value(std::make_shared<const JsonObject>(std::move(v))) {}  // NOLINT
  Json(const char*) = delete;

  bool is_null() const { return value.index() == 0; }
  const bool* as_bool() const { return std::get_if<bool>(&value); }
  const std::string* as_text() const { return std::get_if<std::string>(&value); }
  const JsonArray* as_array() const {
    const auto* array = std::get_if<Array>(&value);
    return array == nullptr ? nullptr : array->get();
  }
  const JsonObject* as_object() const {
    const auto* object = std::get_if<Object>(&value);
    return object == nullptr ? nullptr : object->get();
  }
  bool is_number() const { return value.index() == 2 || value.index() == 3; }
  double number() const;  ///< of a number

  /// The member of that name, the last of several; nullptr where there is none.
  const Json* Find(std::string_view name) const;
  /// Equal values: numbers by value, objects without regard to order.
  bool operator==(const Json& other) const;
};

/// \retval kCorruption  not one JSON value, or nested deeper than 256.
Result<Json> ParseJson(std::string_view text);
void AppendJson(std::string& out, const Json& json);

}  // namespace deltaic
