#include "ingest/upsert/envelope.h"

#include <simdjson.h>

#include "base/made_once.h"
#include "ingest/decode/decoder.h"

namespace deltaic::ingest {
namespace {

namespace ondemand = simdjson::ondemand;

Status Malformed(simdjson::error_code error) {
  return Status::Corruption("not valid JSON: ", simdjson::error_message(error));
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  return text;
}

}  // namespace

struct EnvelopeReader::Impl {
  ondemand::parser parser;

  /// Calls `visit` with each member's name and value as it stands.
  template <typename Visit>
  Status ForEach(std::string_view text, const Visit& visit) {
    ondemand::document document;
    ondemand::object object;
    if (const auto error = parser.iterate(text.data(), text.size(), text.size() + Decoder::kPadding)
                               .get(document)) {
      return Malformed(error);
    }
    if (const auto error = document.get_object().get(object)) {
      if (error != simdjson::INCORRECT_TYPE) return Malformed(error);
      return Status::Corruption("not a JSON object");
    }
    for (auto result : object) {
      ondemand::field field;
      if (const auto error = std::move(result).get(field)) return Malformed(error);
      std::string_view name, raw;
      if (const auto error = field.unescaped_key().get(name)) return Malformed(error);
      const std::string kept(name);
      ondemand::json_type type{};
      if (const auto error = field.value().type().get(type)) return Malformed(error);
      const bool is_nested =
          type == ondemand::json_type::object || type == ondemand::json_type::array;
      if (!is_nested) {
        raw = field.value().raw_json_token();
      } else if (type == ondemand::json_type::object) {
        ondemand::object inner;
        if (const auto error = field.value().get_object().get(inner)) return Malformed(error);
        if (const auto error = inner.raw_json().get(raw)) return Malformed(error);
      } else {
        ondemand::array inner;
        if (const auto error = field.value().get_array().get(inner)) return Malformed(error);
        if (const auto error = inner.raw_json().get(raw)) return Malformed(error);
      }
      visit(kept, Trimmed(raw));
    }
    return Status();
  }
};

EnvelopeReader::EnvelopeReader() : impl_(std::make_unique<Impl>()) {}
EnvelopeReader::~EnvelopeReader() = default;

Result<Envelope> EnvelopeReader::Read(std::string_view text) {
  Envelope out;
  std::string_view payload, op;
  bool has_schema = false;
  const auto visit = [&](std::string_view name, std::string_view raw) {
    const bool is_object = raw.starts_with('{');
    if (name == "op") op = raw;
    if (name == "before") out.before = is_object ? raw : std::string_view();
    if (name == "after") out.after = is_object ? raw : std::string_view();
    if (name == "payload" && is_object) payload = raw;
    has_schema = has_schema || name == "schema";
  };
  DELTAIC_RETURN_IF_ERROR(impl_->ForEach(text, visit));
  if (op.empty() && has_schema && !payload.empty()) {
    const std::string_view inner = payload;
    DELTAIC_RETURN_IF_ERROR(impl_->ForEach(inner, visit));
  }
  if (op.size() != 3 || op[0] != '"' || op[2] != '"') {
    return Status::Corruption("no envelope of Debezium: op is missing");
  }
  out.op = op[1];
  return out;
}

Result<std::string_view> EnvelopeReader::ReadKey(std::string_view text) {
  if (!Trimmed(text).starts_with('{')) return Trimmed(text);
  std::string_view payload;
  int members = 0;
  bool has_schema = false;
  DELTAIC_RETURN_IF_ERROR(impl_->ForEach(text, [&](std::string_view name, std::string_view raw) {
    ++members;
    has_schema = has_schema || name == "schema";
    if (name == "payload") payload = raw;
  }));
  return members == 2 && has_schema && !payload.empty() ? payload : text;
}

Result<std::vector<std::string>> EnvelopeReader::Members(std::string_view object,
                                                         const std::vector<std::string>& names) {
  std::vector<std::string> out(names.size());
  DELTAIC_RETURN_IF_ERROR(impl_->ForEach(object, [&](std::string_view name, std::string_view raw) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) out[i] = raw;
    }
  }));
  return out;
}

Result<bool> EnvelopeReader::IsDeletion(std::string_view object) {
  const std::vector<std::string>& names =
      MadeOnce([] { return std::vector<std::string>{"__deleted", "__op"}; });
  if (object.find(names[0]) == std::string_view::npos &&
      object.find(names[1]) == std::string_view::npos) {
    return false;
  }
  DELTAIC_ASSIGN_OR_RETURN(const auto values, Members(object, names));
  return values[0] == "true" || values[0] == "\"true\"" || values[1] == "\"d\"";
}

}  // namespace deltaic::ingest
