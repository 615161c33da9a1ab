#pragma once

#include <memory>
#include <string>

#include "ingest/decode/format.h"
#include "ingest/registry/schema_store.h"

namespace deltaic::ingest {

/// Protobuf messages, each of a type of `schemas`.
/// \param has_indexes  the frame is followed by which message of the file it is, as Confluent has
/// it.
/// \param message_type  its name, where nothing tells it; empty: the first of the file.
/// \retval kUnsupported  a frame that Protobuf is not read from.
Result<std::shared_ptr<const Format>> ProtobufFormat(FrameStyle style, bool has_indexes,
                                                     std::shared_ptr<SchemaStore> schemas,
                                                     std::string message_type);

}  // namespace deltaic::ingest
