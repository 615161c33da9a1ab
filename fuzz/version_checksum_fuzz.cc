// `<version>.crc`: what was parsed holds, and its actions are ones that a commit may hold too.

#include "fuzz.h"
#include "protocol/actions_json.h"
#include "protocol/version_checksum.h"

using namespace deltaic;

namespace {

void CheckReadsBack(const Action& action) {
  const auto again = ParseActions(FormatAction(action), "checksum");
  FUZZ_CHECK_OK(again);
  FUZZ_CHECK(again->size() == 1 && again->front() == action);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto checksum = ParseVersionChecksum(fuzz::AsText(data, size), "0.crc");
  if (!checksum.ok()) {
    FUZZ_CHECK(checksum.status().code() == StatusCode::kCorruption);
    return 0;
  }
  FUZZ_CHECK(checksum->num_files >= 0 && checksum->table_size_bytes >= 0);
  if (checksum->protocol) CheckReadsBack(*checksum->protocol);
  if (checksum->metadata) CheckReadsBack(*checksum->metadata);
  return 0;
}
