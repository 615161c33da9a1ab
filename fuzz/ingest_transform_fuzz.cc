// A transform (PROPERTY: SOURCE), a zero byte, a filter, a zero byte, and a message: what comes out
// is JSON.

#include "ingest/source/kafka_source.h"
#include "ingest/transform/transforms.h"
#include "ingest_fuzz.h"

using namespace deltaic;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = fuzz::AsText(data, size);
  const std::string rule(fuzz::TakeUntil(rest, '\0'));
  const std::string filter(fuzz::TakeUntil(rest, '\0'));
  const auto transforms = ingest::Transforms::Make({rule}, filter);
  if (!transforms.ok()) {
    FUZZ_CHECK(transforms.status().code() == StatusCode::kInvalidArgument);
    return 0;
  }
  ingest::Message message;
  message.key = rest;
  message.has_key = true;
  std::string out;
  const auto stays = transforms->Apply(rest, {nullptr, &message, "topic"}, out);
  if (!stays.ok() || !*stays) return 0;
  const auto parsed = ParseJson(out);
  FUZZ_CHECK(parsed.ok() || parsed.status().message().find("deeper") != std::string::npos);
  return 0;
}
