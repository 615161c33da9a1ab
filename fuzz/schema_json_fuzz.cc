// `metaData.schemaString`: what was parsed is written so that it parses to the same schema.

#include "fuzz.h"
#include "protocol/schema_json.h"

using namespace deltaic;

namespace {

int64_t CheckFields(const DataType& type) {
  int64_t leaves = 0;
  for (const StructField& field : type.fields()) {
    FUZZ_CHECK(type.FindField(field.name) == &field);
    static_cast<void>(field.physical_name());
    static_cast<void>(field.column_mapping_id());
    for (const auto& [key, value] : field.metadata) static_cast<void>(field.MetadataText(key));
    leaves += field.type->id() == TypeId::kStruct ? CheckFields(*field.type) : 1;
  }
  return leaves;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto schema = ParseSchema(fuzz::AsText(data, size));
  if (!schema.ok()) {
    const StatusCode code = schema.status().code();
    FUZZ_CHECK(code == StatusCode::kCorruption || code == StatusCode::kUnsupported);
    return 0;
  }
  const std::string text = FormatSchema(**schema);
  const auto again = ParseSchema(text);
  FUZZ_CHECK_OK(again);
  FUZZ_CHECK((*again)->Equals(**schema));
  FUZZ_CHECK(FormatSchema(**again) == text);
  FUZZ_CHECK((*again)->ToString() == (*schema)->ToString());
  FUZZ_CHECK(CheckFields(**schema) == CountLeaves(**schema));
  return 0;
}
