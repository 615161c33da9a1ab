#include "catalog/glue_answer.h"

#include <simdjson.h>

#include "catalog/catalog_json.h"

namespace deltaic {
namespace {

using simdjson::dom::element;

/// Spark writes this behind the place of tables whose place Hive must not touch.
constexpr std::string_view kPlaceholder = "-__PLACEHOLDER__";

std::string Text(const element& object, std::string_view pointer) {
  std::string_view out;
  if (object.at_pointer(pointer).get(out) != simdjson::SUCCESS) return "";
  return std::string(out);
}

}  // namespace

Result<std::string> ParseGlueLocation(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object())
    return Status::Io("the answer is no JSON object");
  if (Text(root, "/Table/TableType") == "VIRTUAL_VIEW")
    return Status::Unsupported("it is a view, which has no files to read");
  std::string location = Text(root, "/Table/StorageDescriptor/SerdeInfo/Parameters/path");
  if (location.empty()) location = Text(root, "/Table/StorageDescriptor/Location");
  if (location.ends_with(kPlaceholder)) location.resize(location.size() - kPlaceholder.size());
  if (location.empty()) return Status::Io("the answer names no place of the table");
  return location;
}

Status GlueStatus(int status, std::string_view json, std::string_view what) {
  simdjson::dom::parser parser;
  element root;
  std::string type;
  std::string message;
  if (parser.parse(json.data(), json.size()).get(root) == simdjson::SUCCESS && root.is_object()) {
    type = OneLine(Text(root, "/__type"));
    // "com.amazonaws.glue#EntityNotFoundException" of some versions
    type.erase(0, type.rfind('#') + 1);
    message = OneLine(Text(root, "/Message"));
    if (message.empty()) message = OneLine(Text(root, "/message"));
  }
  const std::string said = Concat(what, ": Glue answers HTTP ", status, type.empty() ? "" : " ",
                                  type, message.empty() ? "" : ": ", message);
  if (type == "EntityNotFoundException")
    return Status::NotFound(said, "; check the names of database and table, and the region");
  if (type == "AccessDeniedException")
    return Status::PermissionDenied(said, "; the login needs glue:GetTable");
  if (status == 429 || status >= 500 || type == "ThrottlingException")
    return Status::Unavailable(said, "; try again");
  if (status == 401 || status == 403 || type == "UnrecognizedClientException" ||
      type == "ExpiredTokenException" || type == "InvalidSignatureException") {
    return Status::PermissionDenied(said, "; check the credentials and this machine's clock");
  }
  return Status::Io(said);
}

}  // namespace deltaic
