#include "storage/gcs/gcs_answer.h"

#include <simdjson.h>

#include <algorithm>

#include "base/civil_time.h"
#include "storage/remote/content_range.h"

namespace deltaic {
namespace {

using simdjson::dom::element;

Status Broken(std::string_view why) {
  return Status::Io("the answer of Google Cloud Storage is broken: ", why);
}

/// A member that is a text, or "".
std::string_view Text(element object, std::string_view name) {
  std::string_view out;
  if (object[name].get(out) != simdjson::SUCCESS) return {};
  return out;
}

Result<RemoteObject> ParseObject(element object) {
  RemoteObject out;
  out.key = Text(object, "name");
  if (out.key.empty()) return Broken("an object without a name");
  // int64 are texts in Google's JSON.
  const Result<int64_t> size = ParseSize(Text(object, "size"));
  if (!size.ok()) return Broken(Concat("the size of ", out.key, " is no number"));
  out.size_bytes = *size;
  const Result<int64_t> micros = ParseTimestampMicros(Text(object, "updated"));
  if (!micros.ok()) return Broken(Concat("the time of ", out.key, " is none"));
  out.last_modified = TimestampMs{*micros / 1000};
  out.etag = Text(object, "generation");
  return out;
}

/// What Google says, on one line.
std::string MessageOf(std::string_view body) {
  constexpr size_t kLongest = 300;
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return {};
  element error;
  if (root["error"].get(error) != simdjson::SUCCESS) return {};
  const std::string_view text = Text(error, "message");
  return std::string(text.substr(0, std::min(text.find('\n'), kLongest)));
}

}  // namespace

Result<RemotePage> ParseGcsListPage(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return Broken("no JSON object, or cut off");
  }
  if (Text(root, "kind") != "storage#objects") return Broken("not a list of objects");
  RemotePage page;
  page.next_token = Text(root, "nextPageToken");
  simdjson::dom::array items;
  const simdjson::error_code missing = root["items"].get(items);
  if (missing == simdjson::NO_SUCH_FIELD) return page;
  if (missing != simdjson::SUCCESS) return Broken("items is no list");
  for (const element item : items) {
    DELTAIC_ASSIGN_OR_RETURN(RemoteObject object, ParseObject(item));
    page.objects.push_back(std::move(object));
  }
  return page;
}

Result<RemoteObject> ParseGcsObject(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return Broken("no JSON object, or cut off");
  }
  return ParseObject(root);
}

Status GcsStatus(int status, std::string_view body, std::string_view what) {
  const std::string message = MessageOf(body);
  const std::string said =
      message.empty() ? Concat("HTTP ", status) : Concat("HTTP ", status, ": ", message);
  if (status == 404 && message.find("bucket") != std::string::npos) {
    return Status::NotFound(what, ": Google says ", said, "; check the bucket's name");
  }
  if (status == 404) return Status::NotFound(what, ": not there");
  if (status == 401) {
    return Status::PermissionDenied(
        what, ": Google says ", said,
        "; log in (gcloud auth application-default login), or give google_service_account");
  }
  if (status == 403) {
    return Status::PermissionDenied(
        what, ": Google says ", said,
        "; give the account the role Storage Object User (to read: Storage Object Viewer) on it");
  }
  if (status == 408 || status == 429 || status >= 500) {
    return Status::Unavailable(what, ": Google says ", said, "; try again");
  }
  return Status::Io(what, ": Google says ", said);
}

}  // namespace deltaic
