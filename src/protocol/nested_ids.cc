#include "protocol/nested_ids.h"

#include "protocol/json.h"
#include "protocol/json_reader.h"

namespace deltaic {

NestedIds NestedIdsOf(const StructField& field) {
  NestedIds ids;
  const auto found = field.metadata.find(std::string(kNestedIdsKey));
  if (found == field.metadata.end()) return ids;
  const auto read = [&]() -> Status {
    json::ParserLease parser;
    DELTAIC_ASSIGN_OR_RETURN(auto document, parser.Start(found->second));
    return json::ForEachField(document, [&](std::string_view key, json::JsonValue& value) {
      return json::ReadValue(value, ids[std::string(key)]);
    });
  };
  if (!read().ok()) ids.clear();
  return ids;
}

std::string FormatNestedIds(const NestedIds& ids) {
  JsonWriter json;
  json.BeginObject();
  for (const auto& [path, id] : ids) json.Key(path).Int(id);
  json.EndObject();
  return json.Take();
}

}  // namespace deltaic
