#include "protocol/compact_json.h"

#include "protocol/json.h"

namespace deltaic::json {
namespace {

Status AppendObject(std::string& out, JsonValue& value, int max_depth) {
  bool first = true;
  out += '{';
  DELTAIC_RETURN_IF_ERROR(ForEachField(value, [&](std::string_view key, JsonValue& field) {
    if (!first) out += ',';
    first = false;
    AppendJsonString(out, key);
    out += ':';
    return AppendCompact(out, field, max_depth - 1);
  }));
  out += '}';
  return Status::Ok();
}

Status AppendArray(std::string& out, JsonValue& value, int max_depth) {
  bool first = true;
  out += '[';
  DELTAIC_RETURN_IF_ERROR(ForEachElement(value, [&](JsonValue& element) {
    if (!first) out += ',';
    first = false;
    return AppendCompact(out, element, max_depth - 1);
  }));
  out += ']';
  return Status::Ok();
}

}  // namespace

Status AppendCompact(std::string& out, JsonValue& value, int max_depth) {
  using simdjson::ondemand::json_type;
  json_type type;
  if (const auto error = value.type().get(type)) return BrokenJson(error);
  if (type == json_type::object || type == json_type::array) {
    if (max_depth == 0) return BrokenJson("nested too deep");
    return type == json_type::object ? AppendObject(out, value, max_depth)
                                     : AppendArray(out, value, max_depth);
  }
  if (type == json_type::string) {
    std::string_view text;
    if (const auto error = value.get_string().get(text)) return BrokenJson(error);
    AppendJsonString(out, text);
    return Status::Ok();
  }
  const std::string_view token = ScalarToken(value);
  DELTAIC_RETURN_IF_ERROR(Skip(value));
  out += token;
  return Status::Ok();
}

Result<std::string> Compact(std::string_view text, int max_depth) {
  // In a list, so that a value alone need not be told from a document.
  const std::string list = Concat('[', text, ']');
  ParserLease parser;
  DELTAIC_ASSIGN_OR_RETURN(auto document, parser.Start(list));
  JsonValue root;
  if (const auto error = document.get_value().get(root)) return BrokenJson(error);
  std::string out;
  int values = 0;
  DELTAIC_RETURN_IF_ERROR(ForEachElement(root, [&](JsonValue& value) {
    ++values;
    return AppendCompact(out, value, max_depth);
  }));
  DELTAIC_RETURN_IF_ERROR(CheckEnd(document));
  if (values != 1) return Status::Corruption("is not one JSON value");
  return out;
}

}  // namespace deltaic::json
