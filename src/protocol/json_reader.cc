#include "protocol/json_reader.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <unordered_map>

namespace deltaic::json {
namespace {

/// Buffers larger than this are not kept, so that one huge line does not occupy a thread for ever.
constexpr size_t kMaxKeptBytes = size_t{4} << 20;
constexpr size_t kMinCapacity = size_t{16} << 10;

/// simdjson calls a document at this depth too deep; one deeper than its deepest nesting.
constexpr size_t kParserDepth = kMaxDepth + 8;

/// How many leases of one thread are open at once in practice.
constexpr size_t kMaxKeptStates = 3;

std::vector<std::unique_ptr<ParserLease::State>>& KeptStates() {
  thread_local std::vector<std::unique_ptr<ParserLease::State>> states;
  return states;
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view TrimEnd(std::string_view text) {
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Takes the digits at the front of `text`. \return how many.
size_t TakeDigits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), IsDigit);
  const auto count = static_cast<size_t>(end - text.begin());
  text.remove_prefix(count);
  return count;
}

bool Take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// Source: RFC 8259, section 6.
bool IsNumber(std::string_view text) {
  Take(text, "-");
  const bool zero = !text.empty() && text.front() == '0';
  const size_t digits = TakeDigits(text);
  if (digits == 0 || (zero && digits > 1)) return false;
  if (Take(text, ".") && TakeDigits(text) == 0) return false;
  if (Take(text, "eE")) {
    Take(text, "+-");
    if (TakeDigits(text) == 0) return false;
  }
  return text.empty();
}

/// That each backslash of a string's inside starts an escape. Control characters and UTF-8 are
/// simdjson's part.
bool HasValidEscapes(std::string_view text) {
  for (size_t i = text.find('\\'); i != std::string_view::npos; i = text.find('\\', i)) {
    if (i + 1 >= text.size()) return false;
    if (text[i + 1] != 'u') {
      if (std::string_view("\"\\/bfnrt").find(text[i + 1]) == std::string_view::npos) return false;
      i += 2;
      continue;
    }
    const std::string_view digits = text.substr(i + 2, 4);
    const auto is_hex = [](char c) {
      return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    if (digits.size() < 4 || !std::all_of(digits.begin(), digits.end(), is_hex)) return false;
    i += 6;
  }
  return true;
}

Status SkipString(JsonValue& value) {
  const std::string_view token = ScalarToken(value);
  if (token.size() < 2 || token.back() != '"' ||
      !HasValidEscapes(token.substr(1, token.size() - 2))) {
    return BrokenJson("a string");
  }
  simdjson::ondemand::raw_json_string consumed;
  if (const auto error = value.get_raw_json_string().get(consumed)) return BrokenJson(error);
  return Status::Ok();
}

}  // namespace

ParserLease::ParserLease() {
  auto& kept = KeptStates();
  kept.reserve(kMaxKeptStates);  // so that giving one back cannot fail
  if (kept.empty()) {
    state_ = std::make_unique<State>();
  } else {
    state_ = std::move(kept.back());
    kept.pop_back();
  }
}

ParserLease::~ParserLease() {
  auto& kept = KeptStates();
  if (kept.size() < kMaxKeptStates && state_->parser.capacity() <= kMaxKeptBytes &&
      state_->padded.capacity() <= kMaxKeptBytes) {
    kept.push_back(std::move(state_));
  }
}

Result<simdjson::ondemand::document> ParserLease::Start(std::string_view text,
                                                        size_t readable_bytes) {
  if (text.size() > state_->parser.capacity()) {
    // Growing by doubling spares an allocation for each line longer than those before.
    const size_t capacity = std::bit_ceil(std::max(text.size(), kMinCapacity));
    if (const auto error = state_->parser.allocate(
            std::min(capacity, state_->parser.max_capacity()), kParserDepth)) {
      return BrokenJson(error);
    }
  }
  if (readable_bytes < text.size() + simdjson::SIMDJSON_PADDING) {
    std::string& padded = state_->padded;
    padded.reserve(std::bit_ceil(text.size() + simdjson::SIMDJSON_PADDING));
    padded.assign(text);
    padded.append(simdjson::SIMDJSON_PADDING, '\0');
    text = std::string_view(padded).substr(0, text.size());
    readable_bytes = padded.size();
  }
  simdjson::ondemand::document document;
  if (const auto error =
          state_->parser
              .iterate(simdjson::padded_string_view(text.data(), text.size(), readable_bytes))
              .get(document)) {
    return BrokenJson(error);
  }
  return document;
}

Status BrokenJson(simdjson::error_code error) { return BrokenJson(simdjson::error_message(error)); }

Status BrokenJson(std::string_view why) { return Status::Corruption("is broken JSON: ", why); }

Status CheckEnd(simdjson::ondemand::document& document) {
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS) return Status::Ok();
  return BrokenJson("text follows the object");
}

std::string_view ScalarToken(JsonValue& value) { return TrimEnd(value.raw_json_token()); }

bool IsNull(JsonValue& value) {
  const std::string_view token = value.raw_json_token();
  return token.starts_with('n') && ScalarToken(value) == "null";
}

