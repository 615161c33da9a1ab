#include "protocol/invariants.h"

#include <optional>
#include <utility>

#include "protocol/json_reader.h"

namespace deltaic {

Result<std::string> ParseInvariant(std::string_view json) {
  std::optional<std::string> expression;
  const auto read = [&]() -> Status {
    json::ParserLease parser;
    DELTAIC_ASSIGN_OR_RETURN(auto document, parser.Start(json));
    return json::ForEachField(document, [&](std::string_view key, json::JsonValue& value) {
      if (key != "expression") return json::Skip(value);
      return json::ForEachField(value, [&](std::string_view inner, json::JsonValue& text) {
        return inner == "expression" ? json::ReadValue(text, expression) : json::Skip(text);
      });
    });
  };
  const Status status = read();
  if (!status.ok() || !expression) {
    return Status::Corruption("delta.invariants is not {\"expression\":{\"expression\":...}}: ",
                              json.substr(0, 200));
  }
  return *std::move(expression);
}

}  // namespace deltaic
