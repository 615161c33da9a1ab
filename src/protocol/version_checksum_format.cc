#include "protocol/version_checksum_format.h"

#include <string_view>

#include "protocol/actions_json.h"
#include "protocol/json.h"

namespace deltaic {
namespace {

/// `{"kind":BODY}` without what is around the body.
std::string BodyOf(const Action& action, std::string_view kind) {
  std::string line = FormatAction(action);
  const size_t begin = kind.size() + 4;  // {"kind":
  return line.substr(begin, line.size() - begin - 1);
}

}  // namespace

std::string FormatVersionChecksum(const VersionChecksum& checksum, const ChecksumOrigin& origin) {
  JsonWriter out;
  out.BeginObject();
  if (origin.txn_id) out.Key("txnId").String(*origin.txn_id);
  out.Key("tableSizeBytes").Int(checksum.table_size_bytes);
  out.Key("numFiles").Int(checksum.num_files);
  out.Key("numMetadata").Int(1).Key("numProtocol").Int(1);
  if (origin.in_commit_timestamp_ms) {
    out.Key("inCommitTimestampOpt").Int(*origin.in_commit_timestamp_ms);
  }
  out.Key("metadata").Raw(BodyOf(checksum.metadata.value_or(Metadata()), "metaData"));
  out.Key("protocol").Raw(BodyOf(checksum.protocol.value_or(Protocol()), "protocol"));
  out.EndObject();
  return out.Take() + '\n';
}

}  // namespace deltaic