Status Skip(JsonValue& value) {
  using simdjson::ondemand::json_type;
  json_type type;
  if (const auto error = value.type().get(type)) return BrokenJson(error);
  const bool nests = type == json_type::object || type == json_type::array;
  if (nests && value.current_depth() > kMaxDepth) {
    return BrokenJson(Concat("nested deeper than ", kMaxDepth));
  }
  switch (type) {
    case json_type::object:
      return ForEachField(value, [](std::string_view, JsonValue& field) { return Skip(field); });
    case json_type::array:
      return ForEachElement(value, [](JsonValue& element) { return Skip(element); });
    case json_type::string:
      return SkipString(value);
    case json_type::number:
      return IsNumber(ScalarToken(value)) ? Status::Ok() : BrokenJson("a number");
    case json_type::boolean: {
      const std::string_view token = ScalarToken(value);
      return token == "true" || token == "false" ? Status::Ok() : BrokenJson("a literal");
    }
    case json_type::null:
      return IsNull(value) ? Status::Ok() : BrokenJson("a literal");
  }
  return BrokenJson("an unknown kind of value");
}

Result<std::string_view> RawText(JsonValue& value) {
  const std::string_view token = ScalarToken(value);
  std::string_view text;
  simdjson::error_code error = simdjson::SUCCESS;
  if (token.starts_with('{')) {
    simdjson::ondemand::object object;
    error = value.get_object().get(object);
    if (!error) error = object.raw_json().get(text);
  } else if (token.starts_with('[')) {
    simdjson::ondemand::array array;
    error = value.get_array().get(array);
    if (!error) error = array.raw_json().get(text);
  } else {
    DELTAIC_RETURN_IF_ERROR(Skip(value));
    return token;
  }
  if (error) return BrokenJson(error);
  return TrimEnd(text);
}

Status ReadValue(JsonValue& value, std::string& out) {
  std::string_view text;
  if (const auto error = value.get_string().get(text)) {
    return error == simdjson::INCORRECT_TYPE ? Status::Corruption("is not text")
                                             : BrokenJson(error);
  }
  out.assign(text);
  return Status::Ok();
}

Status ReadValue(JsonValue& value, int64_t& out) {
  // The token too, because simdjson does not look behind the digits in every case.
  if (!IsNumber(ScalarToken(value)) || value.get_int64().get(out) != simdjson::SUCCESS) {
    return Status::Corruption("is not a 64-bit integer");
  }
  return Status::Ok();
}

Status ReadValue(JsonValue& value, int32_t& out) {
  int64_t wide = 0;
  if (!ReadValue(value, wide).ok() || wide < std::numeric_limits<int32_t>::min() ||
      wide > std::numeric_limits<int32_t>::max()) {
    return Status::Corruption("is not a 32-bit integer");
  }
  out = static_cast<int32_t>(wide);
  return Status::Ok();
}

Status ReadValue(JsonValue& value, bool& out) {
  if (value.get_bool().get(out) != simdjson::SUCCESS) {
    return Status::Corruption("is neither true nor false");
  }
  return Status::Ok();
}

Status ReadValue(JsonValue& value, std::vector<std::string>& out) {
  out.clear();
  return ForEachElement(value, [&](JsonValue& element) {
    return ReadValue(element, out.emplace_back()).WithContext("an element");
  });
}

Status ReadValue(JsonValue& value, std::vector<int64_t>& out) {
  out.clear();
  return ForEachElement(value, [&](JsonValue& element) {
    return ReadValue(element, out.emplace_back()).WithContext("an element");
  });
}

Status ReadValue(JsonValue& value, std::map<std::string, std::string>& out) {
  out.clear();
  return ForEachField(value, [&](std::string_view key, JsonValue& field) -> Status {
    if (IsNull(field)) {
      out.erase(std::string(key));
      return Status::Ok();
    }
    return ReadValue(field, out[std::string(key)]).WithContext(key);
  });
}

Status ReadValue(JsonValue& value,
                 std::vector<std::pair<std::string, std::optional<std::string>>>& out) {
  out.clear();
  // Looking back costs the square of the number of columns, so many of them get an index.
  constexpr size_t kFewColumns = 16;
  std::unordered_map<std::string, size_t> index;
  const auto find = [&](std::string_view key) -> size_t {
    if (out.size() <= kFewColumns) {
      return static_cast<size_t>(
          std::find_if(out.begin(), out.end(), [&](const auto& e) { return e.first == key; }) -
          out.begin());
    }
    for (size_t i = index.size(); i < out.size(); ++i) index.emplace(out[i].first, i);
    const auto it = index.find(std::string(key));
    return it == index.end() ? out.size() : it->second;
  };
  return ForEachField(value, [&](std::string_view key, JsonValue& field) -> Status {
    const size_t at = find(key);
    if (at == out.size()) out.emplace_back(key, std::nullopt);
    std::optional<std::string>& slot = out[at].second;
    slot.reset();
    if (IsNull(field)) return Status::Ok();
    return ReadValue(field, slot).WithContext(key);
  });
}

std::string Minify(std::string_view json) {
  std::string out(json.size() + simdjson::SIMDJSON_PADDING, '\0');
  size_t length = 0;
  if (simdjson::minify(json.data(), json.size(), out.data(), length) != simdjson::SUCCESS) {
    return std::string(json);
  }
  out.resize(length);
  return out;
}

}  // namespace deltaic::json
