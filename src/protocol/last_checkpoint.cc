#include "protocol/last_checkpoint.h"

#include "protocol/json_fields.h"

namespace deltaic {
namespace {

using json::Member;

/// The version is a plain number in JSON.
struct Hint {
  int64_t version = 0;
  int64_t size = 0;
  std::optional<int64_t> parts;
  std::optional<int64_t> size_in_bytes;
  std::optional<int64_t> num_of_add_files;
};

constexpr json::Field<Hint> kFields[] = {
    Member<&Hint::version>("version", json::Presence::kRequired),
    Member<&Hint::size>("size"),
    Member<&Hint::parts>("parts"),
    Member<&Hint::size_in_bytes>("sizeInBytes"),
    Member<&Hint::num_of_add_files>("numOfAddFiles"),
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
  return LastCheckpoint{Version{hint.version}, hint.size, hint.parts, hint.size_in_bytes,
                        hint.num_of_add_files};
}

std::string FormatLastCheckpoint(const LastCheckpoint& hint) {
  JsonWriter out;
  json::WriteFields<Hint>(
      out, kFields,
      Hint{hint.version.value, hint.size, hint.parts, hint.size_in_bytes, hint.num_of_add_files});
  return out.Take();
}

}  // namespace deltaic
