// A .proto file, a zero byte, and a message: rows are whole, whatever both hold. A file may be
// a descriptor set, too: it begins with a line feed.

#include "ingest/protobuf/proto_format.h"
#include "ingest/protobuf/proto_schema.h"
#include "ingest_fuzz.h"

using namespace deltaic;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view body = fuzz::AsText(data, size);
  if (body.starts_with('\n')) {
    const auto set = ingest::ProtoSchema::Make(body);
    if (set.ok()) static_cast<void>((*set)->Find(""));
    return 0;
  }
  const std::string_view schema = fuzz::TakeUntil(body, '\0');
  const auto format = ingest::ProtobufFormat(
      ingest::FrameStyle::kNone, false,
      ingest::FixedSchema({.type = {}, .text = std::string(schema), .references = {}}), "");
  FUZZ_CHECK_OK(format);
  fuzz::CheckFormat(**format, body);
  return 0;
}
