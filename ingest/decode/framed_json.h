#pragma once

#include <memory>

#include "ingest/decode/format.h"
#include "ingest/registry/frame.h"

namespace deltaic::ingest {

/// JSON objects behind a schema id, as registries' serializers write them. The schema is not asked
/// for: JSON tells its fields itself. A message that begins with '{' needs no frame.
std::shared_ptr<const Format> FramedJsonFormat(FrameStyle style);

}  // namespace deltaic::ingest
