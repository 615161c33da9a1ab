#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <utility>

#include "base/civil_time.h"
#include "base/utf8.h"
#include "ingest/transform/jmespath.h"
#include "ingest/transform/path_node.h"

namespace deltaic::ingest {
namespace {

using Arguments = std::vector<PathArgument>;

Status BadArgument(std::string_view function, std::string_view expected, const Json& got) {
  std::string text;
  AppendJson(text, got);
  constexpr size_t kMostShown = 60;
  if (text.size() > kMostShown) text = "a long value";
  return Status::SchemaMismatch(function, "() takes ", expected, ", not ", text);
}

Result<double> NumberOf(std::string_view function, const Json& json) {
  if (!json.is_number()) return BadArgument(function, "a number", json);
  return json.number();
}
Result<int64_t> IntegerOf(std::string_view function, const Json& json) {
  if (const auto* integer = std::get_if<int64_t>(&json.value)) return *integer;
  const auto* number = std::get_if<double>(&json.value);
  if (number == nullptr || std::trunc(*number) != *number || std::abs(*number) > 9e18) {
    return BadArgument(function, "a whole number", json);
  }
  return static_cast<int64_t>(*number);
}
Result<const std::string*> TextOf(std::string_view function, const Json& json) {
  if (json.as_text() == nullptr) return BadArgument(function, "a text", json);
  return json.as_text();
}
Result<const JsonArray*> ArrayOf(std::string_view function, const Json& json) {
  if (json.as_array() == nullptr) return BadArgument(function, "an array", json);
  return json.as_array();
}
Result<const JsonObject*> ObjectOf(std::string_view function, const Json& json) {
  if (json.as_object() == nullptr) return BadArgument(function, "an object", json);
  return json.as_object();
}

/// A whole number where it is one that int64_t holds.
Json FromDouble(double number) {
  constexpr double kMost = 9007199254740992.0;
  if (std::trunc(number) == number && std::abs(number) <= kMost) {
    return Json(static_cast<int64_t>(number));
  }
  return Json(number);
}

std::vector<std::string_view> Characters(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    std::string_view rest = text;
    if (!TakeUtf8(rest)) rest = text.substr(1);
    out.push_back(text.substr(0, text.size() - rest.size()));
    text = rest;
  }
  return out;
}

Json TypeName(const Json& json) {
  static constexpr const char* kNames[] = {"null",   "boolean", "number", "number",
                                           "string", "array",   "object"};
  return Json(std::string(kNames[json.value.index()]));
}

/// All numbers or all texts, for sort, max and min.
Status CheckComparable(std::string_view function, const std::vector<Json>& keys) {
  for (const Json& key : keys) {
    const bool fits = keys[0].is_number()
                          ? key.is_number()
                          : keys[0].as_text() != nullptr && key.as_text() != nullptr;
    if (!fits) return BadArgument(function, "numbers only, or texts only", key);
  }
  return Status();
}

bool Less(const Json& a, const Json& b) {
  return a.is_number() ? a.number() < b.number() : *a.as_text() < *b.as_text();
}

Result<std::vector<Json>> KeysOf(std::string_view function, const JsonArray& array,
                                 const PathNode* by) {
  std::vector<Json> keys;
  for (const Json& member : array) {
    if (by == nullptr) {
      keys.push_back(member);
    } else {
      DELTAIC_ASSIGN_OR_RETURN(Json key, Evaluate(*by, member));
      keys.push_back(std::move(key));
    }
  }
  DELTAIC_RETURN_IF_ERROR(CheckComparable(function, keys));
  return keys;
}

Result<Json> Sort(std::string_view name, const Json& from, const PathNode* by) {
  DELTAIC_ASSIGN_OR_RETURN(const JsonArray* array, ArrayOf(name, from));
  DELTAIC_ASSIGN_OR_RETURN(const auto keys, KeysOf(name, *array, by));
  std::vector<size_t> order(array->size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, [&](size_t a, size_t b) { return Less(keys[a], keys[b]); });
  JsonArray out;
  for (const size_t i : order) out.push_back((*array)[i]);
  return Json(std::move(out));
}

Result<Json> Extreme(std::string_view name, const Json& from, const PathNode* by, bool is_max) {
  DELTAIC_ASSIGN_OR_RETURN(const JsonArray* array, ArrayOf(name, from));
  DELTAIC_ASSIGN_OR_RETURN(const auto keys, KeysOf(name, *array, by));
  if (keys.empty()) return Json();
  size_t best = 0;
  for (size_t i = 1; i < keys.size(); ++i) {
    if (is_max ? Less(keys[best], keys[i]) : Less(keys[i], keys[best])) best = i;
  }
  return (*array)[best];
}

Result<Json> Reference(std::string_view name, const Arguments& a, size_t i) {
  if (a[i].reference == nullptr) return BadArgument(name, "an expression with &", a[i].value);
  return Json();
}

Result<Json> Contains(const Arguments& a) {
  if (const JsonArray* array = a[0].value.as_array()) {
    return Json(std::ranges::find(*array, a[1].value) != array->end());
  }
  const std::string* text = a[0].value.as_text();
  if (text == nullptr) return BadArgument("contains", "a text or an array", a[0].value);
  const std::string* part = a[1].value.as_text();
  return Json(part != nullptr && text->find(*part) != std::string::npos);
}

Result<Json> Join(const Arguments& a) {
  DELTAIC_ASSIGN_OR_RETURN(const std::string* glue, TextOf("join", a[0].value));
  DELTAIC_ASSIGN_OR_RETURN(const JsonArray* array, ArrayOf("join", a[1].value));
  std::string out;
  for (size_t i = 0; i < array->size(); ++i) {
    DELTAIC_ASSIGN_OR_RETURN(const std::string* part, TextOf("join", (*array)[i]));
    out += (i == 0 ? "" : *glue) + *part;
  }
  return Json(std::move(out));
}

Result<Json> Length(const Json& json) {
  if (const std::string* text = json.as_text()) {
    return Json(static_cast<int64_t>(Characters(*text).size()));
  }
  if (const JsonArray* array = json.as_array()) return Json(static_cast<int64_t>(array->size()));
  DELTAIC_ASSIGN_OR_RETURN(const JsonObject* object, ObjectOf("length", json));
  return Json(static_cast<int64_t>(object->size()));
}

Result<Json> Map(const Arguments& a) {
  DELTAIC_RETURN_IF_ERROR(Reference("map", a, 0));
  DELTAIC_ASSIGN_OR_RETURN(const JsonArray* array, ArrayOf("map", a[1].value));
  JsonArray out;
  for (const Json& member : *array) {
    DELTAIC_ASSIGN_OR_RETURN(Json value, Evaluate(*a[0].reference, member));
    out.push_back(std::move(value));
  }
  return Json(std::move(out));
}

Result<Json> Merge(const Arguments& a) {
  JsonObject out;
  for (const PathArgument& argument : a) {
    DELTAIC_ASSIGN_OR_RETURN(const JsonObject* object, ObjectOf("merge", argument.value));
    for (const auto& member : *object) {
      const auto same = std::ranges::find(out, member.first, [](const auto& m) { return m.first; });
      if (same == out.end()) {
        out.push_back(member);
      } else {
        same->second = member.second;
      }
    }
  }
  return Json(std::move(out));
}

Result<Json> Reverse(const Json& json) {
  if (const std::string* text = json.as_text()) {
    std::string out;
    const auto characters = Characters(*text);
    for (auto c = characters.rbegin(); c != characters.rend(); ++c) out += *c;
    return Json(std::move(out));
  }
  DELTAIC_ASSIGN_OR_RETURN(const JsonArray* array, ArrayOf("reverse", json));
  return Json(JsonArray(array->rbegin(), array->rend()));
}

Result<Json> Sum(std::string_view name, const Json& json) {
  DELTAIC_ASSIGN_OR_RETURN(const JsonArray* array, ArrayOf(name, json));
  double sum = 0;
  for (const Json& member : *array) {
    DELTAIC_ASSIGN_OR_RETURN(const double number, NumberOf(name, member));
    sum += number;
  }
  if (name == "sum") return FromDouble(sum);
  if (array->empty()) return Json();
  return FromDouble(sum / static_cast<double>(array->size()));
}

Json ToNumber(const Json& json) {
  if (json.is_number()) return json;
  const std::string* text = json.as_text();
  if (text == nullptr) return Json();
  const Result<Json> parsed = ParseJson(*text);
  return parsed.ok() && parsed->is_number() ? *parsed : Json();
}

Json ToString(const Json& json) {
  if (json.as_text() != nullptr) return json;
  std::string out;
  AppendJson(out, json);
  return Json(std::move(out));
}

Result<Json> Keys(std::string_view name, const Json& json) {
  DELTAIC_ASSIGN_OR_RETURN(const JsonObject* object, ObjectOf(name, json));
  JsonArray out;
  for (const auto& [key, value] : *object) out.push_back(name == "keys" ? Json(key) : value);
  return Json(std::move(out));
}

// kafka-delta-ingest's own.

Result<Json> Substr(const Arguments& a) {
  DELTAIC_ASSIGN_OR_RETURN(const std::string* text, TextOf("substr", a[0].value));
  DELTAIC_ASSIGN_OR_RETURN(const int64_t skip, IntegerOf("substr", a[1].value));
  DELTAIC_ASSIGN_OR_RETURN(const int64_t take, IntegerOf("substr", a[2].value));
  const auto characters = Characters(*text);
  std::string out;
  for (size_t i = 0; i < characters.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    if (at >= skip && at - skip < take) out += characters[i];
  }
  return Json(std::move(out));
}

/// As chrono's SecondsFormat::AutoSi has it: digits of a fraction by threes, and none of zero.
Result<Json> Iso8601(std::string_view name, const Json& json, int64_t per_second) {
  DELTAIC_ASSIGN_OR_RETURN(const int64_t time, IntegerOf(name, json));
  constexpr int64_t kMicros = 1'000'000;
  constexpr int64_t kMostSeconds = 8'000'000'000'000;
  if (std::abs(time / per_second) > kMostSeconds) {
    return BadArgument(name, "a time within the calendar", json);
  }
  const int64_t micros = time * (kMicros / per_second);
  std::string text = FormatTimestampMicros(micros, 'T', "");
  const int64_t fraction = (micros % kMicros + kMicros) % kMicros;
  if (fraction == 0) {
    text.resize(text.size() - 7);
  } else if (fraction % 1000 == 0) {
    text.resize(text.size() - 3);
  }
  return Json(text + "Z");
}

struct Function {
  std::string_view name;
  int least, most;
  std::function<Result<Json>(const Arguments&)> call;
};

const std::vector<Function>& Functions() {
  static const auto* functions = new std::vector<Function>{
      {"abs", 1, 1,
       [](const Arguments& a) -> Result<Json> {
         DELTAIC_ASSIGN_OR_RETURN(const double number, NumberOf("abs", a[0].value));
         if (const auto* i = std::get_if<int64_t>(&a[0].value.value); i && *i > INT64_MIN) {
           return Json(*i < 0 ? -*i : *i);
         }
         return Json(std::abs(number));
       }},
      {"avg", 1, 1, [](const Arguments& a) { return Sum("avg", a[0].value); }},
      {"ceil", 1, 1,
       [](const Arguments& a) -> Result<Json> {
         DELTAIC_ASSIGN_OR_RETURN(const double number, NumberOf("ceil", a[0].value));
         return FromDouble(std::ceil(number));
       }},
      {"contains", 2, 2, &Contains},
      {"ends_with", 2, 2,
       [](const Arguments& a) -> Result<Json> {
         DELTAIC_ASSIGN_OR_RETURN(const std::string* text, TextOf("ends_with", a[0].value));
         DELTAIC_ASSIGN_OR_RETURN(const std::string* part, TextOf("ends_with", a[1].value));
         return Json(text->ends_with(*part));
       }},
      {"floor", 1, 1,
       [](const Arguments& a) -> Result<Json> {
         DELTAIC_ASSIGN_OR_RETURN(const double number, NumberOf("floor", a[0].value));
         return FromDouble(std::floor(number));
       }},
      {"join", 2, 2, &Join},
      {"keys", 1, 1, [](const Arguments& a) { return Keys("keys", a[0].value); }},
      {"length", 1, 1, [](const Arguments& a) { return Length(a[0].value); }},
      {"map", 2, 2, &Map},
      {"max", 1, 1, [](const Arguments& a) { return Extreme("max", a[0].value, nullptr, true); }},
      {"max_by", 2, 2,
       [](const Arguments& a) -> Result<Json> {
         DELTAIC_RETURN_IF_ERROR(Reference("max_by", a, 1));
         return Extreme("max_by", a[0].value, a[1].reference, true);
       }},
      {"merge", 0, -1, &Merge},
      {"min", 1, 1, [](const Arguments& a) { return Extreme("min", a[0].value, nullptr, false); }},
      {"min_by", 2, 2,
       [](const Arguments& a) -> Result<Json> {
         DELTAIC_RETURN_IF_ERROR(Reference("min_by", a, 1));
         return Extreme("min_by", a[0].value, a[1].reference, false);
       }},
      {"not_null", 1, -1,
       [](const Arguments& a) -> Result<Json> {
         for (const PathArgument& argument : a) {
           if (!argument.value.is_null()) return argument.value;
         }
         return Json();
       }},
      {"reverse", 1, 1, [](const Arguments& a) { return Reverse(a[0].value); }},
      {"sort", 1, 1, [](const Arguments& a) { return Sort("sort", a[0].value, nullptr); }},
      {"sort_by", 2, 2,
       [](const Arguments& a) -> Result<Json> {
         DELTAIC_RETURN_IF_ERROR(Reference("sort_by", a, 1));
         return Sort("sort_by", a[0].value, a[1].reference);
       }},
      {"starts_with", 2, 2,
       [](const Arguments& a) -> Result<Json> {
         DELTAIC_ASSIGN_OR_RETURN(const std::string* text, TextOf("starts_with", a[0].value));
         DELTAIC_ASSIGN_OR_RETURN(const std::string* part, TextOf("starts_with", a[1].value));
         return Json(text->starts_with(*part));
       }},
      {"sum", 1, 1, [](const Arguments& a) { return Sum("sum", a[0].value); }},
      {"to_array", 1, 1,
       [](const Arguments& a) -> Result<Json> {
         return a[0].value.as_array() != nullptr ? a[0].value : Json(JsonArray{a[0].value});
       }},
      {"to_number", 1, 1, [](const Arguments& a) -> Result<Json> { return ToNumber(a[0].value); }},
      {"to_string", 1, 1, [](const Arguments& a) -> Result<Json> { return ToString(a[0].value); }},
      {"type", 1, 1, [](const Arguments& a) -> Result<Json> { return TypeName(a[0].value); }},
      {"values", 1, 1, [](const Arguments& a) { return Keys("values", a[0].value); }},
      {"substr", 3, 3, &Substr},
      {"epoch_seconds_to_iso8601", 1, 1,
       [](const Arguments& a) { return Iso8601("epoch_seconds_to_iso8601", a[0].value, 1); }},
      {"epoch_millis_to_iso8601", 1, 1,
       [](const Arguments& a) { return Iso8601("epoch_millis_to_iso8601", a[0].value, 1000); }},
      {"epoch_micros_to_iso8601", 1, 1,
       [](const Arguments& a) { return Iso8601("epoch_micros_to_iso8601", a[0].value, 1000000); }},
      {"epoch_millis_to_micro", 1, 1,
       [](const Arguments& a) -> Result<Json> {
         DELTAIC_ASSIGN_OR_RETURN(const int64_t ms, IntegerOf("epoch_millis_to_micro", a[0].value));
         if (std::abs(ms) > INT64_MAX / 1000) {
           return BadArgument("epoch_millis_to_micro", "a time within the calendar", a[0].value);
         }
         return Json(ms * 1000);
       }},
  };
  return *functions;
}

const Function* FindFunction(std::string_view name) {
  const auto found = std::ranges::find(Functions(), name, &Function::name);
  return found == Functions().end() ? nullptr : &*found;
}

}  // namespace

std::optional<std::pair<int, int>> PathFunctionArity(std::string_view name) {
  const Function* function = FindFunction(name);
  if (function == nullptr) return std::nullopt;
  return std::pair(function->least, function->most);
}

Result<Json> CallPathFunction(const std::string& name, std::vector<PathArgument>& arguments) {
  return FindFunction(name)->call(arguments);
}

}  // namespace deltaic::ingest
