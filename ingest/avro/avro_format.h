#pragma once

#include <memory>
#include <string>

#include "ingest/decode/format.h"
#include "ingest/registry/schema_store.h"

namespace deltaic::ingest {

/// Avro records, each written by a schema of `schemas`.
/// \param reader_schema  what the reader calls the fields (aliases), and what has a default; JSON,
/// or empty.
/// \retval kSchemaMismatch  a reader's schema that is none.
Result<std::shared_ptr<const Format>> AvroFormat(FrameStyle style,
                                                 std::shared_ptr<SchemaStore> schemas,
                                                 const std::string& reader_schema);

}  // namespace deltaic::ingest
