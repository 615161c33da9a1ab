#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

/// Reading JSON from the log: what the codecs of this folder share over simdjson. Included by .cc
/// files only. Every error is kCorruption and says why without saying where; callers add that.
namespace deltaic::json {

using JsonValue = simdjson::ondemand::value;

/// Deepest nesting of objects and arrays that is read.
inline constexpr int kMaxDepth = 512;

/// A parser with its buffers, kept from call to call by each thread. Held while a document is read;
/// nested ones on one thread are separate.
class ParserLease {
 public:
  ParserLease();
  ~ParserLease();
  ParserLease(const ParserLease&) = delete;
  ParserLease& operator=(const ParserLease&) = delete;

  /// Starts to read `text`, which must outlive the document. \param readable_bytes  what may be
  /// read from the start of `text` on; if that is less than simdjson's padding needs, the text is
  /// copied.
  Result<simdjson::ondemand::document> Start(std::string_view text, size_t readable_bytes);
  Result<simdjson::ondemand::document> Start(std::string_view text) {
    return Start(text, text.size());
  }

  struct State {
    simdjson::ondemand::parser parser;
    std::string padded;
  };

 private:
  std::unique_ptr<State> state_;
};

Status BrokenJson(simdjson::error_code error);
Status BrokenJson(std::string_view why);

/// That nothing follows the root, which was read to its end.
Status CheckEnd(simdjson::ondemand::document& document);

/// The text of a scalar as written, without the whitespace after it.
std::string_view ScalarToken(JsonValue& value);
bool IsNull(JsonValue& value);

/// Calls `visit(std::string_view key, JsonValue& value)` for each field of the object that a
/// JsonValue or a document is, until `done()` holds after one; what follows then is not checked. A
/// value may be left unread only if it is a scalar, or if broken JSON in it shall pass.
template <typename Source, typename Visit, typename Done>
Status ForEachFieldUntil(Source& source, Visit&& visit, Done&& done) {
  simdjson::ondemand::object object;
  if (const auto error = source.get_object().get(object)) {
    return error == simdjson::INCORRECT_TYPE ? Status::Corruption("is not an object")
                                             : BrokenJson(error);
  }
  for (auto entry : object) {
    simdjson::ondemand::field field;
    if (const auto error = std::move(entry).get(field)) return BrokenJson(error);
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return BrokenJson(error);
    DELTAIC_RETURN_IF_ERROR(visit(key, field.value()));
    if (done()) break;
  }
  return Status::Ok();
}

/// The same to the end of the object.
template <typename Source, typename Visit>
Status ForEachField(Source& source, Visit&& visit) {
  return ForEachFieldUntil(source, visit, [] { return false; });
}

/// The same for the elements of an array.
template <typename Visit>
Status ForEachElement(JsonValue& value, Visit&& visit) {
  simdjson::ondemand::array array;
  if (const auto error = value.get_array().get(array)) {
    return error == simdjson::INCORRECT_TYPE ? Status::Corruption("is not an array")
                                             : BrokenJson(error);
  }
  for (auto entry : array) {
    JsonValue element;
    if (const auto error = std::move(entry).get(element)) return BrokenJson(error);
    DELTAIC_RETURN_IF_ERROR(visit(element));
  }
  return Status::Ok();
}

/// Reads past `value`, checking all of it but the range of numbers.
Status Skip(JsonValue& value);

/// Reads past `value`, of any kind. \return its text as written. Objects and arrays are searched
/// for their end only, so broken JSON inside them passes.
Result<std::string_view> RawText(JsonValue& value);

Status ReadValue(JsonValue& value, std::string& out);
Status ReadValue(JsonValue& value, int64_t& out);
Status ReadValue(JsonValue& value, int32_t& out);
Status ReadValue(JsonValue& value, bool& out);
Status ReadValue(JsonValue& value, std::vector<std::string>& out);
Status ReadValue(JsonValue& value, std::vector<int64_t>& out);
/// Keys with null are left out; of equal keys the last wins.
Status ReadValue(JsonValue& value, std::map<std::string, std::string>& out);
/// Of equal keys the last value wins, at the place of the first.
Status ReadValue(JsonValue& value,
                 std::vector<std::pair<std::string, std::optional<std::string>>>& out);
template <typename T>
Status ReadValue(JsonValue& value, std::optional<T>& out) {
  return ReadValue(value, out.emplace());
}

/// Leaves whitespace outside of strings out of valid JSON.
std::string Minify(std::string_view json);

}  // namespace deltaic::json
