#include "protocol/version_checksum.h"

#include <string>
#include <utility>
#include <vector>

#include "protocol/actions_json.h"
#include "protocol/json_fields.h"

namespace deltaic {
namespace {

using json::Field;
using json::JsonValue;
using json::Member;
using enum json::Presence;

/// The file as it is written: the two actions are kept as text, which the reader of actions takes.
struct Fields {
  int64_t table_size_bytes = 0;
  int64_t num_files = 0;
  int64_t num_metadata = 1;
  int64_t num_protocol = 1;
  std::string metadata;
  std::string protocol;
};

template <auto kMember>
constexpr Field<Fields> RawMember(std::string_view name) {
  return {name, kOptional,
          [](JsonValue& value, Fields& out) -> Status {
            DELTAIC_ASSIGN_OR_RETURN(const std::string_view raw, json::RawText(value));
            out.*kMember = raw;
            return Status::Ok();
          },
          [](Fields& out) { (out.*kMember).clear(); },
          [](JsonWriter& out, std::string_view key, const Fields& fields) {
            out.Key(key).Raw(fields.*kMember);
          }};
}

constexpr Field<Fields> kFields[] = {
    Member<&Fields::table_size_bytes>("tableSizeBytes", kRequired),
    Member<&Fields::num_files>("numFiles", kRequired),
    Member<&Fields::num_metadata>("numMetadata"),
    Member<&Fields::num_protocol>("numProtocol"),
    RawMember<&Fields::metadata>("metadata"),
    RawMember<&Fields::protocol>("protocol"),
};

Status ReadChecksum(std::string_view text, Fields& fields) {
  json::ParserLease lease;
  DELTAIC_ASSIGN_OR_RETURN(auto document, lease.Start(text));
  DELTAIC_RETURN_IF_ERROR(json::ReadFields<Fields>(document, kFields, fields));
  DELTAIC_RETURN_IF_ERROR(json::CheckEnd(document));
  if (fields.table_size_bytes < 0) return Status::Corruption("tableSizeBytes: is negative");
  if (fields.num_files < 0) return Status::Corruption("numFiles: is negative");
  if (fields.num_metadata != 1) return Status::Corruption("numMetadata: is not 1");
  if (fields.num_protocol != 1) return Status::Corruption("numProtocol: is not 1");
  return Status::Ok();
}

/// The action `kind` whose fields are `object`; nullopt for no text.
template <typename T>
Result<std::optional<T>> ReadAction(std::string_view kind, const std::string& object) {
  if (object.empty()) return std::optional<T>();
  const std::string line = Concat("{\"", kind, "\":", json::Minify(object), "}");
  DELTAIC_ASSIGN_OR_RETURN(std::vector<Action> actions, ParseActions(line, kind));
  if (actions.size() != 1 || !std::holds_alternative<T>(actions.front())) {
    return Status::Corruption(kind, ": is not one action");
  }
  return std::optional<T>(std::get<T>(std::move(actions.front())));
}

Result<VersionChecksum> Parse(std::string_view text) {
  Fields fields;
  DELTAIC_RETURN_IF_ERROR(ReadChecksum(text, fields));
  VersionChecksum out;
  out.table_size_bytes = fields.table_size_bytes;
  out.num_files = fields.num_files;
  DELTAIC_ASSIGN_OR_RETURN(out.protocol, ReadAction<Protocol>("protocol", fields.protocol));
  DELTAIC_ASSIGN_OR_RETURN(out.metadata, ReadAction<Metadata>("metaData", fields.metadata));
  return out;
}

}  // namespace

Result<VersionChecksum> ParseVersionChecksum(std::string_view json, std::string_view name) {
  Result<VersionChecksum> checksum = Parse(json);
  if (!checksum.ok()) return checksum.status().WithContext(name);
  return checksum;
}

}  // namespace deltaic
