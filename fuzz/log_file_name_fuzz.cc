// Names in `_delta_log`: a name that is taken is the one that its parts make.

#include "fuzz.h"
#include "protocol/log_file_name.h"

using namespace deltaic;

namespace {

std::string PaddedPart(int32_t part) {
  const std::string digits = std::to_string(part);
  return std::string(10 - digits.size(), '0') + digits;
}

std::string NameOf(const LogFileName& name) {
  const std::string prefix = VersionPrefix(name.version);
  switch (name.kind) {
    case LogFileKind::kCommit:
      return CommitFileName(name.version);
    case LogFileKind::kClassicCheckpoint:
      return ClassicCheckpointFileName(name.version);
    case LogFileKind::kMultiPartCheckpoint:
      return prefix + ".checkpoint." + PaddedPart(name.part) + "." + PaddedPart(name.num_parts) +
             ".parquet";
    case LogFileKind::kUuidCheckpointJson:
      return prefix + ".checkpoint." + name.uuid + ".json";
    case LogFileKind::kUuidCheckpointParquet:
      return prefix + ".checkpoint." + name.uuid + ".parquet";
    case LogFileKind::kCompactedCommit:
      return prefix + "." + VersionPrefix(name.end_version) + ".compacted.json";
    case LogFileKind::kVersionChecksum:
      return VersionChecksumFileName(name.version);
  }
  return "";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::AsText(data, size);
  const auto name = ParseLogFileName(text);
  if (!name) return 0;
  FUZZ_CHECK(name->version.value >= 0);
  FUZZ_CHECK(name->end_version.value >= name->version.value);
  FUZZ_CHECK(NameOf(*name) == text);
  return 0;
}
