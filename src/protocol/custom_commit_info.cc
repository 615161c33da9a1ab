#include "protocol/custom_commit_info.h"

#include <algorithm>
#include <iterator>

#include "protocol/compact_json.h"
#include "protocol/json.h"

namespace deltaic {
namespace {

constexpr int kMaxDepth = 100;
constexpr std::string_view kFilledIn[] = {
    "timestamp",     "inCommitTimestamp", "operation", "operationMetrics", "isolationLevel",
    "isBlindAppend", "engineInfo",        "txnId",     "readVersion"};
constexpr std::string_view kTexts[] = {"userId", "userName", "userMetadata"};

template <size_t kSize>
bool Contains(const std::string_view (&names)[kSize], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

Status WrongKind(std::string_view key, std::string_view kind) {
  return Status::InvalidArgument("commit metadata ", key, " must be ", kind);
}

}  // namespace

Status CheckCustomCommitInfo(std::string_view key, std::string_view json) {
  if (Contains(kFilledIn, key)) {
    return Status::InvalidArgument("commit metadata ", key,
                                   " is filled in by the commit itself and cannot be set; choose "
                                   "another key");
  }
  const Result<std::string> compact = json::Compact(json, kMaxDepth);
  if (!compact.ok()) {
    return Status::InvalidArgument("commit metadata ", key,
                                   " is not JSON: ", compact.status().message());
  }
  if (key == "operationParameters" && !compact->starts_with('{')) {
    return WrongKind(key, "a JSON object");
  }
  if (Contains(kTexts, key) && !compact->starts_with('"')) return WrongKind(key, "a text");
  return Status();
}

std::vector<std::pair<std::string, std::string>> CustomOperationParameters(std::string_view json) {
  std::vector<std::pair<std::string, std::string>> out;
  json::ParserLease parser;
  auto document = parser.Start(json);
  if (!document.ok()) return out;
  const Status status =
      json::ForEachField(*document, [&](std::string_view key, json::JsonValue& value) -> Status {
        std::string compact;
        DELTAIC_RETURN_IF_ERROR(json::AppendCompact(compact, value, kMaxDepth));
        std::string text;
        if (compact.starts_with('"')) {
          text = std::move(compact);
        } else {
          AppendJsonString(text, compact);
        }
        out.emplace_back(key, std::move(text));
        return Status();
      });
  if (!status.ok()) out.clear();
  return out;
}

}  // namespace deltaic
