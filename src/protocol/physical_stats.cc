#include "protocol/physical_stats.h"

#include "protocol/json.h"
#include "protocol/json_reader.h"

namespace deltaic {
namespace {

Status CopyMembers(std::string_view stats, JsonWriter& out) {
  json::ParserLease parser;
  DELTAIC_ASSIGN_OR_RETURN(auto document, parser.Start(stats));
  DELTAIC_RETURN_IF_ERROR(
      json::ForEachField(document, [&](std::string_view key, json::JsonValue& value) -> Status {
        if (key == "numRecords" || key == "tightBounds") return json::Skip(value);
        const std::string name(key);
        DELTAIC_ASSIGN_OR_RETURN(const std::string_view text, json::RawText(value));
        out.Key(name).Raw(text);
        return Status();
      }));
  return json::CheckEnd(document);
}

}  // namespace

std::string PhysicalStats(std::string_view stats, int64_t num_records) {
  const auto begin = [num_records] {
    JsonWriter out;
    out.BeginObject().Key("numRecords").Int(num_records);
    return out;
  };
  JsonWriter out = begin();
  if (stats.empty() || !CopyMembers(stats, out).ok()) out = begin();
  out.Key("tightBounds").Bool(false).EndObject();
  return out.Take();
}

}  // namespace deltaic
