#include "protocol/commit_info_json.h"

#include <optional>
#include <string>
#include <type_traits>

#include "protocol/json_fields.h"

namespace deltaic {
namespace {

using json::Field;
using json::JsonValue;
using json::Member;

/// Of another type than expected, a value is skipped.
template <typename T>
Status ReadIfOfType(JsonValue& value, std::optional<T>& out) {
  const bool is_text = json::ScalarToken(value).starts_with('"');
  if (is_text != std::is_same_v<T, std::string>) return json::Skip(value);
  Status status = json::ReadValue(value, out.emplace());
  if (status.ok()) return status;
  out.reset();
  // A number or literal that was not taken is still to be read; text can only have been broken.
  return is_text ? status : json::Skip(value);
}

template <auto kMember>
constexpr Field<CommitInfo> FreeMember(std::string_view name) {
  auto field = Member<kMember>(name);
  field.read = [](JsonValue& value, CommitInfo& out) { return ReadIfOfType(value, out.*kMember); };
  return field;
}

constexpr Field<CommitInfo> kFields[] = {
    FreeMember<&CommitInfo::timestamp>("timestamp"),
    FreeMember<&CommitInfo::in_commit_timestamp>("inCommitTimestamp"),
    FreeMember<&CommitInfo::operation>("operation"),
    FreeMember<&CommitInfo::read_version>("readVersion"),
    FreeMember<&CommitInfo::isolation_level>("isolationLevel"),
    FreeMember<&CommitInfo::is_blind_append>("isBlindAppend"),
    FreeMember<&CommitInfo::engine_info>("engineInfo"),
    FreeMember<&CommitInfo::txn_id>("txnId"),
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

/// The members of the object `key`, each as text whatever its type.
StringMap TextsOf(const CommitInfo& info, std::string_view key) {
  StringMap texts;
  const auto read_text = [&](std::string_view name, JsonValue& value) -> Status {
    std::string& text = texts[std::string(name)];
    if (json::ScalarToken(value).starts_with('"')) return json::ReadValue(value, text);
    DELTAIC_ASSIGN_OR_RETURN(text, json::RawText(value));
    return Status::Ok();
  };
  const Status status = VisitValue(info.json, [&](JsonValue& value) -> Status {
    if (!IsObject(value)) return json::Skip(value);
    return json::ForEachField(value, [&](std::string_view name, JsonValue& field) -> Status {
      if (name != key || !IsObject(field)) return json::Skip(field);
      return json::ForEachField(field, read_text);
    });
  });
  return status.ok() ? texts : StringMap();
}

}  // namespace

Result<CommitInfo> ParseCommitInfo(std::string_view json) {
  CommitInfo info;
  DELTAIC_RETURN_IF_ERROR(VisitValue(json, [&](JsonValue& value) -> Status {
    if (!IsObject(value)) return json::Skip(value);
    return json::ReadFields<CommitInfo>(value, kFields, info);
  }));
  // Only now: without its whitespace, some broken JSON is valid.
  info.json = json::Minify(json);
  return info;
}

StringMap CommitMetrics(const CommitInfo& info) { return TextsOf(info, "operationMetrics"); }

StringMap CommitTags(const CommitInfo& info) { return TextsOf(info, "tags"); }

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
