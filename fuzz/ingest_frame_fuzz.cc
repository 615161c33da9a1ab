// A byte for the style, then a payload with its frame; the same as Debezium's envelope and as a
// key. What is taken out lies inside.

#include "ingest/registry/frame.h"
#include "ingest/upsert/envelope.h"
#include "ingest_fuzz.h"

using namespace deltaic;

namespace {

bool IsInside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void CheckEnvelope(std::string_view bytes) {
  const fuzz::PaddedPayload payload(bytes);
  ingest::EnvelopeReader reader;
  const auto envelope = reader.Read(payload.view());
  if (envelope.ok()) {
    FUZZ_CHECK(IsInside(envelope->before, payload.view()));
    FUZZ_CHECK(IsInside(envelope->after, payload.view()));
    FUZZ_CHECK(envelope->after.empty() || envelope->after.front() == '{');
  }
  const auto key = reader.ReadKey(payload.view());
  if (key.ok()) FUZZ_CHECK(IsInside(*key, payload.view()));
  static_cast<void>(reader.IsDeletion(payload.view()));
  static_cast<void>(reader.Members(payload.view(), {"id", "op"}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto style = static_cast<ingest::FrameStyle>(data[0] % 5);
  const std::string_view payload = fuzz::AsText(data + 1, size - 1);
  ingest::SchemaKey key;
  std::string scratch;
  const auto body = ingest::ReadFrame(style, payload, {}, key, scratch);
  if (body.ok()) {
    FUZZ_CHECK(IsInside(*body, payload) || IsInside(*body, scratch));
    static_cast<void>(key.ToString());
    // It says the same however often it is read.
    ingest::SchemaKey again = key;
    FUZZ_CHECK(ingest::ReadFrame(style, payload, {}, again, scratch).ok() && again == key);
  }
  CheckEnvelope(payload);
  return 0;
}
