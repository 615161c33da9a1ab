#include "storage/hdfs/webhdfs_answer.h"

#include <simdjson.h>

#include <algorithm>

namespace deltaic {
namespace {

using simdjson::dom::element;

Status Broken() {
  return Status::Io("the answer of HDFS is broken; is this the address of WebHDFS?");
}

Result<HdfsStatus> StatusOf(element object) {
  HdfsStatus out;
  std::string_view name;
  std::string_view type;
  int64_t modified = 0;
  if (object["pathSuffix"].get(name) != simdjson::SUCCESS ||
      object["type"].get(type) != simdjson::SUCCESS ||
      object["length"].get(out.size_bytes) != simdjson::SUCCESS ||
      object["modificationTime"].get(modified) != simdjson::SUCCESS || out.size_bytes < 0) {
    return Broken();
  }
  out.name = name;
  out.is_folder = type == "DIRECTORY";
  out.modified = TimestampMs{modified};
  return out;
}

std::string TextOf(std::string_view body, std::string_view member) {
  simdjson::dom::parser parser;
  element root;
  std::string_view text;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS ||
      root["RemoteException"][member].get(text) != simdjson::SUCCESS) {
    return {};
  }
  return std::string(text);
}

}  // namespace

Result<HdfsStatus> ParseHdfsStatus(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  element status;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS ||
      root["FileStatus"].get(status) != simdjson::SUCCESS) {
    return Broken();
  }
  return StatusOf(status);
}

Result<HdfsListing> ParseHdfsListing(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  element listing;
  simdjson::dom::array entries;
  HdfsListing out;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS ||
      root["DirectoryListing"].get(listing) != simdjson::SUCCESS ||
      listing["partialListing"]["FileStatuses"]["FileStatus"].get(entries) != simdjson::SUCCESS ||
      listing["remainingEntries"].get(out.remaining) != simdjson::SUCCESS) {
    return Broken();
  }
  for (const element entry : entries) {
    DELTAIC_ASSIGN_OR_RETURN(HdfsStatus status, StatusOf(entry));
    out.entries.push_back(std::move(status));
  }
  return out;
}

Result<bool> ParseHdfsBoolean(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  bool out = false;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS ||
      root["boolean"].get(out) != simdjson::SUCCESS) {
    return Broken();
  }
  return out;
}

std::string HdfsException(std::string_view body) { return TextOf(body, "exception"); }

Status WebHdfsError(int status, std::string_view body, std::string_view what) {
  constexpr size_t kLongest = 300;
  const std::string exception = HdfsException(body);
  std::string message = TextOf(body, "message");
  message.resize(std::min({message.find('\n'), kLongest, message.size()}));
  const std::string said =
      exception.empty() ? Concat("HTTP ", status) : Concat(exception, " (HTTP ", status, ')');
  if (status == 404 && (exception.empty() || exception == "FileNotFoundException")) {
    return Status::NotFound(what, ": not there");
  }
  // A file stands where the path has a folder.
  if (message.ends_with("(is not a directory)")) {
    return Status::NotFound(what, ": not there");
  }
  if (status == 401 || exception == "SecurityException") {
    return Status::PermissionDenied(
        what, ": HDFS says ", said,
        "; it wants a login: give hdfs_user, or hdfs_delegation_token (Kerberos itself is not "
        "supported)");
  }
  if (exception == "AccessControlException") {
    return Status::PermissionDenied(what, ": HDFS says ", said, ": ", message);
  }
  if (exception == "StandbyException") {
    return Status::Unavailable(what,
                               ": this name node is in standby; use the address of the other");
  }
  if (exception == "SafeModeException" || exception == "RetriableException" || status == 429 ||
      status == 502 || status == 503 || status == 504) {
    return Status::Unavailable(what, ": HDFS says ", said, "; try again");
  }
  return Status::Io(what, ": HDFS says ", said, message.empty() ? "" : ": ", message);
}

}  // namespace deltaic
