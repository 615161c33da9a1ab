#include "table/commit_info.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include "protocol/custom_commit_info.h"
#include "protocol/json.h"

namespace deltaic {
namespace {

constexpr std::string_view kDefaultEngineInfo = "Deltaic/" DELTAIC_VERSION;

/// Writes members of one object, each key once.
class UniqueKeys {
 public:
  explicit UniqueKeys(JsonWriter& json) : json_(json) {}
  bool Add(std::string_view key) {
    if (!seen_.insert(std::string(key)).second) return false;
    json_.Key(key);
    return true;
  }

 private:
  JsonWriter& json_;
  std::set<std::string> seen_;
};

/// What readers of the log act on.
constexpr std::string_view kOwnKeys[] = {
    "inCommitTimestamp", "timestamp",     "operation", "readVersion",
    "isolationLevel",    "isBlindAppend", "txnId"};

}  // namespace

Status CheckCustomKeys(const CommitSpec& spec) {
  for (const auto& [key, value] : spec.custom) {
    if (std::ranges::find(kOwnKeys, key) == std::end(kOwnKeys)) continue;
    return Status::InvalidArgument("the key ", key,
                                   " of a commit's metadata is set by the commit itself; choose "
                                   "another name");
  }
  return Status();
}

std::string FormatCommitInfoLine(const CommitSpec& spec, const CommitFacts& facts) {
  JsonWriter json;
  json.BeginObject().Key("commitInfo").BeginObject();
  UniqueKeys keys(json);
  // First, so that a reader of times can stop here.
  if (facts.in_commit_timestamp_ms && keys.Add("inCommitTimestamp")) {
    json.Int(*facts.in_commit_timestamp_ms);
  }
  if (keys.Add("timestamp")) json.Int(facts.timestamp_ms);
  if (keys.Add("operation")) json.String(spec.operation);
  if (keys.Add("operationParameters")) {
    json.BeginObject();
    UniqueKeys parameters(json);
    for (const auto& [key, value] : spec.parameters) {
      if (parameters.Add(key)) json.Raw(value);
    }
    for (const auto& [key, value] : spec.custom) {
      if (key != "operationParameters") continue;
      for (const auto& [parameter, text] : CustomOperationParameters(value)) {
        if (parameters.Add(parameter)) json.Raw(text);
      }
    }
    json.EndObject();
  }
  if (facts.read_version && keys.Add("readVersion")) json.Int(facts.read_version->value);
  if (keys.Add("isolationLevel")) json.String(IsolationName(facts.isolation));
  if (keys.Add("isBlindAppend")) json.Bool(facts.is_blind_append);
  if (keys.Add("operationMetrics")) {
    json.BeginObject();
    UniqueKeys metrics(json);
    for (const auto& [key, value] : spec.metrics) {
      if (metrics.Add(key)) json.String(value);
    }
    json.EndObject();
  }
  StringMap tags = spec.tags;
  tags.insert(facts.tags.begin(), facts.tags.end());
  if (!tags.empty() && keys.Add("tags")) {
    json.BeginObject();
    for (const auto& [key, value] : tags) json.Key(key).String(value);
    json.EndObject();
  }
  if (keys.Add("engineInfo")) {
    json.String(spec.engine_info.empty() ? kDefaultEngineInfo : std::string_view(spec.engine_info));
  }
  if (keys.Add("txnId")) json.String(facts.txn_id);
  for (const auto& [key, value] : spec.custom) {
    if (keys.Add(key)) json.Raw(value);
  }
  json.EndObject().EndObject();
  return json.Take() + '\n';
}

}  // namespace deltaic
