#include "protocol/last_checkpoint.h"

#include <utility>

#include "protocol/json_fields.h"

namespace deltaic {
namespace {

using json::Member;

constexpr json::Field<UuidCheckpointHint> kUuidFields[] = {
    Member<&UuidCheckpointHint::path>("path", json::Presence::kRequired),
    Member<&UuidCheckpointHint::size_in_bytes>("sizeInBytes"),
    Member<&UuidCheckpointHint::modification_time>("modificationTime"),
};

/// The version is a plain number in JSON.
struct Hint {
  int64_t version = 0;
  int64_t size = 0;
  std::optional<int64_t> parts;
  std::optional<int64_t> size_in_bytes;
  std::optional<int64_t> num_of_add_files;
  std::optional<UuidCheckpointHint> v2_checkpoint;
};

constexpr json::Field<Hint> kFields[] = {
    Member<&Hint::version>("version", json::Presence::kRequired),
    Member<&Hint::size>("size"),
    Member<&Hint::parts>("parts"),
    Member<&Hint::size_in_bytes>("sizeInBytes"),
    Member<&Hint::num_of_add_files>("numOfAddFiles"),
    json::Field<Hint>{"v2Checkpoint", json::Presence::kOptional,
                      [](json::JsonValue& value, Hint& out) {
                        return json::ReadFields<UuidCheckpointHint>(value, kUuidFields,
                                                                    out.v2_checkpoint.emplace());
                      },
                      [](Hint& out) { out.v2_checkpoint.reset(); },
                      [](JsonWriter& out, std::string_view name, const Hint& hint) {
                        if (!hint.v2_checkpoint) return;
                        json::WriteFields<UuidCheckpointHint>(out.Key(name), kUuidFields,
                                                              *hint.v2_checkpoint);
                      }},
};

Status ReadHint(std::string_view text, Hint& hint) {
  json::ParserLease lease;
  DELTAIC_ASSIGN_OR_RETURN(auto document, lease.Start(text));
  DELTAIC_RETURN_IF_ERROR(json::ReadFields<Hint>(document, kFields, hint));
  DELTAIC_RETURN_IF_ERROR(json::CheckEnd(document));
  if (hint.version < 0) return Status::Corruption("version: is negative");
  return Status::Ok();
}

}  // namespace

Result<LastCheckpoint> ParseLastCheckpoint(std::string_view json) {
  Hint hint;
  const Status status = ReadHint(json, hint);
  if (!status.ok()) return status.WithContext("_last_checkpoint");
  return LastCheckpoint{Version{hint.version},
                        hint.size,
                        hint.parts,
                        hint.size_in_bytes,
                        hint.num_of_add_files,
                        std::move(hint.v2_checkpoint)};
}

std::string FormatLastCheckpoint(const LastCheckpoint& hint) {
  JsonWriter out;
  json::WriteFields<Hint>(out, kFields,
                          Hint{hint.version.value, hint.size, hint.parts, hint.size_in_bytes,
                               hint.num_of_add_files, hint.v2_checkpoint});
  return out.Take();
}

}  // namespace deltaic
