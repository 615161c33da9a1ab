#include "protocol/file_list.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "protocol/actions_json.h"
#include "protocol/json.h"
#include "protocol/json_reader.h"

namespace deltaic {
namespace {

constexpr std::string_view kOriginKey = "writtenFor";
constexpr std::string_view kOriginStart = "{\"writtenFor\":";

Result<FileListOrigin> ParseOrigin(std::string_view line) {
  FileListOrigin origin{.version = Version{-1}};
  json::ParserLease parser;
  DELTAIC_ASSIGN_OR_RETURN(auto document, parser.Start(line));
  DELTAIC_RETURN_IF_ERROR(
      json::ForEachField(document, [&](std::string_view key, json::JsonValue& value) -> Status {
        if (key != kOriginKey) return json::Skip(value);
        return json::ForEachField(value, [&](std::string_view name, json::JsonValue& field) {
          if (name == "tableId") return json::ReadValue(field, origin.table_id);
          if (name == "version") return json::ReadValue(field, origin.version.value);
          return json::Skip(field);
        });
      }));
  DELTAIC_RETURN_IF_ERROR(json::CheckEnd(document));
  if (origin.version.value < 0 || origin.table_id.empty()) {
    return Status::Corruption("names no table and version");
  }
  return origin;
}

Status ParseLine(std::string_view line, FileList& list) {
  if (line.starts_with(kOriginStart)) {
    DELTAIC_ASSIGN_OR_RETURN(list.origins.emplace_back(), ParseOrigin(line));
    return Status();
  }
  DELTAIC_ASSIGN_OR_RETURN(auto actions, ParseActions(line, "files"));
  if (actions.size() == 1) {
    if (Add* add = std::get_if<Add>(&actions[0])) {
      list.adds.push_back(std::move(*add));
      return Status();
    }
    if (Remove* remove = std::get_if<Remove>(&actions[0])) {
      list.removes.push_back(std::move(*remove));
      return Status();
    }
  }
  return Status::Corruption("is neither one add nor one remove");
}

}  // namespace

Result<FileList> ParseFileList(std::string_view json_lines) {
  FileList list;
  for (int64_t number = 1; !json_lines.empty(); ++number) {
    const size_t end = std::min(json_lines.find('\n'), json_lines.size());
    std::string_view line = json_lines.substr(0, end);
    json_lines.remove_prefix(std::min(end + 1, json_lines.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (const Status status = ParseLine(line, list); !status.ok()) {
      return Status::InvalidArgument("the list of files, line ", number, ": ", status.message());
    }
  }
  return list;
}

std::string FormatFileList(const FileListOrigin& origin, const std::vector<Add>& adds) {
  JsonWriter out;
  out.BeginObject().Key(kOriginKey).BeginObject();
  out.Key("tableId").String(origin.table_id).Key("version").Int(origin.version.value);
  out.EndObject().EndObject();
  std::string text = out.Take() + '\n';
  for (const Add& add : adds) text += FormatAction(add) + '\n';
  return text;
}

}  // namespace deltaic
