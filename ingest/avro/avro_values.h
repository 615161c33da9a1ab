#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "avro/avro_reader.h"
#include "avro/avro_schema.h"
#include "base/status.h"

namespace deltaic::ingest {

/// Appends one value as JSON: bytes as base64, times as ISO 8601 texts, decimals as texts.
/// False where the bytes are damaged.
bool AppendAvroJson(const AvroType& type, AvroReader& in, std::string& out);

/// A default value of a schema, as the bytes that would stand for it.
/// \retval kSchemaMismatch  it does not have the type.
Status EncodeAvroDefault(const AvroType& type, const Json& value, std::string& out);

/// A UUID of 16 bytes as 8-4-4-4-12 hexadecimal digits.
std::string FormatUuid(std::string_view bytes);

int64_t UnitsPerSecond(AvroLogical logical);

}  // namespace deltaic::ingest
