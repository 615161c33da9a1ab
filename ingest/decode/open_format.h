#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "ingest/decode/format.h"
#include "ingest/registry/registry_client.h"

namespace deltaic::ingest {

enum class PayloadKind { kJson, kAvro, kProtobuf, kRaw, kText };

/// How payloads are written, and where their schemas are.
struct FormatOptions {
  PayloadKind kind = PayloadKind::kJson;
  FrameStyle frame = FrameStyle::kNone;
  bool has_registry = false;
  RegistryOptions registry;
  std::vector<std::string> schema_files;  ///< their texts; several for FrameStyle::kSingleObject
  std::string reader_schema;              ///< Avro's, as text
  std::string message_type;               ///< Protobuf: the full name; empty: the first
};

/// \retval kInvalidArgument  options that do not go together  \retval kSchemaMismatch  a schema
/// that cannot be understood.
Result<std::shared_ptr<const Format>> OpenFormat(const FormatOptions& options);

}  // namespace deltaic::ingest
