// `_last_checkpoint`: what was parsed is written so that it parses to the same hint.

#include "fuzz.h"
#include "protocol/last_checkpoint.h"

using namespace deltaic;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto hint = ParseLastCheckpoint(fuzz::AsText(data, size));
  if (!hint.ok()) {
    FUZZ_CHECK(hint.status().code() == StatusCode::kCorruption);
    return 0;
  }
  FUZZ_CHECK(hint->version.value >= 0);
  const auto again = ParseLastCheckpoint(FormatLastCheckpoint(*hint));
  FUZZ_CHECK_OK(again);
  FUZZ_CHECK(*again == *hint);
  return 0;
}
