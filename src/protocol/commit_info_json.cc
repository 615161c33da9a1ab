#include "protocol/commit_info_json.h"

#include <string>

#include "protocol/json_fields.h"

namespace deltaic {
namespace {

using json::Field;
using json::JsonValue;
using json::Member;

constexpr Field<CommitInfo> kFields[] = {
    Member<&CommitInfo::timestamp>("timestamp"),
    Member<&CommitInfo::in_commit_timestamp>("inCommitTimestamp"),
    Member<&CommitInfo::operation>("operation"),
    Member<&CommitInfo::read_version>("readVersion"),
    Member<&CommitInfo::isolation_level>("isolationLevel"),
    Member<&CommitInfo::is_blind_append>("isBlindAppend"),
    Member<&CommitInfo::engine_info>("engineInfo"),
    Member<&CommitInfo::txn_id>("txnId"),
};

const Field<CommitInfo>* FindField(std::string_view name) {
  for (const auto& field : kFields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

bool IsSet(const Field<CommitInfo>& field, const CommitInfo& info) {
  JsonWriter probe;
  field.write(probe, field.name, info);
  return !probe.str().empty();
}

bool IsObject(JsonValue& value) { return json::ScalarToken(value).starts_with('{'); }

/// Calls `visit(value)` with the value that `text` is, a JSON value of any kind.
template <typename Visit>
Status VisitValue(std::string_view text, Visit&& visit) {
  // As a field of an object, values of every kind are read alike.
  const std::string wrapped = Concat(R"({"commitInfo":)", text, "}");
  json::ParserLease lease;
  DELTAIC_ASSIGN_OR_RETURN(auto document, lease.Start(wrapped));
  int fields = 0;
  DELTAIC_RETURN_IF_ERROR(
      json::ForEachField(document, [&](std::string_view, JsonValue& value) -> Status {
        return ++fields == 1 ? visit(value) : json::BrokenJson("more than one value");
      }));
  return json::CheckEnd(document);
}

void ReadIfOfType(const Field<CommitInfo>& field, std::string_view json_value, CommitInfo& info) {
  const Status status =
      VisitValue(json_value, [&](JsonValue& value) { return field.read(value, info); });
  if (!status.ok()) field.reset(info);
}

/// `info.json` field by field, those replaced that are set in `info`.
Status WriteMerged(JsonWriter& out, const CommitInfo& info) {
  return VisitValue(info.json, [&](JsonValue& value) -> Status {
    return json::ForEachField(value, [&](std::string_view key, JsonValue& field) -> Status {
      const Field<CommitInfo>* known = FindField(key);
      DELTAIC_ASSIGN_OR_RETURN(const std::string_view raw, json::RawText(field));
      if (known == nullptr || !IsSet(*known, info)) out.Key(key).Raw(json::Minify(raw));
      return Status::Ok();
    });
  });
}

}  // namespace

Result<CommitInfo> ParseCommitInfo(std::string_view json) {
  CommitInfo info;
  DELTAIC_RETURN_IF_ERROR(VisitValue(json, [&](JsonValue& value) -> Status {
    if (!IsObject(value)) return json::Skip(value);
    return json::ForEachField(value, [&](std::string_view key, JsonValue& field) -> Status {
      const Field<CommitInfo>* known = FindField(key);
      if (known == nullptr) return json::Skip(field);
      known->reset(info);
      DELTAIC_ASSIGN_OR_RETURN(const std::string_view raw, json::RawText(field));
      ReadIfOfType(*known, raw, info);
      return Status::Ok();
    });
  }));
  // Only now: without its whitespace, some broken JSON is valid.
  info.json = json::Minify(json);
  return info;
}

void WriteCommitInfo(JsonWriter& out, const CommitInfo& info) {
  const auto parsed = ParseCommitInfo(info.json);
  CommitInfo same_json = info;
  if (parsed.ok()) {
    same_json.json = parsed->json;
    if (same_json == *parsed) {
      out.Raw(parsed->json);
      return;
    }
  }
  out.BeginObject();
  for (const auto& field : kFields) field.write(out, field.name, info);
  JsonWriter others;
  others.BeginObject();
  if (parsed.ok() && WriteMerged(others, info).ok()) {
    const std::string_view inner = std::string_view(others.str()).substr(1);
    if (!inner.empty()) out.Raw(inner);
  }
  out.EndObject();
}

}  // namespace deltaic
