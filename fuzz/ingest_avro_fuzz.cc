// An Avro schema, a zero byte, and a record: rows are whole, whatever both hold.

#include "avro/avro_schema.h"
#include "ingest/avro/avro_format.h"
#include "ingest_fuzz.h"

using namespace deltaic;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view body = fuzz::AsText(data, size);
  const std::string_view schema = fuzz::TakeUntil(body, '\0');
  const auto type = ParseAvroSchema(schema);
  if (type.ok()) {
    // The canonical form is a schema, and its own canonical form.
    const std::string canonical = CanonicalAvroSchema(**type);
    const auto again = ParseAvroSchema(canonical);
    if (again.ok()) FUZZ_CHECK(CanonicalAvroSchema(**again) == canonical);
  }
  const auto format = ingest::AvroFormat(
      ingest::FrameStyle::kNone,
      ingest::FixedSchema({.type = {}, .text = std::string(schema), .references = {}}), "");
  FUZZ_CHECK_OK(format);
  fuzz::CheckFormat(**format, body);
  return 0;
}
