// A JSON message: rows are whole, whatever it holds.

#include "ingest_fuzz.h"

using namespace deltaic;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::CheckFormat(*ingest::JsonFormat(), fuzz::AsText(data, size));
  return 0;
}
